"""What modules put before people through core's ports: once, by version, and for their own eyes only."""

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.background import Background
from chalicelib.changes.handling import Doors, Handling
from chalicelib.modules import Catalogue, Port
from chalicelib.store import keys
from chalicelib.store.errors import BoundaryError, VersionConflictError
from chalicelib.store.records import EventItem
from chalicelib.work import approvals, rules
from chalicelib.work.approvals import ApprovalWanted, ask_for_approval, outcome_of, withdraw_approval
from chalicelib.work.asked import Source
from chalicelib.work.metrics import MetricPost, post_metric, withdraw_metric
from chalicelib.work.notifications import Notice, notify, withdraw_notification
from chalicelib.work.records import Approval
from chalicelib.work.rules import ApprovalState, Priority
from chalicelib.work.tasks import TaskWanted, ask_for_task, withdraw_task
from tests.unit.tenants.conftest import CATALOGUE, NOW, manifest

PORTS = (Port.TASK, Port.APPROVAL, Port.NOTIFICATION, Port.METRIC)
MODULES = Catalogue(
    (*CATALOGUE, replace(manifest("calls"), contributes=PORTS), replace(manifest("bills"), contributes=PORTS))
)


@pytest.fixture
def me(world, north):
    return world.call("GET", "/v1/me", by=north.admin).body["user_id"]


@pytest.fixture
def unit_path(world, north):
    return f"/{world.call('GET', '/v1/me', by=north.admin).body['org_unit_id']}/"


def doors(world, tenant, module="calls"):
    application = world.application
    return Doors.of(Background.of(application.kernel.gate, MODULES, application.log), module, tenant.id)


def source(version, name="call_1"):
    return Source(name, version, "call", "cal_1", "/v1/calls/cal_1")


def staged(opened, act, *arguments):
    answer = act(opened, *arguments)
    opened.store.commit()
    return answer


def shown(world, by, path, query=""):
    answer = world.call("GET", f"/v1/work/{path}{query}", by=by)
    assert answer.status == 200, answer.body
    return answer.body["items"]


# -- who may not


@pytest.mark.parametrize("port", PORTS)
def test_port__that_is_not_declared__is_refused(world, north, port):
    with pytest.raises(BoundaryError):
        doors(world, north, "alpha").port(port)


def test_ports__of_two_modules_and_two_tenants__do_not_meet(world, north, south, unit_path):
    wanted = TaskWanted("Call back", unit_path, queue="q")
    for tenant, module in ((north, "calls"), (north, "bills"), (south, "calls")):
        assert staged(doors(world, tenant, module), ask_for_task, source(1), wanted) is True
    assert staged(doors(world, north, "bills"), withdraw_task, source(2)) is True
    found = shown(world, north.admin, "tasks", "?org_unit_id.eq=" + unit_path.strip("/"))
    assert {each["source"]["module"]: each["state"] for each in found} == {"calls": "open", "bills": "cancelled"}
    assert [each["state"] for each in shown(world, south.admin, "tasks")] == ["open"]


def test_wanted__what_does_not_fit__is_refused(world, north, me, unit_path):
    opened = doors(world, north)
    naive = NOW.replace(tzinfo=None)
    for wanted in (
        TaskWanted("", unit_path, queue="q"),
        TaskWanted("x" * 201, unit_path, queue="q"),
        TaskWanted("x", unit_path),
        TaskWanted("x", unit_path, assignee_id=me, queue="q"),
        TaskWanted("x", "ou_1", queue="q"),
        TaskWanted("x", unit_path, queue="q", due_at=naive),
    ):
        with pytest.raises(ValueError, match=r"\w"):
            ask_for_task(opened, source(1), wanted)
    for asked in (ApprovalWanted("x", unit_path, me, me), ApprovalWanted("x", unit_path, me, expires_at=naive)):
        with pytest.raises(ValueError, match=r"\w"):
            ask_for_approval(opened, source(1), asked)


# -- tasks


def test_task__asked_for_again__is_one_and_the_youngest_counts(world, north, me, unit_path):
    def ask(version, title, **more):
        return staged(doors(world, north), ask_for_task, source(version), TaskWanted(title, unit_path, me, **more))

    assert ask(2, "two", priority=Priority.URGENT) is True
    assert ask(1, "one") is ask(2, "two again") is False
    (task,) = shown(world, north.admin, "tasks", "?assignee=me&state=open")
    assert (task["title"], task["priority"], task["version"]) == ("two", "urgent", 1)
    assert task["source"] == {"module": "calls", "type": "call", "id": "cal_1"}
    assert ask(3, "three", due_at=NOW + timedelta(days=1)) is True
    (task,) = shown(world, north.admin, "tasks")
    assert (task["title"], task["due_at"][:10]) == ("three", "2026-03-02")


