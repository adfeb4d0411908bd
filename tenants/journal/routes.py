"""HTTP to use case: the journal."""

from chalicelib.call import Call
from chalicelib.store.lists import ListQuery
from chalicelib.web.results import Listed
from chalicelib.web.routes import Routes
from tenants.journal import service
from tenants.journal.schemas import EventOut
from tenants.kinds import JOURNAL
from tenants.manifest import MANIFEST

routes = Routes(MANIFEST.name)


@routes.get("/events", needs="journal:follow", listing=JOURNAL)
def list_events(call: Call, query: ListQuery) -> Listed[EventOut]:
    """Read the journal.

    Every change of the last 30 days, settled (older than 10 seconds), the changes of one subject in their order.
    There is always a `next_cursor`: keep it, and ask again later for what came after. Delivery is at least once; the
    `id` tells repeats.
    """
    return service.read(call, query)
