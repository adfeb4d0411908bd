import pytest

from modules.contacts.imports.rules import document

BEFORE = {
    "external_ids": [{"system": "billing", "id": "1"}, {"system": "boss", "id": "b"}],
    "emails": ["old@x.de"],
    "tags": ["vip"],
    "addresses": [{"city": "Ojai", "geo": {"latitude": 1.0, "longitude": 2.0}}, {"city": "Kunming"}],
    "custom": {"plan": "S"},
}


def test_new_contact__from_a_row():
    values = {
        "external_id": "1",
        "status": "active",
        "addresses.city": "Ojai",
        "addresses.geo.latitude": 1.0,
        "custom.plan": "S",
    }
    assert document(values, "billing", {}) == {
        "external_ids": [{"system": "billing", "id": "1"}],
        "status": "active",
        "addresses": [{"city": "Ojai", "geo": {"latitude": 1.0}}],
        "custom": {"plan": "S"},
    }


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"id": "cnt_1"}, {}),
        ({"external_id": "1"}, {"external_ids": BEFORE["external_ids"]}),
        ({"external_id": "2"}, {"external_ids": [{"system": "billing", "id": "2"}, {"system": "boss", "id": "b"}]}),
        ({"emails": ["new@x.de"]}, {"emails": ["new@x.de", "old@x.de"]}),
        ({"emails": ["OLD@x.de"]}, {"emails": ["OLD@x.de"]}),
        ({"tags": ["vip", "5g"]}, {"tags": ["vip", "5g"]}),
        (
            {"addresses.city": "Ventura"},
            {"addresses": [BEFORE["addresses"][0] | {"city": "Ventura"}, {"city": "Kunming"}]},
        ),
        ({"custom.age": 37}, {"custom": {"plan": "S", "age": 37}}),
        (
            {"addresses.street": "A", "addresses.geo.latitude": 3.0},
            {
                "addresses": [
                    {"city": "Ojai", "street": "A", "geo": {"latitude": 3.0, "longitude": 2.0}},
                    {"city": "Kunming"},
                ]
            },
        ),
    ],
)
def test_contact_that_is_there__keeps_what_the_row_does_not_say(values, expected):
    assert document(values, "billing", BEFORE) == expected


def test_the_row_again__changes_nothing():
    values = {"external_id": "1", "emails": ["a@x.de", "b@x.de"], "tags": ["new"], "addresses.city": "Ventura"}
    once = {**BEFORE, **document(values, "billing", BEFORE)}
    assert {**once, **document(values, "billing", once)} == once
