"""HTTP to use case: the module catalogue, subscriptions, feature switches, entitlements."""

from typing import Annotated

from pydantic import StringConstraints

from chalicelib.call import Call
from chalicelib.problems import StateConflict
from chalicelib.web.results import Listed
from chalicelib.web.routes import Routes
from tenants.manifest import MANIFEST
from tenants.subscriptions import service
from tenants.subscriptions.errors import DependencyInUse, DependencyMissing
from tenants.subscriptions.schemas import (
    EntitlementOut,
    ModuleOut,
    OverrideIn,
    OverrideOut,
    SubscriptionIn,
    SubscriptionOut,
)

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


@routes.put("/modules/{module}/subscription", needs="tenant:admin", refuses=(DependencyMissing, StateConflict))
def subscribe_module(call: Call, module: str, body: SubscriptionIn, with_dependencies: bool = False) -> SubscriptionOut:
    """Enable a module.

    It acts at once. ``with_dependencies`` enables the modules that it needs, too; else 409 names them.
    """
    return service.subscribe(call, module, body, with_dependencies=with_dependencies)


@routes.delete("/modules/{module}/subscription", needs="tenant:admin", refuses=(DependencyInUse, StateConflict))
def unsubscribe_module(call: Call, module: str) -> None:
    """Disable a module; its data stays."""
    service.unsubscribe(call, module)


@routes.put("/modules/{module}/features/{feature}", needs="tenant:admin")
def override_feature(call: Call, module: str, feature: str, body: OverrideIn) -> OverrideOut:
    """Switch a feature on or off for your tenant."""
    return service.override(call, module, feature, body)


@routes.delete("/modules/{module}/features/{feature}", needs="tenant:admin")
def end_feature_override(call: Call, module: str, feature: str) -> None:
    """End a feature's switch: plan and catalogue decide again."""
    service.end_override(call, module, feature)


@routes.get("/entitlements", needs="modules:read")
def list_entitlements(call: Call, explain: Asked | None = None) -> Listed[EntitlementOut]:
    """List what is enabled and why.

    ``explain`` asks for one module (``contacts``) or feature (``contacts.lines``).
    """
    return service.entitlements(call, explain)
