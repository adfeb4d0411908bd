"""Tasks, approvals, notifications and metrics on the wire."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, StringConstraints

from chalicelib.web.wire import Body, Resource, Shown, common
from chalicelib.work.asked import LONGEST_TEXT
from chalicelib.work.records import Approval, FromSource, Metric, Notification, Task
from chalicelib.work.rules import ApprovalState, Priority, TaskState
from chalicelib.work.tasks import LONGEST_NAME
from tenants.schemas import Name, Reason

Detail = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_TEXT)]
RecordId = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Link = Annotated[str, StringConstraints(min_length=1, max_length=255)]
# A slash would reach into another unit's queue of that name.
Queue = Annotated[str, StringConstraints(pattern=rf"^[a-z][a-z0-9_-]{{0,{LONGEST_NAME - 1}}}$")]


class Holder(Body):
    """With whom a task lies: an assignee, or the queue of an org unit (default: your own)."""

    assignee_id: RecordId | None = Field(default=None, description="default: you, unless a queue is named")
    org_unit_id: RecordId | None = None
    queue: Queue | None = Field(default=None, examples=["call-backs"])


class TaskText(Body):
    """What is to be done."""

    title: Name = Field(examples=["Call back about the bill"])
    detail: Detail | None = None
    due_at: AwareDatetime | None = Field(default=None, examples=["2026-03-02T09:00:00Z"])
    priority: Priority = Field(default=Priority.NORMAL, examples=["normal"])


class TaskIn(Holder, TaskText):
    """A task, with whom it lies, and a link to what it is about."""

    link: Link | None = Field(default=None, examples=["/v1/contacts/cnt_…"])


class TaskEnd(Body):
    """How a task has ended."""

    state: Literal["done", "cancelled"] = Field(examples=["done"])
    outcome: Reason = Field(examples=["Explained the bill"])


class SourceOut(Shown):
    """The record that a module asks for: absent for what a person has written."""

    module: str
    type: str
    id: str


class TaskOut(Resource):
    """A task. ``overdue`` is set within two minutes of the time at which it was due."""

    title: str
    detail: str | None
    state: TaskState
    priority: Priority
    assignee_id: str | None
    queue: str | None
    org_unit_id: str
    due_at: datetime | None
    overdue: bool
    outcome: str | None
    ended_at: datetime | None
    source: SourceOut | None
    link: str | None


class ApprovalIn(Body):
    """A request, by you. Without an approver, anybody else may decide who sees it."""

    title: Name = Field(examples=["Discount of 15 % for a loyal customer"])
    detail: Detail | None = None
    approver_id: RecordId | None = None
    org_unit_id: RecordId | None = Field(default=None, description="default: your own")
    expires_at: AwareDatetime | None = Field(default=None, description="default: in 30 days")
    link: Link | None = None


class DecisionIn(Body):
    """A decision and why; a rejection says why."""

    decision: Literal["approve", "reject"] = Field(examples=["approve"])
    reason: Reason | None = Field(default=None, examples=["Within the budget"])


class ApprovalOut(Resource):
    """A request and its decision."""

    title: str
    detail: str | None
    state: ApprovalState
    requested_by: str
    approver_id: str | None
    org_unit_id: str
    expires_at: datetime
    reason: str | None
    decided_by: str | None
    decided_at: datetime | None
    source: SourceOut | None
    link: str | None


class NotificationOut(Resource):
    """Something that you are told."""

    title: str
    text: str | None
    severity: Literal["info", "warning", "critical"]
    state: Literal["unread", "read"]
    read_at: datetime | None
    source: SourceOut | None
    link: str | None


class UnreadOut(Shown):
    """How many notifications you have not read, counted up to 100."""

    unread: int


class MetricOut(Shown):
    """A number that a module reports for an org unit and a period. ``unit_path`` are unit ids from the root down."""

    name: str
    period: str
    unit_path: str
    value: float
    module: str
    source_id: str


def task_out(task: Task) -> TaskOut:
    """The task as everybody reads it."""
    return TaskOut(
        **common(task),
        title=task.title,
        detail=task.detail,
        state=TaskState(task.status),
        priority=Priority(task.priority),
        assignee_id=task.assignee_id,
        queue=task.queue,
        org_unit_id=task.org_unit_id,
        due_at=task.due_at,
        overdue=bool(task.overdue),
        outcome=task.outcome,
        ended_at=task.ended_at,
        source=_source(task),
        link=task.link,
    )


def approval_out(approval: Approval) -> ApprovalOut:
    """The request as everybody reads it."""
    names = ("title", "detail", "requested_by", "approver_id", "org_unit_id", "expires_at", "reason", "link")
    return ApprovalOut(
        **common(approval),
        **{name: getattr(approval, name) for name in (*names, "decided_by", "decided_at")},
        state=ApprovalState(approval.status),
        source=_source(approval),
    )


def notification_out(notification: Notification) -> NotificationOut:
    """The notification as its reader sees it."""
    names = ("title", "text", "severity", "read_at", "link")
    return NotificationOut(
        **common(notification),
        **{name: getattr(notification, name) for name in names},
        state=notification.status,  # type: ignore[arg-type]
        source=_source(notification),
    )


def metric_out(metric: Metric) -> MetricOut:
    """The metric as everybody reads it."""
    return MetricOut(**{name: getattr(metric, name) for name in MetricOut.model_fields})


def _source(record: FromSource) -> SourceOut | None:
    if not record.source_module:
        return None
    return SourceOut(module=record.source_module, type=str(record.source_type), id=str(record.source_record))
