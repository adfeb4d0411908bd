"""Segments and other modules: attributes that they contribute, and members that they read."""

import pytest

from chalicelib.changes.handling import Doors
from chalicelib.jobs import queue
from modules.contacts.public import AttributeValue, Source, contribute, member_since, members_of, withdraw
from tests.support.segments import contact, members, segment, size
from tests.support.visits import made, visit

LONG = {"attribute": "visits.last_minutes", "at_least": 30}


@pytest.fixture
def client(with_module):
    return with_module.house.client()


def doors(behind, client):
    return Doors.of(behind.background, "visits", client.tenant_id)


def test_an_attribute_that_a_module_tells__moves_a_customer__by_the_errand(with_module, client):
    someone = contact(client)
    found = segment(with_module, client, LONG)
    noted = made(client.call("POST", "/v1/visits", visit(someone, minutes=45)))
    with_module.catch_up()
    with_module.work()
    assert members(client, found) == [someone]
    assert client.call("PUT", f"/v1/visits/{noted}", visit(someone, void=True)).status == 200
    with_module.catch_up()
    with_module.work()
    assert (members(client, found), size(client, found)) == ([], 0)


def test_an_errand_that_is_lost__is_made_up_by_a_timer(with_module, client, clock):
    with_module.strike()
    someone = contact(client)
    found = segment(with_module, client, LONG)
    opened = doors(with_module, client)
    assert contribute(opened, Source(someone, "vis_1", 1), AttributeValue("last_minutes", 31))
    opened.store.commit()
    queue.LOCAL.get_nowait()  # and nobody hears it
    assert members(client, found) == []
    clock.advance(minutes=1)
    with_module.strike()
    assert members(client, found) == [someone]
    opened = doors(with_module, client)
    assert withdraw(opened, Source(someone, "vis_1", 2), AttributeValue)
    opened.store.commit()
    with_module.work()
    assert members(client, found) == []


def test_an_attribute_of_a_module_that_tells_none__is_unknown(with_module, client):
    answer = client.call("POST", "/v1/segments", {"name": "x", "rule": {"attribute": "nosuch.x", "exists": True}})
    assert [(each["pointer"], each["code"]) for each in answer.body["errors"]] == [
        ("/rule/attribute", "unknown_attribute")
    ]


def test_another_module__reads_members_page_by_page__and_one_customer(with_module, client):
    people = [contact(client) for _ in range(5)]
    outside = contact(client, status="churned")
    found = segment(with_module, client)
    store = doors(with_module, client).reading("contacts")
    page, position = members_of(store, found, limit=3)
    rest, end = members_of(store, found, limit=3, start=position)
    assert [each.contact_id for each in [*page, *rest]] == people
    assert end is None
    assert member_since(store, found, people[0]) == page[0].since
    assert member_since(store, found, outside) is None
    assert members_of(doors(with_module, with_module.house.client()).reading("contacts"), found) is None
    client.call("DELETE", f"/v1/segments/{found}")
    assert members_of(store, found) is None


def test_a_merge__brings_both_to_where_they_belong__and_lists_follow(with_module, client):
    winner, loser = contact(client), contact(client, name="Maria", status="churned", tags=["vip"])
    vip = segment(with_module, client, {"attribute": "tags", "has": "vip"}, "vip")
    active = segment(with_module, client)
    invited = made(client.call("POST", "/v1/segments", {"name": "invited", "kind": "static"}))
    with_module.job(client, client.call("POST", f"/v1/segments/{invited}/members", {"add": [loser]}))
    assert [members(client, each) for each in (vip, active, invited)] == [[loser], [winner], [loser]]

    merged = client.call("POST", f"/v1/contacts/{winner}/merge", {"loser_id": loser}).body["merge_id"]
    with_module.work()
    with_module.catch_up()
    with_module.work()
    assert [members(client, each) for each in (vip, active, invited)] == [[winner]] * 3
    assert [size(client, each) for each in (vip, active, invited)] == [1, 1, 1]

    assert client.call("POST", f"/v1/contacts/merges/{merged}/unmerge").status == 202
    with_module.work()
    with_module.catch_up()
    assert [members(client, each) for each in (vip, active)] == [[loser], [winner]]
    assert [size(client, each) for each in (vip, active)] == [1, 1]


@pytest.mark.slow  # its passes, each with a minute's settling
def test_an_erasure__leaves_nobody_in_a_segment__and_the_sizes_right(with_module, client, clock):
    someone, other = contact(client), contact(client, name="Maria")
    found = segment(with_module, client, {"attribute": "created_at", "within_last": "P1Y"})
    body = {"reason": "asked", "confirm": someone}
    assert client.call("POST", f"/v1/contacts/{someone}/erasure", body).status == 202
    for _ in range(6):
        with_module.work()
        with_module.catch_up()
        clock.advance(seconds=40)
        with_module.strike()
    assert client.call("GET", f"/v1/contacts/{someone}/erasure").body["status"] == "erased"
    assert (members(client, found), size(client, found)) == ([other], 1)
    kinds = ("segment_membership", "segment_change", "assessment")
    assert not [raw for raw in with_module.of("contacts", *kinds) if someone in str(raw)]
