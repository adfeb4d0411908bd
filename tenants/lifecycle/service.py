"""Onboarding in one transaction, suspension, reactivation, and a tenant's own view of itself."""

import json
from datetime import datetime, timedelta
from typing import Any

from chalicelib.access.principal import Reach
from chalicelib.call import Call
from chalicelib.clock import is_ulid, new_id
from chalicelib.problems import NotFound
from chalicelib.store import keys
from chalicelib.store.commit import Action
from chalicelib.store.lists import ListQuery, list_records
from chalicelib.store.records import Item
from chalicelib.store.store import Store
from chalicelib.web.results import Listed
from tenants.directory import forget_when_done
from tenants.invitations.service import INVITATION, invitation_of, invite
from tenants.kinds import ORG_UNIT, TENANT
from tenants.lifecycle.errors import TenantNameTaken, not_from, unknown_modules
from tenants.lifecycle.records import RegistryEntry, Tenant, remains_of
from tenants.lifecycle.rules import TenantState, Transition, after, pauses_after, registered_name
from tenants.lifecycle.schemas import OnboardedOut, SuspensionIn, TenantIn, TenantOut, tenant_out
from tenants.offboarding.records import Offboarding
from tenants.org_units.records import OrgUnit
from tenants.org_units.rules import root_path
from tenants.roles import ADMIN
from tenants.subscriptions.service import start_with
from tenants.users.records import User
from tenants.users.rules import UserState

_DIGEST = "onboarding"


def onboard(call: Call, body: TenantIn) -> OnboardedOut:
    """A new tenant with its root org unit, first admin and first modules; all of it or nothing is written.

    The same again, as long as the first admin's invitation counts and has not been used, answers the same: nobody who
    lost the answer is left without a way in. Raises TenantNameTaken, Invalid for unknown modules, DependencyMissing
    when a module lacks another one.
    """
    unknown = [each for each in body.modules if not (found := call.catalogue.get(each)) or found.always_on]
    if unknown:
        raise unknown_modules(unknown, body.modules)
    registry, name_at = call.store.platform(), keys.registry("tenant_name", registered_name(body.name))
    if (taken := registry.get_item(RegistryEntry, name_at)) is not None:
        return _onboarded_before(call, taken, body)
    tenant_id = new_id(TENANT.prefix, call.now)
    inside = call.store.inside(tenant_id)
    unit_id = new_id(ORG_UNIT.prefix, call.now)
    tenant = Tenant(
        id=tenant_id,
        name=body.name,
        region=body.region,
        default_phone_region=body.default_phone_region,
        locale=body.locale,
        time_zone=body.time_zone,
        currency=body.currency,
        status=str(after(Transition.ONBOARD, None)),
        root_unit_id=unit_id,
    )
    inside.create(tenant)
    unit = OrgUnit(id=unit_id, name=body.name, path=root_path(unit_id))
    inside.create(unit)
    admin = User.fresh(
        call.now,
        name=body.admin.name,
        email=body.admin.email,
        role=ADMIN.name,
        reach=str(Reach.ALL),
        unit_id=unit.id,
        unit_path=unit.path,
        status=str(UserState.INVITED),
        may_take_key=True,
    )
    invitation = invite(call.keyring, tenant_id, admin, call.now)
    inside.create(admin)
    start_with(inside, call.catalogue, body.modules)
    said = {
        "body": call.keyring.mac(_DIGEST, data=_canonical(body)),
        "admin": admin.id,
        "expires_at": invitation.expires_at.isoformat(),
    }
    # Whoever was faster since the read has the name: the use case runs again, and finds it taken.
    entry = RegistryEntry(tenant=tenant_id, record=tenant_id, detail=said)
    registry.put(entry.put_at(name_at), Action(name_at, condition=Item.pk.does_not_exist()))
    return OnboardedOut(**tenant_out(tenant, None).model_dump(), admin_user_id=admin.id, invitation=invitation)


def _onboarded_before(call: Call, taken: RegistryEntry, body: TenantIn) -> OnboardedOut:
    """What the same call has answered. Raises TenantNameTaken for another one, and when the invitation is used."""
    said: dict[str, Any] = taken.detail or {}
    same = call.keyring.mac_matches(_DIGEST, data=_canonical(body), mac=said.get("body", ""))
    inside = call.store.inside(taken.tenant)
    tenant, admin = inside.get(Tenant, taken.tenant), inside.get(User, said.get("admin", ""))
    if not same or tenant is None or tenant.lifecycle is not TenantState.ACTIVE or admin is None:
        raise TenantNameTaken
    expires_at = datetime.fromisoformat(said["expires_at"])
    # Another invitation, or one that was withdrawn, is not this call's.
    first = expires_at - admin.created_at <= timedelta(hours=INVITATION.ttl_hours)
    if admin.took_key or admin.sign_in or not admin.works or not first or expires_at <= call.now:
        raise TenantNameTaken
    invitation = invitation_of(call.keyring, str(taken.tenant), admin, expires_at)
    return OnboardedOut(**tenant_out(tenant, None).model_dump(), admin_user_id=admin.id, invitation=invitation)


