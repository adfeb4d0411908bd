"""Offices for tests of SLA rules, with their shifts in UTC, and the language in which stories of clocks are told."""

import re
from datetime import UTC, date, datetime

from modules.service_analysis.calendars.rules import Calendar, Shift, shift
from modules.service_analysis.ledgers.rules import Aim, Clock, Ledger, pause, resume, retarget, start, stop, warn

NEVER: tuple[Shift, ...] = ()
OFFICE = (shift("09:00", "12:00"), shift("13:00", "18:00"))
AFTER_LUNCH_AT_HALF_PAST = (shift("09:00", "12:00"), shift("13:30", "18:00"))
EASTER = frozenset({date(2026, 4, 3), date(2026, 4, 6)})
OWN_DAY_OFF = frozenset({date(2026, 7, 1)})
GOLDEN_WEEK = frozenset(date(2026, 10, day) for day in range(1, 8))


UNITS = {"h": 3600, "m": 60, "s": 1}
WEEK = {name: f"2026-03-0{day}" for day, name in enumerate(("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"), start=2)}
AIMED = {"start": start, "retarget": retarget}
PLAIN = {"pause": pause, "resume": resume, "stop": stop}


def _week(workday: tuple[Shift, ...], *, sunday: tuple[Shift, ...] = NEVER) -> tuple[tuple[Shift, ...], ...]:
    return (*(workday,) * 5, NEVER, sunday)


def _every_day(*shifts: Shift) -> tuple[tuple[Shift, ...], ...]:
    return (shifts,) * 7


CALENDARS = {
    # Winter 08–11 and 12–17 UTC, summer 07–10 and 11–16; closed at Easter 2026 and on 1 July.
    "berlin": Calendar("Europe/Berlin", _week(OFFICE), EASTER | OWN_DAY_OFF),
    # 01–04 and 05:30–10 UTC; closed from 1 to 7 October 2026.
    "shanghai": Calendar("Asia/Shanghai", _week(AFTER_LUNCH_AT_HALF_PAST), GOLDEN_WEEK),
    # Winter 16 to 01 UTC of the next day, summer 15 to 00.
    "los_angeles": Calendar("America/Los_Angeles", _week((shift("08:00", "17:00"),))),
    # 04:15–11:15 UTC, Sunday to Friday.
    "kathmandu": Calendar("Asia/Kathmandu", _week((shift("10:00", "17:00"),), sunday=(shift("10:00", "17:00"),))),
    # Winter 21–05 UTC, summer 20–04.
    "night": Calendar("Europe/Berlin", _every_day(shift("00:00", "06:00"), shift("22:00", "24:00"))),
    "every_hour": Calendar("Europe/Berlin", _every_day(shift("00:00", "24:00"))),
    "lord_howe": Calendar("Australia/Lord_Howe", _every_day(shift("00:00", "24:00"))),
    "st_johns": Calendar("America/St_Johns", _every_day(shift("00:00", "24:00"))),
    "apia": Calendar("Pacific/Apia", _every_day(shift("00:00", "24:00"))),
    "until_half_past_two": Calendar("Europe/Berlin", _every_day(shift("00:00", "02:30"))),
    "from_half_past_two": Calendar("Europe/Berlin", _every_day(shift("02:30", "05:00"))),
    "24x7": Calendar("UTC", None),
}


def utc(text: str) -> datetime:
    """``2026-03-02 08:00`` or ``Mon 08:00``, with seconds and parts of them where they matter."""
    day, time = text.split()
    return datetime.fromisoformat(f"{WEEK.get(day, day)} {time}").replace(tzinfo=UTC)


def seconds(text: str) -> int:
    """``1h30m``, ``-20s``."""
    found = sum(int(number) * UNITS[unit] for number, unit in re.findall(r"(\d+)([hms])", text))
    return -found if text.startswith("-") else found


def told(*acts: str, clock: Clock = Clock.RESOLUTION) -> Ledger:
    """The ledger behind acts like ``Mon 08:00 start berlin 4h``, ``Mon 09:00 pause``, ``Mon 09:30:01 warn 50``."""
    ledger = Ledger(clock)
    for line in acts:
        day, time, act, *rest = line.split()
        at = utc(f"{day} {time}")
        if act in AIMED:
            ledger = AIMED[act](ledger, at, "policy", Aim(seconds(rest[1]), rest[0]))
        elif act in PLAIN:
            ledger = PLAIN[act](ledger, at, "customer")
        else:
            ledger = warn(ledger, at, int(rest[0]))
    return ledger
