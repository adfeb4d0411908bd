import pytest

from chalicelib.imports.dictionary import Entry, entries
from chalicelib.imports.suggest import REASONS, Reason, Sample, suggest
from chalicelib.imports.target import OwnField
from chalicelib.imports.values import FieldType
from modules.contacts.imports.rules import FIELDS


def suggested(cells, own=(), dictionary=None, ignored=frozenset()):
    return suggest(Sample(cells, whole=True), FIELDS, own, dictionary or {}, ignored)


@pytest.mark.parametrize(
    ("column", "cells", "field", "reason"),
    [
        ("Customerid ", ["0002-ORFBO"], "external_id", "synonym"),
        ("客户编号", ["1"], "external_id", "synonym"),
        ("id", ["17"], "external_id", "synonym"),
        ("id", ["cnt_01M835CEY86F5XWD7DPRQN99QS"], "id", "name"),
        ("Zipcode ", ["93225"], "addresses.postal_code", "synonym"),
        ("addresses.city", ["Ojai"], "addresses.city", "name"),
        ("Latitude", ["34.8"], "addresses.geo.latitude", "name"),
        ("Churncategory ", ["Price"], "churn_category", "name"),
        ("手机号", ["13800000000"], "phones", "synonym"),
        ("contact address", ["a@b.de", "c@d.de"], "emails", "cells"),
        ("how are they", ["Stayed", "Churned"], "status", "cells"),
        ("custom.contract", ["x"], "custom.contract", "own_field"),
        ("Contract ", ["x"], "custom.contract", "own_field"),
        ("Age", ["37"], "custom.age", "new_field"),
        ("套餐", ["5G"], "custom.column_1", "new_field"),
        ("_reasons", ["x"], None, "kept_out"),
        ("version", ["1"], None, "kept_out"),
    ],
)
def test_column__goes_where_its_name_or_its_cells_say(column, cells, field, reason):
    own = [OwnField("contract", FieldType.TEXT)]
    found = suggested({column: cells}, own, ignored=frozenset({"version"}))[column]
    assert (found.field, found.reason) == (field, reason)
    assert 0 < found.confidence <= 1


def test_two_columns_of_one_name__the_surer_one_has_the_field():
    found = suggested({"sex": ["f"], "gender": ["m"]})
    assert (found["gender"].field, found["sex"].field) == ("gender", "custom.sex")


def test_words_of_the_cells__are_told_with_their_values():
    found = suggested({"Customerstatus": ["Stayed", "Joined", "Churned", "unheard of"]})["Customerstatus"]
    assert dict(found.values) == {"Stayed": "active", "Joined": "joined", "Churned": "churned"}


def test_tenant_without_custom_fields__unknown_columns_are_kept_out():
    assert suggested({"Age": ["37"]}, own=None)["Age"].reason is Reason.KEPT_OUT


@pytest.mark.parametrize(("cells", "warned"), [(["65.6", "-4"], True), (["65.6"], True), (["Credit Card", "x"], False)])
def test_money__is_warned_of_below_zero(cells, warned):
    assert suggested({"Monthlycharge ": cells})["Monthlycharge "].warn_if_negative is warned


def test_negative_longitude__is_no_charge():
    assert not suggested({"Longitude": ["-118.99"]})["Longitude"].warn_if_negative


def test_dictionary__names_new_fields_and_finds_known_ones():
    dictionary = {
        "streamingtv": Entry("Streaming TV", "Indicates …"),
        "plz": Entry("PLZ", "The postal code of the residence"),
        "x1": Entry("X1", "Indicates the customer's city"),
    }
    found = suggested({"Streamingtv ": ["Yes"], "PLZ": ["80331"], "X1": ["a"]}, dictionary=dictionary)
    assert found["Streamingtv "].new == OwnField("streaming_tv", FieldType.BOOLEAN, (), "Streaming TV")
    assert (found["PLZ"].field, found["PLZ"].reason) == ("addresses.postal_code", "dictionary")
    assert found["X1"].reason is Reason.NEW_FIELD


def test_names_that_would_collide__are_told_apart():
    found = suggested({"a b": ["1"], "a-b": ["1"], "a_b!": ["1"]})
    assert [each.field for each in found.values()] == ["custom.a_b", "custom.a_b_2", "custom.a_b_3"]


@pytest.mark.parametrize(
    "content",
    [b"", b"\n", b"only one line", b'"open', b"\x00\xff", b"a,b\n1\n"],
)
def test_dictionary_that_is_none__says_nothing(content):
    assert entries(content) == {}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1252", "mac_roman"])
def test_dictionary__in_any_encoding(encoding):
    text = "Code,Field,Description\r\nChurn,Zip Code,The zip code of the customer’s residence\r\n"
    assert entries(text.encode(encoding))["zipcode"].name == "Zip Code"


def test_reasons__in_both_languages():
    assert set(REASONS) == set(Reason)
    assert all(text.en and text.zh for text in REASONS.values())
