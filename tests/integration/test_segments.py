"""Segments: who is in follows the customers by events and by time; everybody sees the part that he may see."""

import random
from datetime import timedelta
from http import HTTPStatus

import pytest

from chalicelib.access.principal import Reach
from chalicelib.jobs import positions
from chalicelib.jobs import worker as working
from chalicelib.jobs.scheduler import SCHEDULER, Scheduler
from chalicelib.jobs.worker import Worker
from modules.contacts.memberships import handlers, service
from tests.support.segments import ACTIVE, contact, history, members, segment, size, told
from tests.support.visits import made

CHURNED = {"attribute": "status", "is": "churned"}


@pytest.fixture
def client(behind):
    return behind.house.client()


def change(client, contact_id, **values):
    assert client.call("PATCH", f"/v1/contacts/{contact_id}", values).status == HTTPStatus.OK


# -- who may


def test_another_tenant__sees_nothing_of_a_segment(behind, client):
    someone = contact(client)
    found = segment(behind, client)
    stranger = behind.house.client()
    theirs = contact(stranger)
    behind.catch_up()
    for path in ("", "/members", "/sample", "/history", f"/explain?contact={theirs}"):
        assert stranger.call("GET", f"/v1/segments/{found}{path}").status == HTTPStatus.NOT_FOUND
    assert client.call("GET", f"/v1/segments/{found}/explain?contact={theirs}").status == HTTPStatus.NOT_FOUND
    assert stranger.call("PATCH", f"/v1/segments/{found}", {"name": "x"}).status == HTTPStatus.NOT_FOUND
    assert stranger.call("GET", f"/v1/contacts?segment_id={found}").body["items"] == []
    assert members(client, found) == [someone]


def test_who_may_only_read__defines_nothing(behind, client):
    found = segment(behind, client)
    reader = behind.house.client(client.tenant_id, permissions={"contacts:read", "contacts:write"})
    calls = [
        ("POST", "/v1/segments", {"name": "x", "rule": ACTIVE}),
        ("POST", "/v1/segments/preview", {"rule": ACTIVE}),
        ("PATCH", f"/v1/segments/{found}", {"name": "x"}),
        ("DELETE", f"/v1/segments/{found}", None),
        ("POST", f"/v1/segments/{found}/rebuild", None),
        ("POST", f"/v1/segments/{found}/members", {}),
    ]
    assert {reader.call(*each).status for each in calls} == {HTTPStatus.FORBIDDEN}
    assert reader.call("GET", f"/v1/segments/{found}").status == HTTPStatus.OK


def test_feature_off__is_refused__and_memberships_are_kept_all_the_same(behind, client):
    someone = contact(client)
    found = segment(behind, client)
    behind.house.directory.tenants[client.tenant_id].off = {"contacts.segments"}
    for path in ("/v1/segments", f"/v1/segments/{found}/members", f"/v1/contacts?segment_id={found}"):
        assert client.call("GET", path).code == "feature_disabled"
    change(client, someone, status="churned")
    behind.catch_up()
    behind.house.directory.tenants[client.tenant_id].off = set()
    assert (members(client, found), size(client, found)) == ([], 0)


def test_who_sees_a_part__sees_that_part_of_the_members(behind, client):
    tenant = behind.house.directory.tenants[client.tenant_id]
    tenant.units |= {"ou_2": "/ou_1/ou_2/", "ou_3": "/ou_1/ou_3/"}
    two, three = contact(client, org_unit_id="ou_2"), contact(client, org_unit_id="ou_3")
    root = contact(client)
    found = segment(behind, client)
    assert (members(client, found), size(client, found)) == ([two, three, root], 3)

    of_two = behind.house.client(client.tenant_id, reach=Reach.SUBTREE, unit=("ou_2", "/ou_1/ou_2/"))
    of_unit = behind.house.client(client.tenant_id, reach=Reach.UNIT, unit=("ou_3", "/ou_1/ou_3/"))
    of_nobody = behind.house.client(client.tenant_id, reach=Reach.OWN)
    for caller, seen in ((of_two, [two]), (of_unit, [three]), (of_nobody, [])):
        assert members(caller, found) == seen
        assert [each["contact"]["id"] for each in caller.call("GET", f"/v1/segments/{found}/sample").body["items"]] == (
            seen
        )
        assert [each["id"] for each in caller.call("GET", f"/v1/contacts?segment_id={found}").body["items"]] == seen
        assert [each for each, _ in history(caller, found)] == seen
        assert size(caller, found) == (len(seen) if seen else None)
    assert of_two.call("GET", f"/v1/segments/{found}/explain?contact={three}").status == HTTPStatus.NOT_FOUND
    assert of_two.call("PATCH", f"/v1/segments/{found}", {"name": "mine"}).code == "permission_denied"
    assert of_two.call("POST", "/v1/segments/preview", {"rule": ACTIVE}).body["matched"] == 1

    change(client, three, org_unit_id="ou_2")
    behind.catch_up()
    assert members(of_two, found) == [two, three]
    assert (size(of_two, found), members(of_unit, found)) == (2, [])


