"""Event items: what changed, sealed where it is personal, with ids that rise for each subject."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.access.crypto import SealError, new_subject_key, unseal
from chalicelib.clock import id_after
from chalicelib.store.events import build_event, changes_between
from modules.contacts.people.records import Contact

AT = datetime(2026, 1, 1, 12, tzinfo=UTC)
KEY = new_subject_key()


def contact(**values):
    record = Contact(id="cnt_1", type="individual", status="active", **values)
    record.created_at = record.updated_at = AT
    record.created_by = record.updated_by = "key_1"
    record.version = 2
    return record.place("tnt_1")


def event(record, changed, subject_key=KEY, verb="updated"):
    return build_event(
        unit="contacts",
        tenant="tnt_1",
        record=record,
        verb=verb,
        changed=changed,
        actor="key_1",
        origin="request-1",
        at=AT,
        subject_key=subject_key,
    )


def test_personal_values_are_sealed_and_only_their_names_shown():
    old, new = contact(name="José").raw(), contact(name="Josefa", value_tier="gold").raw()
    made = event(contact(), changes_between(old, new))
    assert made.changed == {"name": None, "value_tier": [None, "gold"]}
    assert json.loads(unseal(KEY, made.sealed)) == {"name": ["José", "Josefa"]}
    assert made.sealed_for == "cnt_1"
    assert "Jos" not in str(made.raw())
    with pytest.raises(SealError):
        unseal(new_subject_key(), made.sealed)


def test_without_a_subjects_key_personal_values_are_not_told_at_all():
    made = event(contact(), {"name": ["José", "Josefa"]}, subject_key=None)
    assert (made.changed, made.sealed) == ({"name": None}, None)


def test_an_event_says_who_did_what_to_which_version_and_is_stored_37_days():
    made = event(contact(), {"status": ["active", "churned"]})
    assert (made.type, made.subject, int(made.subject_version)) == ("contact.updated", "cnt_1", 2)
    assert (made.actor, made.origin, made.tenant) == ("key_1", "request-1", "tnt_1")
    assert int(made.ttl) == int((AT + timedelta(days=37)).timestamp())
    assert made.pk == "tnt_1#event#20260101"


def test_what_the_store_maintains_is_no_change():
    old, new = contact(), contact()
    new.version, new.updated_at, new.last_event = 9, AT + timedelta(days=1), "01ARZ3NDEKTSV4RRFFQ69G5FAV"
    assert changes_between(old.raw(), new.raw()) == {}
    assert changes_between(None, None) == {}


def test_a_create_and_a_delete_tell_every_value():
    stored = contact(value_tier="gold").raw()
    made = changes_between(None, stored)
    assert (made["value_tier"], made["status"]) == ([None, "gold"], [None, "active"])
    assert changes_between(stored, None)["value_tier"] == ["gold", None]
    assert "id" not in made


@given(st.lists(st.integers(min_value=-5000, max_value=5000), min_size=2, max_size=20))
def test_ids_of_one_subject_rise_though_the_clocks_of_machines_differ(offsets):
    ids = [id_after(None, AT)]
    for offset in offsets:
        ids.append(id_after(ids[-1], AT + timedelta(milliseconds=offset)))
    assert ids == sorted(set(ids))
    assert {len(each) for each in ids} == {26}
