"""HTTP to use case: subscriptions of modules."""

from chalicelib.call import Call
from chalicelib.problems import StateConflict
from chalicelib.web.routes import Routes
from tenants.manifest import MANIFEST
from tenants.subscriptions import service
from tenants.subscriptions.errors import DependencyInUse, DependencyMissing, TrialUsed
from tenants.subscriptions.schemas import SubscriptionHistoryOut, SubscriptionIn, SubscriptionOut

routes = Routes(MANIFEST.name)

_EXAMPLES = {"basic": {"plan": "basic"}}


@routes.get("/modules/{module}/subscription", needs="modules:read")
def get_subscription(call: Call, module: str) -> SubscriptionHistoryOut:
    """Get a module's subscription with its history."""
    return service.get(call, module)


@routes.put(
    "/modules/{module}/subscription",
    needs="tenant:admin",
    examples=_EXAMPLES,
    refuses=(DependencyMissing, DependencyInUse, TrialUsed, StateConflict),
)
def subscribe_module(call: Call, module: str, body: SubscriptionIn, with_dependencies: bool = False) -> SubscriptionOut:
    """Subscribe to a module.

    It acts at once, or at ``starts_at``. ``with_dependencies`` enables the modules that it needs for that time, too;
    else 409 names them. After a pause the module is ``activating`` until it has caught up.
    """
    return service.subscribe(call, module, body, with_dependencies=with_dependencies)


@routes.delete("/modules/{module}/subscription", needs="tenant:admin", refuses=(DependencyInUse, StateConflict))
def unsubscribe_module(call: Call, module: str) -> None:
    """Switch a module off at once; its data is kept for as long as the plan says."""
    service.unsubscribe(call, module)
