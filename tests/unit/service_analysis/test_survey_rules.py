"""Who is asked, when again, and what a rating leads to."""

from datetime import UTC, datetime, timedelta

import pytest

from modules.service_analysis.surveys.rules import Ended, FollowUp, SurveyStatus, follow_up, is_asked, is_due_again

CLOSED_AT = datetime(2026, 3, 1, tzinfo=UTC)
ASKED = Ended(closed=True, customer=True, merged=False, held=False)


def test_who_is_asked():
    assert is_asked(ASKED)


@pytest.mark.parametrize("not_so", [{"closed": False}, {"customer": False}, {"merged": True}, {"held": True}], ids=str)
def test_who_is_not(not_so):
    given = {name: getattr(ASKED, name) for name in Ended.__slots__}
    assert not is_asked(Ended(**given | not_so))


@pytest.mark.parametrize(
    ("status", "later", "due"),
    [
        (SurveyStatus.WAITING, 0, False),
        (SurveyStatus.WAITING, 1, True),
        (SurveyStatus.EXPIRED, 0, False),
        (SurveyStatus.EXPIRED, 1, True),
        (SurveyStatus.ANSWERED, 0, False),
        (SurveyStatus.ANSWERED, 1, False),
    ],
)
def test_another_closing_asks_again_unless_there_is_an_answer(status, later, due):
    assert is_due_again(status, CLOSED_AT, CLOSED_AT + timedelta(days=later)) is due


@pytest.mark.parametrize(
    ("rating", "low", "wish", "has_unit", "expected"),
    [
        (3, 2, FollowUp.CALL_BACK, True, None),
        (2, 2, FollowUp.CALL_BACK, True, FollowUp.CALL_BACK),
        (2, 2, FollowUp.REOPEN, True, FollowUp.REOPEN),
        (1, 0, FollowUp.REOPEN, True, None),
        (5, 5, FollowUp.REOPEN, True, FollowUp.REOPEN),
        (1, 2, FollowUp.CALL_BACK, False, FollowUp.REOPEN),
    ],
)
def test_what_a_rating_leads_to(rating, low, wish, has_unit, expected):
    assert follow_up(rating, low, wish, has_unit=has_unit) is expected