def test_who_may_not_see_numbers_and_birthdays__can_not_ask_for_them(behind, client):
    someone = contact(client, birth_date="1980-03-17", phones=["+14155550101"])
    rule = {
        "all": [{"attribute": "birth_date", "before": "1990-01-01"}, {"attribute": "phones", "has": "+14155550101"}]
    }
    found = segment(behind, client, rule)
    assert members(client, found) == [someone]
    blind = behind.house.client(
        client.tenant_id, permissions=behind.house.catalogue.permissions() - {"contacts:read_sensitive"}
    )
    refused = blind.call("POST", "/v1/segments", {"name": "x", "rule": rule})
    assert [(each["pointer"], each["code"]) for each in refused.body["errors"]] == [
        ("/rule/all/0/attribute", "beyond_yours"),
        ("/rule/all/1/attribute", "beyond_yours"),
    ]
    shown = [blind.call("GET", f"/v1/segments/{found}{path}").text for path in ("", f"/explain?contact={someone}")]
    assert not any(secret in text for text in shown for secret in ("1990-01-01", "1980", "4155550101"))
    assert "+14155550101" in client.call("GET", f"/v1/segments/{found}/explain?contact={someone}").text


# -- events


def test_segment__built_over_those_who_are_there__then_follows_events(behind, client):
    inside, outside = contact(client), contact(client, status="churned")
    found = segment(behind, client)
    assert (members(client, found), size(client, found)) == ([inside], 1)

    change(client, outside, status="active")
    change(client, inside, status="suspended")
    newcomer = contact(client)
    behind.catch_up()

    assert (members(client, found), size(client, found)) == ([outside, newcomer], 2)
    assert sorted(history(client, found)) == sorted(
        [(inside, "joined"), (outside, "joined"), (inside, "left"), (newcomer, "joined")]
    )
    assert history(client, found)[-1] == (inside, "joined")
    held = [client.call("GET", f"/v1/contacts/{each}/segments").body["items"] for each in (newcomer, inside)]
    assert [[each["segment_id"] for each in some] for some in held] == [[found], []]


def test_lines__of_a_customer__move_him_in_and_out(behind, client):
    someone = contact(client)
    rule = {"any_line": {"all": [{"attribute": "product", "begins_with": "fibre"}, ACTIVE]}}
    found = segment(behind, client, rule)
    path = f"/v1/contacts/{someone}/lines"
    assert client.call("POST", path, {"product": "Mobile"}).status == HTTPStatus.CREATED
    line = made(client.call("POST", path, {"product": "Fibre 500"}))
    behind.catch_up()
    assert members(client, found) == [someone]
    client.call("PATCH", f"{path}/{line}", {"status": "ended"})
    behind.catch_up()
    assert members(client, found) == []


def test_usage__of_a_month__moves_him_in_and_out(behind, client):
    someone = contact(client, external_ids=[{"system": "billing", "id": "1"}])
    found = segment(behind, client, {"attribute": "usage.invoice", "more_than": 80})
    over = {"attribute": "usage.invoice", "over": {"months": 2, "figure": "average"}, "more_than": 80}
    average = segment(behind, client, over, "on average")
    for month, invoice, inside in (("2026-01", "90", (True, True)), ("2026-02", "72", (False, True))):
        body = {"invoice": {"amount": invoice, "currency": "USD"}}
        assert client.call("PUT", f"/v1/contacts/{someone}/usage/{month}", body).status == HTTPStatus.OK
        behind.catch_up()
        assert tuple(members(client, each) == [someone] for each in (found, average)) == inside
    client.call("PUT", f"/v1/contacts/{someone}/usage/2026-01", {"invoice": {"amount": "80", "currency": "USD"}})
    behind.catch_up()
    assert members(client, average) == []


