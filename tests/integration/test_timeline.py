"""The timeline: what has changed stands on it, and it costs the same however long it is."""

from datetime import UTC, datetime, timedelta

import pytest

from modules.contacts.interactions.records import TimelineEntry
from tests.support.engine import engine_client
from tests.support.stories import rebuild

TOUCH = {"channel": "phone", "direction": "inbound", "title": "bill"}
TYPES = ("interaction", "ticket", "order", "change")


@pytest.fixture
def house(behind):
    """With handlers behind it."""
    return behind.house


@pytest.fixture
def client(house):
    """A caller of a tenant of its own."""
    return house.client()


def contact(client, **body):
    return client.call("POST", "/v1/contacts", {"name": "José", **body}).body["id"]


def timeline(client, of, query=""):
    answer = client.call("GET", f"/v1/contacts/{of}/timeline{query}")
    assert answer.status == 200, answer.text
    return [each["title"] for each in answer.body["items"]]


def a_story(client):
    """A customer who churns, with a line that is suspended and handed over, and the one who gets it."""
    first, second = contact(client), contact(client)
    where = f"/v1/contacts/{first}"
    line = client.call("POST", f"{where}/lines", {"msisdn": "+14155550101"}).body["id"]
    client.call("PATCH", f"{where}/lines/{line}", {"status": "suspended"})
    client.call("POST", f"{where}/lines/{line}/transfer", {"to": second})
    client.call("PATCH", where, {"status": "churned", "churn_reason": "moved away"})
    client.call("PATCH", where, {"name": "somebody else"})
    return first, second


def test_changes_stand_on_the_timeline__without_personal_values(behind, client):
    first, second = a_story(client)
    behind.catch_up()
    expected = [
        "Status: active → churned",
        "Line handed over to another customer",
        "Line ended",
        "Line: active → suspended",
        "Line created",
        "Customer created",
    ]
    assert sorted(timeline(client, first)) == sorted(expected)
    assert timeline(client, first, "?type=change&limit=1") == expected[:1]
    assert timeline(client, second) == ["Line created", "Customer created"]
    entries = [item for item in behind.of("contacts", "timeline_entry") if item["type"]["S"] == "change"]
    assert not any(each in str(entries) for each in ("José", "moved", "4155550101", "somebody"))


def test_changes__told_in_the_tenants_language(behind, house, client):
    house.directory.tenants[client.tenant_id].locale = "zh-CN"
    first = contact(client, status="prospect")
    client.call("PATCH", f"/v1/contacts/{first}", {"status": "joined"})
    behind.catch_up()
    assert timeline(client, first) == ["状态：潜在客户 → 新入网", "客户建档"]


def test_changes__told_late_twice_and_shuffled__are_told_once__and_a_rebuild_adds_what_is_lost(behind, client):
    first, second = a_story(client)
    client.call("POST", f"/v1/contacts/{first}/interactions", TOUCH)
    behind.deliver_badly(7)
    shown = [timeline(client, each) for each in (first, second)]
    assert len(shown[0]) == 7
    _forget(behind, ("created", "ended", "int_"))
    assert len(timeline(client, first)) == 3  # what a status was before, no record says
    rebuild(behind, client, "contacts")
    assert [timeline(client, each) for each in (first, second)] == shown
    rebuild(behind, client, "contacts")
    assert [timeline(client, each) for each in (first, second)] == shown


def _forget(behind, sources):
    engine = engine_client(behind.engine)
    for item in behind.of("contacts", "timeline_entry"):
        if any(each in item["source_id"]["S"] for each in sources):
            engine.delete_item(TableName=behind.table("contacts"), Key={"pk": item["pk"], "sk": item["sk"]})
    engine.close()


def test_a_contact_of_which_only_changes_are_told__can_be_deleted__and_they_go_with_it(behind, client):
    first = contact(client)
    client.call("PATCH", f"/v1/contacts/{first}", {"status": "churned"})
    late = list(behind.undelivered())
    behind.catch_up()
    assert client.call("DELETE", f"/v1/contacts/{first}").status == 204
    behind.catch_up()
    behind.deliver(late)
    assert behind.of("contacts", "timeline_entry") == []


def test_the_timeline_goes_with_its_feature(behind, house, client):
    first = contact(client)
    behind.catch_up()
    house.directory.tenants[client.tenant_id].off = ("contacts.interactions",)
    assert client.call("GET", f"/v1/contacts/{first}/timeline").status == 403
    assert client.call("GET", f"/v1/contacts/{first}/overview").body["timeline"] == []


# -- what it costs


def _fill(house, client, of, number):
    """So many entries of four types, past the API, a hundred to a transaction."""
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    for start in range(0, number, 100):
        store = house.background.store("contacts", client.tenant_id, "test", "test")
        for each in range(start, min(start + 100, number)):
            entry = TimelineEntry(
                contact_id=of,
                type=TYPES[each % len(TYPES)],
                title=f"entry {each}",
                module="service",
                source_id=f"s{each}",
                source_version=1,
                occurred_at=begin + timedelta(minutes=each),
            )
            store.put(entry.place(client.tenant_id))
        store.commit()


@pytest.mark.parametrize("number", [300, pytest.param(10_000, marks=pytest.mark.slow)])
def test_a_long_timeline_costs_what_a_short_one_does(house, client, proxy, number):
    few, many = contact(client), contact(client)
    _fill(house, client, few, 100)
    _fill(house, client, many, number)
    for path, items in (("overview", 20), ("timeline", 50), ("timeline?type=ticket&limit=20", 20)):
        spent = []
        for each in (few, many):
            proxy.calls.reset()
            answer = client.call("GET", f"/v1/contacts/{each}/{path}")
            shown = answer.body.get("timeline") or answer.body["items"]
            assert len(shown) == items
            spent.append(proxy.calls.operations())
        assert spent[0] == spent[1]
        assert len(spent[1]) <= 2, (path, spent)
    newest = client.call("GET", f"/v1/contacts/{many}/timeline?limit=1").body["items"][0]["title"]
    assert newest == f"entry {number - 1}"
