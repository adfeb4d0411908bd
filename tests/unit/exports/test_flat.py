import pytest

from chalicelib.exports.flat import columns, row
from modules.contacts.people.schemas import ContactOut


def test_columns__are_the_paths_of_the_values__with_the_tenants_own():
    wanted = ["id", "external_ids", "phones", "addresses", "custom"]
    assert columns(ContactOut, wanted, {"custom": ["plan"]}) == [
        "id",
        "external_ids.system",
        "external_ids.id",
        "phones",
        "addresses.street",
        "addresses.city",
        "addresses.region",
        "addresses.postal_code",
        "addresses.country",
        "addresses.geo.latitude",
        "addresses.geo.longitude",
        "custom.plan",
    ]


@pytest.mark.parametrize(
    ("path", "cell"),
    [
        ("name", ""),
        ("gone", ""),
        ("phones", "+1;+2"),
        ("addresses.city", "Ojai;Kunming"),
        ("addresses.geo.latitude", "1.5"),
        ("custom.paid", "true"),
        ("custom.fee", "12.30 CNY"),
        ("custom.gone", ""),
    ],
)
def test_row__joins_what_shares_a_path(path, cell):
    document = {
        "name": None,
        "phones": ["+1", "+2"],
        "addresses": [{"city": "Ojai", "geo": {"latitude": 1.5}}, {"city": "Kunming", "geo": None}],
        "custom": {"paid": True, "fee": {"amount": "12.30", "currency": "CNY"}},
    }
    assert row(document, [path]) == [cell]