def test_a_customer_who_is_gone__is_in_no_segment(behind, client):
    someone = contact(client)
    found = segment(behind, client)
    assert client.call("DELETE", f"/v1/contacts/{someone}").status == HTTPStatus.NO_CONTENT
    behind.catch_up()
    assert (members(client, found), size(client, found)) == ([], 0)
    assert (told(behind, client), behind.of("contacts", "segment_change")) == ({}, [])


@pytest.mark.slow  # a dozen changes, each delivered three times
def test_events__repeated_and_shuffled__end_as_a_recount(behind, client):
    chance = random.Random(3)
    segments = [
        segment(behind, client, rule, f"segment {number}")
        for number, rule in enumerate([ACTIVE, CHURNED, {"not": ACTIVE}, {"any_line": ACTIVE}])
    ]
    people = [contact(client) for _ in range(6)]
    for _ in range(12):
        change(client, chance.choice(people), status=chance.choice(["active", "churned", "suspended"]))
    client.call("POST", f"/v1/contacts/{people[0]}/lines", {"product": "5G"})
    assert client.call("DELETE", f"/v1/contacts/{people[5]}").status == HTTPStatus.NO_CONTENT
    behind.deliver_badly(seed=5)
    after_events = told(behind, client)
    for each in segments:
        assert behind.job(client, client.call("POST", f"/v1/segments/{each}/rebuild"))["state"] == "succeeded"
    assert told(behind, client) == after_events
    shown = {each["id"]: each["status"] for each in client.call("GET", "/v1/contacts").body["items"]}
    assert members(client, segments[0]) == sorted(each for each, status in shown.items() if status == "active")
    assert len([each for each in segments if people[0] in members(client, each)]) == 2


def test_two_assessments_at_a_time__the_younger_facts_have_the_last_word(behind, client, monkeypatch):
    someone = contact(client, status="churned")
    found = segment(behind, client)
    read = service.read_customers

    def slowly(*given, **named):
        # What has been read is old before it is written: another assessment comes between.
        facts = read(*given, **named)
        monkeypatch.setattr(service, "read_customers", read)
        change(client, someone, status="suspended")
        service.reassess(behind.background, client.tenant_id, [someone])
        return facts

    change(client, someone, status="active")
    monkeypatch.setattr(service, "read_customers", slowly)
    service.reassess(behind.background, client.tenant_id, [someone])
    assert (members(client, found), size(client, found)) == ([], 0)


# -- rules that change, and go


def test_another_rule__is_built__and_the_job_of_the_one_before_gives_way(behind, client):
    active, churned = contact(client), contact(client, status="churned")
    found = segment(behind, client)
    client.call("PATCH", f"/v1/segments/{found}", {"rule": {"attribute": "status", "is": "suspended"}})
    changed = client.call("PATCH", f"/v1/segments/{found}", {"rule": CHURNED})
    assert (changed.body["status"], members(client, found)) == ("building", [active])
    behind.work()
    assert (members(client, found), size(client, found)) == ([churned], 1)
    results = [each["result"] for each in client.call("GET", "/v1/jobs?type=contacts.build_segment").body["items"]]
    assert {"superseded": True} in results
    assert client.call("GET", f"/v1/segments/{found}").body["status"] == "ready"


def test_a_new_name__starts_no_job(behind, client):
    found = segment(behind, client)
    renamed = client.call("PATCH", f"/v1/segments/{found}", {"name": "Other", "description": "why"})
    assert (renamed.body["status"], renamed.body["name"]) == ("ready", "Other")
    assert client.call("PATCH", f"/v1/segments/{found}", {"kind": "static"}).status == HTTPStatus.UNPROCESSABLE_ENTITY
    assert client.call("POST", "/v1/segments", {"name": "OTHER", "rule": ACTIVE}).code == "already_exists"


def test_a_worker_that_dies__is_followed_by_one_that_goes_on(behind, client, monkeypatch):
    monkeypatch.setattr(handlers, "A_PAGE", 4)
    people = [contact(client) for _ in range(10)]
    answer = client.call("POST", "/v1/segments", {"name": "x", "rule": ACTIVE})
    job = answer.body["job_id"]

    class KilledError(BaseException):
        pass

    def dies(work):
        if work.done:
            raise KilledError
        return build(work)

    build = handlers.build_step
    monkeypatch.setattr(handlers, "build_step", dies)
    monkeypatch.setattr(working, "resolve", lambda _: dies)
    with pytest.raises(KilledError):
        Worker(behind.background).run(client.tenant_id, job)
    assert 0 < len(members(client, answer.body["id"])) < 10
    change(client, people[0], status="churned")
    monkeypatch.setattr(working, "resolve", lambda _: build)
    monkeypatch.setattr(working, "_leased", lambda *_: False)
    behind.catch_up()
    Worker(behind.background).run(client.tenant_id, job)
    assert members(client, answer.body["id"]) == people[1:]
    assert size(client, answer.body["id"]) == 9


