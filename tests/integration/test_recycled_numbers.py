"""A number that passes to another customer: nothing of the former owner shows, and the history says who it was."""

from datetime import timedelta
from functools import partial

import pytest

from chalicelib.access.principal import Reach
from tests.fault.crowd import all_at_once

NUMBER = "+1 415 555 0102"
ASKED = "%2B14155550102"
HOLDINGS = f"/v1/lines/holdings?msisdn={ASKED}"
NORTH, SOUTH = ("ou_n", "/ou_n/"), ("ou_s", "/ou_s/")


def contact(client, name, **body):
    return client.call("POST", "/v1/contacts", {"name": name, **body}).body["id"]


def line(client, of, **body):
    answer = client.call("POST", f"/v1/contacts/{of}/lines", {"msisdn": NUMBER, **body})
    assert answer.status == 201, answer.text
    return answer.body


def held(client, query=""):
    return [
        (each["name"], each["contact_id"], each["until"] is None)
        for each in client.call("GET", HOLDINGS + query).body["items"]
    ]


@pytest.fixture
def house(behind):
    """With the table of core, in which the audit is noted."""
    return behind.house


@pytest.fixture
def client(house):
    """A caller of a tenant of its own."""
    return house.client()


@pytest.fixture
def units(house):
    """Callers of two branches beside one who sees all."""
    boss = house.client()
    house.directory.tenants[boss.tenant_id].units |= dict([NORTH, SOUTH])
    north, south = (house.client(boss.tenant_id, reach=Reach.SUBTREE, unit=each) for each in (NORTH, SOUTH))
    return boss, north, south


def test_history__without_the_permission_or_of_another_tenant__tells_nothing(house, client):
    line(client, contact(client, "A"))
    agent = house.client(client.tenant_id, permissions=["contacts:read", "contacts:write"])
    assert agent.call("GET", HOLDINGS).status == 403
    assert house.client().call("GET", HOLDINGS).body["items"] == []
    for query in ("", "?msisdn=1&imsi=2"):
        assert client.call("GET", f"/v1/lines/holdings{query}").status == 400


def test_a_recycled_number__leads_to_its_new_owner_alone(behind, client):
    a, b = contact(client, "A"), contact(client, "B")
    first = line(client, a, account="acc-a", product="Old plan")
    client.call(
        "POST", f"/v1/contacts/{a}/interactions", {"channel": "phone", "direction": "inbound", "title": "secret"}
    )
    behind.catch_up()
    assert client.call("PATCH", f"/v1/contacts/{a}/lines/{first['id']}", {"status": "ended"}).body["ended_at"]
    line(client, b)
    behind.catch_up()
    assert client.call("GET", f"/v1/contacts/lookup?msisdn={ASKED}").body["id"] == b
    assert [each["id"] for each in client.call("GET", "/v1/contacts?q=0102").body["items"]] == [b]
    pages = ("overview", "timeline", "lines", "interactions", "hierarchy")
    shown = "".join(client.call("GET", f"/v1/contacts/{b}/{page}").text for page in pages)
    for of_a in (a, first["id"], "secret", "acc-a", "Old plan"):
        assert of_a not in shown
    events = [item for item in behind.of("contacts", "event") if item["subject"]["S"] == first["id"]]
    assert [item["type"]["S"] for item in events] == ["line.created", "line.updated"]
    assert all("4155550102" not in str(item) for item in events)


def test_history__by_date__gives_the_former_owner_only_to_who_may_see_him(units, clock):
    boss, north, south = units
    a, b = contact(north, "A"), contact(south, "B")
    first = line(north, a)
    in_his_time = (clock() + timedelta(minutes=30)).isoformat().replace("+", "%2B")
    clock.advance(hours=1)
    north.call("PATCH", f"/v1/contacts/{a}/lines/{first['id']}", {"status": "ended"})
    between = (clock() + timedelta(minutes=30)).isoformat().replace("+", "%2B")
    clock.advance(hours=1)
    line(south, b)
    assert held(boss) == [("msisdn", b, True), ("msisdn", a, False)]
    assert (
        held(boss, f"&at={in_his_time}") == held(north) == held(north, f"&at={in_his_time}") == [("msisdn", a, False)]
    )
    assert held(south) == [("msisdn", b, True)]
    assert held(south, f"&at={in_his_time}") == []
    assert held(boss, f"&at={between}") == []
    assert held(boss, f"&at={(clock() + timedelta(hours=1)).isoformat().replace('+', '%2B')}") == [("msisdn", b, True)]


def test_history__pages(client, clock):
    owners = []
    for number in range(3):
        owners.append(contact(client, str(number)))
        made = line(client, owners[-1])
        clock.advance(minutes=1)
        client.call("PATCH", f"/v1/contacts/{owners[-1]}/lines/{made['id']}", {"status": "ended"})
    page = client.call("GET", f"{HOLDINGS}&limit=2").body
    rest = client.call("GET", f"{HOLDINGS}&limit=2&cursor={page['next_cursor']}").body
    assert [each["contact_id"] for each in [*page["items"], *rest["items"]]] == owners[::-1]