def test_task__that_a_person_gave_away_or_ended__is_left_to_people(world, north, me, unit_path):
    wanted = TaskWanted("Call back", unit_path, me)
    staged(doors(world, north), ask_for_task, source(1), wanted)
    (task,) = shown(world, north.admin, "tasks")
    path = f"/v1/work/tasks/{task['id']}"
    assert world.call("POST", f"{path}/assign", {"queue": "call-backs"}, by=north.admin).status == 200
    staged(doors(world, north), ask_for_task, source(2), replace(wanted, title="Call again"))
    (task,) = shown(world, north.admin, "tasks")
    assert (task["title"], task["queue"], task["assignee_id"]) == ("Call again", "call-backs", None)
    assert world.call("POST", f"{path}/finish", {"state": "done", "outcome": "x"}, by=north.admin).status == 200
    assert staged(doors(world, north), ask_for_task, source(3), replace(wanted, title="And again")) is True
    assert staged(doors(world, north), withdraw_task, source(4)) is True
    (task,) = shown(world, north.admin, "tasks")
    assert (task["title"], task["state"]) == ("Call again", "done")


def test_task__withdrawn__does_not_come_back_with_an_older_event(world, north, me, unit_path):
    wanted = TaskWanted("Call back", unit_path, me)
    assert staged(doors(world, north), withdraw_task, source(2)) is True
    assert staged(doors(world, north), ask_for_task, source(1), wanted) is False
    assert shown(world, north.admin, "tasks") == []
    assert staged(doors(world, north), ask_for_task, source(3), wanted) is True
    assert staged(doors(world, north), withdraw_task, source(4)) is True
    (task,) = shown(world, north.admin, "tasks")
    assert (task["state"], task["outcome"]) == ("cancelled", "withdrawn")


def test_task__for_somebody_who_has_left__lies_in_the_units_queue(world, north, unit_path):
    staged(doors(world, north), ask_for_task, source(1), TaskWanted("Call", unit_path, "usr_gone"))
    (task,) = shown(world, north.admin, "tasks", f"?org_unit_id={unit_path.strip('/')}&queue=unassigned")
    assert task["assignee_id"] is None


def test_asked__at_the_same_time__one_is_done_again(world, north, me, unit_path):
    first, second = doors(world, north), doors(world, north)
    for opened in (first, second):
        ask_for_task(opened, source(1), TaskWanted("Call", unit_path, me))
    first.store.commit()
    with pytest.raises(VersionConflictError):
        second.store.commit()


# -- approvals


def test_approval__decided__is_heard_by_the_asking_module_alone(world, north, me, unit_path):
    boss, by = north.person("area_manager")
    wanted = ApprovalWanted("Discount", unit_path, me, boss)
    staged(doors(world, north), ask_for_approval, source(1), wanted)
    (asked,) = shown(world, by, "approvals", "?approver=me&state=pending")
    path = f"/v1/work/approvals/{asked['id']}/decision"
    assert world.call("POST", path, {"decision": "approve"}, by=north.admin).body["code"] == "four_eyes"
    assert world.call("POST", path, {"decision": "approve", "reason": "Fine"}, by=by).status == 200
    opened = doors(world, north)
    told, _ = opened.store.beside("core", (), reads=["event"]).query(keys.event(north.id, NOW, "x").pk)
    (event,) = [each for each in told if isinstance(each, EventItem) and each.type == "approval.decided"]
    assert event.subject == asked["id"]
    assert event.changed["status"] == ["pending", "approved"]
    assert event.changed["reason"] is None
    outcomes = [outcome_of(Handling(module, opened.store, opened.background, event)) for module in ("calls", "bills")]
    assert outcomes[0] == approvals.Outcome("call_1", ApprovalState.APPROVED, boss, "Fine")
    assert outcomes[1] is None


def test_approval__asked_for_something_else__begins_anew(world, north, me, unit_path):
    wanted = ApprovalWanted("15 %", unit_path, me)
    staged(doors(world, north), ask_for_approval, source(1), wanted)
    staged(doors(world, north), ask_for_approval, source(2), wanted)
    assert [each["state"] for each in shown(world, north.admin, "approvals")] == ["pending"]
    staged(doors(world, north), ask_for_approval, source(3), replace(wanted, title="25 %"))
    states = {each["title"]: each["state"] for each in shown(world, north.admin, "approvals")}
    assert states == {"15 %": "withdrawn", "25 %": "pending"}
    staged(doors(world, north), withdraw_approval, source(4))
    assert {each["state"] for each in shown(world, north.admin, "approvals")} == {"withdrawn"}


