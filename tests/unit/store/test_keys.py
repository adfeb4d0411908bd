"""Keys: every partition starts with its tenant, and no value reaches into another."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.store import keys
from chalicelib.store.attributes import JsonAttribute, KeyAttribute
from chalicelib.store.keys import PLATFORM, Key, PartitionKey, SortKey

TENANT = "tnt_01ARZ3NDEKTSV4RRFFQ69G5FAV"
values = st.text(max_size=30)


@given(values, values, values, values)
def test_two_claims_meet_only_when_name_and_value_are_the_same(name, value, other_name, other_value):
    same = (name, value) == (other_name, other_value)
    assert (keys.claim(TENANT, name, value) == keys.claim(TENANT, other_name, other_value)) is same


@given(values, values)
def test_no_value_changes_the_tenant_of_a_key(name, value):
    at = datetime(2026, 1, 1, tzinfo=UTC)
    for partition in (
        keys.record(TENANT, name, value).pk,
        keys.collection(TENANT, name, value),
        keys.claim(TENANT, name, value).pk,
        keys.lookup_partition(TENANT, name, value),
        keys.event(TENANT, at, value).pk,
        keys.idempotency(TENANT, value).pk,
        keys.by_kind(TENANT, name),
        keys.by_state(TENANT, name, value),
        keys.by_owner(TENANT, name, value),
    ):
        assert partition.tenant == TENANT
    assert keys.registry(name, value).pk.tenant == PLATFORM


@given(values, values)
def test_a_claim_and_its_look_up_entries_share_a_partition(name, value):
    assert keys.claim(TENANT, name, value).pk == keys.lookup(TENANT, name, value, "cnt_1").pk


def test_a_subtree_holds_its_unit_and_those_below_and_no_sibling():
    top = keys.under_unit("/ou_1/")
    assert keys.in_unit("/ou_1/", "cnt_1").startswith(top)
    assert keys.in_unit("/ou_1/ou_2/", "cnt_1").startswith(top)
    assert not keys.in_unit("/ou_10/", "cnt_1").startswith(top)
    assert not keys.in_unit("/ou_1/ou_2/", "cnt_1").startswith(keys.in_unit("/ou_1/"))


def test_only_keys_of_the_key_module_can_be_stored():
    attribute = KeyAttribute(attr_name="pk")
    with pytest.raises(TypeError, match="must come from"):
        attribute.serialize("tnt_1#contact")
    assert attribute.serialize(PartitionKey("tnt_1#contact")) == "tnt_1#contact"
    assert isinstance(attribute.deserialize("tnt_1#contact"), PartitionKey)
    assert isinstance(KeyAttribute(attr_name="gsi1sk").deserialize("x"), SortKey)


def test_equal_values_are_stored_alike():
    attribute = JsonAttribute(attr_name="custom")
    assert attribute.serialize({"b": 1, "a": "客"}) == attribute.serialize({"a": "客", "b": 1}) == '{"a":"客","b":1}'
    assert attribute.serialize(None) is None
    assert attribute.deserialize('{"a":[1,null]}') == {"a": [1, None]}


def test_a_record_stands_in_the_collection_of_its_root():
    root = keys.record(TENANT, "contact", "cnt_1")
    child = keys.record(TENANT, "contact", "cnt_1", "line", "lin_1")
    assert root == Key(keys.collection(TENANT, "contact", "cnt_1"), SortKey("contact"))
    assert child.pk == root.pk
    assert child.sk.startswith(keys.children("line"))
