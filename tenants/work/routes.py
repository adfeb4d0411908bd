"""HTTP to use case: tasks, approvals, notifications, metrics."""

from typing import Final

from chalicelib.call import Call
from chalicelib.problems import StateConflict
from chalicelib.store.lists import ListQuery
from chalicelib.web.results import Created, Listed, Patch
from chalicelib.web.routes import Routes
from chalicelib.work.kinds import APPROVAL, METRIC, NOTIFICATION, TASK
from tenants.manifest import MANIFEST
from tenants.work import service
from tenants.work.errors import FourEyes
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
)

READ: Final = "work:read"
WRITE: Final = "work:write"
QUEUED: Final = {
    "title": "Call back about the bill",
    "due_at": "2026-03-02T09:00:00Z",
    "priority": "high",
    "queue": "call-backs",
}

routes = Routes(MANIFEST.name)


@routes.post("/work/tasks", needs=WRITE, examples={"in a queue": QUEUED})
def create_task(call: Call, body: TaskIn) -> Created[TaskOut]:
    """Create a task, for somebody or in a queue of an org unit."""
    return Created(service.create_task(call, body))


@routes.get("/work/tasks", needs=READ, listing=TASK.listing)
def list_tasks(call: Call, query: ListQuery) -> Listed[TaskOut]:
    """List tasks.

    `assignee=me&state=open` is your day, what is due first in front; so are `org_unit_id=…&queue=…` and `state=…`.
    """
    return service.page_of_tasks(call, query)


@routes.get("/work/tasks/{task_id}", needs=READ)
def get_task(call: Call, task_id: str) -> TaskOut:
    """Get a task."""
    return service.get_task(call, task_id)


@routes.patch("/work/tasks/{task_id}", needs=WRITE, refuses=(StateConflict,))
def update_task(call: Call, task_id: str, body: Patch[TaskText]) -> TaskOut:
    """Change a task's wording, priority or due time."""
    return service.change_task(call, task_id, body)


@routes.post("/work/tasks/{task_id}/start", needs=WRITE, refuses=(StateConflict,))
def start_task(call: Call, task_id: str) -> TaskOut:
    """Start a task; out of a queue it becomes yours."""
    return service.start_task(call, task_id)


@routes.post("/work/tasks/{task_id}/assign", needs=WRITE, refuses=(StateConflict,), examples={"to me": {}})
def assign_task(call: Call, task_id: str, body: Holder) -> TaskOut:
    """Give a task to somebody, or to a queue; it is open again for them."""
    return service.assign_task(call, task_id, body)


@routes.post("/work/tasks/{task_id}/finish", needs=WRITE, refuses=(StateConflict,))
def finish_task(call: Call, task_id: str, body: TaskEnd) -> TaskOut:
    """Finish a task, done or cancelled, with its outcome."""
    return service.finish_task(call, task_id, body)


@routes.post("/work/approvals", needs=WRITE)
def create_approval(call: Call, body: ApprovalIn) -> Created[ApprovalOut]:
    """Ask for an approval."""
    return Created(service.create_approval(call, body))


@routes.get("/work/approvals", needs=READ, listing=APPROVAL.listing)
def list_approvals(call: Call, query: ListQuery) -> Listed[ApprovalOut]:
    """List approvals.

    `approver=me&state=pending` is what waits for you, what expires first in front.
    """
    return service.page_of_approvals(call, query)


@routes.get("/work/approvals/{approval_id}", needs=READ)
def get_approval(call: Call, approval_id: str) -> ApprovalOut:
    """Get an approval."""
    return service.get_approval(call, approval_id)


@routes.post("/work/approvals/{approval_id}/decision", needs=WRITE, refuses=(FourEyes, StateConflict))
def decide_approval(call: Call, approval_id: str, body: DecisionIn) -> ApprovalOut:
    """Approve or reject what another person asks for."""
    return service.decide_approval(call, approval_id, body)


@routes.get("/work/notifications", needs=READ, listing=NOTIFICATION.listing)
def list_notifications(call: Call, query: ListQuery) -> Listed[NotificationOut]:
    """List your notifications; they are kept for 90 days."""
    return service.page_of_notifications(call, query)


@routes.get("/work/notifications/unread", needs=READ)
def count_unread_notifications(call: Call) -> UnreadOut:
    """Count your unread notifications, up to 100."""
    return service.count_unread(call)


@routes.get("/work/notifications/{notification_id}", needs=READ)
def get_notification(call: Call, notification_id: str) -> NotificationOut:
    """Get one of your notifications."""
    return service.get_notification(call, notification_id)


# Who may only read marks what they have read, too: it is nobody else's.
@routes.post("/work/notifications/{notification_id}/read", needs=READ)
def read_notification(call: Call, notification_id: str) -> NotificationOut:
    """Mark one of your notifications as read."""
    return service.read_notification(call, notification_id)


@routes.get("/work/metrics", needs=READ, listing=METRIC.listing)
def list_metrics(call: Call, query: ListQuery) -> Listed[MetricOut]:
    """List metrics by name and period, each unit's own value."""
    return service.page_of_metrics(call, query)
