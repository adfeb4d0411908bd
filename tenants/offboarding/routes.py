"""HTTP to use case: a tenant leaves, and takes its data along."""

from typing import TYPE_CHECKING

from chalicelib.call import Call
from chalicelib.late import Late
from chalicelib.problems import StateConflict
from chalicelib.web.routes import Routes
from tenants.lifecycle.schemas import TenantOut
from tenants.manifest import MANIFEST
from tenants.offboarding.schemas import OffboardingIn, TenantExportOut

if TYPE_CHECKING:
    from tenants.offboarding import service
else:
    service = Late("tenants.offboarding.service")

routes = Routes(MANIFEST.name)

_EXAMPLES = {"ended": {"reason": "The contract has ended", "export": True}}


@routes.post("/tenants/{tenant_id}/offboard", needs="platform:tenants", examples=_EXAMPLES, refuses=(StateConflict,))
def offboard_tenant(call: Call, tenant_id: str, body: OffboardingIn) -> TenantOut:
    """Let a tenant leave.

    From now on it can only read. All its data is exported, one JSON Lines file a kind, for its admins to download until
    the grace period of its highest plan ends; then everything is erased, the export too.
    """
    return service.offboard(call, tenant_id, body)


@routes.get("/tenants/{tenant_id}/export", needs="platform:tenants")
def get_tenant_export(call: Call, tenant_id: str) -> TenantExportOut:
    """Get the export of a tenant that leaves."""
    return service.export(call, tenant_id)


@routes.get("/tenant/export", needs="tenant:admin")
def get_own_export(call: Call) -> TenantExportOut:
    """Get the export of your own tenant, which leaves."""
    return service.own_export(call)
