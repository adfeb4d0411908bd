"""Outages: one incident, one answer, one end; whom it affects, and what it holds back."""

from collections import Counter
from datetime import datetime, timedelta

import pytest

from chalicelib.access.principal import Reach
from chalicelib.store.records import Item
from modules.service_analysis.outages.service import holds_surveys
from tests.support.visits import made, visit

pytestmark = pytest.mark.integration

FAULT = {"type": "fault", "title": "No connection", "channel": "phone", "area": ["Georgia", "Acworth"]}
GEORGIA = {"title": "No broadband in Georgia", "area": ["Georgia"]}
ANSWER = "A cable was cut. We expect to have you back online by 18:00."


@pytest.fixture
def client(with_module):
    return with_module.house.client()


def opened(client, **more):
    return made(client.call("POST", "/v1/requests", {**FAULT, **more}))


def read(client, request):
    return client.call("GET", f"/v1/requests/{request}").body


def linked(client, outage):
    return client.call("GET", f"/v1/requests?outage_id={outage}&limit=200").body["items"]


def declared(client, clock, **more):
    began = (clock() - timedelta(hours=3)).isoformat()
    return made(client.call("POST", "/v1/outages", {**GEORGIA, "began_at": began, **more}))


def announced(client, outage):
    answer = client.call("POST", f"/v1/outages/{outage}/announcement", {"answer": ANSWER})
    assert (answer.status, answer.body["status"]) == (200, "announced")


def closed(client, outage):
    answer = client.call("POST", f"/v1/outages/{outage}/closing", {"solution": "The cable is mended."})
    assert (answer.status, answer.body["status"]) == (200, "closed")


def ended(behind, clock):
    """Let the jobs go over the requests, and once more."""
    behind.settle()
    clock.advance(seconds=150)
    behind.settle()


def replies(client, request):
    found = client.call("GET", f"/v1/requests/{request}/entries").body["items"]
    return [each["text"] for each in found if each["type"] == "reply"]


def stored(behind, request):
    return next(
        Item.from_raw_data(each) for each in behind.of("service_analysis", "request") if each["id"]["S"] == request
    )


def affected(client, outage, query=""):
    return client.call("GET", f"/v1/outages/{outage}/affected{query}").body


def test_denied__who_only_works_on_requests(with_module, client, clock):
    outage = declared(client, clock)
    works = with_module.house.client(client.tenant_id, permissions=["service_analysis:read", "service_analysis:write"])
    assert works.call("GET", f"/v1/outages/{outage}").status == 200
    for path, body in (("", GEORGIA), (f"/{outage}/announcement", {"answer": ANSWER}), (f"/{outage}/closing", {})):
        assert works.call("POST", f"/v1/outages{path}", body).status == 403
    assert works.call("GET", f"/v1/outages/{outage}/affected").status == 403


def test_foreign__an_outage_of_another_tenant__is_not_there_and_links_nothing(with_module, client, clock):
    request = opened(client)
    stranger = with_module.house.client()
    outage = declared(stranger, clock)
    with_module.work()
    assert read(client, request)["outage_id"] is None
    for method, path, body in (
        ("GET", "", None),
        ("PATCH", "", {}),
        ("POST", "/announcement", {"answer": ANSWER}),
        ("POST", "/closing", {}),
        ("GET", "/affected", None),
    ):
        assert client.call(method, f"/v1/outages/{outage}{path}", body).status == 404


def test_refused__an_outage_of_everything_or_of_the_future(client):
    nothing = client.call("POST", "/v1/outages", {"title": "Everything"})
    assert nothing.body["errors"][0]["code"] == "about_nothing"
    later = client.call("POST", "/v1/outages", {**GEORGIA, "began_at": "2099-01-01T00:00:00Z"})
    assert later.body["errors"][0]["code"] == "in_the_future"


