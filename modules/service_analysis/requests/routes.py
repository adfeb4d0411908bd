"""Routes of requests."""

from typing import TYPE_CHECKING

from chalicelib.call import Call
from chalicelib.late import Late
from chalicelib.problems import StateConflict
from chalicelib.store.lists import ListQuery
from chalicelib.web.results import Created, Listed, Patch
from chalicelib.web.routes import Routes
from modules.service_analysis.kinds import READ, REQUEST, WRITE
from modules.service_analysis.requests.schemas import RequestActionIn, RequestBase, RequestIn, RequestOut

if TYPE_CHECKING:
    from modules.service_analysis.requests import service
else:
    service = Late("modules.service_analysis.requests.service")

routes = Routes("service_analysis")

EXAMPLE = {
    "type": "complaint",
    "title": "Charged twice in April",
    "description": "The invoice of April has the monthly fee twice.",
    "channel": "phone",
    "area": ["Georgia", "Acworth"],
}


@routes.post("/requests", needs=WRITE, examples={"complaint": EXAMPLE})
def create_request(call: Call, body: RequestIn) -> Created[RequestOut]:
    """Open a request: an inquiry, complaint, fault, service request, suggestion or follow-up of an order."""
    return service.create_request(call, body)


@routes.get("/requests", needs=READ, listing=REQUEST.listing)
def list_requests(call: Call, query: ListQuery) -> Listed[RequestOut]:
    """List requests. `waiting_in=` lists what waits in a queue for somebody to take it."""
    return service.list_requests(call, query)


@routes.get("/requests/{request_id}", needs=READ)
def get_request(call: Call, request_id: str) -> RequestOut:
    """Read a request."""
    return service.request_out(service.get_request(call, request_id))


@routes.patch("/requests/{request_id}", needs=WRITE, examples={"urgent": {"priority": "urgent"}})
def update_request(call: Call, request_id: str, body: Patch[RequestBase]) -> RequestOut:
    """Change what is said of a request; where it stands is changed by actions."""
    return service.update_request(call, request_id, body)


@routes.post(
    "/requests/{request_id}/actions", needs=WRITE, refuses=(StateConflict,), examples={"take": {"action": "take"}}
)
def act_on_request(call: Call, request_id: str, body: RequestActionIn) -> RequestOut:
    """Do something to a request: assign, take, start, wait, resume, resolve, confirm, reopen or merge it.

    Who takes it first answers for it until the customer confirms, whoever works on it. Each action is a step of the
    request's history.
    """
    return service.perform(call, request_id, body)
