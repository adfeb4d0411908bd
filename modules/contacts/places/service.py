"""Where a customer belongs: to an org unit and an owner, to a household, and to a group customer above it."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from chalicelib.access.placing import be_known, stand_in_unit, stay_in_reach
from chalicelib.call import Call
from chalicelib.clock import new_id
from chalicelib.modules import Text
from chalicelib.problems import FieldError, Invalid
from chalicelib.store import keys
from chalicelib.store.commit import Action
from chalicelib.store.keys import Key
from chalicelib.store.reader import SUBJECT_KEY
from chalicelib.store.records import Item
from chalicelib.store.store import Store
from modules.contacts.households.records import Household, Roster
from modules.contacts.kinds import CONTACT
from modules.contacts.people.errors import (
    has_a_group,
    not_an_organization,
    unknown_household,
    unknown_parent,
)
from modules.contacts.people.records import Contact

HIGHEST: Final = 10
NAMING: Final = {"parent_id", "household_id", "custom"}


def place_in_organisation(
    call: Call, record: Contact | Household, org_unit_id: str | None, owner_id: str | None
) -> None:
    """Write org unit and owner into the record; another unit must exist and lie in the caller's scope.

    Raises Invalid for a unit or an owner that is not there, or not for this caller.
    """
    new = record.unit_path is None
    stand_in_unit(call, record, org_unit_id)
    owner = owner_id if owner_id or not new else call.principal.user_id
    if owner and owner != record.owner_id:
        be_known(call, owner, "owner_id")
    record.owner_id = owner
    stay_in_reach(call, record)


def read_named_ahead(store: Store, written: Sequence[Any]) -> None:
    """Fetch what contacts that are about to be written name: parents, households, and whom custom values refer to."""
    named = [each if isinstance(each, dict) else each.model_dump(include=NAMING) for each in written]
    custom = [value for each in named for value in (each.get("custom") or {}).values() if isinstance(value, str)]
    contacts = {each for each in custom if each.startswith(f"{CONTACT.prefix}_")}
    contacts |= {each["parent_id"] for each in named if isinstance(each.get("parent_id"), str)}
    homes = {each["household_id"] for each in named if isinstance(each.get("household_id"), str)}
    places = [Contact.key_of(store.boundary, each) for each in sorted(contacts)]
    places += [Household.key_of(store.boundary, each) for each in sorted(homes)]
    if places:
        store.prefetch([*places, *(Key(each.pk, SUBJECT_KEY) for each in places)])


def live_in(call: Call, record: Contact, household_id: str | None) -> None:
    """Stage that the contact belongs to a household, which is there at the commit and knows that somebody has come."""
    record.household_id = household_id
    if household_id is None:
        return
    household = call.store.get(Household, household_id)
    if household is None:
        raise unknown_household()
    at = household.stands_at()
    call.store.add(Action(at, condition=Item.pk.exists(), check_only=True, shared=True))
    roster = Roster.key_of(call.tenant_id, household_id)
    call.store.put(Roster(token=new_id("join", call.now)).put_at(roster), Action(roster, shared=True))


def stand_below(call: Call, record: Contact, parent_id: str | None) -> None:
    """Stage another parent: an organization that is no descendant of this contact, at most 10 levels up.

    Only an organization that is there already can close a circle. What its move was decided on, each ancestor as it
    was read, must still stand at the commit: of two moves that would meet in a circle the second finds the first.
    """
    record.parent_id = parent_id
    if parent_id is None:
        return
    parents = list(_parents(call, record, parent_id))
    may_close_a_circle = bool(record.version) and record.type == "organization"
    for each in parents if may_close_a_circle else ():
        call.store.add(Action(each.stands_at(), condition=Contact.version == int(each.version), check_only=True))
    call.store.require(parents[0], checked=may_close_a_circle)


def _parents(call: Call, record: Contact, parent_id: str) -> Iterator[Contact]:
    above: str | None = parent_id
    for _ in range(HIGHEST):
        if above is None:
            return
        parent = call.store.get(Contact, above)
        if parent is None:
            raise unknown_parent()
        if parent.type != "organization":
            raise not_an_organization()
        if parent.id == record.id:
            break
        yield parent
        above = parent.parent_id
    if above is not None:
        detail = Text("This would make a circle, or more than 10 levels.", "会形成循环，或超过 10 级。")
        raise Invalid(errors=(FieldError("/parent_id", "cycle", detail),))


def keep_group(call: Call, record: Contact, wanted: str) -> None:
    """What has others below it stays an organization."""
    if record.version and record.type == "organization" and wanted != record.type:
        below, _ = call.store.query(keys.lookup_partition(call.tenant_id, "parent", record.id), limit=1)
        if below:
            raise has_a_group()
