"""Routes of entries."""

from typing import TYPE_CHECKING

from chalicelib.call import Call
from chalicelib.late import Late
from chalicelib.store.lists import ListQuery
from chalicelib.web.results import Created, Listed
from chalicelib.web.routes import Routes
from modules.service_analysis.entries.schemas import RequestEntryIn, RequestEntryOut
from modules.service_analysis.kinds import ENTRY, READ, WRITE

if TYPE_CHECKING:
    from modules.service_analysis.entries import service
else:
    service = Late("modules.service_analysis.entries.service")

routes = Routes("service_analysis")


@routes.post(
    "/requests/{request_id}/entries",
    needs=WRITE,
    examples={"reply": {"type": "reply", "text": "We have refunded the second charge."}},
)
def create_request_entry(call: Call, request_id: str, body: RequestEntryIn) -> Created[RequestEntryOut]:
    """Write a note, a reply to the customer or a message of the customer's into a request.

    The first reply is the first response. A message of the customer's wakes a request that waits for them.
    """
    return service.create_entry(call, request_id, body)


@routes.get("/requests/{request_id}/entries", needs=READ, listing=ENTRY.listing)
def list_request_entries(call: Call, request_id: str, query: ListQuery) -> Listed[RequestEntryOut]:
    """Read a request's history: notes, replies, messages and steps, newest first."""
    return service.list_entries(call, request_id, query)


@routes.get("/requests/{request_id}/entries/{entry_id}", needs=READ)
def get_request_entry(call: Call, request_id: str, entry_id: str) -> RequestEntryOut:
    """Read an entry of a request."""
    return service.get_entry(call, request_id, entry_id)
