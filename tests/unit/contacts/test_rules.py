"""Pure decisions of contacts, as tables of cases."""

import pytest

from chalicelib.problems import ValueRefused
from modules.contacts.custom_fields.rules import FieldRule, check_values
from modules.contacts.people.rules import display_name, normalise_phone


@pytest.mark.parametrize(
    ("number", "region"),
    [("", "US"), ("abc", "US"), ("12", "US"), ("4155550101", ""), ("+999123", "US"), ("0" * 30, "CN")],
)
def test_normalise_phone__no_number__refused(number, region):
    with pytest.raises(ValueRefused):
        normalise_phone(number, region)


@pytest.mark.parametrize(
    ("number", "region", "expected"),
    [
        ("(415) 555-0101", "US", "+14155550101"),
        ("+1 415 555 0101", "CN", "+14155550101"),
        ("138 0013 8000", "CN", "+8613800138000"),
        ("00861380013 8000", "DE", "+8613800138000"),
    ],
)
def test_normalise_phone__any_format__e164(number, region, expected):
    assert normalise_phone(number, region) == expected


@pytest.mark.parametrize(
    ("name", "given", "family", "external", "expected"),
    [
        ("José Núñez", None, None, [], "José Núñez"),
        (None, "Ada", "Lovelace", [], "Ada Lovelace"),
        (None, "三丰", "张", [], "张三丰"),
        (None, None, "张", [], "张"),
        (None, None, None, [{"system": "billing", "id": "0002"}], "0002"),
        (None, None, None, [], "cnt_1"),
    ],
)
def test_display_name__whatever_is_there__something_to_call_them(name, given, family, external, expected):
    shown = display_name(name=name, given=given, family=family, external_ids=external, record_id="cnt_1")
    assert shown == expected


RULES = (
    FieldRule("tier", "enum", ("a", "b")),
    FieldRule("tags", "multi_enum", ("x", "y")),
    FieldRule("age", "number"),
    FieldRule("vip", "boolean"),
    FieldRule("since", "date"),
    FieldRule("fee", "money"),
    FieldRule("note", "text"),
    FieldRule("firm", "text", applies_to=("organization",)),
)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("tier", "c"),
        ("tier", ["a"]),
        ("tags", ["z"]),
        ("tags", "x"),
        ("tags", ["x"] * 51),
        ("age", "37"),
        ("age", True),
        ("vip", "yes"),
        ("vip", 1),
        ("since", "2026-02-30"),
        ("since", "20260301"),
        ("since", 1),
        ("fee", 12.3),
        ("fee", {"amount": "1e999x", "currency": "CNY"}),
        ("fee", {"amount": "NaN", "currency": "CNY"}),
        ("fee", {"amount": "1.00", "currency": "yuan"}),
        ("fee", {"amount": "1.00"}),
        ("note", 5),
        ("note", "x" * 4001),
        ("firm", "only for organizations"),
        ("unheard_of", 1),
    ],
)
def test_check_values__wrong_value__named_by_its_pointer(name, value):
    (error,) = check_values(RULES, "individual", {name: value}, {})
    assert error.pointer == f"/custom/{name}"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("tier", "a"),
        ("tags", []),
        ("tags", ["x", "y"]),
        ("age", -4),
        ("age", 45.85),
        ("vip", False),
        ("since", "2026-03-01"),
        ("fee", {"amount": "-12.30", "currency": "USD"}),
        ("note", ""),
    ],
)
def test_check_values__fitting_value__accepted(name, value):
    assert check_values(RULES, "individual", {name: value}, {}) == []


def test_check_values__required_field_missing__refused():
    (error,) = check_values((FieldRule("age", "number", required=True),), "individual", {}, {})
    assert (error.pointer, error.code) == ("/custom/age", "missing")


def test_check_values__option_since_taken_away__unchanged_value_stays():
    narrowed = (FieldRule("tier", "enum", ("b",)),)
    assert check_values(narrowed, "individual", {"tier": "a"}, {"tier": "a"}) == []
    assert check_values(narrowed, "individual", {"tier": "a"}, {}) != []
