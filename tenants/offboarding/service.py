"""Use cases of leaving: begin it, and look at the export."""

from datetime import datetime, timedelta

from chalicelib.call import Call
from chalicelib.clock import new_id
from chalicelib.files.paths import ObjectPath, object_path
from chalicelib.files.storage import storage
from chalicelib.holdings.export import LINES, MANIFEST_NAME
from chalicelib.jobs.service import start_for
from chalicelib.jobs.timers import remind
from chalicelib.problems import NotFound
from chalicelib.store.store import Store
from tenants.kinds import OFFBOARDING
from tenants.lifecycle.records import Tenant, shelf
from tenants.lifecycle.rules import TenantState, Transition
from tenants.lifecycle.schemas import TenantOut, tenant_out
from tenants.lifecycle.service import keep, load, move, offboarding_of
from tenants.offboarding.records import ExportState, Offboarding
from tenants.offboarding.schemas import ExportedFileOut, OffboardingIn, TenantExportOut
from tenants.plans.rules import highest
from tenants.subscriptions.records import Subscription

ERASE = "core.erase_tenant"
EXPORT = "core.export_tenant"
# Long enough for somebody to begin a download; asked again, there is a new one.
URL_LIFE = timedelta(hours=1)
_AREA = "exports"


def offboard(call: Call, tenant_id: str, body: OffboardingIn) -> TenantOut:
    """Let a tenant leave: from now on it reads, its data is exported, and erased when the grace period ends.

    Again, it changes nothing, but begins an export anew that has failed. Raises NotFound, StateConflict.
    """
    tenant = load(call, tenant_id)
    leaving = offboarding_of(call.store, tenant)
    if leaving is not None and tenant.lifecycle is TenantState.OFFBOARDING and not tenant.erasing:
        if body.export and leaving.export_state in {ExportState.FAILED, ExportState.NONE}:
            _begin_export(call, leaving)
            call.store.update(leaving)
        return tenant_out(tenant, leaving)
    move(call, tenant, Transition.OFFBOARD)
    tenant.reason = body.reason
    leaving = Offboarding(
        id=new_id(OFFBOARDING.prefix, call.now),
        tenant_id=tenant_id,
        reason=body.reason,
        born=tenant.created_at,
        erase_after=call.now + timedelta(days=_grace_days(call.store.inside(tenant_id))),
        export_state=str(ExportState.NONE),
    )
    if body.export:
        _begin_export(call, leaving)
    call.store.create(leaving)
    remind(call.store, ERASE, leaving.id, leaving.erase_after, leaving, versioned=False)
    tenant.offboarding_id = leaving.id
    keep(call, tenant, "offboarded")
    return tenant_out(tenant, leaving)


def export(call: Call, tenant_id: str) -> TenantExportOut:
    """How far the export is, and where its files are, for an operator. Raises NotFound."""
    return _shown(call.store, load(call, tenant_id))


def own_export(call: Call) -> TenantExportOut:
    """The same for the tenant's own admin."""
    tenant = call.store.get(Tenant, call.tenant_id)
    if tenant is None:
        raise NotFound
    return _shown(call.store.platform(), tenant)


def path_of(leaving: Offboarding, name: str) -> ObjectPath:
    """Where a file of the export stands: below its tenant, so that it goes with it."""
    return object_path(str(leaving.tenant_id), _AREA, str(leaving.id), name)


def _shown(platform: Store, tenant: Tenant) -> TenantExportOut:
    leaving = offboarding_of(platform, tenant)
    if leaving is None:
        return _nothing(ExportState.NONE, None)
    if tenant.erasing:
        return _nothing(ExportState.ERASED, leaving.erase_after)
    made = leaving.export
    if not made:
        return _nothing(ExportState(leaving.export_state), leaving.erase_after)
    return TenantExportOut(
        state=ExportState(leaving.export_state),
        erase_after=leaving.erase_after,
        rows=made["rows"],
        manifest_sha256=made["manifest_sha256"],
        manifest_url=_url(leaving, MANIFEST_NAME, "application/json"),
        files=[ExportedFileOut(**each, download_url=_url(leaving, each["name"], LINES)) for each in made["files"]],
    )


def _nothing(state: ExportState, erase_after: datetime | None) -> TenantExportOut:
    """There are no files, for that reason."""
    return TenantExportOut(
        state=state, erase_after=erase_after, rows=None, manifest_sha256=None, manifest_url=None, files=[]
    )


def _url(leaving: Offboarding, name: str, content_type: str) -> str:
    return storage().download_url(path_of(leaving, name), name, content_type, URL_LIFE)


def _begin_export(call: Call, leaving: Offboarding) -> None:
    job = start_for(
        call.store, call.principal, EXPORT, {"offboarding": leaving.id}, counted="records", locale=call.locale
    )
    leaving.export_job, leaving.export_state = job.id, str(ExportState.RUNNING)


def _grace_days(inside: Store) -> int:
    """The days of the highest plan that the tenant has had any module under."""
    held = [each for each in inside.query_all(shelf(inside.boundary)) if isinstance(each, Subscription)]
    return highest(str(each.plan) for each in held).grace_days
