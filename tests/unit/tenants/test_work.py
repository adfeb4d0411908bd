"""Tasks and approvals over the API: whose they are, how they end, and who decides."""

import pytest

from chalicelib.background import Background
from chalicelib.jobs.scheduler import Scheduler
from tests.unit.tenants.conftest import CATALOGUE

TASK = {"title": "Call back", "priority": "high"}


def made(world, by, body=None, path="/v1/work/tasks"):
    answer = world.call("POST", path, body or TASK, by=by)
    assert answer.status == 201, answer.body
    return answer.body


def listed(world, by, query, path="/v1/work/tasks"):
    answer = world.call("GET", f"{path}?{query}", by=by)
    assert answer.status == 200, answer.body
    return [each["title"] for each in answer.body["items"]]


def acted(world, by, thing, verb, body=None, path="/v1/work/tasks"):
    return world.call("POST", f"{path}/{thing['id']}/{verb}", body, by=by)


def strike(world):
    application = world.application
    background = Background.of(application.kernel.gate, CATALOGUE, application.log)
    return Scheduler(background).run(("core",))


def unit(world, north, name):
    parent = world.call("GET", "/v1/me", by=north.admin).body["org_unit_id"]
    answer = world.call("POST", "/v1/org-units", {"name": name, "parent_id": parent}, by=north.admin)
    assert answer.status == 201, answer.body
    return answer.body["id"]


# -- who may not


@pytest.mark.parametrize("role", ["viewer", "analyst", "director", "service_agent"])
def test_task__a_role_that_only_reads__403(world, north, role):
    _, token = north.person(role)
    assert world.call("POST", "/v1/work/tasks", TASK, by=token).status == 403


def test_work__a_partner_user__403(world, north):
    _, token = north.person("partner_user")
    for path in ("tasks", "approvals", "notifications", "metrics"):
        assert world.call("GET", f"/v1/work/{path}", by=token).status == 403


def test_task__of_another_tenant__404_and_listed_nowhere(world, north, south):
    task = made(world, north.admin)
    for verb, body in (("start", None), ("assign", {}), ("finish", {"state": "done", "outcome": "x"})):
        assert acted(world, south.admin, task, verb, body).status == 404
    assert world.call("GET", f"/v1/work/tasks/{task['id']}", by=south.admin).status == 404
    for query in ("", "state=open", f"assignee={task['assignee_id']}", f"org_unit_id={task['org_unit_id']}"):
        assert listed(world, south.admin, query) == []
    body = {**TASK, "assignee_id": task["assignee_id"]}
    assert world.call("POST", "/v1/work/tasks", body, by=south.admin).status == 422


def test_task__outside_of_the_scope__404_and_not_in_any_list(world, north):
    west, east = unit(world, north, "West"), unit(world, north, "East")
    _, manager = north.person("area_manager", org_unit_id=west)
    there = made(world, north.admin, {**TASK, "title": "There", "org_unit_id": east, "queue": "q"})
    made(world, north.admin, {**TASK, "title": "Here", "org_unit_id": west, "queue": "q"})
    assert world.call("GET", f"/v1/work/tasks/{there['id']}", by=manager).status == 404
    for query in ("", "state=open", "queue=q"):
        assert listed(world, manager, query) == ["Here"]
    assert listed(world, manager, f"org_unit_id={east}&queue=q") == []
    assert listed(world, north.admin, f"org_unit_id={east}&queue=q&state=open") == ["There"]
    admin = world.call("GET", "/v1/me", by=north.admin).body["user_id"]
    assert listed(world, manager, f"assignee={admin}") == []
    assert world.call("POST", "/v1/work/tasks", {**TASK, "org_unit_id": east}, by=manager).status == 422


# -- a task's life


def test_day__of_a_person__is_theirs_alone_and_due_first(world, north):
    user, agent = north.person("account_manager")
    for hour, title in ((15, "late"), (9, "early")):
        made(
            world, north.admin, {**TASK, "title": title, "assignee_id": user, "due_at": f"2026-03-02T{hour:02}:00:00Z"}
        )
    made(world, north.admin, {**TASK, "title": "whenever", "assignee_id": user})
    made(world, north.admin, {**TASK, "title": "not mine"})
    mine = "assignee=me&state=open"
    assert listed(world, agent, mine) == ["early", "late", "whenever"]
    assert listed(world, agent, "") == ["early", "late", "whenever"]
    assert listed(world, agent, f"{mine}&due_at.lt=2026-03-02T15:00:00Z") == ["early"]
    assert listed(world, agent, f"{mine}&due_at.gte=2026-03-02T15:00:00Z") == ["late"]
    assert listed(world, north.admin, "state=open&due_at.lte=2026-03-02T09:00:00Z") == ["early"]
    first = world.call("GET", f"/v1/work/tasks?{mine}&limit=2", by=agent).body
    assert len(first["items"]) == 2
    assert listed(world, agent, f"{mine}&limit=2&cursor={first['next_cursor']}") == ["whenever"]


def test_task__from_a_queue__is_taken_given_away_and_done(world, north):
    user, agent = north.person("area_manager")
    task = made(world, north.admin, {**TASK, "queue": "call-backs"})
    assert (task["assignee_id"], task["queue"], task["state"]) == (None, "call-backs", "open")
    started = acted(world, agent, task, "start").body
    assert (started["assignee_id"], started["queue"], started["state"]) == (user, None, "in_progress")
    given = acted(world, agent, task, "assign", {"queue": "call-backs"}).body
    assert (given["assignee_id"], given["state"]) == (None, "open")
    end = {"state": "done", "outcome": "Explained"}
    done = acted(world, agent, task, "finish", end)
    assert (done.body["state"], done.body["outcome"]) == ("done", "Explained")
    assert acted(world, agent, task, "finish", end).body["version"] == done.body["version"]