def _canonical(body: TenantIn) -> bytes:
    return json.dumps(body.model_dump(mode="json"), sort_keys=True).encode()


def page(call: Call, query: ListQuery) -> Listed[TenantOut]:
    """All tenants of the deployment, for its operators, those that have been erased too."""
    found = list_records(call.store, Tenant, query)
    ids = [str(each.offboarding_id) for each in found.items if each.offboarding_id]
    places = {each: Offboarding.key_of(keys.PLATFORM, each) for each in ids}
    known = call.store.fetch(places.values()) if places else {}
    leaving = {each: call.store.known(Offboarding, at, known[at]) for each, at in places.items()}
    shown = [tenant_out(each, leaving.get(str(each.offboarding_id))) for each in found.items]
    return Listed(shown, found.next_position, found.truncated)


def get(call: Call, tenant_id: str) -> TenantOut:
    """One tenant, for an operator. Raises NotFound."""
    tenant = load(call, tenant_id)
    return tenant_out(tenant, offboarding_of(call.store, tenant))


def own(call: Call) -> TenantOut:
    """The caller's own tenant."""
    tenant = call.store.get(Tenant, call.tenant_id)
    if tenant is None:
        raise NotFound
    return tenant_out(tenant, offboarding_of(call.store.platform(), tenant))


def suspend(call: Call, tenant_id: str, body: SuspensionIn) -> TenantOut:
    """Set the switches of a suspension; the same again changes nothing. Raises NotFound, StateConflict."""
    tenant = load(call, tenant_id)
    move(call, tenant, Transition.SUSPEND)
    tenant.block_sign_in = body.block_sign_in
    tenant.block_changes = body.block_changes
    tenant.block_billing = body.block_billing
    tenant.reason = body.reason
    tenant.billing_pauses = pauses_after(tenant.billing_pauses or [], call.now, blocked=body.block_billing) or None
    return keep(call, tenant, "suspended")


def reactivate(call: Call, tenant_id: str) -> TenantOut:
    """End a suspension; doing it again changes nothing. Raises NotFound, StateConflict."""
    tenant = load(call, tenant_id)
    move(call, tenant, Transition.REACTIVATE)
    tenant.block_sign_in = tenant.block_changes = tenant.block_billing = False
    tenant.reason = None
    tenant.billing_pauses = pauses_after(tenant.billing_pauses or [], call.now, blocked=False) or None
    return keep(call, tenant, "reactivated")


# -- what every transition is made of


def load(call: Call, tenant_id: str) -> Tenant:
    """A tenant as an operator finds it: its profile, or what the platform keeps of it. Raises NotFound."""
    prefix, _, ulid = tenant_id.partition("_")
    if prefix != TENANT.prefix or not ulid.isascii() or not is_ulid(ulid):
        raise NotFound
    found = call.store.inside(tenant_id).get(Tenant, tenant_id) or call.store.get_at(Tenant, remains_of(tenant_id))
    if found is None:
        raise NotFound
    return found


def move(call: Call, tenant: Tenant, transition: Transition) -> None:
    """Set the state that a transition leads to; ``keep`` stores it. Raises VersionMismatch, StateConflict."""
    call.check_version(tenant, {"state": tenant.status})
    target = after(transition, tenant.lifecycle)
    if target is None:
        raise not_from(tenant.lifecycle)
    tenant.status = str(target)


def keep(call: Call, tenant: Tenant, verb: str) -> TenantOut:
    """Stage a tenant as it was moved, with the event ``tenant.<verb>``."""
    if store_of(call.store, tenant).update(tenant, verb=verb):
        forget_when_done(call, tenant.id)
    return tenant_out(tenant, offboarding_of(call.store, tenant))


def store_of(platform: Store, tenant: Tenant) -> Store:
    """The door to where the tenant's record stands."""
    return platform if tenant.erasing else platform.inside(tenant.id)


def offboarding_of(platform: Store, tenant: Tenant) -> Offboarding | None:
    """How the tenant leaves; None while it stays."""
    return platform.get(Offboarding, tenant.offboarding_id) if tenant.offboarding_id else None
