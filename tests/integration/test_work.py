"""A module asks, people decide, the module hears of it: through the stream, the clock and the real control plane."""

from datetime import timedelta

import pytest

from chalicelib.changes.handling import Doors
from chalicelib.work.approvals import ApprovalWanted, ask_for_approval
from chalicelib.work.asked import Source
from chalicelib.work.tasks import TaskWanted, ask_for_task
from tests.support.visits import made, tally


@pytest.fixture
def client(whole):
    return whole.house.onboard(["contacts", "visits"])


@pytest.fixture
def me(client):
    return client.call("GET", "/v1/me").body


def asked(whole, client, act, wanted):
    doors = Doors.of(whole.background, "visits", client.tenant_id)
    assert act(doors, Source("vis_1", 1, "visit", "vis_1"), wanted) is True
    doors.store.commit()


def states(client, path, field="state"):
    return [each[field] for each in client.call("GET", f"/v1/work/{path}").body["items"]]


def test_request_of_a_module__that_expires__is_heard_once_by_its_handler(whole, client, clock, me):
    whole.strike()
    path = f"/{me['org_unit_id']}/"
    wanted = ApprovalWanted("Home visit", path, me["user_id"], expires_at=clock() + timedelta(hours=1))
    asked(whole, client, ask_for_approval, wanted)
    made(client.call("POST", "/v1/work/approvals", {"title": "A person's own"}))
    clock.advance(hours=2)
    whole.strike()
    whole.catch_up()
    whole.deliver_badly(seed=1)
    assert sorted(states(client, "approvals")) == ["expired", "pending"]
    assert tally(whole, client, "outcome.vis_1.expired") == 1
    assert whole.of("core", "delivery") == []


def test_task_of_a_module__that_is_late__is_told_of_once(whole, client, clock, me):
    whole.strike()
    wanted = TaskWanted("Call", f"/{me['org_unit_id']}/", me["user_id"], due_at=clock() + timedelta(minutes=5))
    asked(whole, client, ask_for_task, wanted)
    for _ in range(2):
        clock.advance(minutes=10)
        whole.strike()
    assert states(client, "tasks?assignee=me&state=open", "overdue") == [True]
    assert [each["type"]["S"] for each in whole.events() if each["type"]["S"].startswith("task.")] == [
        "task.created",
        "task.overdue",
    ]
