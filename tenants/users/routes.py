"""HTTP to use case: users, roles, and who is calling."""

from chalicelib.access.needs import Public
from chalicelib.call import Call
from chalicelib.problems import AlreadyExists, StateConflict, Unauthenticated
from chalicelib.store.lists import ListQuery
from chalicelib.web.results import Created, Listed
from chalicelib.web.routes import Routes
from tenants.manifest import MANIFEST, USER
from tenants.users import service
from tenants.users.schemas import InvitedOut, MeOut, RoleOut, UserIn, UserOut

routes = Routes(MANIFEST.name)


@routes.post("/users", needs="users:write", refuses=(AlreadyExists,))
def invite_user(call: Call, body: UserIn) -> Created[InvitedOut]:
    """Invite a user.

    Answers a link that is shown once and lives a week. It binds a sign-in; when a person sent it, it can also be
    exchanged for a first API key.
    """
    return Created(service.create(call, body))


@routes.get("/users", needs="users:read", listing=USER.listing)
def list_users(call: Call, query: ListQuery) -> Listed[UserOut]:
    """List users."""
    return service.page(call, query)


@routes.get("/users/{user_id}", needs="users:read")
def get_user(call: Call, user_id: str) -> UserOut:
    """Get a user."""
    return service.get(call, user_id)


@routes.post("/users/{user_id}/deactivate", needs="users:write", refuses=(StateConflict,))
def deactivate_user(call: Call, user_id: str) -> UserOut:
    """Deactivate a user; sign-ins and keys are refused everywhere within 5 seconds."""
    return service.deactivate(call, user_id)


@routes.get("/roles", needs="users:read")
def list_roles(call: Call) -> Listed[RoleOut]:
    """List the built-in roles with their permissions."""
    return service.roles(call)


@routes.get(
    "/me", needs=Public("any valid credential may ask who it is; none is answered 401"), refuses=(Unauthenticated,)
)
def get_me(call: Call) -> MeOut:
    """Get the caller: kind, tenant and permissions."""
    return service.me(call)
