"""What may happen to a request, and who is accountable for it. Pure.

    new → assigned → in_progress ⇄ pending (customer | supplier | network)
                          ↓
                      resolved → closed          resolved, closed → assigned again within N days

Assigning is not taking: a person to whom a rule or a colleague gave a request has not answered anybody. **Who takes it
first** (from a queue, or by starting what was assigned) **stays accountable until the customer confirms** that it is
solved, whoever works on it afterwards: reassigning, waiting, resolving and reopening do not change it. A request that
closes because the customer said nothing is not confirmed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from chalicelib.modules import Text


class Status(StrEnum):
    """Where a request stands."""

    NEW = "new"
    ASSIGNED = "assigned"
    IN_PROGRESS = "in_progress"
    PENDING = "pending"
    RESOLVED = "resolved"
    CLOSED = "closed"


class PendingOn(StrEnum):
    """Whom a request waits for."""

    CUSTOMER = "customer"
    SUPPLIER = "supplier"
    NETWORK = "network"


class Action(StrEnum):
    """What somebody, or the clock, does to a request."""

    ASSIGN = "assign"
    """Give it to somebody."""
    UNASSIGN = "unassign"
    """Put it back into its queue."""
    TAKE = "take"
    """Take it out of the queue for oneself."""
    START = "start"
    """Work on it."""
    WAIT = "wait"
    RESUME = "resume"
    RESOLVE = "resolve"
    SETTLE = "settle"
    """It is solved by something else, whatever its status: its outage is over, its parent resolved."""
    CONFIRM = "confirm"
    """The customer says that it is solved."""
    CLOSE = "close"
    """Nobody has objected."""
    REOPEN = "reopen"
    MERGE = "merge"
    """Another request goes on in its place."""


@dataclass(frozen=True, slots=True)
class Move:
    """From which statuses an action leads where."""

    begins: frozenset[Status]
    ends: Status


_OPEN: Final = frozenset({Status.NEW, Status.ASSIGNED, Status.IN_PROGRESS, Status.PENDING})
_DONE: Final = frozenset({Status.RESOLVED, Status.CLOSED})

MOVES: Final[Mapping[Action, Move]] = {
    Action.ASSIGN: Move(_OPEN, Status.ASSIGNED),
    Action.UNASSIGN: Move(frozenset({Status.ASSIGNED, Status.IN_PROGRESS}), Status.NEW),
    Action.TAKE: Move(frozenset({Status.NEW}), Status.ASSIGNED),
    Action.START: Move(frozenset({Status.ASSIGNED}), Status.IN_PROGRESS),
    Action.WAIT: Move(frozenset({Status.IN_PROGRESS}), Status.PENDING),
    Action.RESUME: Move(frozenset({Status.PENDING}), Status.IN_PROGRESS),
    Action.RESOLVE: Move(frozenset({Status.IN_PROGRESS}), Status.RESOLVED),
    Action.SETTLE: Move(_OPEN, Status.RESOLVED),
    Action.CONFIRM: Move(_DONE, Status.CLOSED),
    Action.CLOSE: Move(frozenset({Status.RESOLVED}), Status.CLOSED),
    Action.REOPEN: Move(_DONE, Status.ASSIGNED),
    Action.MERGE: Move(_OPEN, Status.CLOSED),
}


@dataclass(frozen=True, slots=True)
class State:
    """A request as far as its machine goes; all ids are of users but ``merged_into``, the request that goes on.

    ``handler`` works on it, ``first_responder`` took it first. ``done_at`` is when it was last resolved, or closed
    thereafter; None while it is open.
    """

    status: Status = Status.NEW
    pending_on: PendingOn | None = None
    handler: str | None = None
    first_responder: str | None = None
    confirmed: bool = False
    done_at: datetime | None = None
    reopened: int = 0
    merged_into: str | None = None

    @property
    def accountable(self) -> str | None:
        """Who answers for it: the first responder, until the customer has confirmed."""
        return None if self.confirmed else self.first_responder


@dataclass(frozen=True, slots=True)
class Facts:
    """What an action brings: who acts and when, whom it names, and the tenant's days for reopening.

    ``to`` is the user for ASSIGN and the request for MERGE; ``pending_on`` is for WAIT.
    """

    actor: str
    now: datetime
    reopen_days: int
    to: str | None = None
    pending_on: PendingOn | None = None


class Reason(StrEnum):
    """Why an action is refused."""

    WRONG_STATUS = "wrong_status"
    ALREADY_THEIRS = "already_theirs"
    NOBODY_NAMED = "nobody_named"
    NO_REASON = "no_reason"
    ALREADY_CONFIRMED = "already_confirmed"
    MERGED = "merged"
    TOO_LATE = "too_late"


@dataclass(frozen=True, slots=True)
class Refused:
    """That an action can't be done, and why."""

    reason: Reason
    detail: Text


def act(state: State, action: Action, facts: Facts) -> State | Refused:
    """The request after an action, or why it can't be done."""
    if refused := _refusal(state, action, facts):
        return refused
    return replace(_changed(state, action, facts), status=_end(state, action))


