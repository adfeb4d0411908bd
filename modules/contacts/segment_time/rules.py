"""Days and periods as rules of segments mean them. Pure.

Everything is counted in whole days of the tenant's time zone (api.md, Shape: «dates are in the tenant's time zone»),
so an answer can change at a midnight only. Each question answers with the first later day on which its answer may be
another; before that day it is the same.
"""

import calendar
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

# ISO 8601 durations in calendar units; a rule asks for days, so there is no part behind the T.
PERIOD: Final = r"^P(?:(\d{1,3})Y)?(?:(\d{1,4})M)?(?:(\d{1,4})W)?(?:(\d{1,5})D)?$"
MONTHS: Final = 12
WEEK: Final = 7
FEBRUARY: Final = 2
LEAP_DAY: Final = 29
# Months differ by three days, so a day that is moved there and back again misses by so much at most.
NEAR: Final = 5
NEXT_LEAP: Final = 9
"""Years within which 29 February comes again, whatever the century."""

Answer = tuple[bool, date | None]
"""Whether something holds on a day, and the first later day on which it may not be so; None: it stays for ever."""


@dataclass(frozen=True, slots=True)
class Period:
    """A length of time in months and days."""

    months: int
    days: int


@lru_cache(maxsize=512)
def period(text: str) -> Period:
    """The period that an ISO 8601 duration names (``P24M``, ``P1Y6M``, ``P30D``, ``P2W``). Raises ValueError."""
    found = re.match(PERIOD, text)
    if found is None or not any(found.groups()):
        raise ValueError(text)
    years, months, weeks, days = (int(each or 0) for each in found.groups())
    return Period(years * MONTHS + months, weeks * WEEK + days)


@dataclass(frozen=True, slots=True)
class Today:
    """The present in a time zone."""

    now: datetime
    zone: ZoneInfo

    @property
    def day(self) -> date:
        """The tenant's day."""
        return self.now.astimezone(self.zone).date()

    def begins(self, day: date) -> datetime:
        """The instant at which a day begins there, in UTC."""
        return datetime.combine(day, time.min, self.zone).astimezone(UTC)


def moved(day: date, by: Period, sign: int) -> date:
    """The day so much later (or with -1 earlier): months first, cut to the month's length, then days.

    It never goes back when ``day`` goes on, and stops at the ends of the calendar.
    """
    number = day.year * MONTHS + day.month - 1 + sign * by.months
    year, month = divmod(number, MONTHS)
    if year < date.min.year:
        return date.min
    if year > date.max.year:
        return date.max
    last = calendar.monthrange(year, month + 1)[1]
    return _plus(date(year, month + 1, min(day.day, last)), sign * by.days)


def _plus(day: date, days: int) -> date:
    number = min(max(day.toordinal() + days, date.min.toordinal()), date.max.toordinal())
    return date.fromordinal(number)


def longer_ago(day: date, by: Period, today: date) -> Answer:
    """Whether a day lies more than a period behind."""
    if day < moved(today, by, -1):
        return True, None
    return False, _first(lambda later: day < moved(later, by, -1), moved(day, by, 1), today)


def within_last(day: date, by: Period, today: date) -> Answer:
    """Whether a day lies in the period that ends today."""
    if day > today:
        return False, day
    over, ends = longer_ago(day, by, today)
    return not over, ends


def within_next(day: date, by: Period, today: date) -> Answer:
    """Whether a day lies in the period that begins today."""
    if day < today:
        return False, None
    if day <= moved(today, by, 1):
        return True, None if day == date.max else _plus(day, 1)
    return False, _first(lambda later: day <= moved(later, by, 1), moved(day, by, -1), today)


def anniversary_in(day: date, ahead: int, today: date) -> Answer:
    """Whether the day so many days ahead is an anniversary of a day; of 29 February in other years 1 March is."""
    if _is_anniversary(day, _plus(today, ahead)):
        return True, _plus(today, 1)
    for year in range(today.year, today.year + NEXT_LEAP):
        if year > date.max.year:
            return False, None
        found = _plus(_anniversary(day, year), -ahead)
        if found > today and _is_anniversary(day, _plus(found, ahead)):
            return False, found
    return False, None


def age(born: date, today: date) -> tuple[int, date | None]:
    """Whole years since a birth, and the next birthday. Who is yet to be born is 0."""
    years = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
    if born > today:
        return 0, _plus(born, 1)
    following = today.year + (_anniversary(born, today.year) <= today)
    return years, _anniversary(born, following) if following <= date.max.year else None


def _anniversary(day: date, year: int) -> date:
    if (day.month, day.day) == (FEBRUARY, LEAP_DAY) and not calendar.isleap(year):
        return date(year, FEBRUARY + 1, 1)
    return day.replace(year=year)


def _is_anniversary(day: date, other: date) -> bool:
    return other >= day and _anniversary(day, other.year) == other


def _first(holds: Callable[[date], bool], guess: date, today: date) -> date | None:
    """The first day behind ``today`` on which something holds that holds from some day near a guess on for ever."""
    start = max(_plus(guess, -NEAR), _plus(today, 1))
    for ahead in range(2 * NEAR + 1):
        later = _plus(start, ahead)
        if holds(later):
            return later
    return None
