"""Tasks: the port by which modules ask for them, and what people do with them.

A module says what is to be done and by when, as often as it likes; whether it is done, and by whom once a person has
given it to somebody, is for people to say. A task that has ended stays as it is.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from chalicelib.changes.handling import Doors
from chalicelib.jobs.timers import Firing, remind
from chalicelib.modules import Index, Op, Port
from chalicelib.store import keys
from chalicelib.store.lists import ListQuery, Page, Plan, list_records, read_page
from chalicelib.store.store import Store
from chalicelib.work.asked import LONGEST_TEXT, LONGEST_TITLE, Slot, Source, check_texts, check_time, unit_of
from chalicelib.work.kinds import OVERDUE, TASK
from chalicelib.work.records import Task, in_order_of, queue_of
from chalicelib.work.rules import Priority, TaskState, is_live, is_overdue, may_become

LONGEST_NAME: Final = 100
WITHDRAWN: Final = "withdrawn"
LEFT_BEHIND: Final = "unassigned"
"""The queue of what was meant for somebody who has left."""
FIRST: Final = "0"
NEVER_REACHED: Final = keys.ABOVE
"""Sort before every time, and behind every id."""
_LIMITS: Final = {"title": LONGEST_TITLE, "detail": LONGEST_TEXT, "queue": LONGEST_NAME}


@dataclass(frozen=True, slots=True)
class TaskWanted:
    """What is to be done, in which org unit, by an assignee or by whoever takes it from a queue (one of the two)."""

    title: str
    unit_path: str
    assignee_id: str | None = None
    queue: str | None = None
    detail: str | None = None
    due_at: datetime | None = None
    priority: Priority = Priority.NORMAL


def ask_for_task(doors: Doors, source: Source, wanted: TaskWanted) -> bool:
    """Stage a task, or its change; False when as much is known. Raises ValueError for what does not fit.

    An assignee who has left finds their task in the unit's queue «unassigned».
    """
    check_texts(wanted, _LIMITS)
    check_time(wanted, "due_at", doors.store.clock())
    if (wanted.assignee_id is None) == (wanted.queue is None):
        message = "a task has an assignee or a queue"
        raise ValueError(message)
    if wanted.assignee_id and not doors.background.directory.is_active_user(doors.tenant, wanted.assignee_id):
        wanted = replace(wanted, assignee_id=None, queue=LEFT_BEHIND)
    slot = Slot.of(doors, Port.TASK, source)
    if slot is None:
        return False
    task = slot.standing(Task)
    if task is None:
        task = new_task(slot.store, wanted, **source.values(doors.module))
    elif is_live(TaskState(task.status)):
        task.link = source.link
        if not task.moved:
            give(task, wanted.unit_path, wanted.assignee_id, wanted.queue)
        rewrite(slot.store, task, wanted)
    slot.keep(str(task.id))
    return True


def withdraw_task(doors: Doors, source: Source) -> bool:
    """Stage the end of a task that is no longer wanted; one that has ended stays. False when as much is known."""
    slot = Slot.of(doors, Port.TASK, source)
    if slot is None:
        return False
    task = slot.standing(Task)
    if task is not None and is_live(TaskState(task.status)):
        finish(slot.store, task, TaskState.CANCELLED, WITHDRAWN)
    slot.keep(None)
    return True


def new_task(store: Store, wanted: TaskWanted, **source: str | None) -> Task:
    """Stage a new task."""
    task = Task.fresh(
        store.clock(),
        title=wanted.title,
        detail=wanted.detail,
        status=str(TaskState.OPEN),
        priority=str(wanted.priority),
        due_at=wanted.due_at,
        **source,
    )
    give(task, wanted.unit_path, wanted.assignee_id, wanted.queue)
    store.create(task)
    _remind(store, task)
    return task


def rewrite(store: Store, task: Task, wanted: TaskWanted) -> bool:
    """Stage another wording, priority and due time of a live task; False when nothing has changed."""
    later = task.due_at != wanted.due_at
    task.title, task.detail = wanted.title, wanted.detail
    task.priority, task.due_at = str(wanted.priority), wanted.due_at
    if later:
        task.overdue = None
        _remind(store, task)
    return store.update(task)


def give(task: Task, unit_path: str, assignee_id: str | None, queue: str | None) -> None:
    """Let a live task lie with somebody, or in a queue; whoever had begun it has not for them."""
    before = (task.assignee_id, task.queue, task.org_unit_id)
    task.org_unit_id, task.unit_path = unit_of(unit_path), unit_path
    task.assignee_id, task.queue = assignee_id, None if assignee_id else queue
    if before != (task.assignee_id, task.queue, task.org_unit_id):
        task.status = str(TaskState.OPEN)


def finish(store: Store, task: Task, state: TaskState, outcome: str) -> bool:
    """Stage a task's end with its outcome; False, and nothing staged, when it can't end so."""
    if not may_become(TaskState(task.status), state):
        return False
    task.status, task.outcome, task.ended_at = str(state), outcome, store.clock()
    return store.update(task, verb=str(state))


def overdue(firing: Firing) -> None:
    """Note that a task is overdue, once for each time that it was due at: others hear ``task.overdue``."""
    task = firing.record
    if not isinstance(task, Task) or not is_overdue(TaskState(task.status), task.due_at, firing.store.clock()):
        return
    task.overdue = True
    firing.store.update(task, verb="overdue")


def list_tasks(store: Store, query: ListQuery) -> Page[Task]:
    """A page of tasks, the soonest due first: of an assignee, a queue or a state in one round trip.

    Without any of these in the order of creation (under a data scope: of org units).
    """
    given = {each.name: each for each in query.terms if each.op is Op.EQ}
    holder = str(given["assignee"].values[0]) if "assignee" in given else None
    if holder is None and {"queue", "org_unit_id"} <= given.keys():
        holder = queue_of(str(given["org_unit_id"].values[0]), str(given["queue"].values[0]))
    state = str(given["state"].values[0]) if "state" in given else None
    scope = store.scope
    if holder is not None:
        pk = keys.by_owner(store.boundary, TASK.name, holder)
        between = _due(query, state) if state else None
        begins = keys.children(state) if state and not between else None
        answered = {"assignee", "state"} if "assignee" in given else {"org_unit_id", "queue", "state"}
        rest = tuple(each for each in query.terms if each not in [given.get(name) for name in answered])
        plan = Plan(Index.OWNER, pk, begins, between, rest)
        return read_page(
            store, Task, plan, query, bounded=bool(rest) or not (scope.everything or holder == scope.owner)
        )
    if state is not None and scope.everything:
        rest = tuple(each for each in query.terms if each is not given["state"])
        plan = Plan(Index.STATE, keys.by_state(store.boundary, TASK.name, state), None, _due(query, ""), rest)
        return read_page(store, Task, plan, query, bounded=bool(rest))
    return list_records(store, Task, query)


def _due(query: ListQuery, state: str) -> tuple[keys.SortKey, keys.SortKey] | None:
    """The part of an order by due time that the query's terms on it leave; they still hold exactly."""
    terms = [each for each in query.terms if each.name == "due_at"]
    lows = [in_order_of(state, each.values[0]) for each in terms if each.op in {Op.GTE, Op.GT, Op.EQ}]
    highs = [in_order_of(state, each.values[0], NEVER_REACHED) for each in terms if each.op in {Op.LTE, Op.LT, Op.EQ}]
    if not lows and not highs:
        return None
    low = max(lows, default=keys.moment(state, FIRST, ""))
    high = min(highs, default=in_order_of(state, None, NEVER_REACHED))
    return (low, high) if low <= high else (low, low)


def _remind(store: Store, task: Task) -> None:
    # Not by version: whatever else becomes of the task, the time at which it is due stays. A time that is no longer
    # its own finds it not overdue.
    if task.due_at is not None:
        remind(store, OVERDUE, str(task.id), task.due_at, task, versioned=False)
