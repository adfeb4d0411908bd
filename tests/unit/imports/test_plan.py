import pytest

from chalicelib.imports.compile import compiled, new_fields
from chalicelib.imports.plan import PlannedColumn
from chalicelib.imports.schemas import ImportPlan
from chalicelib.imports.target import OwnField
from chalicelib.imports.values import FieldType
from chalicelib.modules import Text
from chalicelib.problems import FieldError, Invalid
from modules.contacts.imports.service import CONTACTS

COLUMNS = ("Id", "Status", "Charge", "City")
OWN = (OwnField("charge", FieldType.NUMBER), OwnField("plan", FieldType.ENUM, ("S", "M")))
KEY = {"Id": {"field": "external_id"}}


def plan(**wanted):
    body = ImportPlan.model_validate({"mode": "upsert", "key": "external_id", "mapping": KEY} | wanted)
    return compiled(CONTACTS, COLUMNS, body, OWN, system="billing", currency="CNY")


@pytest.mark.parametrize(
    ("wanted", "pointer", "code"),
    [
        ({"mapping": KEY | {"Nope": {"field": "name"}}}, "/mapping/Nope", "unknown_column"),
        ({"mapping": KEY | {"City": {"field": "town"}}}, "/mapping/City/field", "unknown_field"),
        ({"mapping": KEY | {"City": {"field": "external_id"}}}, "/mapping/City/field", "field_taken"),
        ({"mapping": KEY | {"City": {"field": "custom.nope"}}}, "/mapping/City/field", "unknown_custom_field"),
        (
            {"mapping": KEY | {"Status": {"field": "status", "values": {"Stayed": "here"}}}},
            "/mapping/Status/values",
            "unknown_value",
        ),
        (
            {"mapping": KEY | {"City": {"field": "custom.new", "new": {"type": "enum"}}}},
            "/mapping/City/new/options",
            "options",
        ),
        ({"key": None}, "/key", "missing"),
        ({"key": "name"}, "/key", "unknown_key"),
        ({"key": "id"}, "/key", "unmapped_key"),
        ({"constants": {"town": "Ojai"}}, "/constants/town", "unknown_field"),
        ({"constants": {"custom.nope": "Ojai"}}, "/constants/custom.nope", "unknown_field"),
        ({"constants": {"external_id": "7"}}, "/constants/external_id", "field_taken"),
        ({"constants": {"birth_date": "2026-10"}}, "/constants/birth_date", "date_expected"),
    ],
)
def test_mapping_that_does_not_go_together__refused_at_its_place(wanted, pointer, code):
    with pytest.raises(Invalid) as refused:
        plan(**wanted)
    assert [(each.pointer, each.code) for each in refused.value.errors] == [(pointer, code)]


def test_constants__are_every_rows_values__and_can_be_the_key():
    wanted = {"status": "Stayed", "custom.plan": "s", "external_id": "7"}
    made = plan(mapping={"City": {"field": "addresses.city"}}, constants=wanted)
    expected = {"status": "active", "custom.plan": "S", "external_id": "7"}
    assert made.parse(["", "", "", "Ojai"]).values == expected | {"addresses.city": "Ojai"}
    assert made.parse(["", "", "", ""]).values == expected


def test_create_without_a_key__is_a_plan():
    assert plan(mode="create", key=None).key is None


def test_columns__as_kept_by_the_job__are_the_same():
    made = plan(mapping=KEY | {"Status": {"field": "status", "values": {"Stayed": "active"}}})
    assert tuple(PlannedColumn.read(each.written()) for each in made.columns) == made.columns


def test_row__values_errors_and_warnings_by_column():
    mapping = KEY | {
        "Status": {"field": "status", "values": {"Stayed": "active"}},
        "Charge": {"field": "custom.charge", "warn_if_negative": True},
        "City": {"field": "custom.plan"},
    }
    made = plan(mapping=mapping)
    good = made.parse([" 17 ", "stayed", "-4", ""])
    assert good.values == {"external_id": "17", "status": "active", "custom.charge": -4}
    assert [(each.column, each.code) for each in good.warnings] == [("Charge", "negative")]
    bad = made.parse(["17", "gone fishing", "x", "L"])
    expected = [("Status", "unknown_value"), ("Charge", "number_expected"), ("City", "unknown_value")]
    assert [(each.column, each.code) for each in bad.errors] == expected


def test_row_without_its_key__is_an_error_of_that_column():
    assert [(each.column, each.code) for each in plan().parse(["", "", "", ""]).errors] == [("Id", "missing_key")]


@pytest.mark.parametrize(
    ("pointer", "column"),
    [("/addresses/0/city", "City"), ("/custom/charge", "Charge"), ("/status", "Status"), ("/owner_id", None)],
)
def test_error_of_a_use_case__is_told_of_the_column_that_fills_the_field(pointer, column):
    mapping = {"Status": {"field": "status"}, "Charge": {"field": "custom.charge"}, "City": {"field": "addresses.city"}}
    found = plan(mapping=KEY | mapping).located(FieldError(pointer, "x", Text("a", "b")))
    assert found.column == column


def test_new_fields__are_those_that_the_tenant_has_not():
    new = {"type": "text"}
    mapping = KEY | {"Charge": {"field": "custom.charge", "new": new}, "City": {"field": "custom.town", "new": new}}
    body = ImportPlan.model_validate({"mode": "upsert", "key": "external_id", "mapping": mapping})
    made = compiled(CONTACTS, COLUMNS, body, OWN, system="billing", currency="CNY")
    assert new_fields(body.mapping, made) == [OwnField("town", FieldType.TEXT)]
