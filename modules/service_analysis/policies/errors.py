"""What can be wrong with a policy, and why one does not hold."""

from collections.abc import Mapping
from typing import Final

from chalicelib.access.placing import unknown_reference
from chalicelib.modules import Text
from chalicelib.problems import FieldError, Invalid, StateConflict
from modules.service_analysis.policies.rules import Reason

REASONS: Final[Mapping[Reason, Text]] = {
    Reason.CUSTOMER_LEVEL: Text("It is for customers of other levels.", "适用于其他级别的客户。"),
    Reason.CATEGORY: Text("It is for another category.", "适用于其他类别。"),
    Reason.SEVERITY: Text("It is for other severities.", "适用于其他严重程度。"),
    Reason.PRIORITY: Text("It is for other priorities.", "适用于其他优先级。"),
    Reason.LESS_SPECIFIC: Text(
        "Another one that applies asks for more, or for a deeper category.", "另一条适用策略的条件更具体。"
    ),
    Reason.DECLARED_LATER: Text("Another one is as specific and ranks before it.", "另一条同样具体的策略排在其前。"),
}
"""Why a policy was not chosen, for people."""


def unknown_calendar(clock: str) -> Invalid:
    """A target names a calendar that is not there."""
    detail = Text("There is no such calendar.", "没有该日历。")
    return unknown_reference(f"targets/{clock}/calendar_id", detail)


def calendar_not_ready(clock: str) -> Invalid:
    """The calendar's holidays are not looked up yet."""
    detail = Text(
        "The calendar's holidays are not looked up yet: see its job.", "该日历的节假日尚未解析完成：请查看其作业。"
    )
    return Invalid(errors=(FieldError(f"/targets/{clock}/calendar_id", "calendar_not_ready", detail),))


def too_long(clock: str) -> Invalid:
    """Nobody waits for years."""
    detail = Text("A promise is for at least a second and at most a year.", "承诺时间至少 1 秒，最多一年。")
    return Invalid(errors=(FieldError(f"/targets/{clock}/within", "out_of_range", detail),))


def too_many(most: int) -> StateConflict:
    """All are read for each new request."""
    return StateConflict(Text(f"A tenant has at most {most} policies.", f"每个租户最多 {most} 条策略。"))
