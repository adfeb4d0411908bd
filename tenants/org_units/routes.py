"""HTTP to use case: org units."""

from chalicelib.call import Call
from chalicelib.store.lists import ListQuery
from chalicelib.web.results import Created, Listed, Patch
from chalicelib.web.routes import Routes
from tenants.manifest import MANIFEST, ORG_UNIT
from tenants.org_units import service
from tenants.org_units.schemas import OrgUnitIn, OrgUnitOut, OrgUnitPatch

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
