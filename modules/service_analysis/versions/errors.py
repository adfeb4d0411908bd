"""What can be wrong with a version of an article."""

from chalicelib.modules import Text
from chalicelib.problems import FieldError, Invalid, StateConflict
from modules.service_analysis.versions.rules import Refused


def not_now(refused: Refused) -> StateConflict:
    """The version's status, or who asks, does not allow it."""
    return StateConflict(refused.detail, reason=str(refused.reason))


def not_a_draft() -> StateConflict:
    """What somebody reviews or reads is not changed below their eyes."""
    detail = Text(
        "Only a draft is changed: have it sent back, or write the next version.", "只能修改草稿：请退回或新建版本。"
    )
    return StateConflict(detail, reason="not_a_draft")


def expires_wrongly() -> Invalid:
    """A text that is published is true for a while."""
    detail = Text("A text expires at a time to come, at most 366 days away.", "过期时间须在将来，且不超过 366 天。")
    return Invalid(errors=(FieldError("/expires_at", "out_of_range", detail),))
