"""Users: invited into a role and a unit, deactivated at once."""

from chalicelib.access.principal import PrincipalKind, Standing
from chalicelib.call import Call
from chalicelib.modules import Text
from chalicelib.problems import FieldError, Invalid, NotFound, StateConflict, Unauthenticated
from chalicelib.store.lists import ListQuery, list_records
from chalicelib.web.results import Listed
from tenants.directory import forget_when_done
from tenants.invitations.service import invite
from tenants.org_units.records import OrgUnit
from tenants.roles import ROLES
from tenants.schemas import BothLanguages
from tenants.users.records import User
from tenants.users.rules import UserState, beyond
from tenants.users.schemas import GrantOut, InvitedOut, MeOut, OwnTenantOut, RoleOut, UserIn, UserOut


def create(call: Call, body: UserIn) -> InvitedOut:
    """Invite a person. Raises Invalid for a role or reach beyond the caller's own, or a unit out of reach."""
    role = ROLES[body.role]
    reach = body.reach or role.reach
    permissions = role.permissions(call.catalogue.permissions())
    lacking = beyond(call.principal.grants, permissions, reach)
    if lacking:
        text = Text(
            f"You can't give what you don't hold: {', '.join(lacking)} with the reach «{reach}».",
            f"不能授予您自己没有的权限：{'、'.join(lacking)}（范围 {reach}）。",
        )
        raise Invalid(errors=(FieldError("/role", "beyond_yours", text),))
    unit = call.store.get(OrgUnit, body.org_unit_id or call.principal.unit_id)
    if unit is None:
        text = Text("There is no such org unit within your reach", "在您的范围内没有该组织机构")
        raise Invalid(errors=(FieldError("/org_unit_id", "not_found", text),))
    call.store.require(unit)
    user = User.fresh(
        call.now,
        name=body.name,
        email=body.email,
        role=role.name,
        reach=str(reach),
        unit_id=unit.id,
        unit_path=unit.path,
        status=str(UserState.INVITED),
        may_take_key=call.principal.kind is not PrincipalKind.API_KEY,
    )
    invitation = invite(call.keyring, call.tenant_id, user, call.now)
    call.store.create(user)
    return InvitedOut(**UserOut.of(user).model_dump(), invitation=invitation)


def page(call: Call, query: ListQuery) -> Listed[UserOut]:
    """Users within the caller's reach."""
    found = list_records(call.store, User, query)
    return Listed([UserOut.of(each) for each in found.items], found.next_position, found.truncated)


def get(call: Call, user_id: str) -> UserOut:
    """One user. Raises NotFound."""
    return UserOut.of(_load(call, user_id))


def deactivate(call: Call, user_id: str) -> UserOut:
    """Stop a user's sign-ins and keys; doing it again changes nothing. Raises NotFound, StateConflict for oneself."""
    user = _load(call, user_id)
    call.check_version(user, {"state": user.status})
    if user.id == call.principal.user_id:
        raise StateConflict(Text("You can't deactivate yourself.", "不能停用您自己。"))
    user.status = str(UserState.DEACTIVATED)
    if call.store.update(user, verb="deactivated"):
        forget_when_done(call, call.tenant_id)
    return UserOut.of(user)


def roles(call: Call) -> Listed[RoleOut]:
    """The built-in roles, resolved against what this deployment's modules declare."""
    known = call.catalogue.permissions()
    return Listed(
        [
            RoleOut(
                name=role.name,
                titles=BothLanguages.of(role.titles),
                default_reach=role.reach,
                permissions=sorted(role.permissions(known)),
            )
            for role in ROLES.values()
        ]
    )


def me(call: Call) -> MeOut:
    """The caller as we know them. Raises Unauthenticated for nobody."""
    principal, standing = call.principal, call.standing
    if principal.kind is PrincipalKind.ANONYMOUS:
        raise Unauthenticated
    return MeOut(
        kind=principal.kind,
        id=principal.id,
        user_id=principal.user_id,
        org_unit_id=principal.unit_id or None,
        tenant=_tenant_of(standing) if standing else None,
        grants=[GrantOut(reach=each.reach, permissions=sorted(each.permissions)) for each in principal.grants],
    )


def _tenant_of(standing: Standing) -> OwnTenantOut:
    return OwnTenantOut(
        id=standing.tenant_id,
        locale=standing.locale,
        time_zone=standing.time_zone,
        default_phone_region=standing.default_region,
        currency=standing.currency,
    )


def _load(call: Call, user_id: str) -> User:
    user = call.store.get(User, user_id)
    if user is None:
        raise NotFound
    return user
