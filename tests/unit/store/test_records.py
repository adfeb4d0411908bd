"""Items are written and read as PynamoDB does it, by a shorter way."""

from datetime import UTC, datetime

import pytest
from pynamodb.attributes import AttributeContainer
from pynamodb.exceptions import AttributeNullError

from chalicelib.store.records import Claim, Item
from modules.contacts.people.records import Contact

AT = datetime(2026, 3, 1, 12, 30, 15, 250_000, tzinfo=UTC)


def contact(**values):
    made = Contact.fresh(AT, type="individual", status="active", **values)
    made.created_at = made.updated_at = AT
    made.created_by = made.updated_by = "usr_1"
    return made.place("tnt_1")


CONTACTS = [
    contact(),
    contact(name="José", unit_path="/ou_1/", owner_id="usr_1", external_ids=[{"system": "billing", "id": "1"}]),
    contact(custom={"b": [1, 2.5, None], "a": {"客": True}}, tags=[]),
]


@pytest.mark.parametrize("made", CONTACTS)
def test_raw__is_what_pynamodb_would_store(made):
    assert made.raw() == made.serialize()


@pytest.mark.parametrize("made", CONTACTS)
def test_from_raw_data__holds_what_pynamodb_would_read(made):
    theirs = Contact()
    AttributeContainer._container_deserialize(theirs, made.raw())
    ours = Item.from_raw_data(made.raw())
    assert type(ours) is Contact
    assert ours.held() == theirs.attribute_values
    assert ours.raw() == made.raw()


def test_from_raw_data__what_is_not_stored__is_the_default():
    raw = contact().raw()
    del raw["version"]
    assert Item.from_raw_data(raw).version == 0
    assert Item.from_raw_data(raw).name is None


def test_from_raw_data__an_attribute_that_the_class_does_not_know_or_a_null__is_passed_over():
    raw = contact().raw() | {"of_a_newer_version": {"S": "x"}, "name": {"NULL": True}}
    assert Item.from_raw_data(raw).name is None


def test_from_raw_data__an_item_of_another_kind__is_refused():
    with pytest.raises(ValueError, match="Contact"):
        Claim.from_raw_data(contact().raw())


def test_raw__without_what_a_record_must_have__is_refused():
    made = contact()
    made.status = None
    with pytest.raises(AttributeNullError):
        made.raw()


def test_two_items_share_no_values():
    one, other = Claim(record="a"), Claim(record="b")
    assert (one.record, other.record) == ("a", "b")
    assert Item.from_raw_data(contact().raw()).held() is not Item.from_raw_data(contact().raw()).held()
