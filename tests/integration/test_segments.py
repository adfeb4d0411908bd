"""Segments: who is in follows the customers by events and by time; everybody sees the part that he may see."""

import pytest

from tests.support.visits import made

ACTIVE = {"attribute": "status", "is": "active"}


@pytest.fixture
def client(behind):
    return behind.house.client()


def contact(client, **more):
    return made(client.call("POST", "/v1/contacts", {"name": "José", **more}))


def segment(behind, client, rule=ACTIVE, name="Segment"):
    """A segment with a rule, built."""
    answer = client.call("POST", "/v1/segments", {"name": name, "rule": rule})
    assert answer.body["status"] == "building", answer
    behind.work()
    shown = client.call("GET", f"/v1/segments/{answer.body['id']}").body
    assert shown["status"] == "ready", shown
    return answer.body["id"]


def members(client, segment_id, query=""):
    answer = client.call("GET", f"/v1/segments/{segment_id}/members{query}")
    assert answer.status == 200, answer
    return [each["contact"]["id"] for each in answer.body["items"]]


def size(client, segment_id):
    return client.call("GET", f"/v1/segments/{segment_id}").body["size"]


def test_segment__built_over_those_who_are_there__then_follows_events(behind, client):
    inside, outside = contact(client), contact(client, status="churned")
    found = segment(behind, client)
    assert members(client, found) == [inside]
    assert size(client, found) == 1

    client.call("PATCH", f"/v1/contacts/{outside}", {"status": "active"})
    client.call("PATCH", f"/v1/contacts/{inside}", {"status": "suspended"})
    newcomer = contact(client)
    behind.catch_up()

    assert members(client, found) == [outside, newcomer]
    assert size(client, found) == 2
    history = client.call("GET", f"/v1/segments/{found}/history").body["items"]
    assert sorted((each["contact_id"], each["change"]) for each in history) == sorted(
        [(inside, "joined"), (outside, "joined"), (inside, "left"), (newcomer, "joined")]
    )
    assert [each["segment_id"] for each in client.call("GET", f"/v1/contacts/{newcomer}/segments").body["items"]] == [
        found
    ]
    assert client.call("GET", f"/v1/contacts/{inside}/segments").body["items"] == []