def test_decision__of_who_asks__does_not_commit_even_past_the_rule(world, north, me, unit_path, monkeypatch):
    staged(doors(world, north), ask_for_approval, source(1), ApprovalWanted("15 %", unit_path, me))
    (asked,) = shown(world, north.admin, "approvals")
    monkeypatch.setattr(rules, "refusal", lambda *_: None)
    for by, refused in ((me, True), ("usr_boss", False)):
        store = doors(world, north).port(Port.APPROVAL)
        approval = store.get(Approval, asked["id"])
        assert approvals.decide(store, approval, by, ApprovalState.APPROVED, None) is None
        if refused:
            with pytest.raises(VersionConflictError):
                store.commit()
        else:
            store.commit()


# -- notifications and metrics


def test_notification__is_its_readers_alone_until_it_is_read(world, north, me):
    _, other = north.person("department_manager")
    staged(doors(world, north), notify, source(1), Notice(me, "Tariff ends", severity="warning"))
    assert shown(world, other, "notifications") == []
    (told,) = shown(world, north.admin, "notifications", "?state=unread")
    path = f"/v1/work/notifications/{told['id']}"
    assert world.call("GET", path, by=other).status == world.call("POST", f"{path}/read", by=other).status == 404
    assert world.call("GET", "/v1/work/notifications/unread", by=other).body["unread"] == 0
    assert world.call("GET", "/v1/work/notifications/unread", by=north.admin).body["unread"] == 1
    read = world.call("POST", f"{path}/read", by=north.admin).body
    assert (read["state"], read["title"]) == ("read", "Tariff ends")
    assert world.call("POST", f"{path}/read", by=north.admin).body["version"] == read["version"]
    assert world.call("GET", "/v1/work/notifications/unread", by=north.admin).body["unread"] == 0
    assert shown(world, north.admin, "notifications", "?state=unread") == []
    staged(doors(world, north), notify, source(2), Notice(me, "Tariff ends today"))
    assert [each["state"] for each in shown(world, north.admin, "notifications")] == ["unread"]
    staged(doors(world, north), withdraw_notification, source(3))
    assert shown(world, north.admin, "notifications") == []
    assert staged(doors(world, north), notify, source(2), Notice(me, "ghost")) is False


def test_notification__for_somebody_who_has_left_or_somebody_else__moves(world, north, me):
    assert staged(doors(world, north), notify, source(1), Notice("usr_gone", "x")) is True
    user, by = north.person("viewer")
    staged(doors(world, north), notify, source(2), Notice(me, "x"))
    staged(doors(world, north), notify, source(3), Notice(user, "x"))
    assert shown(world, north.admin, "notifications") == []
    (told,) = shown(world, by, "notifications")
    assert world.call("POST", f"/v1/work/notifications/{told['id']}/read", by=by).status == 200


def test_metric__by_name_and_period__within_the_units_that_the_caller_reaches(world, north, unit_path):
    west = world.call("POST", "/v1/org-units", {"name": "W", "parent_id": unit_path.strip("/")}, by=north.admin).body[
        "id"
    ]
    _, manager = north.person("area_manager", org_unit_id=west)
    _, own = north.person("account_manager", org_unit_id=west)

    def post(version, value, path, name="arpu", period="2026-03", source_id="s"):
        return staged(doors(world, north), post_metric, source_id, version, MetricPost(name, period, path, value))

    assert post(2, 12.5, f"{unit_path}{west}/") is True
    assert post(1, 1, f"{unit_path}{west}/") is False
    post(1, 40, unit_path, source_id="root")
    post(1, 7, unit_path, period="2026-04")
    query = "?name=arpu&period=2026-03"
    assert [each["value"] for each in shown(world, manager, "metrics", query)] == [12.5]
    assert sorted(each["value"] for each in shown(world, north.admin, "metrics", query)) == [12.5, 40]
    assert len(shown(world, north.admin, "metrics")) == 3
    assert shown(world, own, "metrics", query) == []
    gone = MetricPost("arpu", "2026-03", unit_path, 0)
    assert staged(doors(world, north), withdraw_metric, "root", 2, gone) is True
    assert [each["value"] for each in shown(world, north.admin, "metrics", query)] == [12.5]
    assert post(3, 13, f"{unit_path}{west}/") is True
    assert [each["value"] for each in shown(world, manager, "metrics", query)] == [13]
