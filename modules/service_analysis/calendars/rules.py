"""Business calendars: which seconds count. Pure.

Shifts are said in wall time of a zone and counted in elapsed seconds of UTC, so a shift over a daylight-saving change
counts the hour that is missing or comes twice. A wall time is one instant: one that comes twice is the first of the two
(PEP 495, fold 0), one that the clocks skip is the instant at which they skip it. So shifts that touch on the wall touch
in time, and no second counts twice.

Instants are cut to whole seconds, always downwards: the seconds of neighbouring spans add up.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

HOUR: Final = 60
"""Minutes."""
DAY: Final = 24 * HOUR
"""Minutes; as the end of a shift: midnight at the day's end."""
WEEK: Final = 7
# The library looks a country up by attribute: nothing else may be asked for.
COUNTRY: Final = "[A-Z]{2}"
WALL_TIME: Final = "(?:([01][0-9]|2[0-3]):([0-5][0-9])|(24):(00))"
# A search ends here. Targets are hours or weeks: what takes longer has a calendar that hardly works, or never comes.
FURTHEST: Final = timedelta(days=3653)
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
SECOND: Final = timedelta(seconds=1)


class Flaw(StrEnum):
    """Why time can't be counted in a calendar."""

    UNKNOWN_ZONE = "unknown_zone"
    UNKNOWN_COUNTRY = "unknown_country"
    NOT_A_WEEK = "not_a_week"
    """Not seven days."""
    NO_SHIFTS = "no_shifts"
    SHIFT_OUT_OF_DAY = "shift_out_of_day"
    """Empty, backwards, or beyond midnight."""
    SHIFTS_OVERLAP = "shifts_overlap"
    """Or are not in order."""
    DAYS_OFF_OF_24X7 = "days_off_of_24x7"


class CalendarRefused(ValueError):
    """A calendar in which no time can be counted."""

    def __init__(self, flaw: Flaw) -> None:
        super().__init__(flaw.value)
        self.flaw = flaw


@dataclass(frozen=True, slots=True, order=True)
class Shift:
    """Worked time of a day, in minutes of wall time since midnight; the end is the first minute that is free again.

    A shift over midnight is two: one up to 24:00, and one from 00:00 on the next day, which is off if that day is.
    """

    begins: int
    ends: int


@dataclass(frozen=True, slots=True)
class Calendar:
    """When time counts.

    zone: of the IANA database. week: the shifts of each day in order, Monday first; None: every second counts (24×7),
    holidays too. days_off: dates in the zone on which nothing counts, public holidays and own ones.

    Raises CalendarRefused.
    """

    zone: str
    week: tuple[tuple[Shift, ...], ...] | None
    days_off: frozenset[date] = frozenset()

    def __post_init__(self) -> None:
        try:
            ZoneInfo(self.zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):  # the latter two: no path of a file, or that of a folder
            raise CalendarRefused(Flaw.UNKNOWN_ZONE) from None
        if self.week is not None:
            _check(self.week)
        elif self.days_off:
            raise CalendarRefused(Flaw.DAYS_OFF_OF_24X7)


def _check(week: tuple[tuple[Shift, ...], ...]) -> None:
    if len(week) != WEEK:
        raise CalendarRefused(Flaw.NOT_A_WEEK)
    if not any(week):
        raise CalendarRefused(Flaw.NO_SHIFTS)
    if not all(0 <= each.begins < each.ends <= DAY for shifts in week for each in shifts):
        raise CalendarRefused(Flaw.SHIFT_OUT_OF_DAY)
    if any(later.begins < earlier.ends for shifts in week for earlier, later in pairwise(shifts)):
        raise CalendarRefused(Flaw.SHIFTS_OVERLAP)


def shift(begins: str, ends: str) -> Shift:
    """The shift between two wall times, ``09:00`` to ``24:00``. Raises ValueError for what is no wall time."""
    return Shift(_minute(begins), _minute(ends))


