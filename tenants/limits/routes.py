"""HTTP to use case: limits."""

from chalicelib.call import Call
from chalicelib.web.routes import Routes
from tenants.limits import service
from tenants.limits.schemas import LimitsOut
from tenants.manifest import MANIFEST

routes = Routes(MANIFEST.name)


@routes.get("/limits", needs="usage:read")
def get_limits(call: Call) -> LimitsOut:
    """See your limits and what is used of them: rates, quotas, sizes."""
    return service.limits(call)
