"""HTTP to use case: org units."""

from chalicelib.call import Call
from chalicelib.jobs.schemas import JobOut
from chalicelib.problems import StateConflict
from chalicelib.store.lists import ListQuery
from chalicelib.web.results import Accepted, Created, Listed, Patch
from chalicelib.web.routes import Routes
from tenants.kinds import ORG_UNIT
from tenants.manifest import MANIFEST
from tenants.org_units import service
from tenants.org_units.schemas import MoveIn, OrgUnitIn, OrgUnitOut, OrgUnitPatch

routes = Routes(MANIFEST.name)


@routes.post("/org-units", needs="org_units:write")
def create_org_unit(call: Call, body: OrgUnitIn) -> Created[OrgUnitOut]:
    """Create an org unit below another one."""
    return Created(service.create(call, body))


@routes.get("/org-units", needs="org_units:read", listing=ORG_UNIT.listing)
def list_org_units(call: Call, query: ListQuery) -> Listed[OrgUnitOut]:
    """List org units."""
    return service.page(call, query)


@routes.get("/org-units/{org_unit_id}", needs="org_units:read")
def get_org_unit(call: Call, org_unit_id: str) -> OrgUnitOut:
    """Get an org unit."""
    return service.get(call, org_unit_id)


@routes.patch("/org-units/{org_unit_id}", needs="org_units:write")
def rename_org_unit(call: Call, org_unit_id: str, body: Patch[OrgUnitPatch]) -> OrgUnitOut:
    """Rename an org unit."""
    return service.rename(call, org_unit_id, body)


@routes.post("/org-units/{org_unit_id}/move", needs="org_units:write", refuses=(StateConflict,))
def move_org_unit(call: Call, org_unit_id: str, body: MoveIn) -> Accepted[JobOut]:
    """Move an org unit, with all below it, under another one.

    The tree changes at once; a job rewrites the records that stand in the branch, and until it has ended access follows
    the tree and not what records still say. A branch is moved by one call at a time; the same call again answers with
    the move's job, and starts another one if that was cancelled or has failed.
    """
    return service.move(call, org_unit_id, body)