def test_a_job_that_fails__leaves_the_segment_incomplete__until_it_is_rebuilt(behind, client, monkeypatch):
    someone = contact(client)
    monkeypatch.setattr(working, "MOST_FAILURES", 1)
    monkeypatch.setattr(handlers, "reassess", lambda *_: 1 / 0)
    found = made(client.call("POST", "/v1/segments", {"name": "x", "rule": ACTIVE}))
    behind.work()
    assert client.call("GET", f"/v1/segments/{found}").body["status"] == "incomplete"
    monkeypatch.undo()
    behind.job(client, client.call("POST", f"/v1/segments/{found}/rebuild"))
    assert client.call("GET", f"/v1/segments/{found}").body["status"] == "ready"
    assert members(client, found) == [someone]


def test_deleted__its_memberships_go__and_what_comes_late_goes_too(behind, client, clock):
    behind.strike()
    people = [contact(client) for _ in range(3)]
    found, other = segment(behind, client), segment(behind, client, {"not": CHURNED}, "other")
    assert client.call("DELETE", f"/v1/segments/{found}").status == HTTPStatus.NO_CONTENT
    assert client.call("GET", f"/v1/segments/{found}/members").status == HTTPStatus.NOT_FOUND
    behind.work()
    # Somebody who had not heard of it in time.
    service.enlist(behind.background, client.tenant_id, found, people[:1], member=True)
    assert any(at.startswith(found) for at in told(behind, client))
    held = client.call("GET", f"/v1/contacts/{people[0]}/segments").body["items"]
    assert [each["segment_id"] for each in held] == [other]
    clock.advance(minutes=4)
    behind.strike()
    clock.advance(minutes=1)
    behind.strike()
    assert not [raw for raw in behind.items("contacts") if f"segment{chr(35)}{found}" in raw["pk"]["S"]]
    assert members(client, other) == people
    assert client.call("POST", "/v1/segments", {"name": "Segment", "rule": ACTIVE}).status == HTTPStatus.CREATED


# -- time


