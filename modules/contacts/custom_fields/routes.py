"""Routes of custom fields."""

from chalicelib.call import Call
from chalicelib.problems import StateConflict
from chalicelib.store.lists import ListQuery
from chalicelib.web.results import Created, Listed, Patch
from chalicelib.web.routes import Routes
from modules.contacts.custom_fields import service
from modules.contacts.custom_fields.schemas import CustomFieldIn, CustomFieldOut
from modules.contacts.kinds import CONFIGURE, CUSTOM_FIELD, READ

routes = Routes("contacts")


@routes.post("/contacts/custom-fields", needs=CONFIGURE, feature="custom_fields", refuses=(StateConflict,))
def create_custom_field(call: Call, body: CustomFieldIn) -> Created[CustomFieldOut]:
    """Declare a custom field, of contacts or lines: at most 100 of each are open to be written."""
    return service.create_custom_field(call, body)


@routes.get("/contacts/custom-fields", needs=READ, feature="custom_fields", listing=CUSTOM_FIELD.listing)
def list_custom_fields(call: Call, query: ListQuery) -> Listed[CustomFieldOut]:
    """List the custom fields."""
    return service.list_custom_fields(call, query)


@routes.get("/contacts/custom-fields/{field_id}", needs=READ, feature="custom_fields")
def get_custom_field(call: Call, field_id: str) -> CustomFieldOut:
    """Read a custom field."""
    return service.field_out(service.get_custom_field(call, field_id))


@routes.patch(
    "/contacts/custom-fields/{field_id}",
    needs=CONFIGURE,
    feature="custom_fields",
    refuses=(StateConflict,),
    examples={"titles": {"titles": {"en": "Contract", "zh-CN": "合约"}}},
)
def update_custom_field(call: Call, field_id: str, body: Patch[CustomFieldIn]) -> CustomFieldOut:
    """Change a custom field's titles, options or reach, or archive it.

    An archived field's values stay to be read, are written no more and filtered by no more. Fields are never deleted.
    """
    return service.update_custom_field(call, field_id, body)
