"""Use cases of work: who may give what to whom; chalicelib/work knows what it means."""

from dataclasses import replace
from datetime import UTC, datetime

from chalicelib.call import Call
from chalicelib.modules import Text
from chalicelib.problems import FieldError, Invalid, NotFound, StateConflict
from chalicelib.store.lists import ListQuery
from chalicelib.store.scope import EVERYTHING
from chalicelib.web.results import Listed, Patch
from chalicelib.work import approvals, metrics, notifications, tasks
from chalicelib.work.approvals import ApprovalWanted
from chalicelib.work.asked import FURTHEST, is_near
from chalicelib.work.records import Approval, Notification, Task
from chalicelib.work.rules import ApprovalState, TaskState, is_live
from chalicelib.work.tasks import TaskWanted
from tenants.work.errors import refused
from tenants.work.schemas import (
    ApprovalIn,
    ApprovalOut,
    DecisionIn,
    Holder,
    MetricOut,
    NotificationOut,
    TaskEnd,
    TaskIn,
    TaskOut,
    TaskText,
    UnreadOut,
    approval_out,
    metric_out,
    notification_out,
    task_out,
)

ME = "me"
_ENDED = Text("This task has ended.", "该任务已结束。")


# -- tasks


def create_task(call: Call, body: TaskIn) -> TaskOut:
    """A new task. Raises Invalid for an org unit out of reach and an assignee who is no active user."""
    path, assignee = _holder(call, body)
    due_at = _near(call, "due_at", body.due_at)
    wanted = TaskWanted(
        body.title, path, assignee, None if assignee else body.queue, body.detail, due_at, body.priority
    )
    return task_out(tasks.new_task(call.store, wanted, link=body.link))


def page_of_tasks(call: Call, query: ListQuery) -> Listed[TaskOut]:
    """Tasks within the caller's reach, and their own."""
    found = tasks.list_tasks(call.store, _named_me(call, query, "assignee"))
    return Listed([task_out(each) for each in found.items], found.next_position, found.truncated)


def get_task(call: Call, task_id: str) -> TaskOut:
    """One task. Raises NotFound."""
    return task_out(_task(call, task_id))


def change_task(call: Call, task_id: str, body: Patch[TaskText]) -> TaskOut:
    """Another wording, priority or due time. Raises NotFound, VersionMismatch, StateConflict when it has ended."""
    task = _task(call, task_id)
    shown = task_out(task).model_dump(mode="json")
    current = {name: shown[name] for name in TaskText.model_fields}
    call.check_version(task, {name: current[name] for name in body.touched if name in current})
    text = body.apply({name: value for name, value in current.items() if value is not None})
    _must_live(task)
    due_at = task.due_at if text.due_at == task.due_at else _near(call, "due_at", text.due_at)
    wanted = TaskWanted(text.title, str(task.unit_path), detail=text.detail, due_at=due_at, priority=text.priority)
    tasks.rewrite(call.store, task, wanted)
    return task_out(task)


def start_task(call: Call, task_id: str) -> TaskOut:
    """Take a task up, out of its queue if it lies in one. Raises NotFound, VersionMismatch, StateConflict."""
    task = _task(call, task_id)
    call.check_version(task, {"state": task.status})
    _must_live(task)
    if not task.assignee_id and call.principal.user_id:
        tasks.give(task, str(task.unit_path), call.principal.user_id, None)
        task.moved = True
    task.status = str(TaskState.IN_PROGRESS)
    call.store.update(task, verb="started")
    return task_out(task)


def assign_task(call: Call, task_id: str, body: Holder) -> TaskOut:
    """Give a task to somebody else, or to a queue. Raises NotFound, VersionMismatch, Invalid, StateConflict."""
    task = _task(call, task_id)
    call.check_version(task, {"assignee_id": task.assignee_id, "queue": task.queue})
    path, assignee = _holder(call, body, str(task.org_unit_id))
    _must_live(task)
    tasks.give(task, path, assignee, body.queue)
    task.moved = True
    call.store.update(task, verb="assigned")
    return task_out(task)


def finish_task(call: Call, task_id: str, body: TaskEnd) -> TaskOut:
    """End a task with its outcome; the same again changes nothing. Raises NotFound, VersionMismatch, StateConflict."""
    task = _task(call, task_id)
    if (task.status, task.outcome) == (body.state, body.outcome):
        return task_out(task)
    call.check_version(task, {"state": task.status, "outcome": task.outcome})
    if not tasks.finish(call.store, task, TaskState(body.state), body.outcome):
        raise StateConflict(_ENDED)
    return task_out(task)


# -- approvals


def create_approval(call: Call, body: ApprovalIn) -> ApprovalOut:
    """A request of the caller's. Raises Invalid for an approver who asks or is no active user, a unit out of reach."""
    me = call.principal.user_id or call.principal.id
    if body.approver_id == me:
        text = Text("Nobody approves what they have asked for themselves.", "不能由申请人本人审批。")
        raise Invalid(errors=_fault("approver_id", "own_request", text))
    if body.approver_id:
        _check_person(call, "approver_id", body.approver_id)
    expires_at = _near(call, "expires_at", body.expires_at)
    if expires_at is not None and expires_at <= call.now:
        raise Invalid(errors=_fault("expires_at", "out_of_range", Text("In the future.", "须为将来的时间。")))
    wanted = ApprovalWanted(body.title, _unit(call, body.org_unit_id), me, body.approver_id, body.detail, expires_at)
    return approval_out(approvals.new_approval(call.store, wanted, link=body.link))


