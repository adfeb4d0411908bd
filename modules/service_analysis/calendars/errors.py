"""What can be wrong with a calendar."""

from collections.abc import Mapping
from typing import Final

from chalicelib.modules import Text
from chalicelib.problems import FieldError, Invalid, StateConflict
from modules.service_analysis.calendars.rules import Flaw

FLAWS: Final[Mapping[Flaw, tuple[str, Text]]] = {
    Flaw.UNKNOWN_ZONE: ("/time_zone", Text("There is no such IANA time zone.", "没有该 IANA 时区。")),
    Flaw.UNKNOWN_COUNTRY: (
        "/holidays",
        Text("The holidays of this country, or this part of it, are not known.", "没有该国家或地区的节假日数据。"),
    ),
    Flaw.NOT_A_WEEK: ("/week", Text("A week has seven days.", "一周有七天。")),
    Flaw.NO_SHIFTS: ("/week", Text("A week needs a shift, or time never counts.", "一周至少需要一个班次。")),
    Flaw.SHIFT_OUT_OF_DAY: (
        "/week",
        Text(
            "A shift ends behind its beginning, on the same day; one over midnight is two.",
            "班次须在当天内结束且晚于开始时间；跨午夜的班次请分成两个。",
        ),
    ),
    Flaw.SHIFTS_OVERLAP: ("/week", Text("Shifts of a day stand in order and apart.", "同一天的班次须按顺序且不重叠。")),
    Flaw.DAYS_OFF_OF_24X7: (
        "/week",
        Text("Where every hour counts no day is off.", "全天候日历没有休息日。"),
    ),
}
"""Where each flaw lies in the body, and what it is."""


def refused(flaw: Flaw) -> Invalid:
    """No time can be counted in the calendar."""
    pointer, detail = FLAWS[flaw]
    return Invalid(errors=(FieldError(pointer, str(flaw), detail),))


def too_many(most: int) -> StateConflict:
    """All are read with the policies."""
    return StateConflict(Text(f"A tenant has at most {most} calendars.", f"每个租户最多 {most} 个日历。"))
