"""The batch route of contacts."""

from chalicelib.call import Call
from chalicelib.web.batch import Batch
from chalicelib.web.batch_models import BatchResult, FullBatch
from chalicelib.web.routes import Routes
from modules.contacts.kinds import DELETE, WRITE
from modules.contacts.people import service
from modules.contacts.people.routes import EXAMPLE
from modules.contacts.people.schemas import ContactIn, ExternalId

routes = Routes("contacts")


@routes.post(
    "/contacts/batch",
    needs=WRITE,
    batch=Batch(
        model=FullBatch[ExternalId, ContactIn],
        performs={
            "create": service.create_contact,
            "update": service.update_contact,
            "upsert": service.upsert_contact,
            "delete": service.delete_contact,
        },
        read_ahead=service.read_ahead,
        delete_needs=DELETE,
    ),
    examples={"upsert": {"operations": [{"op": "upsert", "key": {"system": "billing", "id": "1"}, "data": EXAMPLE}]}},
)
def batch_contacts(call: Call, body: FullBatch[ExternalId, ContactIn], atomic: bool = False) -> BatchResult:
    """Create, update, upsert and delete up to 500 contacts.

    Answers 207 with one status per operation, in order. With ``atomic=true`` all happen or none.
    """
    raise AssertionError(call, body, atomic)  # web/batch.py answers batch routes