def _end(state: State, action: Action) -> Status:
    if action is Action.ASSIGN and state.status is Status.PENDING:
        # Who waits for a supplier goes on waiting, and clocks with it, when somebody else takes over.
        return Status.PENDING
    if action is Action.REOPEN and state.handler is None:
        return Status.NEW
    return MOVES[action].ends


def _changed(state: State, action: Action, facts: Facts) -> State:  # noqa: PLR0911 - one return for each action
    match action:
        case Action.ASSIGN:
            return replace(state, handler=facts.to)
        case Action.UNASSIGN:
            return replace(state, handler=None)
        case Action.TAKE | Action.START:
            return replace(state, handler=facts.actor, first_responder=state.first_responder or facts.actor)
        case Action.WAIT:
            return replace(state, pending_on=facts.pending_on)
        case Action.RESUME:
            return replace(state, pending_on=None)
        case Action.RESOLVE | Action.SETTLE | Action.CLOSE:
            return replace(state, pending_on=None, done_at=facts.now)
        case Action.CONFIRM:
            return replace(state, confirmed=True, done_at=facts.now)
        case Action.REOPEN:
            return replace(state, confirmed=False, done_at=None, reopened=state.reopened + 1)
        case Action.MERGE:
            return replace(state, pending_on=None, done_at=facts.now, merged_into=facts.to)


def _refusal(state: State, action: Action, facts: Facts) -> Refused | None:  # noqa: PLR0911 - one for each reason
    if state.merged_into is not None:
        return _refused(Reason.MERGED)
    if state.status not in MOVES[action].begins:
        return _refused(Reason.WRONG_STATUS)
    match action:
        case Action.ASSIGN | Action.MERGE if not facts.to:
            return _refused(Reason.NOBODY_NAMED)
        case Action.ASSIGN if facts.to == state.handler:
            return _refused(Reason.ALREADY_THEIRS)
        case Action.WAIT if facts.pending_on is None:
            return _refused(Reason.NO_REASON)
        case Action.CONFIRM if state.confirmed:
            return _refused(Reason.ALREADY_CONFIRMED)
        case Action.REOPEN if state.done_at and facts.now - state.done_at > timedelta(days=facts.reopen_days):
            return _refused(Reason.TOO_LATE)
        case _:
            return None


def _refused(reason: Reason) -> Refused:
    return Refused(reason, REFUSALS[reason])


REFUSALS: Final[Mapping[Reason, Text]] = {
    Reason.WRONG_STATUS: Text("The request's status does not allow it.", "请求的当前状态不允许此操作。"),
    Reason.ALREADY_THEIRS: Text("The request is theirs already.", "该请求已由此人处理。"),
    Reason.NOBODY_NAMED: Text("Say to whom, or into which request.", "请说明转给谁，或并入哪个请求。"),
    Reason.NO_REASON: Text(
        "Say for whom it waits: customer, supplier or network.", "请说明等待对象：客户、供应商或网络。"
    ),
    Reason.ALREADY_CONFIRMED: Text("The customer has confirmed it already.", "客户已经确认。"),
    Reason.MERGED: Text("The request was merged; the other one goes on.", "该请求已合并，请在另一请求中继续。"),
    Reason.TOO_LATE: Text("The time for reopening is over; open a new request.", "重新打开的期限已过，请新建请求。"),
}


VERBS: Final[Mapping[Action, str]] = {
    Action.ASSIGN: "assigned",
    Action.UNASSIGN: "unassigned",
    Action.TAKE: "taken",
    Action.START: "started",
    Action.WAIT: "waiting",
    Action.RESUME: "resumed",
    Action.RESOLVE: "resolved",
    Action.SETTLE: "settled",
    Action.CONFIRM: "confirmed",
    Action.CLOSE: "closed",
    Action.REOPEN: "reopened",
    Action.MERGE: "merged",
}
"""What events call it."""


@dataclass(frozen=True, slots=True)
class CameAs:
    """How a request stands in the system that it comes from; what that does not say is None."""

    opened_at: datetime | None = None
    status: Status | None = None
    resolved_at: datetime | None = None
    closed_at: datetime | None = None

    @property
    def says_where(self) -> bool:
        """Whether it says anything of where the request stands."""
        return bool(self.status or self.resolved_at or self.closed_at)

    def stands(self) -> Status:
        """Where it stands: as it is said, else as far as its times go."""
        if self.status:
            return self.status
        if self.closed_at:
            return Status.CLOSED
        return Status.RESOLVED if self.resolved_at else Status.NEW


class Happening(StrEnum):
    """What has happened to a request, for those who follow it: its clocks, its routing, whoever watches."""

    OPENED = "opened"
    CHANGED = "changed"
    """Its category, severity, priority, customer or area is another one."""
    ACTED = "acted"
    """Its status, its handler or whom it waits for is another one."""
    REPLIED = "replied"
    MESSAGE = "message"
    """The customer has written."""
