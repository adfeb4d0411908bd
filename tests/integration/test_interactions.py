"""Interactions from call centre and shops: whom they mean, told once however often, and listed."""

from functools import partial

import pytest

from tests.fault.crowd import all_at_once

TOUCH = {"channel": "phone", "direction": "inbound", "title": "bill"}
BATCH = "/v1/interactions/batch"


@pytest.fixture
def house(behind):
    """With the table of core, in which the audit is noted."""
    return behind.house


@pytest.fixture
def client(house):
    """A caller of a tenant of its own."""
    return house.client()


def contact(client, **body):
    return client.call("POST", "/v1/contacts", body).body["id"]


def batch(client, *data, **headers):
    operations = [{"op": "create", "data": {**TOUCH, **each}} for each in data]
    answer = client.call("POST", BATCH, {"operations": operations}, **headers)
    assert answer.status == 207, answer.text
    return answer.body["results"]


def titles(client, of, query=""):
    page = client.call("GET", f"/v1/contacts/{of}/interactions{query}").body
    return [each["title"] for each in page["items"]]


def told(source_id, **more):
    return {**TOUCH, "source": {"system": "acd", "id": source_id}, **more}


def test_batch__of_another_tenants_customer_or_of_nobody__404(house, client):
    foreign = contact(house.client(), phones=["+14155550101"])
    results = batch(
        client,
        {"contact_id": foreign},
        {"contact": {"phone": "+14155550101"}},
        {"contact": {"msisdn": "no number"}},
        {"contact": {"external_id": "crm:1"}},
    )
    assert [each["status"] for each in results] == [404] * 4


def test_batch__not_named_in_one_way__refused(client):
    mine = contact(client)
    for data in (
        {},
        {"contact": {}},
        {"contact": {"msisdn": "1", "imsi": "2"}},
        {"contact_id": mine, "contact": {"imsi": "2"}},
    ):
        (result,) = batch(client, data)
        assert (result["status"], result["problem"]["errors"][0]["code"]) == (422, "one_key"), data


def test_batch__by_any_key_that_the_source_knows__in_few_round_trips(client, proxy):
    keys = {"external_ids": [{"system": "crm", "id": "1"}], "emails": ["A@example.com"], "phones": ["+14155550101"]}
    mine = contact(client, **keys)
    client.call("POST", f"/v1/contacts/{mine}/lines", {"msisdn": "+14155550102", "imsi": "4" * 15, "account": "acc"})
    named = [
        {"external_id": "crm:1"},
        {"email": "a@EXAMPLE.com"},
        {"phone": "(415) 555-0101"},
        {"msisdn": "415 555 0102"},
        {"imsi": "4" * 15},
        {"account": "acc"},
    ]
    data = [{"contact": each, "title": str(number)} for number, each in enumerate(named * 10)]
    proxy.calls.reset()
    results = batch(client, *data)
    assert {each["status"] for each in results} == {201}
    reads = [each for each in proxy.calls.operations() if each != "TransactWriteItems"]
    # The unique keys at once, each of the three shared ones, then the contact with its key.
    assert sorted(reads) == ["BatchGetItem"] * 2 + ["Query"] * 3
    assert len(titles(client, mine, "?limit=200")) == len(data)


def test_batch__a_shared_key__is_that_operations_conflict_with_the_ids(client):
    shared = {"emails": ["a@example.com"]}
    both = [client.call("POST", "/v1/contacts?allow_duplicates=true", shared).body["id"] for _ in range(2)]
    one, two = batch(client, {"contact": {"email": "a@example.com"}}, {"contact_id": both[0]})
    assert (one["status"], one["problem"]["code"], sorted(one["problem"]["ids"])) == (
        409,
        "ambiguous_key",
        sorted(both),
    )
    assert two["status"] == 201


