"""Whatever stands in a contact's partition can change its contact, and says so by an event when it is a record."""

import importlib

from chalicelib.modules import import_records
from chalicelib.store.records import Item, Record
from modules import contacts
from modules.contacts.manifest import MANIFEST
from modules.contacts.people.records import BesideContact, OfContact

# These name a contact and stand elsewhere: they are found by it, and end with it. Which segments a contact joined and
# left stand behind its children, under the id to which it happened.
ELSEWHERE = {"SegmentChange", "SegmentMembership", "SubjectErasure", "SubjectExport"}


def items(of=Item):
    for child in of.__subclasses__():
        yield child
        yield from items(child)


def of_contacts():
    import_records(contacts)
    importlib.import_module("modules.contacts.people.records")
    return [
        each
        for each in items()
        if each.__module__.startswith("modules.contacts.")
        and "contact_id" in each.get_attributes()
        and each.__name__ not in ELSEWHERE
    ]


def test_every_item_of_a_contact__says_where_it_is_placed_and_where_it_came_from():
    found = of_contacts()
    assert len(found) > 8
    for each in found:
        assert issubclass(each, BesideContact | OfContact), each
        assert "merged_from" in each.get_attributes(), each


def test_every_record_of_a_contact__tells_that_it_has_moved():
    kinds = {each.KIND.name for each in of_contacts() if issubclass(each, Record) and hasattr(each, "KIND")}
    assert {f"{kind}.moved" for kind in kinds} <= set(MANIFEST.events)
