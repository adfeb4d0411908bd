"""HTTP to use case: kill switches, for the platform's operators."""

from chalicelib.call import Call
from chalicelib.problems import StateConflict
from chalicelib.web.results import Listed
from chalicelib.web.routes import Routes
from tenants.kill_switches import service
from tenants.kill_switches.schemas import KillSwitchIn, KillSwitchOut
from tenants.manifest import MANIFEST

routes = Routes(MANIFEST.name)

_EXAMPLES = {"read-only": {"mode": "read_only", "reason": "The store is being moved"}}


@routes.get("/kill-switches", needs="platform:switches")
def list_kill_switches(call: Call) -> Listed[KillSwitchOut]:
    """List the kill switches, expired ones too."""
    return service.page(call)


@routes.put("/kill-switches/{target}", needs="platform:switches", examples=_EXAMPLES, refuses=(StateConflict,))
def set_kill_switch(call: Call, target: str, body: KillSwitchIn) -> KillSwitchOut:
    """Switch a module (``contacts``) or a feature (``contacts.lines``) for all tenants.

    It acts at once here and within 5 seconds everywhere, whatever tenants have subscribed or switched.
    """
    return service.switch(call, target, body)


@routes.delete("/kill-switches/{target}", needs="platform:switches")
def lift_kill_switch(call: Call, target: str) -> None:
    """Lift a kill switch."""
    service.lift(call, target)
