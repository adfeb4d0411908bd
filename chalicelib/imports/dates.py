"""Dates and times of day as files write them. Pure.

A form says how a column's dates are written, in the directives of ``datetime.strptime``: day, month and year once each
(``%d-%m-%y``, ``%d-%b-%y``, ``%m/%d/%Y``, ``%Y年%m月%d日``). A time of day tells its form itself.
"""

import re
from datetime import UTC, date, datetime, time
from functools import lru_cache
from itertools import permutations
from typing import Final
from zoneinfo import ZoneInfo

from chalicelib.imports.swapped import repaired

ISO: Final = "%Y-%m-%d"
TIME: Final = ".time"
"""Behind a field's name: the column that has the time of day of its dates."""

_BETWEEN: Final = "[-/. ,年月日]{0,2}"
FORM: Final = (
    "^("
    + "|".join(_BETWEEN.join(each) for each in permutations(("%d", "%[mbB]", "%[yY]")))
    + f"){_BETWEEN.replace('2', '1')}$"
)
"""What a form looks like."""

_NOON: Final = 12
_AFTER_NOON: Final = frozenset({"pm", "下午"})
_TIME: Final = (
    r"(?P<before>[上下]午)?\s*(?P<hour>\d{1,2}):(?P<minute>\d{2})(:(?P<second>\d{2})(\.\d{1,9})?)?"
    r"\s*(?P<behind>[ap]\.?m\.?)?\s*(?P<offset>z|[+-]\d{2}:?\d{2})?"
)
_TIME_OF_DAY: Final = re.compile(_TIME, re.IGNORECASE)
_WITH_TIME: Final = re.compile(rf"(?P<day>.*?\S)(?:T|,?\s+)(?P<time>{_TIME})", re.IGNORECASE)


def parted(cell: str) -> tuple[str, str | None]:
    """A cell's date, and its time of day if it has one."""
    found = _WITH_TIME.fullmatch(cell)
    return (found["day"], found["time"]) if found else (cell, None)


@lru_cache(maxsize=4096)
def date_of(cell: str, form: str, *, swapped: bool = False) -> date | None:
    """The date that a cell is in a form; None for what is none.

    ``swapped``: day and month have changed places where the day is 12 or less (swapped.py).
    """
    try:
        day = datetime.strptime(cell, form).date()  # noqa: DTZ007 - a day has no time zone
    except ValueError:
        return None
    return repaired(day) if swapped else day


def time_of_day(cell: str) -> str | None:
    """HH:MM:SS of ``3:53:50 PM``, ``15:53`` or ``下午3:53``, with the offset if it has one; None for what is none."""
    found = _TIME_OF_DAY.fullmatch(cell)
    if found is None:
        return None
    half = (found["before"] or found["behind"] or "").casefold().replace(".", "")
    hour, minute, second = int(found["hour"]), int(found["minute"]), int(found["second"] or 0)
    if half:
        if not 1 <= hour <= _NOON:
            return None
        hour = hour % _NOON + (_NOON if half in _AFTER_NOON else 0)
    try:
        at = time(hour, minute, second).isoformat()
        return time.fromisoformat(f"{at}{(found['offset'] or '').upper()}").isoformat()
    except ValueError:
        return None


def moment(cell: str, form: str, *, swapped: bool = False) -> str | None:
    """``YYYY-MM-DD`` or ``YYYY-MM-DDTHH:MM:SS`` of a cell, with the offset if it has one; None for what is none."""
    of_day, of_time = parted(cell)
    day = date_of(of_day, form, swapped=swapped)
    at = time_of_day(of_time) if of_time else ""
    if day is None or at is None:
        return None
    return f"{day.isoformat()}T{at}" if at else day.isoformat()


def instant(local: str, at: str | None, zone: str) -> str:
    """The instant, ISO in UTC, of what ``moment`` has read and, if it has no time, of what ``time_of_day`` has.

    Without any it is the day's beginning. ``zone`` (IANA) is where the clocks of the file hang.
    """
    text = f"{local}T{at}" if at and "T" not in local else local
    found = datetime.fromisoformat(text)
    aware = found if found.tzinfo else found.replace(tzinfo=ZoneInfo(zone))
    return aware.astimezone(UTC).isoformat().replace("+00:00", "Z")
