"""The machine of a request: what is refused, who stays accountable, and any history beside a small model."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from modules.service_analysis.requests.rules import (
    MOVES,
    REFUSALS,
    Action,
    Facts,
    PendingOn,
    Reason,
    Refused,
    State,
    Status,
    act,
)

NOW = datetime(2026, 3, 10, 9, tzinfo=UTC)
DAYS = 7
FACTS = Facts("ana", NOW, DAYS, to="bo", pending_on=PendingOn.SUPPLIER)

# Written down a second time, from the spec's drawing: what each status allows.
ALLOWED = {
    Status.NEW: {"assign", "take", "settle", "merge"},
    Status.ASSIGNED: {"assign", "unassign", "start", "settle", "merge"},
    Status.IN_PROGRESS: {"assign", "unassign", "wait", "resolve", "settle", "merge"},
    Status.PENDING: {"assign", "resume", "settle", "merge"},
    Status.RESOLVED: {"confirm", "close", "reopen"},
    Status.CLOSED: {"confirm", "reopen"},
}
ENDS = {
    **dict.fromkeys(("assign", "take"), "assigned"),
    **dict.fromkeys(("start", "resume"), "in_progress"),
    **dict.fromkeys(("resolve", "settle"), "resolved"),
    **dict.fromkeys(("confirm", "close", "merge"), "closed"),
    "unassign": "new",
    "wait": "pending",
}


def after(state, *actions, facts=FACTS):
    for action in actions:
        state = act(state, Action(action), facts)
        assert isinstance(state, State), (action, state)
    return state


def at(status):
    done = NOW if status in {Status.RESOLVED, Status.CLOSED} else None
    return State(status, handler="cy", first_responder="cy", done_at=done)


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("action", Action)
def test_act__every_status_and_action__moves_or_is_refused(status, action):
    found = act(at(status), action, FACTS)
    if action not in ALLOWED[status]:
        assert found == Refused(Reason.WRONG_STATUS, REFUSALS[Reason.WRONG_STATUS])
    elif action is Action.REOPEN:
        assert found.status is Status.ASSIGNED
    elif action is Action.ASSIGN and status is Status.PENDING:
        assert found.status is Status.PENDING
    else:
        assert found.status == ENDS[action]


def test_moves_and_refusals__are_complete():
    assert MOVES.keys() == set(Action)
    assert REFUSALS.keys() == set(Reason)


@pytest.mark.parametrize(
    ("state", "action", "changed", "reason"),
    [
        (at(Status.NEW), "assign", {"to": None}, Reason.NOBODY_NAMED),
        (at(Status.NEW), "merge", {"to": ""}, Reason.NOBODY_NAMED),
        (at(Status.ASSIGNED), "assign", {"to": "cy"}, Reason.ALREADY_THEIRS),
        (at(Status.IN_PROGRESS), "wait", {"pending_on": None}, Reason.NO_REASON),
        (at(Status.CLOSED), "reopen", {"now": NOW + timedelta(days=DAYS, microseconds=1)}, Reason.TOO_LATE),
        (at(Status.RESOLVED), "reopen", {"now": NOW + timedelta(days=DAYS, microseconds=1)}, Reason.TOO_LATE),
        (at(Status.RESOLVED), "reopen", {"now": NOW + timedelta(seconds=1), "reopen_days": 0}, Reason.TOO_LATE),
        (replace(at(Status.CLOSED), confirmed=True), "confirm", {}, Reason.ALREADY_CONFIRMED),
        (replace(at(Status.CLOSED), merged_into="r2"), "reopen", {}, Reason.MERGED),
    ],
)
def test_act__refused_with_its_reason(state, action, changed, reason):
    found = act(state, Action(action), replace(FACTS, **changed))
    assert found == Refused(reason, REFUSALS[reason])


def test_act__reopened_at_the_last_instant__may():
    found = after(at(Status.CLOSED), "reopen", facts=replace(FACTS, now=NOW + timedelta(days=DAYS)))
    assert (found.status, found.done_at, found.reopened) == (Status.ASSIGNED, None, 1)


def test_act__reopened_without_a_handler__is_new():
    assert after(State(), "settle", "reopen").status is Status.NEW


def test_accountable__assigning_is_not_taking():
    assert after(State(), "assign").accountable is None


def test_accountable__first_responder__whoever_works_on_it_until_the_customer_confirms():
    taken = after(State(), "take", "start")
    others = after(taken, "assign", facts=replace(FACTS, to="bo"))
    others = after(others, "start", "wait", "resume", "resolve", facts=replace(FACTS, actor="bo"))
    assert (others.handler, others.accountable) == ("bo", "ana")
    assert after(others, "close").accountable == "ana"
    confirmed = after(others, "confirm")
    assert confirmed.accountable is None
    assert after(others, "close", "confirm") == confirmed
    assert after(confirmed, "reopen").accountable == "ana"


def test_act__reassigned_while_pending__goes_on_waiting():
    found = after(at(Status.PENDING), "assign")
    assert (found.status, found.handler) == (Status.PENDING, "bo")


class Histories(RuleBasedStateMachine):
    """Any actions of three people over some days; the model remembers who took it, and what happened last."""

    def __init__(self):
        super().__init__()
        self.state = State()
        self.now = NOW
        self.status = "new"
        self.took = None
        self.works = None
        self.ended = None
        self.confirmed = False
        self.gone = False

    @rule(hours=st.integers(1, 100))
    def time_passes(self, hours):
        self.now += timedelta(hours=hours)

    @rule(
        action=st.sampled_from(Action),
        actor=st.sampled_from(["ana", "bo", "cy"]),
        to=st.sampled_from(["ana", "bo", "cy"]),
        on=st.sampled_from(PendingOn),
    )
    def something_happens(self, action, actor, to, on):
        found = act(self.state, action, Facts(actor, self.now, DAYS, to=to, pending_on=on))
        may = action in ALLOWED[self.status] and not self.gone
        may = may and not (action == "assign" and to == self.works)
        may = may and not (action == "confirm" and self.confirmed)
        may = may and not (action == "reopen" and self.now - self.ended > timedelta(days=DAYS))
        assert isinstance(found, State) == may
        if may:
            self._remember(action, actor, to)
            self.state = found

    def _remember(self, action, actor, to):
        if action == "reopen":
            self.status, self.ended, self.confirmed = "assigned" if self.works else "new", None, False
        elif not (action == "assign" and self.status == "pending"):
            self.status = ENDS[action]
        if self.status in {"resolved", "closed"}:
            self.ended = self.now
        if action in {"take", "start"}:
            self.took, self.works = self.took or actor, actor
        elif action in {"assign", "unassign"}:
            self.works = to if action == "assign" else None
        self.confirmed |= action == "confirm"
        self.gone |= action == "merge"

    @invariant()
    def both_agree(self):
        assert self.state.status == self.status
        assert self.state.handler == self.works
        assert self.state.accountable == (None if self.confirmed else self.took)
        assert self.state.done_at == self.ended

    @invariant()
    def a_status_has_what_belongs_to_it(self):
        assert (self.state.pending_on is not None) == (self.state.status is Status.PENDING)
        assert (self.state.done_at is not None) == (self.state.status in {Status.RESOLVED, Status.CLOSED})
        assert self.state.handler is not None or self.state.status not in {Status.ASSIGNED, Status.IN_PROGRESS}


TestHistories = Histories.TestCase
TestHistories.settings = settings(max_examples=60, stateful_step_count=40)
