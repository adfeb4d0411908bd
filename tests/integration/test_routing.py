"""Routing: where a new request goes and who gets it, why, and that it is fair when many come at once."""

from collections import Counter
from functools import partial
from itertools import count

import pytest

from chalicelib.access.principal import Reach
from modules.service_analysis.routing import service as routing
from tests.fault.crowd import all_at_once
from tests.support.visits import made

pytestmark = pytest.mark.integration

PEOPLE = ("usr_ann", "usr_bob", "usr_cid", "usr_dan", "usr_eve")
COMPLAINT = {"type": "complaint", "title": "Charged twice in April", "channel": "phone"}
QUEUES, RULES, DRY_RUN = "/v1/service/queues", "/v1/service/routing-rules", "/v1/service/routing/dry-run"


@pytest.fixture
def client(behind):
    made_client = behind.house.client()
    behind.house.directory.tenants[made_client.tenant_id].users |= set(PEOPLE)
    return made_client


@pytest.fixture
def ann(behind, client):
    return behind.house.client(client.tenant_id, user="usr_ann")


def queue(client, *people, **more):
    members = [each if isinstance(each, dict) else {"user_id": each} for each in people]
    return made(client.call("POST", QUEUES, {"titles": {"en": "Desk"}, "members": members, **more}))


def rule(client, queue_id, **more):
    return made(client.call("POST", RULES, {"title": "A rule", "queue_id": queue_id, **more}))


def opened(client, **more):
    return client.call("GET", f"/v1/requests/{made(client.call('POST', '/v1/requests', {**COMPLAINT, **more}))}").body


def explained(client, **more):
    answer = client.call("POST", DRY_RUN, {**COMPLAINT, **more})
    assert answer.status == 200, answer.text
    return answer.body


def acted(client, request_id, action, **more):
    answer = client.call("POST", f"/v1/requests/{request_id}/actions", {"action": action, **more})
    assert answer.status == 200, answer.text


def test_denied__who_may_not_configure_and_who_is_no_member(behind, client, ann):
    desk = queue(client, "usr_bob")
    only_works = behind.house.client(client.tenant_id, permissions=["service_analysis:read", "service_analysis:write"])
    assert only_works.call("POST", QUEUES, {"titles": {"en": "Mine"}}).status == 403
    assert only_works.call("POST", RULES, {"title": "Mine", "queue_id": desk}).status == 403
    assert ann.call("PUT", f"{QUEUES}/{desk}/presence", {"present": False}).status == 409


def test_foreign__queues_and_rules_of_another_tenant_or_unit__are_not_there(behind, client):
    desk = queue(client, "usr_bob")
    led = rule(client, desk)
    stranger = behind.house.client()
    for path in (f"{QUEUES}/{desk}", f"{RULES}/{led}"):
        assert stranger.call("GET", path).status == 404
        assert stranger.call("PATCH", path, {}).status == 404
    assert stranger.call("POST", RULES, {"title": "Theirs", "queue_id": desk}).status == 422
    assert stranger.call("POST", "/v1/requests", {**COMPLAINT, "queue_id": desk}).status == 422
    behind.house.directory.tenants[client.tenant_id].units |= {"ou_2": "/ou_2/"}
    below = behind.house.client(client.tenant_id, reach=Reach.SUBTREE, unit=("ou_2", "/ou_2/"))
    assert below.call("GET", f"{QUEUES}/{desk}").status == 404


def test_refused__unknown_people_and_people_twice(client):
    unknown = client.call("POST", QUEUES, {"titles": {"en": "Desk"}, "members": [{"user_id": "usr_nobody"}]})
    assert unknown.body["errors"][0]["pointer"] == "/members/0/user_id"
    twice = {"titles": {"en": "Desk"}, "members": [{"user_id": "usr_ann"}, {"user_id": "usr_ann"}]}
    assert client.call("POST", QUEUES, twice).body["errors"][0]["pointer"] == "/members/1/user_id"