def test_task__that_has_ended__takes_nothing_more(world, north):
    task = made(world, north.admin)
    assert acted(world, north.admin, task, "finish", {"state": "cancelled", "outcome": "Moved away"}).status == 200
    for verb, body in (("start", None), ("assign", {}), ("finish", {"state": "done", "outcome": "x"})):
        assert acted(world, north.admin, task, verb, body).body["code"] == "state_conflict"
    changed = world.call("PATCH", f"/v1/work/tasks/{task['id']}", {"title": "x"}, by=north.admin)
    assert changed.body["code"] == "state_conflict"


def test_task__with_two_holders__422(world, north):
    user, _ = north.person("viewer")
    body = {**TASK, "assignee_id": user, "queue": "q"}
    assert world.call("POST", "/v1/work/tasks", body, by=north.admin).body["errors"][0]["code"] == "two_holders"


def test_task__at_its_due_time__is_overdue_once_and_not_after_it_was_put_off(world, north):
    strike(world)
    due = {**TASK, "due_at": "2026-03-01T13:00:00Z"}
    late, put_off, done = (made(world, north.admin, {**due, "title": each}) for each in ("late", "put off", "done"))
    path = f"/v1/work/tasks/{put_off['id']}"
    assert world.call("PATCH", path, {"due_at": "2026-03-02T13:00:00Z"}, by=north.admin).status == 200
    acted(world, north.admin, late, "start")
    acted(world, north.admin, done, "finish", {"state": "done", "outcome": "x"})
    world.later(hours=2)
    strike(world)
    shown = {
        each["title"]: each["overdue"] for each in world.call("GET", "/v1/work/tasks", by=north.admin).body["items"]
    }
    assert shown == {"late": True, "put off": False, "done": False}
    version = world.call("GET", f"/v1/work/tasks/{late['id']}", by=north.admin).body["version"]
    strike(world)
    assert world.call("GET", f"/v1/work/tasks/{late['id']}", by=north.admin).body["version"] == version
    changed = world.call("PATCH", f"/v1/work/tasks/{late['id']}", {"due_at": "2026-03-05T13:00:00Z"}, by=north.admin)
    assert changed.body["overdue"] is False


# -- approvals

ASKED = {"title": "Discount of 15 %"}
PATH = "/v1/work/approvals"


def decided(world, by, approval, decision="approve", **more):
    return acted(world, by, approval, "decision", {"decision": decision, **more}, PATH)


def test_decision__by_who_asks__403_by_sign_in_and_by_key(world, north):
    asked = made(world, north.admin, ASKED, PATH)
    for by in (north.admin, north.key):
        assert decided(world, by, asked).body["code"] == "four_eyes"
    asked = made(world, north.key, ASKED, PATH)
    assert decided(world, north.admin, asked).body["code"] == "four_eyes"


def test_decision__by_somebody_else_than_asked__403(world, north):
    boss, _ = north.person("area_manager")
    _, other = north.person("department_manager")
    asked = made(world, north.admin, {**ASKED, "approver_id": boss}, PATH)
    assert decided(world, other, asked).body["code"] == "permission_denied"


def test_decision__of_another_tenant_or_out_of_scope__404(world, north, south):
    _, outside = north.person("area_manager", org_unit_id=unit(world, north, "West"))
    asked = made(world, north.admin, ASKED, PATH)
    assert decided(world, south.admin, asked).status == decided(world, outside, asked).status == 404


def test_approval__asked_of_oneself_or_nobody__422(world, north):
    me = world.call("GET", "/v1/me", by=north.admin).body["user_id"]
    for approver in (me, "usr_nobody"):
        answer = world.call("POST", PATH, {**ASKED, "approver_id": approver}, by=north.admin)
        assert answer.body["errors"][0]["pointer"] == "/approver_id"


def test_approval__asked_of_a_person_elsewhere__is_before_them_and_decided_once(world, north):
    boss, by = north.person("account_manager", org_unit_id=unit(world, north, "West"))
    asked = made(world, north.admin, {**ASKED, "approver_id": boss}, PATH)
    assert listed(world, by, "approver=me&state=pending", PATH) == [ASKED["title"]]
    assert world.call("GET", f"{PATH}/{asked['id']}", by=by).status == 200
    assert decided(world, by, asked, "reject").body["errors"][0]["pointer"] == "/reason"
    answer = decided(world, by, asked, "reject", reason="Too much")
    assert (answer.body["state"], answer.body["decided_by"], answer.body["reason"]) == ("rejected", boss, "Too much")
    assert decided(world, by, asked).body["code"] == "state_conflict"
    assert listed(world, by, "approver=me&state=pending", PATH) == []
    assert listed(world, north.admin, "requested_by=me", PATH) == [ASKED["title"]]


def test_approval__nobody_decides__expires(world, north):
    strike(world)
    _, other = north.person("area_manager")
    asked = made(world, north.admin, {**ASKED, "expires_at": "2026-03-01T13:00:00Z"}, PATH)
    world.later(hours=1)
    _, other = north.person("department_manager")
    assert decided(world, other, asked).body["code"] == "state_conflict"
    strike(world)
    assert world.call("GET", f"{PATH}/{asked['id']}", by=north.admin).body["state"] == "expired"