def test_another_sim_and_another_number_of_a_living_line_are_holdings_too(client, clock):
    a = contact(client, "A")
    made = line(client, a, iccid="8" * 18, imsi="4" * 15)
    where = f"/v1/contacts/{a}/lines/{made['id']}"
    clock.advance(minutes=1)
    client.call("PATCH", where, {"iccid": "9" * 18})
    clock.advance(minutes=1)
    client.call("PATCH", where, {"msisdn": "+1 415 555 0103"})
    for query, ended in (
        ("iccid=" + "8" * 18, True),
        ("iccid=" + "9" * 18, False),
        ("imsi=" + "4" * 15, False),
        (f"msisdn={ASKED}", True),
    ):
        (found,) = client.call("GET", f"/v1/lines/holdings?{query}").body["items"]
        assert (found["until"] is not None) is ended, query
        assert found["line_id"] == made["id"]
    (old,) = client.call("GET", HOLDINGS).body["items"]
    (new,) = client.call("GET", HOLDINGS.replace("0102", "0103")).body["items"]
    assert old["until"] == new["since"]
    assert client.call("PATCH", where, {"product": "X"}).body["version"] == 4


def test_50_at_once_for_one_number__one_has_it(client):
    people = [contact(client, str(number)) for number in range(5)] * 10
    answers = all_at_once(
        [partial(client.call, "POST", f"/v1/contacts/{each}/lines", {"msisdn": NUMBER}) for each in people]
    )
    assert sorted(answer.status for answer in answers) == [201] + [409] * 49
    assert len(held(client)) == 1


# -- transfer


def test_transfer__to_nobody_or_himself_or_in_the_future__refused(client, clock):
    a, b = contact(client, "A"), contact(client, "B")
    made = line(client, a)
    where = f"/v1/contacts/{a}/lines/{made['id']}/transfer"
    ahead, before = ((clock() + timedelta(hours=each)).isoformat() for each in (1, -1))
    for body in ({"to": a}, {"to": "cnt_0"}, {"to": b, "at": ahead}, {"to": b, "at": before}):
        assert client.call("POST", where, body).status == 422, body
    client.call("PATCH", where.removesuffix("/transfer"), {"status": "ended"})
    assert client.call("POST", where, {"to": b}).status == 409


def test_transfer__out_of_reach__refused_on_either_side(units):
    _, north, south = units
    a, b = contact(north, "A"), contact(south, "B")
    made = line(north, a)
    where = f"/v1/contacts/{a}/lines/{made['id']}/transfer"
    assert south.call("POST", where, {"to": b}).status == 404
    assert north.call("POST", where, {"to": b}).status == 422


def test_transfer__the_numbers_go_over_at_one_instant__and_nothing_else(client, clock, proxy):
    a, b = contact(client, "A"), contact(client, "B")
    fee = {"amount": "9.00", "currency": "CNY"}
    made = line(client, a, iccid="8" * 18, imei="3" * 15, account="acc", contract="con", product="P", monthly_fee=fee)
    clock.advance(hours=2)
    at = (clock() - timedelta(hours=1)).isoformat(timespec="milliseconds")
    proxy.calls.reset()
    answer = client.call("POST", f"/v1/contacts/{a}/lines/{made['id']}/transfer", {"to": b, "at": at})
    assert answer.status == 200, answer.text
    assert proxy.calls.operations().count("TransactWriteItems") == 1
    new = client.call("GET", f"/v1/contacts/{b}/lines/{answer.body['id']}").body
    assert new == answer.body
    assert (new["contact_id"], new["msisdn"], new["imei"], new["product"]) == (b, "+14155550102", "3" * 15, "P")
    assert (new["account"], new["contract"], new["monthly_fee"]) == (None, None, None)
    old = client.call("GET", f"/v1/contacts/{a}/lines/{made['id']}").body
    assert (old["status"], old["contract"], old["monthly_fee"]) == ("ended", "con", fee)
    assert client.call("GET", f"/v1/contacts/lookup?msisdn={ASKED}").body["id"] == b
    assert client.call("GET", f"/v1/contacts/lookup?iccid={'8' * 18}").body["id"] == b
    now, then = client.call("GET", HOLDINGS).body["items"]
    assert (now["contact_id"], then["contact_id"], now["since"]) == (b, a, then["until"])
    assert client.call("POST", f"/v1/contacts/{a}/lines", {"msisdn": NUMBER}).status == 409


def test_transfer__to_many_at_once__one_gets_it(client):
    a = contact(client, "A")
    made = line(client, a)
    takers = [contact(client, str(number)) for number in range(8)]
    where = f"/v1/contacts/{a}/lines/{made['id']}/transfer"
    answers = all_at_once([partial(client.call, "POST", where, {"to": each}) for each in takers])
    assert sorted(answer.status for answer in answers) == [200] + [409] * 7
    found = client.call("GET", f"/v1/contacts/lookup?msisdn={ASKED}").body["id"]
    assert held(client) == [("msisdn", found, True), ("msisdn", a, False)]


def test_transfer__of_an_access_known_by_its_account__takes_it_along(client):
    a, b = contact(client, "A"), contact(client, "B")
    made = client.call("POST", f"/v1/contacts/{a}/lines", {"account": "dsl-1"}).body
    client.call("POST", f"/v1/contacts/{a}/lines/{made['id']}/transfer", {"to": b})
    assert client.call("GET", "/v1/contacts/lookup?account=dsl-1").body["id"] == b
