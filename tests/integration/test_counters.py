"""Totals come from counters, whatever the order, number and cut of the events that feed them."""

import random

from chalicelib.counters.postings import CellPlace
from chalicelib.counters.records import addition

STATUSES = ("prospect", "joined", "active", "suspended", "churned")
PLACES = (("ou_1", "/ou_1/"), ("ou_2", "/ou_1/ou_2/"), ("ou_3", "/ou_3/"))


def total(client, query=""):
    answer = client.call("GET", f"/v1/contacts?limit=1&include_total=true{query}")
    assert answer.status == 200, answer
    return answer.body["total"]


def populate(behind, client, number, seed=7):
    """Create contacts, change some, delete some; answers the statuses of those that are left."""
    chance = random.Random(seed)
    left = {}
    for at in range(number):
        status = chance.choice(STATUSES)
        made = client.call("POST", "/v1/contacts", {"name": f"n{at}", "status": status})
        assert made.status == 201, made
        left[made.body["id"]] = status
    for each in list(left):
        match chance.randrange(4):
            case 0:
                left[each] = chance.choice(STATUSES)
                assert client.call("PATCH", f"/v1/contacts/{each}", {"status": left[each]}).status == 200
            case 1:
                assert client.call("PATCH", f"/v1/contacts/{each}", {"name": "other"}).status == 200
            case 2 if len(left) > 5:
                assert client.call("DELETE", f"/v1/contacts/{each}").status == 204
                del left[each]
    return left


def test_totals__after_any_delivery__are_the_lists(behind):
    client = behind.house.client()
    left = populate(behind, client, 30)
    behind.deliver_badly(seed=3)
    assert total(client) == len(left)
    for status in STATUSES:
        counted = sum(each == status for each in left.values())
        assert total(client, f"&status={status}") == total(client, f"&status={status},{status}") == counted
    assert total(client, "&status=active,churned") == sum(each in {"active", "churned"} for each in left.values())
    answer = client.call("POST", "/v1/modules/contacts/recount", {})
    assert behind.job(client, answer)["result"]["different"] == []


def test_totals__of_another_tenant__stay_away(behind):
    populate(behind, behind.house.client(), 5)
    other = behind.house.client()
    behind.catch_up()
    assert total(other) == 0


def test_totals__what_is_not_counted__is_refused(behind):
    client = behind.house.client()
    for query in ("city=x", "status.ne=active", "status=active&type=individual"):
        answer = client.call("GET", f"/v1/contacts?include_total=true&{query}")
        assert (answer.status, answer.code) == (400, "total_not_available"), query
    assert client.call("GET", "/v1/contacts?include_total=maybe").status == 400
    assert client.call("GET", "/v1/interactions?include_total=true").status in {400, 404, 405}


def test_recount__a_cell_that_lies__is_named(behind):
    client = behind.house.client()
    populate(behind, client, 6)
    behind.catch_up()
    store = behind.background.store("contacts", client.tenant_id, "test", "test")
    lie = CellPlace("status", "total", "", ("active",), "/ou_1/")
    store.add(addition(client.tenant_id, "contact_held", lie, {"count": 3}, 0, store.clock()))
    store.commit()
    job = behind.job(client, client.call("POST", "/v1/modules/contacts/recount", {}))
    (different,) = job["result"]["different"]
    assert int(different["cells"]["count"]) == int(different["records"].get("count", 0)) + 3
    assert different["values"] == ["active"]
