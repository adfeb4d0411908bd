"""How alike two contacts are."""

from types import SimpleNamespace

import pytest

from modules.contacts.duplicates.rules import LIKELY, likeness, row_of
from modules.contacts.people.rules import blocks_of, same_name

EMPTY = dict.fromkeys(("name", "given_name", "family_name", "emails", "phones", "addresses", "birth_date"))
HOME = {"street": "1 Oak Street", "postal_code": "93225"}


def contact(**values):
    return SimpleNamespace(**{**EMPTY, **values})


JOSE = {"name": "José Núñez", "phones": ["+1"], "emails": ["j@x"], "birth_date": "1980-02-01", "addresses": [HOME]}


@pytest.mark.parametrize(
    ("one", "other", "likely"),
    [
        ({"name": "José Núñez", "phones": ["+1"]}, {"name": "NUNEZ, Jose", "phones": ["+1"]}, True),
        ({"name": "张三丰", "phones": ["+1"]}, {"family_name": "张", "given_name": "三丰", "phones": ["+1"]}, True),
        ({"name": "José Núñez", "phones": ["+1"]}, {"name": "José Nunes", "phones": ["+1"]}, True),
        ({"name": "José Núñez", "phones": ["+1"]}, {"phones": ["+1"]}, True),
        ({"name": "José Núñez", "phones": ["+1"]}, {"name": "María Gómez", "phones": ["+1"]}, False),
        ({"name": "José Núñez", "emails": ["j@X"]}, {"name": "Jose Nunez", "emails": ["J@x"]}, True),
        ({"name": "José Núñez"}, {"name": "José Núñez"}, False),
        ({"name": "José Núñez", "birth_date": "1980-02-01"}, {"name": "Jose Nunez", "birth_date": "1980-02-01"}, True),
        ({"name": "José Núñez", "addresses": [HOME]}, {"name": "Núñez José", "addresses": [HOME]}, True),
        (
            {"name": "José Núñez", "addresses": [{"postal_code": "1"}]},
            {"name": "José Núñez", "addresses": [{"postal_code": "1"}]},
            False,
        ),
        (JOSE, {**JOSE, "birth_date": "2010-02-01", "phones": [], "emails": []}, False),
        ({}, {}, False),
    ],
)
def test_likeness__of_two__is_likely_or_not(one, other, likely):
    assert (likeness(contact(**one), contact(**other)).score >= LIKELY) is likely


def test_likeness__says_why():
    assert likeness(contact(**JOSE), contact(**JOSE)).reasons == ("email", "phone", "name", "birth_date", "address")


def test_same_name__in_whatever_order_and_writing():
    forms = [{"name": "José Núñez"}, {"name": "nunez,  JOSE"}, {"given_name": "José", "family_name": "Núñez"}]
    assert len({same_name(contact(**each)) for each in forms}) == 1
    assert same_name(contact(name="张 三丰")) == same_name(contact(name="张三丰")) == "张三丰"


def test_blocks__are_few_and_tell_nothing():
    blocks = blocks_of(contact(**{**JOSE, "phones": ["+1", "+2", "+3"]}))
    assert sorted(name for name, _ in blocks) == ["email", "name_born", "name_place", "phone", "phone"]
    assert not [value for _, value in blocks if "nunez" in value]
    assert blocks_of(contact(name="José Núñez")) == frozenset()


def test_row__has_one_address_and_names_in_two_orders():
    row = row_of("cnt_1", contact(name="José Núñez", addresses=[HOME]), [{"system": "crm", "id": "A1"}])
    assert (row["name"], row["plain"], row["turned"]) == ("jose nunez", "jose nunez", "nunez jose")
    assert (row["postal_code"], row["street"], row["other_ids"]) == ("93225", "1oakstreet", ["a1"])
