"""Routes of loads."""

from typing import TYPE_CHECKING

from chalicelib.call import Call
from chalicelib.late import Late
from chalicelib.store.lists import ListQuery
from chalicelib.web.results import Listed
from chalicelib.web.routes import Routes
from modules.contacts.kinds import READ, USAGE_LOAD
from modules.contacts.usage_loads.schemas import UsageLoadOut

if TYPE_CHECKING:
    from modules.contacts.usage_loads import service
else:
    service = Late("modules.contacts.usage_loads.service")

routes = Routes("contacts")


@routes.get("/contacts/usage/loads", needs=READ, feature="usage", listing=USAGE_LOAD.listing)
def list_usage_loads(call: Call, query: ListQuery) -> Listed[UsageLoadOut]:
    """List what has been loaded and restated, for as long as its events are kept."""
    return service.list_loads(call, query)


@routes.get("/contacts/usage/loads/{load_id}", needs=READ, feature="usage")
def get_usage_load(call: Call, load_id: str) -> UsageLoadOut:
    """Read what a transaction has loaded of a month."""
    return service.get_load(call, load_id)
