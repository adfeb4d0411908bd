"""Use cases of households."""

from chalicelib.call import Call
from chalicelib.problems import NotFound
from chalicelib.store import keys
from chalicelib.store.commit import Action
from chalicelib.store.lists import ListQuery, list_records
from chalicelib.store.records import Item
from chalicelib.web.render import document_of
from chalicelib.web.results import Created, Listed, Patch
from modules.contacts.households.errors import has_members
from modules.contacts.households.records import Household, Roster
from modules.contacts.households.schemas import HouseholdIn, HouseholdOut
from modules.contacts.places.service import place_in_organisation


def household_out(record: Household) -> HouseholdOut:
    """The household as everybody reads it."""
    held = record.held()
    values = {name: held.get(name) for name in HouseholdOut.model_fields}
    return HouseholdOut.model_validate({**values, "version": int(record.version)})


def create_household(call: Call, body: HouseholdIn) -> Created[HouseholdOut]:
    """A new household, with nobody in it."""
    record = Household.fresh(call.now)
    _fill(call, record, body)
    call.store.create(record)
    return Created(household_out(record))


def get_household(call: Call, household_id: str) -> Household:
    """The household of that id in the caller's tenant and scope; raises NotFound."""
    record = call.store.get(Household, household_id)
    if record is None:
        raise NotFound
    return record


def update_household(call: Call, household_id: str, body: Patch[HouseholdIn]) -> HouseholdOut:
    """Apply a merge patch."""
    record = get_household(call, household_id)
    document = document_of(call, household_out(record))
    call.check_version(record, {name: document.get(name) for name in body.touched})
    current = {name: document[name] for name in HouseholdIn.model_fields if document[name] is not None}
    _fill(call, record, body.apply(current))
    call.store.update(record)
    return household_out(record)


def delete_household(call: Call, household_id: str) -> None:
    """End a household that nobody belongs to; raises StateConflict for another."""
    record = get_household(call, household_id)
    call.check_version(record, {})
    at = Roster.key_of(call.tenant_id, record.id)
    roster = call.store.get_item(Roster, at)  # before its members are looked for: whoever joins behind that is noticed
    members, _ = call.store.query(keys.lookup_partition(call.tenant_id, "household", record.id), limit=1)
    if members:
        raise has_members()
    as_it_was = Roster.token == roster.token if roster else Item.pk.does_not_exist()
    call.store.add(Action(at, condition=as_it_was))
    call.store.delete(record)


def list_households(call: Call, query: ListQuery) -> Listed[HouseholdOut]:
    """A page of households."""
    page = list_records(call.store, Household, query)
    return Listed([household_out(each) for each in page.items], page.next_position, page.truncated)


def _fill(call: Call, record: Household, body: HouseholdIn) -> None:
    document = body.model_dump(mode="json")
    record.name, record.address = document["name"], document["address"]
    place_in_organisation(call, record, body.org_unit_id, body.owner_id)
