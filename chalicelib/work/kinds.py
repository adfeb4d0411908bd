"""The kinds of tasks, approvals, notifications and metrics; they belong to core's manifest, which every start reads.

What is written in them may name a customer, and has no person's key to be sealed under: events tell that it is there
and not what it says.
"""

from typing import Final

from chalicelib.clock import read_instant
from chalicelib.modules import EQUALITY, RANGE, ByIndex, Filter, Index, Kind, Listing, OneOf, Op
from chalicelib.work.rules import ApprovalState, Priority, TaskState

_ONE: Final = frozenset({Op.EQ})
UNREAD: Final = "unread"
READ: Final = "read"


TASK: Final = Kind(
    "task",
    ByIndex(),
    prefix="tsk",
    listing=Listing(
        filters=(
            Filter("assignee", _ONE, path="assignee_id"),
            Filter("org_unit_id", _ONE),
            Filter("queue", _ONE),
            Filter("state", EQUALITY, parse=OneOf(tuple(TaskState)), path="status"),
            Filter("due_at", RANGE, parse=read_instant),
            Filter("priority", EQUALITY, parse=OneOf(tuple(Priority))),
            Filter("module", path="source_module"),
        ),
        sorts=(),
        indexed={"assignee": Index.OWNER, "state": Index.STATE},
    ),
    personal=frozenset({"title", "detail", "outcome"}),
)
APPROVAL: Final = Kind(
    "approval",
    ByIndex(),
    prefix="apr",
    listing=Listing(
        filters=(
            Filter("approver", _ONE, path="approver_id"),
            Filter("requested_by", _ONE),
            Filter("state", EQUALITY, parse=OneOf(tuple(ApprovalState)), path="status"),
            Filter("module", path="source_module"),
        ),
        sorts=(),
        indexed={"approver": Index.STATE, "requested_by": Index.OWNER},
    ),
    personal=frozenset({"title", "detail", "reason"}),
)
NOTIFICATION: Final = Kind(
    "notification",
    ByIndex(),
    prefix="ntf",
    listing=Listing(
        filters=(Filter("state", _ONE, parse=OneOf((UNREAD, READ)), path="status"),), indexed={"state": Index.STATE}
    ),
    personal=frozenset({"title", "text"}),
)
METRIC: Final = Kind(
    "metric",
    ByIndex(),
    listing=Listing(filters=(Filter("name", _ONE), Filter("period", _ONE)), sorts=()),
)
ASKED: Final = Kind("asked", ByIndex(), exported=False)
OVERDUE: Final = "core.task_overdue"
EXPIRY: Final = "core.approval_expiry"
"""The timers of tasks' due times and approvals' ends."""
