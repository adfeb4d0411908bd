"""Use cases of the end: begin it when the grace period is over, and show the certificate."""

from datetime import timedelta
from typing import Final

from chalicelib.access.principal import ANONYMOUS, Principal
from chalicelib.call import Call
from chalicelib.holdings.sources import longest_unlisted
from chalicelib.jobs.service import start_for
from chalicelib.jobs.timers import remind
from chalicelib.modules import Catalogue
from chalicelib.problems import NotFound
from chalicelib.store.commit import Action
from chalicelib.store.records import Record
from chalicelib.store.store import Store
from chalicelib.web.wire import common
from tenants.directory import forget_when_done
from tenants.erasure.rules import ALGORITHM, is_genuine
from tenants.erasure.schemas import CertificateOut
from tenants.lifecycle.errors import not_from
from tenants.lifecycle.records import Tenant, remains_of
from tenants.lifecycle.rules import TenantState, Transition
from tenants.lifecycle.schemas import TenantOut, tenant_out
from tenants.lifecycle.service import keep, load, move, offboarding_of
from tenants.offboarding.errors import export_lacking, too_early
from tenants.offboarding.records import ExportState, Offboarding
from tenants.offboarding.service import ERASE

# Other processes take up to 5 s to know that the tenant is gone, and a commit is given up after 5 s: by then nothing is
# written any more (api.md, Credentials; architecture.md, Events).
SETTLED_AFTER: Final = timedelta(minutes=1)


def erase(call: Call, tenant_id: str) -> TenantOut:
    """Begin the erasure after the grace period, or try again one that has failed; again, it changes nothing.

    Raises NotFound, StateConflict.
    """
    tenant = load(call, tenant_id)
    leaving = offboarding_of(call.store, tenant)
    if leaving is None:
        raise not_from(tenant.lifecycle)
    if tenant.lifecycle is TenantState.FAILED:
        move(call, tenant, Transition.RETRY)
        leaving.failure = None
        start_erasing(call.store, leaving, call.principal)
        keep(call, tenant, "retried")
        return tenant_out(tenant, leaving)
    if tenant.erasing:
        return tenant_out(tenant, leaving)
    if call.now < leaving.erase_after:
        raise too_early(leaving.erase_after)
    if is_exported(leaving):
        left = begin(call.store, leaving, call.catalogue)
        forget_when_done(call, tenant_id)
        return tenant_out(left or tenant, leaving)
    raise export_lacking()


def certificate(call: Call, tenant_id: str) -> CertificateOut:
    """The certificate of a tenant's erasure. Raises NotFound while there is none."""
    leaving = offboarding_of(call.store, load(call, tenant_id))
    if leaving is None or not leaving.certificate:
        raise NotFound
    return CertificateOut(
        **common(leaving),
        certificate=leaving.certificate,
        algorithm=ALGORITHM,
        signature=leaving.signature,
        public_key=leaving.public_key,
        genuine=is_genuine(call.keyring, leaving.certificate, leaving.signature),
    )


def is_exported(leaving: Offboarding) -> bool:
    """Whether the tenant could take along what was to be exported for it."""
    return ExportState(leaving.export_state) in {ExportState.READY, ExportState.NONE}


def begin(platform: Store, leaving: Offboarding, catalogue: Catalogue) -> Tenant | None:
    """Stage the beginning: the tenant's profile goes, so that nobody gets in, and its remains stand in its place.

    A timer starts the deletion when every process knows, and what no Query finds has gone by itself.
    """
    inside = platform.inside(leaving.tenant_id)
    tenant = inside.get(Tenant, leaving.tenant_id)
    if tenant is None:
        return None
    inside.add(Action(tenant.key(inside.boundary), condition=Record.version == int(tenant.version)))
    left = Tenant(id=tenant.id, status=tenant.status, offboarding_id=leaving.id, erasing=True)
    platform.create(left, verb="erasure_begun")
    # It is the same tenant still, which goes on.
    left.version, left.last_event = int(tenant.version) + 1, tenant.last_event
    left.created_at, left.created_by = tenant.created_at, tenant.created_by
    leaving.begun_at = platform.clock()
    platform.update(leaving)
    starts_at = platform.clock() + SETTLED_AFTER + longest_unlisted(catalogue)
    remind(platform, ERASE, leaving.id, starts_at, leaving, versioned=False)
    return left


def start_erasing(platform: Store, leaving: Offboarding, principal: Principal = ANONYMOUS) -> None:
    """Stage the job that deletes."""
    leaving.erase_job = start_for(platform, principal, ERASE, {"offboarding": leaving.id}, counted="items").id
    platform.update(leaving)


def remains(platform: Store, leaving: Offboarding) -> Tenant:
    """What is left of the tenant. Raises LookupError when it is still there."""
    found = platform.get_at(Tenant, remains_of(leaving.tenant_id))
    if found is None:
        message = "the erasure has not begun"
        raise LookupError(message)
    return found