def _minute(text: str) -> int:
    found = re.fullmatch(WALL_TIME, text)
    if found is None:
        raise ValueError(text)
    hour, minute = (int(each) for each in found.groups() if each is not None)
    return hour * HOUR + minute


def public_holidays(country: str, subdivision: str | None, years: range) -> frozenset[date]:
    """The public holidays of a country or a part of it, for the days off of a calendar.

    country: ISO 3166-1 alpha-2. subdivision: the part behind the hyphen of ISO 3166-2, as the library knows it. years:
    as far as the calendar is to know them; movable feasts and decreed days of later years are estimates or missing.
    Raises CalendarRefused, and ImportError where requirements-batch.txt is not installed.
    """
    import holidays  # noqa: PLC0415 - 0.1 s and 1.7 MB that nobody but the writer of a calendar should pay for

    if not re.fullmatch(COUNTRY, country):
        raise CalendarRefused(Flaw.UNKNOWN_COUNTRY)
    try:
        return frozenset(holidays.country_holidays(country, subdiv=subdivision, years=years))
    except RuntimeError:  # what the library raises for a country or a part that it does not know
        raise CalendarRefused(Flaw.UNKNOWN_COUNTRY) from None


def business_seconds(calendar: Calendar, since: datetime, until: datetime) -> int:
    """How many seconds of a calendar lie between two instants; 0 when they are not in order."""
    start, end = _second(since), _second(until)
    if calendar.week is None:
        return max(end - start, 0)
    counted = 0
    for begins, ends in _windows(calendar, since):
        if begins >= end:
            break
        counted += max(min(ends, end) - max(begins, start), 0)
    return counted


def instant_after(calendar: Calendar, since: datetime, seconds: int) -> datetime | None:
    """The first instant by which so many seconds of a calendar have passed, in UTC: the inverse of business_seconds.

    It is the end of a shift rather than the beginning of the next one, and ``since`` itself (cut to the second) for
    none. None: not within ten years.
    """
    start = _second(since)
    if calendar.week is None or seconds <= 0:
        return EPOCH + timedelta(seconds=start + max(seconds, 0))
    furthest = start + FURTHEST // SECOND
    left = seconds
    for begins, ends in _windows(calendar, since):
        if begins >= furthest:
            break
        worked = max(ends - max(begins, start), 0)
        if worked >= left:
            return EPOCH + timedelta(seconds=max(begins, start) + left)
        left -= worked
    return None


def whole_second(at: datetime) -> datetime:
    """The second in which an instant lies, in UTC."""
    return EPOCH + timedelta(seconds=_second(at))


def _second(at: datetime) -> int:
    """Seconds since 1970. Raises TypeError for an instant without zone."""
    return (at - EPOCH) // SECOND


def _windows(calendar: Calendar, since: datetime) -> Iterator[tuple[int, int]]:
    """The worked spans in seconds since 1970, in order, from an instant's day on, without end."""
    day = since.astimezone(ZoneInfo(calendar.zone)).date()
    week = calendar.week or ()
    while True:
        if day not in calendar.days_off:
            for each in week[day.weekday()]:
                yield _wall(calendar.zone, day, each.begins), _wall(calendar.zone, day, each.ends)
        day += timedelta(days=1)


@lru_cache(maxsize=16384)
def _wall(zone: str, day: date, minute: int) -> int:
    """The second at which a wall time comes; kept, since the days around the present are asked for again and again."""
    at = ZoneInfo(zone)
    wall = datetime.combine(day, time.min) + timedelta(minutes=minute)
    first, second = (wall.replace(tzinfo=at, fold=fold).astimezone(UTC) for fold in (0, 1))
    if first <= second:
        return _second(first)
    # Skipped: before the gap's offset reads it too late, behind it too early, and the change lies between.
    early, late = _second(second), _second(first)
    before = second.astimezone(at).utcoffset()
    while late - early > 1:
        middle = (early + late) // 2
        if (EPOCH + timedelta(seconds=middle)).astimezone(at).utcoffset() == before:
            early = middle
        else:
            late = middle
    return late
