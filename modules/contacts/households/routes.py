"""Routes of households."""

from typing import TYPE_CHECKING

from chalicelib.call import Call
from chalicelib.late import Late
from chalicelib.problems import StateConflict
from chalicelib.store.lists import ListQuery
from chalicelib.web.results import Created, Listed, Patch
from chalicelib.web.routes import Routes
from modules.contacts.households.schemas import HouseholdIn, HouseholdOut
from modules.contacts.kinds import DELETE, HOUSEHOLD, READ, WRITE

if TYPE_CHECKING:
    from modules.contacts.households import service
else:
    service = Late("modules.contacts.households.service")

routes = Routes("contacts")

EXAMPLE = {"name": "Núñez, Frazier Park", "address": {"city": "Frazier Park", "country": "US"}}


@routes.post("/contacts/households", needs=WRITE, examples={"household": EXAMPLE})
def create_household(call: Call, body: HouseholdIn) -> Created[HouseholdOut]:
    """Create a household."""
    return service.create_household(call, body)


@routes.get("/contacts/households", needs=READ, listing=HOUSEHOLD.listing)
def list_households(call: Call, query: ListQuery) -> Listed[HouseholdOut]:
    """List households; ``GET /v1/contacts?household_id=`` lists who belongs to one."""
    return service.list_households(call, query)


@routes.get("/contacts/households/{household_id}", needs=READ)
def get_household(call: Call, household_id: str) -> HouseholdOut:
    """Read a household."""
    return service.household_out(service.get_household(call, household_id))


@routes.patch("/contacts/households/{household_id}", needs=WRITE, examples={"renamed": {"name": "Núñez"}})
def update_household(call: Call, household_id: str, body: Patch[HouseholdIn]) -> HouseholdOut:
    """Change a household."""
    return service.update_household(call, household_id, body)


@routes.delete("/contacts/households/{household_id}", needs=DELETE, refuses=(StateConflict,))
def delete_household(call: Call, household_id: str) -> None:
    """Delete a household that nobody belongs to."""
    service.delete_household(call, household_id)
