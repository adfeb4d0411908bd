"""HTTP to use case: users, and who is calling."""

from chalicelib.access.needs import Public
from chalicelib.call import Call
from chalicelib.jobs.schemas import JobOut
from chalicelib.problems import AlreadyExists, StateConflict, Unauthenticated
from chalicelib.store.lists import ListQuery
from chalicelib.web.results import Accepted, Created, Listed, Patch
from chalicelib.web.routes import Routes
from tenants.kinds import USER
from tenants.manifest import MANIFEST
from tenants.users import service
from tenants.users.schemas import InvitedOut, MeOut, ReassignIn, UserIn, UserOut, UserPatch

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


@routes.patch("/users/{user_id}", needs="users:write", refuses=(StateConflict,))
def update_user(call: Call, user_id: str, body: Patch[UserPatch]) -> UserOut:
    """Change a user's name, roles or org unit.

    Roles are given within what you hold yourself, and it acts everywhere within 5 seconds. The last admin stays one.
    """
    return service.change(call, user_id, body)


@routes.post("/users/{user_id}/reactivate", needs="users:write", refuses=(StateConflict,))
def reactivate_user(call: Call, user_id: str) -> UserOut:
    """Let a deactivated user in again."""
    return service.reactivate(call, user_id)


@routes.post("/users/{user_id}/invite", needs="users:write", refuses=(StateConflict,))
def invite_user_again(call: Call, user_id: str) -> InvitedOut:
    """Send another invitation to a user who has not signed in yet; the one before is void."""
    return service.invite_again(call, user_id)


@routes.post("/users/{user_id}/reassign", needs="users:write", refuses=(StateConflict,))
def reassign_user(call: Call, user_id: str, body: ReassignIn) -> Accepted[JobOut]:
    """Hand a user's records over to another user: all of them, or those of some kinds.

    A job does it, of what you can see yourself. Customers with their lines and interactions, open tasks and approvals
    that wait for the user's decision are handed over; what the user has finished or asked for stays the user's.
    """
    return service.reassign(call, user_id, body)


@routes.get(
    "/me", needs=Public("any valid credential may ask who it is; none is answered 401"), refuses=(Unauthenticated,)
)
def get_me(call: Call) -> MeOut:
    """Get the caller: kind, tenant and permissions."""
    return service.me(call)
