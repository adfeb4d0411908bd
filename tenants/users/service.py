"""Users: invited into roles and a unit, changed, deactivated at once, their records handed over."""

from collections.abc import Iterator, Sequence
from typing import Final

from chalicelib.access.principal import PrincipalKind, Reach, Standing
from chalicelib.call import Call
from chalicelib.changes.rewriting import kinds_that
from chalicelib.jobs.schemas import JobOut, accepted
from chalicelib.jobs.service import start
from chalicelib.modules import Text, import_records, module_packages
from chalicelib.problems import FieldError, Invalid, NotFound, PermissionDenied, StateConflict, Unauthenticated
from chalicelib.store import keys
from chalicelib.store.commit import Action
from chalicelib.store.lists import ListQuery, list_records
from chalicelib.store.scope import as_moved
from chalicelib.web.results import Accepted, Listed, Patch
from chalicelib.work.kinds import APPROVAL
from tenants.directory import forget_when_done
from tenants.invitations.service import invite
from tenants.kinds import USER
from tenants.org_units.records import OrgUnit
from tenants.org_units.service import moves_of
from tenants.own_roles.errors import beyond_yours, unknown_role
from tenants.own_roles.rules import Held, beyond
from tenants.own_roles.service import role_named
from tenants.users.records import User
from tenants.users.rules import UserState, is_admin
from tenants.users.schemas import GrantOut, InvitedOut, MeOut, OwnTenantOut, ReassignIn, UserIn, UserOut, UserPatch

REASSIGN: Final = "core.reassign"


