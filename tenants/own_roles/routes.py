"""HTTP to use case: roles."""

from chalicelib.call import Call
from chalicelib.problems import AlreadyExists, StateConflict
from chalicelib.web.results import Created, Listed, Patch
from chalicelib.web.routes import Routes
from tenants.manifest import MANIFEST
from tenants.own_roles import service
from tenants.own_roles.schemas import RoleIn, RoleOut, RolePatch

routes = Routes(MANIFEST.name)

_EXAMPLES = {
    "call_centre": {
        "name": "call_centre",
        "titles": {"en": "Call centre", "zh": "呼叫中心"},
        "default_reach": "all",
        "permissions": ["users:read", "work:read"],
    }
}


@routes.get("/roles", needs="users:read")
def list_roles(call: Call) -> Listed[RoleOut]:
    """List the built-in roles and your own, with their permissions."""
    return service.page(call)


@routes.post("/roles", needs="users:write", examples=_EXAMPLES, refuses=(AlreadyExists, StateConflict))
def create_role(call: Call, body: RoleIn) -> Created[RoleOut]:
    """Create a role of your own, of permissions that you hold for the whole tenant."""
    return service.create(call, body)


@routes.get("/roles/{role_id}", needs="users:read")
def get_role(call: Call, role_id: str) -> RoleOut:
    """Get a role, by its id or a built-in one's name."""
    return service.get(call, role_id)


@routes.patch("/roles/{role_id}", needs="users:write", refuses=(StateConflict,))
def update_role(call: Call, role_id: str, body: Patch[RolePatch]) -> RoleOut:
    """Change a role of your own; users who have it have the change within 5 seconds, everywhere."""
    return service.change(call, role_id, body)


@routes.delete("/roles/{role_id}", needs="users:write", refuses=(StateConflict,))
def delete_role(call: Call, role_id: str) -> None:
    """Delete a role of your own that no user has."""
    service.delete(call, role_id)