def test_refused__a_second_answer_and_anything_after_the_end(client, clock):
    outage = declared(client, clock)
    announced(client, outage)
    again = client.call("POST", f"/v1/outages/{outage}/announcement", {"answer": "Other"})
    assert (again.status, again.body["reason"]) == (409, "announced")
    closed(client, outage)
    for path, body in (("announcement", {"answer": "Other"}), ("closing", {})):
        assert client.call("POST", f"/v1/outages/{outage}/{path}", body).body["reason"] == "closed"
    assert client.call("PATCH", f"/v1/outages/{outage}", {"title": "Other"}).status == 409


def test_off__nothing_is_linked(with_module, client, clock):
    declared(client, clock)
    with_module.work()
    with_module.house.directory.tenants[client.tenant_id].off = ["service_analysis.outages"]
    assert read(client, opened(client))["outage_id"] is None


def test_what_matches_is_linked__and_nothing_else(with_module, client, clock):
    long_ago = (clock() - timedelta(hours=4)).isoformat()
    fault, speed = opened(client), opened(client, category="/speed/")
    others = [
        opened(client, area=["Georgian Bay"]),
        opened(client, area=[]),
        opened(client, opened_at=long_ago),
    ]
    merged = opened(client)
    client.call("POST", f"/v1/requests/{merged}/actions", {"action": "merge", "to": fault})
    outage = declared(client, clock)
    with_module.work()
    assert {each["id"] for each in linked(client, outage)} == {fault, speed}
    later = opened(client)
    assert read(client, later)["outage_id"] == outage
    assert [read(client, each)["outage_id"] for each in (*others, merged)] == [None] * 4
    moved = others[1]
    client.call("PATCH", f"/v1/requests/{moved}", {"area": ["Georgia"]})
    assert read(client, moved)["outage_id"] == outage


def test_one_that_names_several__wants_all_of_them(with_module, client, clock):
    outage = declared(client, clock, category="/speed/", product="Fibre 500")
    assert read(client, opened(client, category="/speed/"))["outage_id"] is None
    assert read(client, opened(client, product="Fibre 500", category="/billing/"))["outage_id"] is None
    assert read(client, opened(client, product="Fibre 500", category="/speed/"))["outage_id"] == outage


def test_a_person_with_less_than_all_in_reach__declares_it_for_all(with_module, client, clock):
    with_module.house.directory.tenants[client.tenant_id].units |= {"ou_2": "/ou_2/"}
    below = with_module.house.client(client.tenant_id, reach=Reach.SUBTREE, unit=("ou_2", "/ou_2/"))
    unseen = opened(client)
    outage = declared(below, clock)
    seen = opened(below)
    with_module.work()
    with_module.catch_up()
    assert {each["id"] for each in linked(client, outage)} == {unseen, seen}
    assert [each["request_ids"] for each in affected(below, outage)["items"]] == [[seen]]


def test_its_clock__says_whether_it_was_over_in_time(client, clock):
    due = (clock() + timedelta(hours=2)).isoformat()
    outage = declared(client, clock, due_at=due)
    assert client.call("GET", f"/v1/outages/{outage}").body["in_time"] is None
    clock.advance(hours=1)
    later = (clock() + timedelta(hours=3)).isoformat()
    assert client.call("PATCH", f"/v1/outages/{outage}", {"due_at": later}).status == 200
    clock.advance(hours=2)
    closed(client, outage)
    assert client.call("GET", f"/v1/outages/{outage}").body["in_time"] is True


def test_surveys_are_held__until_the_outage_is_over(with_module, client, clock):
    free = opened(client, area=["Texas"])
    outage = declared(client, clock)
    waits, solved = opened(client), opened(client)
    for action in ("take", "start", "resolve", "confirm"):
        client.call("POST", f"/v1/requests/{solved}/actions", {"action": action})
    assert [holds_surveys(stored(with_module, each)) for each in (free, waits, solved)] == [False, True, True]
    closed(client, outage)
    ended(with_module, clock)
    assert [holds_surveys(stored(with_module, each)) for each in (free, waits, solved)] == [False, False, False]
    assert [read(client, each)["status"] for each in (waits, solved)] == ["resolved", "closed"]
    verbs = Counter(each["type"]["S"] for each in with_module.events() if each["subject"]["S"] == solved)
    assert verbs["request.updated"] == 1  # the outage has let go of it
    assert verbs["request.settled"] == 0