def page_of_approvals(call: Call, query: ListQuery) -> Listed[ApprovalOut]:
    """Requests within the caller's reach, their own, and those before them."""
    named = _named_me(call, query, "approver", "requested_by")
    found = approvals.list_approvals(call.store, named, call.principal.user_id)
    return Listed([approval_out(each) for each in found.items], found.next_position, found.truncated)


def get_approval(call: Call, approval_id: str) -> ApprovalOut:
    """One request. Raises NotFound."""
    return approval_out(_approval(call, approval_id))


def decide_approval(call: Call, approval_id: str, body: DecisionIn) -> ApprovalOut:
    """Approve or reject. Raises NotFound, VersionMismatch, Invalid, FourEyes, PermissionDenied, StateConflict."""
    approval = _approval(call, approval_id)
    call.check_version(approval, {"state": approval.status})
    wanted = ApprovalState.APPROVED if body.decision == "approve" else ApprovalState.REJECTED
    if wanted is ApprovalState.REJECTED and body.reason is None:
        raise Invalid(errors=_fault("reason", "missing", Text("A rejection says why.", "驳回须说明理由。")))
    why = approvals.decide(call.store, approval, call.principal.user_id, wanted, body.reason)
    if why is not None:
        raise refused(why)
    return approval_out(approval)


# -- notifications and metrics


def page_of_notifications(call: Call, query: ListQuery) -> Listed[NotificationOut]:
    """What the caller is told."""
    found = notifications.list_notifications(call.store, query, _me(call))
    return Listed([notification_out(each) for each in found.items], found.next_position, found.truncated)


def count_unread(call: Call) -> UnreadOut:
    """How much of it is not read."""
    return UnreadOut(unread=notifications.unread(call.store, _me(call)))


def get_notification(call: Call, notification_id: str) -> NotificationOut:
    """One notification of the caller's. Raises NotFound."""
    return notification_out(_notification(call, notification_id))


def read_notification(call: Call, notification_id: str) -> NotificationOut:
    """Note that the caller has read it. Raises NotFound, VersionMismatch."""
    notification = _notification(call, notification_id)
    call.check_version(notification, {"state": notification.status})
    notifications.mark_read(call.store, notification)
    return notification_out(notification)


def page_of_metrics(call: Call, query: ListQuery) -> Listed[MetricOut]:
    """Metrics of the org units within the caller's reach."""
    found, position = metrics.read_metrics(call.store, query)
    return Listed([metric_out(each) for each in found], position)


# -- inside


def _me(call: Call) -> str:
    return call.principal.user_id or call.principal.id


def _task(call: Call, task_id: str) -> Task:
    task = call.store.get(Task, task_id)
    if task is None:
        raise NotFound
    return task


def _must_live(task: Task) -> None:
    if not is_live(TaskState(task.status)):
        raise StateConflict(_ENDED)


def _approval(call: Call, approval_id: str) -> Approval:
    # Who is asked to decide sees the request wherever it stands.
    approval = replace(call.store, scope=EVERYTHING).get(Approval, approval_id)
    if approval is None or not approvals.sees(call.store, approval, call.principal.user_id):
        raise NotFound
    return approval


def _notification(call: Call, notification_id: str) -> Notification:
    notification = notifications.own(call.store, _me(call)).get(Notification, notification_id)
    if notification is None:
        raise NotFound
    return notification


def _holder(call: Call, body: Holder, unit_id: str | None = None) -> tuple[str, str | None]:
    """The org unit's path and the assignee, if it is no queue."""
    if body.assignee_id and body.queue:
        raise Invalid(
            errors=_fault("queue", "two_holders", Text("An assignee or a queue.", "经办人和队列只能二选一。"))
        )
    path = _unit(call, body.org_unit_id or unit_id)
    assignee = body.assignee_id or (None if body.queue else _me(call))
    if assignee and assignee != call.principal.user_id:
        _check_person(call, "assignee_id", assignee)
    return path, assignee


def _unit(call: Call, unit_id: str | None) -> str:
    """The path of an org unit: the caller's own, or one within reach. Raises Invalid."""
    if unit_id is None or unit_id == call.principal.unit_id:
        return call.principal.unit_path
    path = call.directory.unit_path(call.tenant_id, unit_id)
    if path is None or not call.store.scope.reaches(path):
        text = Text("There is no such org unit within your reach.", "在您的范围内没有该组织机构。")
        raise Invalid(errors=_fault("org_unit_id", "unknown_reference", text))
    return path


def _check_person(call: Call, field: str, user_id: str) -> None:
    if not call.directory.is_active_user(call.tenant_id, user_id):
        raise Invalid(
            errors=_fault(field, "unknown_reference", Text("There is no such active user.", "没有这样的在职用户。"))
        )


def _fault(field: str, code: str, text: Text) -> tuple[FieldError, ...]:
    return (FieldError(f"/{field}", code, text),)


def _named_me(call: Call, query: ListQuery, *names: str) -> ListQuery:
    """The query with the caller's id where it says «me»."""
    terms = [
        replace(each, values=tuple(_me(call) if value == ME else value for value in each.values))
        if each.name in names
        else each
        for each in query.terms
    ]
    return replace(query, terms=tuple(terms))


def _near(call: Call, field: str, at: datetime | None) -> datetime | None:
    """The same time in UTC. Raises Invalid for one that is too far away for a timer."""
    if at is None:
        return None
    if not is_near(at, call.now):
        text = Text(f"At most {FURTHEST.days} days from now, or ago.", f"与当前时间相差不得超过 {FURTHEST.days} 天。")
        raise Invalid(errors=_fault(field, "out_of_range", text))
    return at.astimezone(UTC)