def test_time_alone__moves_a_customer_in_and_out(behind, client, clock):
    behind.strike()
    born = (clock() + timedelta(days=9)).date().replace(year=1996)
    someone = contact(client, birth_date=born.isoformat())
    soon = segment(behind, client, {"attribute": "birth_date", "anniversary_in_days": 3}, "soon")
    fresh = segment(behind, client, {"attribute": "created_at", "within_last": "P5D"}, "fresh")
    old = segment(behind, client, {"attribute": "created_at", "more_than_ago": "P2Y"}, "old")
    seen = []
    for _ in range(12):
        seen.append([someone in members(client, each) for each in (soon, fresh, old)])
        midnight = (clock() + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
        # Nothing is due before: the scheduler need not look at all the minutes of the day.
        positions.save(behind.background, "contacts", SCHEDULER, (midnight - timedelta(minutes=1)).isoformat())
        clock.advance(seconds=(midnight - clock()).total_seconds() + 90)
        Scheduler(behind.background).run(("contacts",))
    in_soon, in_fresh, in_old = (list(each) for each in zip(*seen, strict=True))
    assert in_soon == [day == 6 for day in range(12)]
    assert in_fresh == [day <= 5 for day in range(12)]
    assert not any(in_old)
    assert [each for _, each in history(client, soon)] == ["left", "joined"]
    # One timer, at the next change of all; it waits for years if need be.
    assert len([raw for raw in behind.of("contacts", "due") if raw["name"]["S"] == "contacts.wake"]) == 1


# -- lists


def test_static__members_are_put_on_and_taken_off(behind, client):
    people = [contact(client, external_ids=[{"system": "billing", "id": str(each)}]) for each in range(3)]
    found = made(client.call("POST", "/v1/segments", {"name": "Invited", "kind": "static"}))
    path = f"/v1/segments/{found}/members"
    body = {"add": people[:2], "add_external": [{"system": "billing", "id": "2"}]}
    assert behind.job(client, client.call("POST", path, body))["result"] == {"customers": 3}
    assert (members(client, found), size(client, found)) == (people, 3)
    behind.job(client, client.call("POST", path, {"remove": people[:1]}))
    change(client, people[1], status="churned")
    behind.catch_up()
    assert (members(client, found), size(client, found)) == (people[1:], 2)
    assert client.call("POST", f"/v1/segments/{found}/rebuild").code == "state_conflict"


def test_static__customers_out_of_reach__are_refused_by_their_places(behind, client):
    found = made(client.call("POST", "/v1/segments", {"name": "Invited", "kind": "static"}))
    path = f"/v1/segments/{found}/members"
    foreign = contact(behind.house.client())
    for body, pointer in (
        ({"add": [contact(client), foreign]}, "/add/1"),
        ({"remove_external": [{"system": "billing", "id": "nobody"}]}, "/remove_external/0"),
        ({"add": ["x"] * 300, "remove": ["x"] * 201}, ""),
    ):
        assert [each["pointer"] for each in client.call("POST", path, body).body["errors"]][:1] == [pointer]
    ruled = segment(behind, client)
    assert client.call("POST", f"/v1/segments/{ruled}/members", {}).code == "state_conflict"


# -- reading


def test_explain__says_rule_by_rule_why(behind, client):
    someone = contact(client, status="churned", addresses=[{"city": "Kunming"}])
    line = made(client.call("POST", f"/v1/contacts/{someone}/lines", {"product": "5G"}))
    rule = {"all": [{"attribute": "city", "is": "Kunming"}, {"not": CHURNED}, {"any_line": ACTIVE}]}
    found = segment(behind, client, rule)
    said = client.call("GET", f"/v1/segments/{found}/explain?contact={someone}").body
    assert (said["member"], said["fits"], said["rule"]["holds"]) == (False, False, False)
    city, other, lines = said["rule"]["parts"]
    assert (city["holds"], city["operator"], city["wanted"], city["seen"]) == (True, "is", "Kunming", ["Kunming"])
    assert (other["kind"], other["holds"], other["parts"][0]["seen"]) == ("not", False, ["churned"])
    assert [(each["line_id"], each["holds"], each["seen"]) for each in lines["parts"]] == [(line, True, ["active"])]
    change(client, someone, status="active")
    said = client.call("GET", f"/v1/segments/{found}/explain?contact={someone}").body
    assert (said["member"], said["fits"]) == (False, True)
    behind.catch_up()
    said = client.call("GET", f"/v1/segments/{found}/explain?contact={someone}").body
    assert (said["member"], said["fits"]) == (True, True)
    assert said["since"]


def test_filter__combines_with_others__and_pages(behind, client):
    people = [contact(client, value_tier="gold" if each % 2 else None) for each in range(7)]
    found = segment(behind, client)
    first = client.call("GET", f"/v1/contacts?segment_id={found}&limit=3&sort=created_at").body
    assert [each["id"] for each in first["items"]] == people[:3]
    second = client.call(
        "GET", f"/v1/contacts?segment_id={found}&limit=3&sort=created_at&cursor={first['next_cursor']}"
    ).body
    assert [each["id"] for each in second["items"]] == people[3:6]
    golden = client.call("GET", f"/v1/contacts?segment_id={found}&value_tier=gold&limit=2").body
    assert [each["id"] for each in golden["items"]] == [people[5], people[3]]
    assert client.call("GET", f"/v1/contacts?segment_id={found}&q=jos").status == HTTPStatus.BAD_REQUEST
    refused = client.call("GET", f"/v1/contacts?segment_id={found}&include_total=true")
    assert refused.code == "total_not_available"


def test_preview__counts_without_saving(behind, client):
    for number in range(4):
        contact(client, status="churned" if number else "active")
    found = client.call("POST", "/v1/segments/preview", {"rule": CHURNED}).body
    assert (found["matched"], found["read"], found["truncated_scan"], len(found["sample"])) == (3, 4, False, 3)
    refused = client.call("POST", "/v1/segments/preview", {"rule": {"attribute": "colour", "is": "red"}})
    assert [(each["pointer"], each["code"]) for each in refused.body["errors"]] == [
        ("/rule/attribute", "unknown_attribute")
    ]
    assert client.call("GET", "/v1/segments").body["items"] == []