def test_off__requests_are_not_routed(behind, client):
    queue(client, "usr_ann")
    behind.house.directory.tenants[client.tenant_id].off = ["service_analysis.routing"]
    request = opened(client)
    assert (request["queue_id"], request["handler_id"]) == (None, None)
    assert client.call("POST", DRY_RUN, COMPLAINT).status == 403


def test_a_request_that_names_its_queue__waits_there(client):
    desk = queue(client, "usr_ann")
    request = opened(client, queue_id=desk)
    assert (request["queue_id"], request["handler_id"], request["status"]) == (desk, None, "new")
    assert explained(client, queue_id=desk)["rule_id"] is None
    waiting = client.call("GET", f"/v1/requests?waiting_in={desk}").body["items"]
    assert [each["id"] for each in waiting] == [request["id"]]


def test_nobody_can_take_it__it_waits_in_the_queue(client, ann):
    desk = queue(client, "usr_ann")
    assert ann.call("PUT", f"{QUEUES}/{desk}/presence", {"present": False}).status == 200
    request = opened(client)
    assert (request["queue_id"], request["handler_id"]) == (desk, None)
    (candidate,) = explained(client)["candidates"]
    assert (candidate["place"], candidate["against"]) == (None, ["Not present."])


def test_who_has_left__is_given_nothing(behind, client):
    queue(client, "usr_ann", "usr_bob")
    behind.house.directory.tenants[client.tenant_id].users.discard("usr_ann")
    assert {opened(client)["handler_id"] for _ in range(3)} == {"usr_bob"}


def test_an_assignment_is_a_step_of_the_history_and_says_by_which_rule(client):
    desk = queue(client, "usr_ann")
    led = rule(client, desk)
    request = opened(client)
    assert (request["status"], request["handler_id"], request["accountable_id"]) == ("assigned", "usr_ann", None)
    (step,) = client.call("GET", f"/v1/requests/{request['id']}/entries").body["items"]
    assert (step["action"], step["details"]["rule"], step["details"]["queue"]) == ("assign", led, desk)


def test_the_dry_run_equals_what_then_happens(client):
    fibre = {"skills": ["fibre"], "languages": ["en", "es"]}
    first = queue(client, "usr_ann", "usr_bob", "usr_cid")
    second = queue(client, {"user_id": "usr_dan", **fibre}, {"user_id": "usr_eve", "languages": ["es"]}, "usr_bob")
    rule(client, second, rank=1, languages=["es"], strategy="round_robin")
    rule(client, second, rank=2, areas=[["Georgia"]], categories=["/speed/"], skills=["fibre"])
    rule(client, first, rank=3, areas=[["Georgia", "Acworth"]], strategy="round_robin")
    wanted = [
        {},
        {"language": "es-MX"},
        {"language": "es"},
        {"area": ["Georgia"], "category": "/speed/"},
        {"area": ["Georgia", "Acworth"]},
        {"area": ["Georgia", "Acworth"], "language": "en"},
        {"area": ["Texas"], "category": "/speed/"},
    ]
    seen = set()
    for number in range(28):
        asked = wanted[number % len(wanted)]
        told = explained(client, **asked)
        assert explained(client, **asked) == told  # nobody's turn was taken
        request = opened(client, **asked)
        assert (told["queue_id"], told["handler_id"]) == (request["queue_id"], request["handler_id"])
        assert [each["rule_id"] for each in told["rules"] if each["decided"]] == [told["rule_id"]]
        seen.add((told["rule_id"], told["handler_id"]))
        if number % 4 == 0:
            acted(client, request["id"], "unassign")
    assert len({each for each, _ in seen}) == 4
    assert {each for _, each in seen} == set(PEOPLE)


