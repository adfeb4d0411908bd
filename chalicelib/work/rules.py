"""What may become of a task, and who may decide an approval. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final


class TaskState(StrEnum):
    """How far a task is."""

    OPEN = "open"
    IN_PROGRESS = "in_progress"
    DONE = "done"
    CANCELLED = "cancelled"


class Priority(StrEnum):
    """How much a task presses."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"


# An open task may end at once (a call-back that was just made); one in progress is open again for whom it is given to.
TASK_MOVES: Final[Mapping[TaskState, frozenset[TaskState]]] = {
    TaskState.OPEN: frozenset({TaskState.IN_PROGRESS, TaskState.DONE, TaskState.CANCELLED}),
    TaskState.IN_PROGRESS: frozenset({TaskState.OPEN, TaskState.DONE, TaskState.CANCELLED}),
    TaskState.DONE: frozenset(),
    TaskState.CANCELLED: frozenset(),
}


def may_become(state: TaskState, wanted: TaskState) -> bool:
    """Whether a task in one state may be put into another."""
    return wanted in TASK_MOVES[state]


def is_live(state: TaskState) -> bool:
    """Whether something is still to be done."""
    return bool(TASK_MOVES[state])


def is_overdue(state: TaskState, due_at: datetime | None, now: datetime) -> bool:
    """Whether a task should have ended by now: from the instant on at which it is due."""
    return is_live(state) and due_at is not None and due_at <= now


class ApprovalState(StrEnum):
    """How an approval stands."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


class Refusal(StrEnum):
    """Why somebody can't decide an approval."""

    NO_PERSON = "no_person"
    OWN_REQUEST = "own_request"
    NOT_ASKED = "not_asked"
    NOT_PENDING = "not_pending"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Request:
    """What a decision hangs on. ``approver`` is the one person who is asked, None for whoever may see it."""

    state: ApprovalState
    requested_by: str
    approver: str | None
    expires_at: datetime


def refusal(request: Request, by: str | None, now: datetime) -> Refusal | None:
    """Why the person ``by`` can't decide, or None. Four eyes: nobody decides what they have asked for themselves.

    A key is the person whose key it is. A request can be decided until just before it expires.
    """
    if by is None:
        return Refusal.NO_PERSON
    if by == request.requested_by:
        return Refusal.OWN_REQUEST
    if request.approver is not None and by != request.approver:
        return Refusal.NOT_ASKED
    if request.state is not ApprovalState.PENDING:
        return Refusal.NOT_PENDING
    return Refusal.EXPIRED if now >= request.expires_at else None
