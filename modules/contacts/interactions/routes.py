"""Routes of interactions, timeline and overview."""

from chalicelib.call import Call
from chalicelib.modules import Filter, Listing, Op
from chalicelib.store.lists import ListQuery
from chalicelib.web.batch import Batch
from chalicelib.web.batch_models import BatchResult, CreateBatch
from chalicelib.web.results import Created, Listed
from chalicelib.web.routes import Routes
from modules.contacts.interactions import service
from modules.contacts.interactions.schemas import (
    InteractionForContact,
    InteractionIn,
    InteractionOut,
    Overview,
    TimelineEntryOut,
)
from modules.contacts.manifest import READ, WRITE

routes = Routes("contacts")

EXAMPLE = {"channel": "phone", "direction": "inbound", "title": "Asks about the bill", "outcome": "explained"}
TIMELINE = Listing(filters=(Filter("type", frozenset({Op.EQ})),), sorts=("occurred_at",))


@routes.post("/contacts/{contact_id}/interactions", needs=WRITE, feature="interactions", examples={"call": EXAMPLE})
def create_interaction(call: Call, contact_id: str, body: InteractionIn) -> Created[InteractionOut]:
    """Note an interaction with a contact."""
    return service.create_interaction(call, contact_id, body)


@routes.get("/contacts/{contact_id}/interactions/{interaction_id}", needs=READ, feature="interactions")
def get_interaction(call: Call, contact_id: str, interaction_id: str) -> InteractionOut:
    """Read an interaction."""
    return service.get_interaction(call, contact_id, interaction_id)


@routes.post(
    "/interactions/batch",
    needs=WRITE,
    feature="interactions",
    batch=Batch(
        model=CreateBatch[InteractionForContact],
        performs={"create": service.create_for_contact},
        read_ahead=service.read_ahead,
    ),
    examples={"calls": {"operations": [{"op": "create", "data": {**EXAMPLE, "contact_id": "cnt_…"}}]}},
)
def batch_interactions(call: Call, body: CreateBatch[InteractionForContact], atomic: bool = False) -> BatchResult:
    """Note up to 500 interactions (call centre, shops)."""
    raise AssertionError(call, body, atomic)  # web/batch.py answers batch routes


@routes.get("/contacts/{contact_id}/timeline", needs=READ, feature="interactions", listing=TIMELINE)
def get_timeline(call: Call, contact_id: str, query: ListQuery) -> Listed[TimelineEntryOut]:
    """Read a contact's timeline, newest first, of all types or one."""
    return service.timeline(call, contact_id, query)


@routes.get("/contacts/{contact_id}/overview", needs=READ)
def get_overview(call: Call, contact_id: str) -> Overview:
    """Read customer, lines and newest timeline entries together."""
    return service.overview(call, contact_id)
