"""HTTP to use case: the tenant's choices about contacts."""

from typing import TYPE_CHECKING

from chalicelib.call import Call
from chalicelib.late import Late
from chalicelib.web.routes import Routes
from modules.contacts.kinds import CONFIGURE, DUPLICATES, READ
from modules.contacts.unique_keys.schemas import ContactSettingsIn, ContactSettingsOut

if TYPE_CHECKING:
    from modules.contacts.unique_keys import service
else:
    service = Late("modules.contacts.unique_keys.service")

routes = Routes("contacts")


@routes.get("/contacts/settings", needs=READ, feature=DUPLICATES)
def get_contact_settings(call: Call) -> ContactSettingsOut:
    """Read what no two contacts may share."""
    return service.get_contact_settings(call)


@routes.put("/contacts/settings", needs=CONFIGURE, feature=DUPLICATES)
def put_contact_settings(call: Call, body: ContactSettingsIn) -> ContactSettingsOut:
    """Choose whether e-mail addresses and phone numbers are unique.

    In force for every write from then on, within 5 seconds. What contacts had before is claimed by a job, which lists
    those that share a value: the oldest holds it, and the others keep theirs until they are merged or edited.
    """
    return service.put_contact_settings(call, body)