def create(call: Call, body: UserIn) -> InvitedOut:
    """Invite a person. Raises Invalid for a role or reach beyond the caller's own, or a unit out of reach."""
    role = _role(call, body.role, "/role")
    reach = body.reach or role.reach
    _check_giving(call, role, reach, "/role")
    more = _more(call, body)
    unit = _unit(call, body.org_unit_id or call.principal.unit_id)
    user = User.fresh(
        call.now,
        name=body.name,
        email=body.email,
        role=role.name,
        reach=str(reach),
        more=more or None,
        unit_id=unit.id,
        unit_path=as_moved(unit.path, moves_of(call.store).branches()),
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


def change(call: Call, user_id: str, body: Patch[UserPatch]) -> UserOut:
    """Another name, other roles, another unit.

    Roles are changed by who holds what the user had and what the user gets. Raises NotFound, VersionMismatch, Invalid,
    PermissionDenied, StateConflict.
    """
    user = _load(call, user_id)
    shown = UserOut.of(user).model_dump(mode="json")
    current = {name: shown[name] for name in UserPatch.model_fields}
    call.check_version(user, {name: current[name] for name in body.touched if name in current})
    wanted = body.apply(current)
    given = [(wanted.role, wanted.reach), *((each.role, each.reach) for each in wanted.more_grants)]
    if given != user.given():
        _check_held(call, user)
        if is_admin(user.given()) and not is_admin(given):
            _keep_an_admin(call, user)
        _check_giving(call, _role(call, wanted.role, "/role"), wanted.reach, "/role")
        user.role, user.reach, user.more = wanted.role, str(wanted.reach), _more(call, wanted) or None
    if wanted.org_unit_id != user.unit_id:
        unit = _unit(call, wanted.org_unit_id)
        user.unit_id, user.unit_path = unit.id, as_moved(unit.path, moves_of(call.store).branches())
    user.name = wanted.name
    if call.store.update(user):
        forget_when_done(call, call.tenant_id)
    return UserOut.of(user)


def deactivate(call: Call, user_id: str) -> UserOut:
    """Stop a user's sign-ins and keys; doing it again changes nothing.

    An invitation that waits is void. Raises NotFound, StateConflict for oneself and the last admin.
    """
    user = _load(call, user_id)
    call.check_version(user, {"state": user.status})
    if user.id == call.principal.user_id:
        raise StateConflict(Text("You can't deactivate yourself.", "不能停用您自己。"))
    if user.works and is_admin(user.given()):
        _keep_an_admin(call, user)
    user.status, user.invitation = str(UserState.DEACTIVATED), None
    if call.store.update(user, verb="deactivated"):
        forget_when_done(call, call.tenant_id)
    return UserOut.of(user)


def reactivate(call: Call, user_id: str) -> UserOut:
    """Let a user in again, with the sign-in and keys that were there; doing it again changes nothing.

    Raises NotFound, VersionMismatch, PermissionDenied for roles beyond the caller's own.
    """
    user = _load(call, user_id)
    call.check_version(user, {"state": user.status})
    if not user.works:
        _check_held(call, user)
        user.status = str(UserState.ACTIVE if user.sign_in else UserState.INVITED)
        call.store.update(user, verb="reactivated")
        forget_when_done(call, call.tenant_id)
    return UserOut.of(user)


def invite_again(call: Call, user_id: str) -> InvitedOut:
    """Another link in the place of the one before.

    Raises NotFound, VersionMismatch, PermissionDenied for roles beyond the caller's own, StateConflict for one who
    signs in already or is deactivated.
    """
    user = _load(call, user_id)
    call.check_version(user, {"state": user.status})
    if user.sign_in or not user.works:
        text = Text("Only who has been invited and has not signed in yet.", "仅限已邀请但尚未登录的用户。")
        raise StateConflict(text, state=user.status)
    _check_held(call, user)
    invitation = invite(call.keyring, call.tenant_id, user, call.now)
    user.may_take_key = bool(user.may_take_key) and call.principal.kind is not PrincipalKind.API_KEY
    call.store.update(user, verb="invited")
    return InvitedOut(**UserOut.of(user).model_dump(), invitation=invitation)


def reassign(call: Call, user_id: str, body: ReassignIn) -> Accepted[JobOut]:
    """Start handing a user's records over. Raises NotFound, Invalid for the other user and for kinds."""
    user = _load(call, user_id)
    other = call.store.get(User, body.to_user_id)
    if other is None or not other.works or other.id == user.id:
        text = Text("There is no such other active user within your reach.", "在您的范围内没有该在职用户。")
        raise Invalid(errors=(FieldError("/to_user_id", "unknown_reference", text),))
    for package in module_packages():
        import_records(package)  # this unit's process has imported no other module's
    known = {kind for _, kind in kinds_that(call.catalogue, "hand_over")} | {APPROVAL.name}
    faults = [at for at, each in enumerate(body.kinds or ()) if each not in known]
    if faults:
        text = Text(f"Kinds: {', '.join(sorted(known))}", f"可移交：{'、'.join(sorted(known))}")
        raise Invalid(errors=tuple(FieldError(f"/kinds/{at}", "unknown_kind", text) for at in faults))
    params = {"from": user.id, "to": other.id, "kinds": sorted(set(body.kinds)) if body.kinds else None}
    return accepted(start(call, REASSIGN, params, counted="records"))


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


def _role(call: Call, name: str, pointer: str) -> Held:
    role = role_named(call.store, call.catalogue, name)
    if role is None:
        raise unknown_role(pointer)
    return role


def _check_giving(call: Call, role: Held, reach: Reach, pointer: str) -> None:
    """Nobody gives more than they have. Raises Invalid."""
    if lacking := beyond(call.principal.grants, role.permissions, reach):
        raise beyond_yours(lacking, reach, pointer)


def _more(call: Call, body: UserIn | UserPatch) -> Sequence[Sequence[str]]:
    """The grants beside the first, as they are stored. Raises Invalid."""
    for at, each in enumerate(body.more_grants):
        _check_giving(call, _role(call, each.role, f"/more_grants/{at}/role"), each.reach, f"/more_grants/{at}/role")
    return [[each.role, str(each.reach)] for each in body.more_grants]


def _check_held(call: Call, user: User) -> None:
    """Who changes what a user may, or lets somebody in as that user, holds as much. Raises PermissionDenied."""
    for name, reach in user.given():
        role = role_named(call.store, call.catalogue, name)
        if role is not None and (lacking := beyond(call.principal.grants, role.permissions, reach)):
            text = Text(
                f"This user may more than you: {', '.join(lacking)} with the reach «{reach}».",
                f"该用户的权限超出您的权限：{'、'.join(lacking)}（范围 {reach}）。",
            )
            raise PermissionDenied(text, permission=lacking[0])


def _keep_an_admin(call: Call, user: User) -> None:
    """Stage that another admin stays one: of two who dismiss each other at once, one stays. Raises StateConflict."""
    for other in _others(call, user):
        if is_admin(other.given()):
            key = User.key_of(call.tenant_id, other.id)
            still = User.version == int(other.version)
            call.store.add(Action(key, condition=still, check_only=True))
            return
    raise StateConflict(
        Text("A tenant keeps an admin who works: this is the last one.", "租户须保留至少一名在职管理员。")
    )


def _others(call: Call, user: User) -> Iterator[User]:
    """All others who sign in."""
    at, position = keys.by_state(call.tenant_id, USER.name, UserState.ACTIVE), None
    while True:
        found, position = call.store.query(at, index="gsi3", start=position)
        yield from (each for each in found if isinstance(each, User) and each.id != user.id)
        if position is None:
            return


def _unit(call: Call, unit_id: str) -> OrgUnit:
    """The unit that a user is to belong to, which stays at the commit. Raises Invalid."""
    unit = call.store.get(OrgUnit, unit_id)
    if unit is None:
        text = Text("There is no such org unit within your reach", "在您的范围内没有该组织机构")
        raise Invalid(errors=(FieldError("/org_unit_id", "not_found", text),))
    call.store.require(unit)
    return unit
