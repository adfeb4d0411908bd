"""What may become of a task, and who may decide an approval: the tables of cases."""

from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.work.rules import ApprovalState, Refusal, Request, TaskState, is_overdue, may_become, refusal

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
OPEN, BEGUN, DONE, CANCELLED = TaskState
LEGAL = {(OPEN, BEGUN), (OPEN, DONE), (OPEN, CANCELLED), (BEGUN, OPEN), (BEGUN, DONE), (BEGUN, CANCELLED)}


@pytest.mark.parametrize("state", TaskState)
@pytest.mark.parametrize("wanted", TaskState)
def test_task__every_pair_of_states__is_legal_or_not(state, wanted):
    assert may_become(state, wanted) is ((state, wanted) in LEGAL)


@pytest.mark.parametrize(
    ("state", "due_at", "late"),
    [
        (OPEN, None, False),
        (OPEN, NOON + timedelta(microseconds=1), False),
        (OPEN, NOON, True),
        (BEGUN, NOON - timedelta(days=1), True),
        (DONE, NOON - timedelta(days=1), False),
        (CANCELLED, NOON, False),
    ],
)
def test_task__overdue__from_its_instant_on_while_it_lives(state, due_at, late):
    assert is_overdue(state, due_at, NOON) is late


@pytest.mark.parametrize(
    ("state", "approver", "by", "until", "expected"),
    [
        (ApprovalState.PENDING, None, None, 1, Refusal.NO_PERSON),
        (ApprovalState.PENDING, None, "asker", 1, Refusal.OWN_REQUEST),
        (ApprovalState.PENDING, "asker", "asker", 1, Refusal.OWN_REQUEST),
        (ApprovalState.PENDING, "boss", "other", 1, Refusal.NOT_ASKED),
        (ApprovalState.APPROVED, "boss", "other", 1, Refusal.NOT_ASKED),
        (ApprovalState.APPROVED, None, "asker", 1, Refusal.OWN_REQUEST),
        (ApprovalState.APPROVED, "boss", "boss", 1, Refusal.NOT_PENDING),
        (ApprovalState.REJECTED, None, "boss", 1, Refusal.NOT_PENDING),
        (ApprovalState.WITHDRAWN, None, "boss", 1, Refusal.NOT_PENDING),
        (ApprovalState.EXPIRED, None, "boss", 0, Refusal.NOT_PENDING),
        (ApprovalState.PENDING, "boss", "boss", 0, Refusal.EXPIRED),
        (ApprovalState.PENDING, "boss", "boss", 1, None),
        (ApprovalState.PENDING, None, "boss", 1, None),
    ],
)
def test_approval__who_may_decide(state, approver, by, until, expected):
    request = Request(state, "asker", approver, NOON + timedelta(microseconds=until))
    assert refusal(request, by, NOON) is expected
