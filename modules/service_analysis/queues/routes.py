"""Routes of queues."""

from typing import TYPE_CHECKING

from chalicelib.call import Call
from chalicelib.late import Late
from chalicelib.problems import StateConflict
from chalicelib.store.lists import ListQuery
from chalicelib.web.results import Created, Listed, Patch
from chalicelib.web.routes import Routes
from modules.service_analysis.kinds import CONFIGURE, QUEUE, READ, WRITE
from modules.service_analysis.queues.schemas import PresenceIn, QueueIn, QueueOut

if TYPE_CHECKING:
    from modules.service_analysis.queues import service
else:
    service = Late("modules.service_analysis.queues.service")

routes = Routes("service_analysis")


@routes.post("/service/queues", needs=CONFIGURE, feature="routing", refuses=(StateConflict,))
def create_queue(call: Call, body: QueueIn) -> Created[QueueOut]:
    """Set up a queue. The tenant's first one takes what no routing rule leads elsewhere."""
    return service.create_queue(call, body)


@routes.get("/service/queues", needs=READ, feature="routing", listing=QUEUE.listing)
def list_queues(call: Call, query: ListQuery) -> Listed[QueueOut]:
    """List queues. `member=` lists those of a user."""
    return service.list_queues(call, query)


@routes.get("/service/queues/{queue_id}", needs=READ, feature="routing")
def get_queue(call: Call, queue_id: str) -> QueueOut:
    """Read a queue."""
    return service.queue_out(service.get_queue(call, queue_id))


@routes.patch(
    "/service/queues/{queue_id}", needs=CONFIGURE, feature="routing", examples={"titles": {"titles": {"en": "Billing"}}}
)
def update_queue(call: Call, queue_id: str, body: Patch[QueueIn]) -> QueueOut:
    """Change a queue's titles, members or org unit. Routing knows of it within 5 s."""
    return service.update_queue(call, queue_id, body)


@routes.put(
    "/service/queues/{queue_id}/presence",
    needs=WRITE,
    feature="routing",
    refuses=(StateConflict,),
    examples={"away": {"present": False}},
)
def switch_presence(call: Call, queue_id: str, body: PresenceIn) -> QueueOut:
    """Say whether you take requests from this queue now."""
    return service.switch_presence(call, queue_id, present=body.present)
