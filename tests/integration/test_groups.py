"""Households and group customers: who belongs to whom, and that no circle comes of two moves at once."""

from functools import partial

import pytest

from chalicelib.access.principal import Reach
from tests.fault.crowd import all_at_once

HOUSEHOLDS = "/v1/contacts/households"
ELSEWHERE = ("ou_2", "/ou_2/")


def made(client, **body):
    answer = client.call("POST", "/v1/contacts", body)
    assert answer.status == 201, answer.text
    return answer.body["id"]


def group(client, **body):
    return made(client, type="organization", **body)


def pointers(answer):
    return [each["pointer"] for each in answer.body["errors"]]


# -- households


def test_a_household_of_another_unit_or_tenant_or_none_is_unknown(house, client):
    mine = client.call("POST", HOUSEHOLDS, {"name": "N"}).body["id"]
    stranger = house.client()
    assert stranger.call("POST", "/v1/contacts", {"household_id": mine}).status == 422
    house.directory.tenants[client.tenant_id].units |= dict([ELSEWHERE])
    below = house.client(client.tenant_id, reach=Reach.SUBTREE, unit=ELSEWHERE)
    assert below.call("GET", f"{HOUSEHOLDS}/{mine}").status == 404
    for who, wanted in ((below, mine), (client, "hsh_0")):
        answer = who.call("POST", "/v1/contacts", {"household_id": wanted})
        assert (answer.status, pointers(answer)) == (422, ["/household_id"])


def test_members_are_listed_in_two_round_trips_a_page(client, proxy):
    home = client.call("POST", HOUSEHOLDS, {"address": {"city": "Kunming"}}).body["id"]
    people = [made(client, name=str(number), household_id=home) for number in range(3)]
    made(client, name="alone")
    path = f"/v1/contacts?household_id={home}&limit=2"
    proxy.calls.reset()
    page = client.call("GET", path).body
    assert proxy.calls.operations() == ["Query", "BatchGetItem"]
    assert [each["id"] for each in page["items"]] == people[:0:-1]
    rest = client.call("GET", f"{path}&cursor={page['next_cursor']}").body
    assert [each["id"] for each in rest["items"]] == people[:1]
    assert rest["next_cursor"] is None
    named = client.call("GET", f"/v1/contacts?household_id={home}&status=churned").body
    assert named["items"] == []


def test_a_household_ends_when_nobody_belongs_to_it_any_more(client):
    home = client.call("POST", HOUSEHOLDS, {}).body["id"]
    person = made(client, household_id=home)
    answer = client.call("DELETE", f"{HOUSEHOLDS}/{home}")
    assert (answer.status, answer.code) == (409, "state_conflict")
    client.call("PATCH", f"/v1/contacts/{person}", {"household_id": None})
    assert client.call("DELETE", f"{HOUSEHOLDS}/{home}").status == 204
    assert client.call("GET", f"{HOUSEHOLDS}/{home}").status == 404


def test_who_joins_a_household_while_it_ends_finds_it_or_keeps_it(client):
    for number in range(8):
        home = client.call("POST", HOUSEHOLDS, {}).body["id"]
        person = made(client, name=str(number))
        ended, joined = all_at_once(
            [
                partial(client.call, "DELETE", f"{HOUSEHOLDS}/{home}"),
                partial(client.call, "PATCH", f"/v1/contacts/{person}", {"household_id": home}),
            ]
        )
        assert (ended.status, joined.status) in {(204, 422), (409, 200)}, (ended, joined)


# -- group customers


def test_a_parent_is_an_organization_above_and_stays_one(client):
    top = group(client, name="top")
    person = made(client, name="person", parent_id=top)
    assert client.call("POST", "/v1/contacts", {"parent_id": person}).status == 422
    answer = client.call("PATCH", f"/v1/contacts/{top}", {"type": "individual"})
    assert (answer.status, pointers(answer)) == (422, ["/type"])
    assert client.call("DELETE", f"/v1/contacts/{top}").status == 409


