"""Routes of interactions, timeline and overview."""

from typing import get_args

from chalicelib.call import Call
from chalicelib.clock import read_instant
from chalicelib.modules import EQUALITY, RANGE, Filter, Listing, OneOf, Op
from chalicelib.problems import AlreadyExists, AmbiguousKey
from chalicelib.store.lists import ListQuery
from chalicelib.web.batch import Batch
from chalicelib.web.batch_models import BatchResult, CreateBatch
from chalicelib.web.results import Listed, Upserted
from chalicelib.web.routes import Routes
from modules.contacts.interactions import service
from modules.contacts.interactions.schemas import (
    InteractionForContact,
    InteractionIn,
    InteractionOut,
    Overview,
    TimelineEntryOut,
)
from modules.contacts.kinds import READ, WRITE
from modules.contacts.people.schemas import Channel

routes = Routes("contacts")

EXAMPLE = {"channel": "phone", "direction": "inbound", "title": "Asks about the bill", "outcome": "explained"}
CHANNELS: tuple[str, ...] = get_args(Channel)
TOUCHES = Listing(
    filters=(
        Filter("channel", EQUALITY, OneOf(CHANNELS)),
        Filter("direction", EQUALITY, OneOf(("inbound", "outbound"))),
        Filter("occurred_at", RANGE, read_instant),
    ),
    sorts=("occurred_at",),
)
TIMELINE = Listing(filters=(Filter("type", frozenset({Op.EQ})),), sorts=("occurred_at",))


@routes.post(
    "/contacts/{contact_id}/interactions",
    needs=WRITE,
    feature="interactions",
    refuses=(AlreadyExists,),
    examples={"call": EXAMPLE},
)
def create_interaction(call: Call, contact_id: str, body: InteractionIn) -> Upserted[InteractionOut]:
    """Note an interaction with a contact.

    One with a ``source`` that has been noted for this contact before is answered as it stands there, with 200.
    """
    return service.create_interaction(call, contact_id, body)


@routes.get("/contacts/{contact_id}/interactions", needs=READ, feature="interactions", listing=TOUCHES)
def list_interactions(call: Call, contact_id: str, query: ListQuery) -> Listed[InteractionOut]:
    """List a contact's interactions, newest first."""
    return service.list_interactions(call, contact_id, query)


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
    refuses=(AmbiguousKey,),
    examples={
        "calls": {"operations": [{"op": "create", "data": {**EXAMPLE, "contact_id": "cnt_…"}}]},
        "by a number": {
            "operations": [
                {
                    "op": "create",
                    "data": {
                        **EXAMPLE,
                        "contact": {"msisdn": "+14155550101"},
                        "source": {"system": "call-centre", "id": "4711"},
                    },
                }
            ]
        },
    },
)
def batch_interactions(call: Call, body: CreateBatch[InteractionForContact], atomic: bool = False) -> BatchResult:
    """Note up to 500 interactions (call centre, shops).

    Each names its contact by ``contact_id`` or by a key in ``contact``. A key that several contacts share is that
    operation's 409 with their ids, one that leads to nobody its 404. What has a ``source`` that has been noted before
    is not noted again: its result is 200 and the first one's id.
    """
    raise AssertionError(call, body, atomic)  # web/batch.py answers batch routes


@routes.get("/contacts/{contact_id}/timeline", needs=READ, feature="interactions", listing=TIMELINE)
def get_timeline(call: Call, contact_id: str, query: ListQuery) -> Listed[TimelineEntryOut]:
    """Read a contact's timeline, newest first, of all types or one."""
    return service.timeline(call, contact_id, query)


@routes.get("/contacts/{contact_id}/overview", needs=READ)
def get_overview(call: Call, contact_id: str) -> Overview:
    """Read customer, lines and newest timeline entries together."""
    return service.overview(call, contact_id)
