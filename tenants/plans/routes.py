"""HTTP to use case: plans."""

from chalicelib.call import Call
from chalicelib.web.results import Listed
from chalicelib.web.routes import Routes
from tenants.manifest import MANIFEST
from tenants.plans import service
from tenants.plans.schemas import PlanOut

routes = Routes(MANIFEST.name)


@routes.get("/plans", needs="modules:read")
def list_plans(call: Call) -> Listed[PlanOut]:
    """List the plans with quotas, privileges and prices."""
    del call
    return service.page()