def test_hierarchy__ancestors_and_children__as_far_as_the_caller_sees(house, client):
    top = group(client, name="top")
    middle = group(client, name="middle", parent_id=top)
    below = [group(client, name=str(number), parent_id=middle) for number in range(3)]
    shown = client.call("GET", f"/v1/contacts/{middle}/hierarchy").body
    assert [each["id"] for each in shown["ancestors"]] == [top]
    assert [each["id"] for each in shown["children"]] == below[::-1]
    assert not shown["more_children"]
    assert house.client().call("GET", f"/v1/contacts/{middle}/hierarchy").status == 404


def test_no_circle__whichever_way_it_would_close(client):
    a, b, c = (group(client, name=name) for name in "abc")
    assert client.call("PATCH", f"/v1/contacts/{a}", {"parent_id": b}).status == 200
    assert client.call("PATCH", f"/v1/contacts/{b}", {"parent_id": c}).status == 200
    for parent in (a, b, c):
        answer = client.call("PATCH", f"/v1/contacts/{c}", {"parent_id": parent})
        assert (answer.status, pointers(answer)) == (422, ["/parent_id"])


@pytest.mark.parametrize("number", [2, 3])
def test_moves_that_would_meet_in_a_circle__at_once__one_is_refused(client, number):
    for _ in range(6):
        ring = [group(client, name="x") for _ in range(number)]
        moves = [
            partial(client.call, "PATCH", f"/v1/contacts/{each}", {"parent_id": ring[(at + 1) % number]})
            for at, each in enumerate(ring)
        ]
        answers = all_at_once(moves)
        statuses = sorted(answer.status for answer in answers)
        assert statuses[-1] == 422
        above = {each: client.call("GET", f"/v1/contacts/{each}").body["parent_id"] for each in ring}
        at, steps = ring[0], 0
        while (at := above.get(at)) is not None:
            steps += 1
            assert steps < number


def test_moves_that_would_meet_in_a_circle__in_one_batch__are_not_both_done(client):
    a, b = group(client, name="a"), group(client, name="b")
    operations = [
        {"op": "update", "id": a, "data": {"parent_id": b}},
        {"op": "update", "id": b, "data": {"parent_id": a}},
    ]
    results = client.call("POST", "/v1/contacts/batch", {"operations": operations}).body["results"]
    assert [each["status"] for each in results] == [200, 409]


def test_a_batch_reads_what_its_contacts_name_once(client, proxy):
    top, home = group(client, name="top"), client.call("POST", HOUSEHOLDS, {}).body["id"]
    data = {"parent_id": top, "household_id": home}
    operations = [{"op": "create", "data": {"name": str(number), **data}} for number in range(10)]
    proxy.calls.reset()
    results = client.call("POST", "/v1/contacts/batch", {"operations": operations}).body["results"]
    assert {each["status"] for each in results} == {201}
    assert "GetItem" not in proxy.calls.operations()


def test_a_batch_may_change_a_parent_and_give_it_children(client):
    top = group(client, name="top")
    operations = [
        {"op": "create", "data": {"name": "x", "parent_id": top}},
        {"op": "update", "id": top, "data": {"name": "TOP"}},
        {"op": "create", "data": {"name": "y", "parent_id": top}},
    ]
    results = client.call("POST", "/v1/contacts/batch", {"operations": operations}).body["results"]
    assert [each["status"] for each in results] == [201, 200, 201]
    assert len(client.call("GET", f"/v1/contacts?parent_id={top}").body["items"]) == 2
    bare = group(client, name="bare")
    operations = [{"op": "create", "data": {"parent_id": bare}}, {"op": "delete", "id": bare}]
    results = client.call("POST", "/v1/contacts/batch", {"operations": operations}).body["results"]
    assert [each["status"] for each in results] == [201, 409]
