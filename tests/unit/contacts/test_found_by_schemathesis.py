"""What generated requests broke, each as the request that broke it (tests/contract/test_schemathesis.py)."""

import pytest

from chalicelib.store.tables import create_all
from tests.support.application import House, deployed
from tests.support.light_moto import light_moto
from tests.support.units import UNITS


@pytest.fixture
def client():
    with light_moto(), deployed(None, "found-"):
        create_all(UNITS)
        yield House().client()


@pytest.mark.parametrize(
    "query",
    [
        "created_at.lte=2030-01-01T00:00:00Z",
        "created_at.lt=1969-12-31T23:59:59Z",
        "created_at.gte=0001-01-01T00:00:00Z",
        "created_at.lte=0001-01-01T00:00:00Z",
        "created_at.gte=9999-12-31T23:59:59Z",
        "created_at.lte=9999-12-31T23:59:59.999999Z",
        "created_at=1000-01-01T00:00:00Z",
    ],
)
def test_list__any_instant__is_answered(client, query):
    client.call("POST", "/v1/contacts", {"name": "Ann"})
    answer = client.call("GET", f"/v1/contacts?{query}")
    found = [each["name"] for each in answer.body["items"]]
    assert answer.status == 200
    assert found == (
        ["Ann"] if query.startswith(("created_at.lte=2030", "created_at.gte=0001", "created_at.lte=9999")) else []
    )


def test_upsert__another_external_id_of_the_body_is_taken__conflict(client):
    taken = {"system": "billing", "id": "1"}
    first = client.call("POST", "/v1/contacts", {"external_ids": [taken]})
    answer = client.call("PUT", "/v1/contacts/by-external-id/boss/2", {"external_ids": [taken]})
    assert (answer.status, answer.code) == (409, "already_exists")
    assert answer.body["existing_id"] == first.body["id"]


@pytest.mark.parametrize("name", ["sort", "limit"])
def test_list__empty_parameter__refused(client, name):
    assert client.call("GET", f"/v1/contacts?{name}=").status == 400


@pytest.mark.parametrize(
    ("patch", "pointer"),
    [({"nickname": None}, "/nickname"), ({"": None}, "/"), ({"version": None}, "/version")],
)
def test_patch__null_for_an_unknown_field__refused(client, patch, pointer):
    made = client.call("POST", "/v1/contacts", {"name": "Ann"}).body
    answer = client.call("PATCH", f"/v1/contacts/{made['id']}", patch)
    assert (answer.status, answer.body["errors"][0]["pointer"]) == (422, pointer)
    assert answer.body["errors"][0]["code"] == "extra_forbidden"


def test_patch__null_for_an_unknown_field_inside_another__refused(client):
    contact = client.call("POST", "/v1/contacts", {"name": "Ann"}).body["id"]
    fee = {"amount": "39.00", "currency": "CNY"}
    line = client.call("POST", f"/v1/contacts/{contact}/lines", {"monthly_fee": fee}).body["id"]
    answer = client.call("PATCH", f"/v1/contacts/{contact}/lines/{line}", {"monthly_fee": {"tax": None}})
    assert (answer.status, answer.body["errors"][0]["pointer"]) == (422, "/monthly_fee/tax")


def test_patch__null_for_a_field_that_is_not_set__changes_nothing(client):
    made = client.call("POST", "/v1/contacts", {"name": "Ann"}).body
    answer = client.call("PATCH", f"/v1/contacts/{made['id']}", {"birth_date": None})
    assert (answer.status, answer.body["version"]) == (200, 1)


def test_atomic_batch__refused__title_and_code_say_the_same(client):
    operation = {"op": "update", "id": "cnt_none", "data": {"name": "Ann"}}
    answer = client.call("POST", "/v1/contacts/batch?atomic=true", {"operations": [operation]})
    assert (answer.status, answer.code, answer.body["title"]) == (404, "not_found", answer.body["cause"]["title"])
