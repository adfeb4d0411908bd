"""HTTP to use case: tenants, for the platform's operators, and a tenant's own view."""

from chalicelib.call import Call
from chalicelib.problems import StateConflict
from chalicelib.store.lists import ListQuery
from chalicelib.web.results import Created, Listed
from chalicelib.web.routes import Routes
from tenants.kinds import TENANT
from tenants.lifecycle import service
from tenants.lifecycle.errors import TenantNameTaken
from tenants.lifecycle.schemas import OnboardedOut, SuspensionIn, TenantIn, TenantOut
from tenants.manifest import MANIFEST
from tenants.subscriptions.errors import DependencyMissing

routes = Routes(MANIFEST.name)

_EXAMPLES = {
    "china": {
        "name": "临江通信",
        "region": "CN",
        "default_phone_region": "CN",
        "locale": "zh-CN",
        "time_zone": "Asia/Shanghai",
        "currency": "CNY",
        "admin": {"name": "王芳", "email": "wang.fang@example.com"},
        "modules": [],
    }
}


@routes.post("/tenants", needs="platform:tenants", examples=_EXAMPLES, refuses=(TenantNameTaken, DependencyMissing))
def onboard_tenant(call: Call, body: TenantIn) -> Created[OnboardedOut]:
    """Onboard a tenant.

    Answers with the first admin's invitation, which is shown once: exchange it for a first API key, and use it to
    bind the admin's sign-in.
    """
    return Created(service.onboard(call, body))


@routes.get("/tenants", needs="platform:tenants", listing=TENANT.listing)
def list_tenants(call: Call, query: ListQuery) -> Listed[TenantOut]:
    """List tenants."""
    return service.page(call, query)


@routes.get("/tenants/{tenant_id}", needs="platform:tenants")
def get_tenant(call: Call, tenant_id: str) -> TenantOut:
    """Get a tenant."""
    return service.get(call, tenant_id)


@routes.post("/tenants/{tenant_id}/suspend", needs="platform:tenants", refuses=(StateConflict,))
def suspend_tenant(call: Call, tenant_id: str, body: SuspensionIn) -> TenantOut:
    """Suspend a tenant: block sign-in, changes or billing."""
    return service.suspend(call, tenant_id, body)


@routes.post("/tenants/{tenant_id}/reactivate", needs="platform:tenants", refuses=(StateConflict,))
def reactivate_tenant(call: Call, tenant_id: str) -> TenantOut:
    """End a tenant's suspension."""
    return service.reactivate(call, tenant_id)


@routes.get("/tenant", needs="tenant:read", in_suspension=True)
def get_own_tenant(call: Call) -> TenantOut:
    """Get your own tenant."""
    return service.own(call)
