"""HTTP to use case: the module catalogue, and what is enabled and why."""

from typing import Annotated

from pydantic import StringConstraints

from chalicelib.call import Call
from chalicelib.web.results import Listed
from chalicelib.web.routes import Routes
from tenants.entitlements import service
from tenants.entitlements.schemas import EntitlementOut, ModuleOut
from tenants.manifest import MANIFEST

routes = Routes(MANIFEST.name)

Asked = Annotated[str, StringConstraints(min_length=1, max_length=100)]


@routes.get("/modules", needs="modules:read")
def list_modules(call: Call) -> Listed[ModuleOut]:
    """List the module catalogue with your tenant's state of each module."""
    return service.catalogue(call)


@routes.get("/modules/{module}", needs="modules:read")
def get_module(call: Call, module: str) -> ModuleOut:
    """Get a module of the catalogue with your tenant's state."""
    return service.module(call, module)


@routes.get("/entitlements", needs="modules:read")
def list_entitlements(call: Call, explain: Asked | None = None) -> Listed[EntitlementOut]:
    """List what is enabled for you and why.

    ``explain`` asks for one module (``contacts``) or feature (``contacts.lines``), with what each step has said.
    """
    return service.entitlements(call, explain)
