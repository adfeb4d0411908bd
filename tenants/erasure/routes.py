"""HTTP to use case: the end of a tenant."""

from typing import TYPE_CHECKING

from chalicelib.call import Call
from chalicelib.late import Late
from chalicelib.problems import StateConflict
from chalicelib.web.routes import Routes
from tenants.erasure.schemas import CertificateOut
from tenants.lifecycle.schemas import TenantOut
from tenants.manifest import MANIFEST

if TYPE_CHECKING:
    from tenants.erasure import service
else:
    service = Late("tenants.erasure.service")

routes = Routes(MANIFEST.name)


@routes.post("/tenants/{tenant_id}/erase", needs="platform:tenants", refuses=(StateConflict,))
def erase_tenant(call: Call, tenant_id: str) -> TenantOut:
    """Erase a tenant that has left.

    After the grace period it happens by itself; this does it at once, or tries again when it has failed.
    """
    return service.erase(call, tenant_id)


@routes.get("/tenants/{tenant_id}/certificate", needs="platform:tenants")
def get_erasure_certificate(call: Call, tenant_id: str) -> CertificateOut:
    """Get the certificate of a tenant's erasure."""
    return service.certificate(call, tenant_id)
