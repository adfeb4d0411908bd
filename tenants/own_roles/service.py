"""Roles: listed, made, changed, deleted while nobody has them."""

from collections.abc import Iterator

from chalicelib.call import Call
from chalicelib.modules import Catalogue
from chalicelib.problems import NotFound
from chalicelib.store import keys
from chalicelib.store.store import Store
from chalicelib.web.results import Created, Listed, Patch
from tenants.directory import forget_when_done
from tenants.kinds import USER
from tenants.own_roles.errors import bad_permissions, built_in_stays, in_use, name_taken, too_many
from tenants.own_roles.records import OwnRole
from tenants.own_roles.rules import Held, built_in, own, permission_faults
from tenants.own_roles.schemas import RoleIn, RoleOut, RolePatch
from tenants.roles import ROLES
from tenants.standing import privileges_of
from tenants.users.records import User


def page(call: Call) -> Listed[RoleOut]:
    """All roles, the built-in ones first."""
    known = call.catalogue.permissions()
    fixed = [RoleOut.of_built_in(each, known) for each in ROLES.values()]
    return Listed([*fixed, *(RoleOut.of_own(each, known) for each in _all(call.store))])


def get(call: Call, role_id: str) -> RoleOut:
    """One role. Raises NotFound."""
    known = call.catalogue.permissions()
    if role_id in ROLES:
        return RoleOut.of_built_in(ROLES[role_id], known)
    return RoleOut.of_own(_load(call, role_id), known)


def create(call: Call, body: RoleIn) -> Created[RoleOut]:
    """A role of the tenant's own. Raises AlreadyExists, Invalid for permissions, StateConflict at the plan's limit."""
    held = {str(each.name) for each in _all(call.store)}
    if body.name in ROLES or body.name in held:
        raise name_taken()
    if len(held) >= (most := privileges_of(call).own_roles):
        raise too_many(most)
    role = OwnRole.fresh(call.now, name=body.name)
    _fill(call, role, body, had=())
    call.store.create(role)
    return Created(RoleOut.of_own(role, call.catalogue.permissions()), f"/v1/roles/{role.id}")


def change(call: Call, role_id: str, body: Patch[RolePatch]) -> RoleOut:
    """Change what it holds: it acts within 5 s everywhere. Raises NotFound, VersionMismatch, Invalid, StateConflict."""
    role = _load(call, role_id)
    current = {"titles": role.titles, "default_reach": role.reach, "permissions": role.permissions}
    call.check_version(role, {name: current[name] for name in body.touched if name in current})
    _fill(call, role, body.apply(current), had=role.permissions)
    if call.store.update(role):
        forget_when_done(call, call.tenant_id)
    return RoleOut.of_own(role, call.catalogue.permissions())


def delete(call: Call, role_id: str) -> None:
    """End it. Raises NotFound, VersionMismatch, StateConflict for a built-in one and for one that somebody has."""
    role = _load(call, role_id)
    call.check_version(role, {})
    for user in _users(call.store):
        if user.works and any(name == role.name for name, _ in user.given()):
            raise in_use(user.id)
    call.store.delete(role)
    forget_when_done(call, call.tenant_id)


def role_named(store: Store, catalogue: Catalogue, name: str) -> Held | None:
    """What a role holds, a built-in one or one of the tenant's own; that it is still there is checked at the commit."""
    known = catalogue.permissions()
    if (fixed := built_in(name, known)) is not None:
        return fixed
    role = store.get_at(OwnRole, OwnRole.place_of(store.boundary, name))
    if role is None:
        return None
    store.require(role)
    return own(name, role.reach, role.permissions, known)


def _all(store: Store) -> list[OwnRole]:
    found = store.query_all(OwnRole.all_of(store.boundary))
    return [each for each in found if isinstance(each, OwnRole)]


def _load(call: Call, role_id: str) -> OwnRole:
    if role_id in ROLES:
        raise built_in_stays()
    role = next((each for each in _all(call.store) if each.id == role_id), None)
    if role is None:
        raise NotFound
    return role


def _fill(call: Call, role: OwnRole, body: RolePatch, *, had: list[str] | tuple[str, ...]) -> None:
    faults = permission_faults(body.permissions, call.catalogue.permissions(), had, call.principal.grants)
    if faults:
        raise bad_permissions(faults)
    role.titles, role.reach = body.titles.model_dump(), str(body.default_reach)
    role.permissions = sorted(set(body.permissions))


def _users(store: Store) -> Iterator[User]:
    position = None
    while True:
        found, position = store.query(keys.by_kind(store.boundary, USER.name), index="gsi1", start=position)
        yield from (each for each in found if isinstance(each, User))
        if position is None:
            return
