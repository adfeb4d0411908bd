"""HTTP to use case: upkeep of what is derived from records."""

from chalicelib.call import Call
from chalicelib.jobs.schemas import JobOut
from chalicelib.problems import NotFound, StateConflict
from chalicelib.store.lists import ListQuery
from chalicelib.web.results import Accepted, Listed
from chalicelib.web.routes import Routes
from tenants.kinds import DEAD_LETTERS
from tenants.manifest import MANIFEST
from tenants.upkeep import service
from tenants.upkeep.schemas import DeliveryOut, ReplayIn

routes = Routes(MANIFEST.name)


@routes.get("/dead-letters", needs="tenant:admin", listing=DEAD_LETTERS)
def list_dead_letters(call: Call, query: ListQuery) -> Listed[DeliveryOut]:
    """List events that were not handled.

    Those that are being tried again, and those that were given up until they are replayed.
    """
    return service.dead_letters(call, query)


@routes.post("/dead-letters/replay", needs="tenant:admin")
def replay_dead_letters(call: Call, body: ReplayIn) -> Accepted[JobOut]:
    """Try dead letters again."""
    return service.replay(call, body.task)


@routes.post("/modules/{module}/rebuild", needs="tenant:admin", refuses=(NotFound, StateConflict))
def rebuild_module(call: Call, module: str) -> Accepted[JobOut]:
    """Rebuild what follows from a module's records.

    Search tokens, counters and contributions to other modules are written anew from the records, beside live changes.
    """
    return service.rebuild(call, module)


@routes.post("/modules/{module}/recount", needs="tenant:admin", refuses=(NotFound, StateConflict))
def recount_module(call: Call, module: str) -> Accepted[JobOut]:
    """Compare a module's counters with its records.

    The job's result names every cell that differs; at rest there is none.
    """
    return service.recount(call, module)