def test_batch__by_a_number_of_who_may_not_search_by_it__is_kept_for_the_audit(house, behind, client):
    contact(client, phones=["+14155550101"])
    agent = house.client(client.tenant_id, permissions=["contacts:read", "contacts:write"])
    assert batch(agent, {"contact": {"phone": "+14155550101"}})[0]["status"] == 201
    (note,) = behind.of("core", "audit_note")
    assert note["action"]["S"] == "contact.looked_up"
    assert "4155550101" not in str(note)


# -- told once


def test_the_same_again__is_the_first_one__whichever_way_it_comes(client):
    mine, other = contact(client), contact(client)
    where = f"/v1/contacts/{mine}/interactions"
    first = client.call("POST", where, told("1"))
    again = client.call("POST", where, told("1", title="another"))
    assert (first.status, again.status) == (201, 200)
    assert again.body == first.body
    assert again.headers["Location"] == first.headers["Location"]
    (repeated,) = batch(client, told("1", contact_id=mine))
    assert (repeated["status"], repeated["id"]) == (200, first.body["id"])
    elsewhere = client.call("POST", f"/v1/contacts/{other}/interactions", told("1"))
    assert (elsewhere.status, elsewhere.code) == (409, "already_exists")
    assert titles(client, mine) == ["bill"]
    timeline = client.call("GET", f"/v1/contacts/{mine}/timeline").body["items"]
    assert len(timeline) == 1


def test_a_feed_sent_twice__writes_nothing_the_second_time(client, proxy):
    mine = contact(client)
    feed = [told(str(number), contact_id=mine) for number in range(30)]
    first = batch(client, *feed)
    proxy.calls.reset()
    again = batch(client, *feed)
    assert [each["status"] for each in again] == [200] * 30
    assert [each["id"] for each in again] == [each["id"] for each in first]
    assert proxy.calls.operations() == ["BatchGetItem"] * 2


def test_the_same_at_once__is_noted_once(client):
    mine = contact(client)
    answers = all_at_once([partial(client.call, "POST", f"/v1/contacts/{mine}/interactions", told("1"))] * 12)
    assert sorted(answer.status for answer in answers) == [200] * 11 + [201]
    assert len({answer.body["id"] for answer in answers}) == 1
    assert titles(client, mine) == ["bill"]


# -- listed


def test_listed__by_the_time_they_took_place__with_filters__in_one_query_a_page(house, client, proxy):
    mine = contact(client)
    for day, channel, direction in (
        (3, "phone", "inbound"),
        (1, "store", "inbound"),
        (2, "phone", "outbound"),
        (4, "sms", "outbound"),
    ):
        at = f"2026-03-0{day}T08:00:00Z"
        body = {"channel": channel, "direction": direction, "title": str(day), "occurred_at": at}
        client.call("POST", f"/v1/contacts/{mine}/interactions", body)
    contact(client)
    assert house.client().call("GET", f"/v1/contacts/{mine}/interactions").status == 404
    for query, expected in (
        ("", "4321"),
        ("?sort=occurred_at", "1234"),
        ("?channel=phone", "32"),
        ("?channel=phone,sms&direction=outbound", "42"),
        ("?occurred_at.gte=2026-03-02T08:00:00Z&occurred_at.lt=2026-03-04T08:00:00Z", "32"),
        ("?occurred_at.gt=2026-03-02T08:00:00Z", "43"),
        ("?occurred_at=2026-03-02T08:00:00Z&channel=store", ""),
        ("?occurred_at.gt=2026-03-04T08:00:00Z&occurred_at.lt=2026-03-02T08:00:00Z", ""),
    ):
        proxy.calls.reset()
        assert "".join(titles(client, mine, query)) == expected, query
        assert proxy.calls.operations() in (["GetItem", "Query"], ["GetItem"])
    page = client.call("GET", f"/v1/contacts/{mine}/interactions?limit=3").body
    assert titles(client, mine, f"?limit=3&cursor={page['next_cursor']}") == ["1"]
    assert client.call("GET", f"/v1/contacts/{mine}/interactions?outcome=x").status == 400
