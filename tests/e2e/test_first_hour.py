"""What a stranger does by the README: onboard, take a key, enable contacts, load a customer file, find everybody."""

from collections import Counter

import pytest

from tests.support.local_run import load, onboard

pytestmark = pytest.mark.xdist_group("e2e")  # one product runs for all of them

STATUSES = {"Stayed": "active", "Churned": "churned", "Joined": "joined"}
MODULE = "/v1/modules/contacts/subscription"
REAL = {"Stayed": 4720, "Churned": 1869, "Joined": 454}


def test_first_hour__on_the_generated_sample(run, sample_file, read_file):
    rows = read_file(sample_file)
    assert len(rows) == 500
    _first_hour(run, sample_file, rows)


@pytest.mark.slow
def test_first_hour__on_the_start_of_the_real_file(run, start_of_real_file, read_file):
    rows = read_file(start_of_real_file)
    assert len(rows) == 1500
    _first_hour(run, start_of_real_file, rows)


@pytest.mark.slow  # two minutes on an idle machine, four beside the other tests
def test_first_hour__on_the_real_file(run, real_file, read_file):
    rows = read_file(real_file)
    assert Counter(row["Customerstatus"] for row in rows) == REAL
    assert len(rows) == 7043
    _first_hour(run, real_file, rows)


def _first_hour(run, file, rows):
    tenant = onboard(run, f"First hour of {len(rows)}")
    api = tenant.api
    _is_off(api)
    api.call("PUT", MODULE, {"plan": "basic"})

    said = load(run, tenant, file, "--declare")
    assert f"{len(rows)} created, 0 rejected" in said
    _everything_is_there(api, rows)
    _everybody_is_found(api, rows)

    before = Counter(run.events(tenant.id))
    assert before["contact.created"] == len(rows)
    said = load(run, tenant, file)
    assert "0 created, 0 rejected" in said
    assert f"{len(rows)} unchanged" in said
    assert Counter(run.events(tenant.id)) == before

    api.call("DELETE", MODULE, expect=204)
    _is_off(api)
    api.call("PUT", MODULE, {"plan": "basic"})
    run.wait_until(lambda: _state(api) == "active")
    _everything_is_there(api, rows)


def _state(api):
    """Where the module stands: it catches up first, when changes have passed by while it was off."""
    return api.call("GET", "/v1/modules/contacts")["reason"]


def _is_off(api):
    refused = api.call("GET", "/v1/contacts", expect=403)
    assert refused["code"] == "module_not_enabled"
    assert refused["module"] == "contacts"
    assert refused["enable_with"] == f"PUT {MODULE}"


def _everything_is_there(api, rows):
    """Every row, once, at its first version, with every column readable."""
    contacts = list(api.pages("/v1/contacts", limit="200"))
    assert len(contacts) == len(rows)
    assert len({each["id"] for each in contacts}) == len(rows)
    assert {each["version"] for each in contacts} == {1}
    by_id = {each["external_ids"][0]["id"]: each for each in contacts}
    for row in rows:
        assert _differences(row, by_id[row["Customerid"]]) == {}


def _differences(row, contact):
    """The columns whose cell is not what the contact says, with both."""
    (address,) = contact["addresses"]
    said = {
        "Customerid": contact["external_ids"][0]["id"],
        "Gender": contact["gender"].capitalize(),
        "City": address["city"],
        "Zipcode": address["postal_code"],
        "Latitude": address["geo"]["latitude"],
        "Longitude": address["geo"]["longitude"],
        "Customerstatus": {ours: theirs for theirs, ours in STATUSES.items()}[contact["status"]],
        "Churncategory": contact["churn_category"],
        "Churnreason": contact["churn_reason"],
    }
    custom = {name.replace("_", ""): value for name, value in contact["custom"].items()}
    assert len(said) + len(custom) <= len(row)
    differences = {}
    for column, cell in row.items():
        value = said[column] if column in said else custom.get(column.lower())
        if not _same(cell, value):
            differences[column] = (cell, value)
    return differences


def _same(cell, value):
    if value is None:
        return cell == ""
    if isinstance(value, bool):
        return cell == ("Yes" if value else "No")
    return cell == value if isinstance(value, str) else float(cell) == value


def _everybody_is_found(api, rows):
    for row in (rows[0], rows[len(rows) // 2], rows[-1]):
        number = row["Customerid"]
        found = api.call("GET", "/v1/contacts/lookup", external_id=f"billing:{number}")
        assert found == api.call("GET", f"/v1/contacts/by-external-id/billing/{number}")
        assert _differences(row, found) == {}
    api.call("GET", "/v1/contacts/lookup", external_id="billing:nobody", expect=404)

    for theirs, count in Counter(row["Customerstatus"] for row in rows).items():
        found = list(api.pages("/v1/contacts", status=STATUSES[theirs], limit="200"))
        assert {each["status"] for each in found} == {STATUSES[theirs]}
        assert len({each["id"] for each in found}) == len(found) == count

    cities = Counter(row["City"] for row in rows).most_common()
    for city, count in (cities[0], cities[1], cities[-1]):
        found = list(api.pages("/v1/contacts", city=city, limit="50"))
        assert {each["addresses"][0]["city"] for each in found} == {city}
        assert len({each["id"] for each in found}) == len(found) == count
