"""Routes of consents."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from chalicelib.call import Call
from chalicelib.late import Late
from chalicelib.modules import Listing
from chalicelib.store.lists import ListQuery
from chalicelib.web.batch import Batch
from chalicelib.web.batch_models import BatchResult, CreateBatch
from chalicelib.web.results import Listed
from chalicelib.web.routes import Routes
from modules.contacts.consents.rules import ConsentChannel, Purpose
from modules.contacts.consents.schemas import (
    ConsentDecisionOut,
    ConsentForContact,
    ConsentIn,
    ConsentOut,
    ContactabilityOut,
)
from modules.contacts.kinds import CONSENTS, READ, WRITE

if TYPE_CHECKING:
    from modules.contacts.consents import service
else:
    service = Late("modules.contacts.consents.service")

routes = Routes("contacts")

EXAMPLE = {"status": "granted", "source": "web shop, check-out", "evidence": "Box 2: offers by e-mail"}
HISTORY = Listing(sorts=("decided_at",))


def _tell_for_contact(call: Call, body: ConsentForContact) -> ConsentOut:
    return service.tell_for_contact(call, body)


def _read_ahead(call: Call, operations: Sequence[Any]) -> None:
    service.read_ahead(call, operations)


@routes.put(
    "/contacts/{contact_id}/consents/{channel}/{purpose}", needs=WRITE, feature=CONSENTS, examples={"yes": EXAMPLE}
)
def tell_consent(call: Call, contact_id: str, channel: ConsentChannel, purpose: Purpose, body: ConsentIn) -> ConsentOut:
    """Note what a customer has decided for a channel and purpose.

    Answers the decision that stands: one that was made before it changes nothing but the history. A repeat changes
    nothing at all. If-Match is not asked.
    """
    return service.tell_consent(call, contact_id, channel, purpose, body)


@routes.post(
    "/contacts/consents/batch",
    needs=WRITE,
    feature=CONSENTS,
    batch=Batch(
        model=CreateBatch[ConsentForContact],
        performs={"create": _tell_for_contact},
        read_ahead=_read_ahead,
    ),
    examples={
        "shop": {
            "operations": [
                {
                    "op": "create",
                    "data": {
                        **EXAMPLE,
                        "external_id": {"system": "shop", "id": "0002-ORFBO"},
                        "channel": "email",
                        "purpose": "marketing",
                    },
                }
            ]
        }
    },
)
def batch_consents(call: Call, body: CreateBatch[ConsentForContact], atomic: bool = False) -> BatchResult:
    """Note up to 500 decisions (call centre, web shop), by contact id or external id."""
    raise AssertionError(call, body, atomic)  # web/batch.py answers batch routes


@routes.get("/contacts/{contact_id}/consents", needs=READ, feature=CONSENTS)
def list_consents(call: Call, contact_id: str) -> Listed[ConsentOut]:
    """List the decisions that stand."""
    return service.list_consents(call, contact_id)


@routes.get("/contacts/{contact_id}/consents/history", needs=READ, feature=CONSENTS, listing=HISTORY)
def list_consent_history(call: Call, contact_id: str, query: ListQuery) -> Listed[ConsentDecisionOut]:
    """List all decisions that were ever told, late ones too."""
    return service.history(call, contact_id, query)


@routes.get("/contacts/{contact_id}/contactability", needs=READ, feature=CONSENTS)
def get_contactability(call: Call, contact_id: str, channel: ConsentChannel, purpose: Purpose) -> ContactabilityOut:
    """Ask whether a customer may be contacted over a channel for a purpose, and why.

    Do-not-contact overrides all. Without a decision service is allowed, by the contract; marketing, research and
    profiling are not.
    """
    return service.contactability(call, contact_id, channel, purpose)