def test_the_dry_run_explains_each_rule_and_candidate_in_the_callers_language(client):
    desk = queue(client, {"user_id": "usr_ann", "skills": ["fibre"]}, "usr_bob")
    rule(client, desk, rank=1, areas=[["Georgia"]])
    rule(client, desk, rank=2, skills=["fibre"])
    told = explained(client, area=["Texas"])
    assert told["rules"][0]["against"] == ["The area is /Texas/, not of /Georgia/."]
    assert told["rules"][1]["decided"]
    assert told["rules"][2]["rule_id"] == "fallback"
    assert told["candidates"] == [
        {"user_id": "usr_ann", "place": 0, "against": []},
        {"user_id": "usr_bob", "place": None, "against": ["Lacks skills: fibre."]},
    ]
    chinese = client.call("POST", DRY_RUN, COMPLAINT, Accept_Language="zh-CN").body
    assert chinese["candidates"][1]["against"] == ["缺少技能：fibre。"]


def test_loads_follow_taking_handing_over_resolving_and_reopening(behind, client, ann):
    bob = behind.house.client(client.tenant_id, user="usr_bob")
    queue(client, "usr_ann", "usr_bob")

    def next_one():
        return explained(client)["handler_id"]

    first, second = opened(client), opened(client)
    assert {first["handler_id"], second["handler_id"]} == {"usr_ann", "usr_bob"}
    of_ann, of_bob = sorted((first, second), key=lambda each: each["handler_id"])
    acted(ann, of_ann["id"], "start")
    acted(ann, of_ann["id"], "resolve")
    assert next_one() == "usr_ann"
    acted(ann, of_ann["id"], "reopen")
    acted(client, of_ann["id"], "assign", to="usr_bob")
    assert next_one() == "usr_ann"
    acted(client, of_ann["id"], "assign", to="usr_ann")
    acted(client, of_bob["id"], "assign", to="usr_ann")
    assert next_one() == "usr_bob"
    acted(bob, opened(client)["id"], "start")  # bob's
    assert explained(client)["candidates"][0]["user_id"] == "usr_bob"  # one against two


@pytest.mark.parametrize("strategy", ["round_robin", "least_busy"])
def test_50_parallel_creations__each_gets_as_many(client, clock, strategy):
    # Behind the gateway no request lasts as long as a reservation (29 s); here one may, on a busy machine.
    clock.stand_still()
    desk = queue(client, *PEOPLE)
    rule(client, desk, strategy=strategy)
    answers = all_at_once([partial(client.call, "POST", "/v1/requests", COMPLAINT)] * 50)
    assert Counter(each.status for each in answers) == {201: 50}
    assert Counter(each.body["handler_id"] for each in answers) == dict.fromkeys(PEOPLE, 10)


def test_who_chose_by_what_was_read_long_ago__knows_what_came_in_since(client, clock, monkeypatch):
    clock.stand_still()
    queue(client, "usr_ann", "usr_bob")
    given = [opened(client) for _ in range(3)]
    for each in given:
        if each["handler_id"] == "usr_bob":
            acted(client, each["id"], "assign", to="usr_ann")
    take, choosing = routing._take, count(1)

    def interrupted(*about):
        turn = next(choosing)  # the first two have read that bob has none, and write when bob has three
        if turn <= 2:
            all_at_once([partial(opened, client)])
            if turn == 2:
                opened(client), opened(client)
        return take(*about)

    monkeypatch.setattr(routing, "_take", interrupted)
    opened(client)
    monkeypatch.undo()
    found = client.call("GET", "/v1/requests?limit=50").body["items"]
    assert Counter(each["handler_id"] for each in found) == {"usr_ann": 4, "usr_bob": 4}


@pytest.mark.parametrize("strategy", ["round_robin", "least_busy"])
def test_what_is_refused_or_sent_again__takes_nobodys_turn(client, strategy):
    desk = queue(client, "usr_ann", "usr_bob")
    rule(client, desk, strategy=strategy)
    numbered = {**COMPLAINT, "external_id": {"system": "old-desk", "id": "1"}}
    made(client.call("POST", "/v1/requests", numbered))
    handlers = []
    for number in range(6):
        assert client.call("POST", "/v1/requests", numbered).status == 409
        for _ in range(2):
            answer = client.call("POST", "/v1/requests", COMPLAINT, Idempotency_Key=f"request {number}")
        handlers.append(answer.body["handler_id"])
    assert Counter(handlers) == {"usr_ann": 3, "usr_bob": 3}
