"""Onboarding in one transaction, suspension, reactivation, and a tenant's own view of itself."""

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
from chalicelib.web.wire import common
from tenants.directory import forget_when_done
from tenants.invitations.service import invite
from tenants.lifecycle.errors import TenantNameTaken, not_from, unknown_modules
from tenants.lifecycle.records import RegistryEntry, Tenant
from tenants.lifecycle.rules import TenantState, Transition, after, registered_name
from tenants.lifecycle.schemas import (
    OnboardedOut,
    SettingsOut,
    SuspensionIn,
    SuspensionOut,
    TenantIn,
    TenantOut,
)
from tenants.manifest import ORG_UNIT, TENANT
from tenants.org_units.records import OrgUnit
from tenants.org_units.rules import root_path
from tenants.roles import ADMIN
from tenants.subscriptions.service import start_with
from tenants.users.records import User
from tenants.users.rules import UserState


def onboard(call: Call, body: TenantIn) -> OnboardedOut:
    """A new tenant with its root org unit, first admin and first modules; all of it or nothing is written.

    Raises TenantNameTaken, Invalid for unknown modules, DependencyMissing when a module lacks another one.
    """
    unknown = [each for each in body.modules if not (found := call.catalogue.get(each)) or found.always_on]
    if unknown:
        raise unknown_modules(unknown, body.modules)
    tenant_id = new_id(TENANT.prefix, call.now)
    _register_name(call.store.platform(), body.name, tenant_id)
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
        status=str(TenantState.ACTIVE),
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
    return OnboardedOut(**_out(tenant).model_dump(), admin_user_id=admin.id, invitation=invitation)


def _register_name(registry: Store, name: str, tenant_id: str) -> None:
    key = keys.registry("tenant_name", registered_name(name))
    if registry.get_item(RegistryEntry, key) is not None:
        raise TenantNameTaken
    # Whoever was faster since that read has the name: the use case runs again, and finds it taken.
    entry = RegistryEntry(tenant=tenant_id, record=tenant_id)
    registry.put(entry.put_at(key), Action(key, condition=Item.pk.does_not_exist()))


def page(call: Call, query: ListQuery) -> Listed[TenantOut]:
    """All tenants of the deployment, for its operators."""
    found = list_records(call.store, Tenant, query)
    return Listed([_out(each) for each in found.items], found.next_position, found.truncated)


def get(call: Call, tenant_id: str) -> TenantOut:
    """One tenant, for an operator. Raises NotFound."""
    return _out(_load(_door(call, tenant_id), tenant_id))


def own(call: Call) -> TenantOut:
    """The caller's own tenant."""
    return _out(_load(call.store, call.tenant_id))


def suspend(call: Call, tenant_id: str, body: SuspensionIn) -> TenantOut:
    """Set the switches of a suspension; the same again changes nothing. Raises NotFound, StateConflict."""
    tenant = _moved(call, tenant_id, Transition.SUSPEND)
    tenant.block_sign_in = body.block_sign_in
    tenant.block_changes = body.block_changes
    tenant.block_billing = body.block_billing
    tenant.reason = body.reason
    return _store(call, tenant, "suspended")


def reactivate(call: Call, tenant_id: str) -> TenantOut:
    """End a suspension; doing it again changes nothing. Raises NotFound, StateConflict."""
    tenant = _moved(call, tenant_id, Transition.REACTIVATE)
    tenant.block_sign_in = tenant.block_changes = tenant.block_billing = False
    tenant.reason = None
    return _store(call, tenant, "reactivated")


def _moved(call: Call, tenant_id: str, transition: Transition) -> Tenant:
    tenant = _load(_door(call, tenant_id), tenant_id)
    call.check_version(tenant, {"state": tenant.status})
    target = after(transition, tenant.lifecycle)
    if target is None:
        raise not_from(tenant.lifecycle)
    tenant.status = str(target)
    return tenant


def _store(call: Call, tenant: Tenant, verb: str) -> TenantOut:
    if _door(call, tenant.id).update(tenant, verb=verb):
        forget_when_done(call, tenant.id)
    return _out(tenant)


def _door(call: Call, tenant_id: str) -> Store:
    prefix, _, ulid = tenant_id.partition("_")
    if prefix != TENANT.prefix or not ulid.isascii() or not is_ulid(ulid):
        raise NotFound
    return call.store.inside(tenant_id)


def _load(store: Store, tenant_id: str) -> Tenant:
    tenant = store.get(Tenant, tenant_id)
    if tenant is None:
        raise NotFound
    return tenant


def _out(tenant: Tenant) -> TenantOut:
    suspension = SuspensionOut(
        block_sign_in=bool(tenant.block_sign_in),
        block_changes=bool(tenant.block_changes),
        block_billing=bool(tenant.block_billing),
        reason=tenant.reason,
    )
    settings = SettingsOut(
        region=tenant.region,
        default_phone_region=tenant.default_phone_region,
        locale=tenant.locale,
        time_zone=tenant.time_zone,
        currency=tenant.currency,
    )
    suspended = tenant.lifecycle is TenantState.SUSPENDED
    return TenantOut(
        **common(tenant),
        name=tenant.name,
        state=tenant.lifecycle,
        settings=settings,
        suspension=suspension if suspended else None,
    )
