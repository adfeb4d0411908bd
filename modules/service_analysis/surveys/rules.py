"""When a survey is sent, and what follows from its answer. Pure.

waiting → answered      waiting → expired → waiting, when its request was closed once more
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

PURPOSE: Final = "survey"
"""Of the signed links: such a one opens nothing else, and no other one opens a survey."""
LIFE: Final = timedelta(days=14)
"""As long as a request can be reopened by default: an answer that comes later helps nobody."""


class SurveyStatus(StrEnum):
    """Where a survey stands."""

    WAITING = "waiting"
    ANSWERED = "answered"
    EXPIRED = "expired"


class FollowUp(StrEnum):
    """What a low rating leads to."""

    REOPEN = "reopen"
    CALL_BACK = "call_back"


@dataclass(frozen=True, slots=True)
class Ended:
    """What of a request decides whether its customer is asked. ``held``: its outage has one answer for all."""

    closed: bool
    customer: bool
    merged: bool
    held: bool


def is_asked(request: Ended) -> bool:
    """Whether the customer is asked: not about what goes on elsewhere, or was answered for all of an outage at once."""
    return request.closed and request.customer and not request.merged and not request.held


def is_due_again(status: SurveyStatus, asked_for: datetime, closed_at: datetime) -> bool:
    """Whether a survey is opened once more: its request was closed again, and nobody has answered."""
    return status is not SurveyStatus.ANSWERED and asked_for != closed_at


def follow_up(rating: int, low: int, wish: FollowUp, *, has_unit: bool) -> FollowUp | None:
    """What a rating leads to; ``low`` and less is a low one. Without an org unit for a task it reopens."""
    if rating > low:
        return None
    return wish if has_unit else FollowUp.REOPEN
