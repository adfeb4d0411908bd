"""The route of a group customer's hierarchy."""

from typing import TYPE_CHECKING

from chalicelib.call import Call
from chalicelib.late import Late
from chalicelib.web.routes import Routes
from modules.contacts.hierarchy.schemas import Hierarchy
from modules.contacts.kinds import READ

if TYPE_CHECKING:
    from modules.contacts.hierarchy import service
else:
    service = Late("modules.contacts.hierarchy.service")

routes = Routes("contacts")


@routes.get("/contacts/{contact_id}/hierarchy", needs=READ)
def get_hierarchy(call: Call, contact_id: str) -> Hierarchy:
    """Read who stands above and directly below a contact."""
    return service.hierarchy(call, contact_id)