def test_the_parts_of_what_is_resolved__are_settled_with_it(with_module, client):
    whole = opened(client)
    parts = [opened(client, parent_id=whole) for _ in range(12)]
    for action in ("take", "start"):
        client.call("POST", f"/v1/requests/{whole}/actions", {"action": action})
    client.call("POST", f"/v1/requests/{parts[0]}/actions", {"action": "take"})
    with_module.work()
    assert {read(client, each)["status"] for each in parts} == {"new", "assigned"}
    client.call("POST", f"/v1/requests/{whole}/actions", {"action": "resolve"})
    with_module.work()
    assert {read(client, each)["status"] for each in parts} == {"resolved"}
    (step,) = client.call("GET", f"/v1/requests/{parts[1]}/entries").body["items"]
    assert (step["action"], step["details"]["parent"]) == ("settle", whole)


def through(with_module, client, clock, size):
    """An outage over an area, from the first request before it to the last one settled."""
    levels = {}
    for name, mood in (("Bronze", "bad"), ("Gold", "good"), ("Silver", "fair"), ("Plain", None)):
        customer = made(client.call("POST", "/v1/contacts", {"name": name}))
        levels[customer] = name
        if mood:
            made(client.call("POST", "/v1/visits", visit(customer, mood=mood, title="level")))
    with_module.catch_up()
    who = [*levels, None]
    before = [opened(client, contact_id=who[number % 5]) for number in range(size // 2)]
    others = [opened(client, area=["Texas"]) for _ in range(3)]
    outage = declared(client, clock)
    with_module.work()
    assert {each["id"] for each in linked(client, outage)} == {*before[:200]} or size > 400
    between = [opened(client, contact_id=who[number % 5]) for number in range(size // 4)]
    announced(client, outage)
    with_module.work()
    after = [opened(client, contact_id=who[number % 5]) for number in range(size - size // 2 - size // 4)]
    all_of_it = [*before, *between, *after]
    kept = {each: stored_one for each, stored_one in _stored(with_module).items() if stored_one.outage_id == outage}
    assert set(kept) == set(all_of_it)
    assert all(holds_surveys(each) for each in kept.values())
    told = Counter(each["request_id"]["S"] for each in _replies(with_module))
    assert told == dict.fromkeys(all_of_it, 1)
    with_module.catch_up()
    page = affected(client, outage, "?limit=4")
    assert [levels.get(each["contact_id"]) for each in page["items"]] == ["Gold", "Silver", "Bronze", "Plain"]
    assert sum(len(each["request_ids"]) for each in page["items"]) == size * 4 // 5
    assert affected(client, outage, f"?limit=4&cursor={page['next_cursor']}")["items"][0]["contact_id"] is None
    clock.advance(minutes=30)
    closed(client, outage)
    with_module.work()
    kept = _stored(with_module)
    assert Counter(kept[each].status for each in all_of_it) == {"resolved": size}
    assert {kept[each].status for each in others} == {"new"}
    assert not any(holds_surveys(kept[each]) for each in all_of_it)
    assert Counter(each["request_id"]["S"] for each in _replies(with_module)) == dict.fromkeys(all_of_it, 1)
    with_module.catch_up()
    best = affected(client, outage)["items"][0]
    shown = client.call("GET", f"/v1/outages/{outage}").body
    lasted = datetime.fromisoformat(shown["closed_at"]) - datetime.fromisoformat(best["since"])
    assert best["hours"] == round(lasted.total_seconds() / 3600, 2)


def _stored(behind):
    return {each["id"]["S"]: Item.from_raw_data(each) for each in behind.of("service_analysis", "request")}


def _replies(behind):
    return [each for each in behind.of("service_analysis", "request_entry") if each["type"]["S"] == "reply"]


def test_an_outage_over_an_area__links_answers_lists_and_closes_40(with_module, client, clock):
    through(with_module, client, clock, 40)


@pytest.mark.slow
def test_an_outage_over_an_area__links_answers_lists_and_closes_500(with_module, client, clock):
    through(with_module, client, clock, 500)
