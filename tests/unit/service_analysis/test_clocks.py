"""SLA clocks, right to the second: a table of stories. Expected values were worked out in UTC by hand.

A story is a line of acts: ``start 08:00 berlin 4h`` and so on; an instant is a time of the day before it, or a whole one.
"""

import re
from dataclasses import dataclass
from datetime import timedelta

import pytest

from modules.service_analysis.clocks.rules import explain, standing, timers, unfired
from modules.service_analysis.ledgers.rules import (
    Aim,
    Clock,
    Ledger,
    State,
    pause,
    resume,
    retarget,
    start,
    stop,
    warn,
)
from tests.support.sla import CALENDARS, utc

UNITS = {"h": 3600, "m": 60, "s": 1}
MON, TUE, THU, FRI, SAT, SUN = (f"2026-03-0{day} " for day in (2, 3, 5, 6, 7, 8))


@dataclass(frozen=True)
class Case:
    """elapsed and target are in hours, minutes or seconds, and so is what remains."""

    name: str
    acts: str
    now: str
    state: State
    elapsed: str
    remaining: str
    due: str | None = None
    breached: str | None = None
    clock: Clock = Clock.RESOLUTION


def seconds(text):
    sign = -1 if text.startswith("-") else 1
    return sign * sum(int(number) * UNITS[unit] for number, unit in re.findall(r"(\d+)([hms])", text))


def told(acts, clock=Clock.RESOLUTION):
    ledger = Ledger(clock)
    for line in acts.split(","):
        act, day, time, *rest = line.split()
        at = utc(f"{day} {time}")
        if act in {"start", "retarget"}:
            of = {"start": start, "retarget": retarget}[act]
            ledger = of(ledger, at, "policy", Aim(seconds(rest[1]), rest[0]))
        elif act == "warn":
            ledger = warn(ledger, at, int(rest[0]))
        else:
            ledger = {"pause": pause, "resume": resume, "stop": stop}[act](ledger, at, "customer")
    return ledger


RUNNING, PAUSED, STOPPED = State.RUNNING, State.PAUSED, State.STOPPED
M, T, F = MON.strip(), TUE.strip(), FRI.strip()

CASES = [
    Case("runs", f"start {M} 08:00 berlin 4h", MON + "09:30", RUNNING, "1h30m", "2h30m", MON + "13:00"),
    Case(
        "is told before the office opens",
        f"start {M} 05:00 berlin 1h",
        MON + "07:59:59",
        RUNNING,
        "0s",
        "1h",
        MON + "09:00",
    ),
    Case("lunch does not count", f"start {M} 10:30 berlin 2h", MON + "12:15", RUNNING, "45m", "1h15m", MON + "13:30"),
    Case(
        "ends with the morning",
        f"start {M} 10:00 berlin 1h",
        MON + "11:30",
        RUNNING,
        "1h",
        "0s",
        MON + "11:00",
        MON + "11:00",
    ),
    Case("paused", f"start {M} 08:00 berlin 4h, pause {M} 09:00", MON + "10:00", PAUSED, "1h", "3h"),
    Case(
        "paused over night",
        f"start {M} 08:00 berlin 4h, pause {M} 09:00, resume {T} 09:30",
        TUE + "10:00",
        RUNNING,
        "1h30m",
        "2h30m",
        TUE + "13:30",
    ),
    Case(
        "paused over lunch",
        f"start {M} 08:00 berlin 4h, pause {M} 10:30, resume {M} 12:30",
        MON + "13:00",
        RUNNING,
        "3h",
        "1h",
        MON + "14:00",
    ),
    Case(
        "paused while the office is closed",
        f"start {M} 16:00 berlin 2h, pause {M} 20:00, resume {T} 06:00",
        TUE + "08:30",
        RUNNING,
        "1h30m",
        "30m",
        TUE + "09:00",
    ),
    Case(
        "paused over a weekend",
        f"start {F} 15:00 berlin 4h, pause {F} 16:00, resume 2026-03-09 09:00",
        "2026-03-09 10:00",
        RUNNING,
        "2h",
        "2h",
        "2026-03-09 13:00",
    ),
    Case(
        "paused twice",
        f"start {M} 08:00 berlin 1h, pause {M} 08:10, resume {M} 08:20, pause {M} 08:30, resume {M} 10:00",
        MON + "10:15",
        RUNNING,
        "35m",
        "25m",
        MON + "10:40",
    ),
    Case(
        "paused for no time",
        f"start {M} 08:00 berlin 4h, pause {M} 09:00, resume {M} 09:00",
        MON + "10:00",
        RUNNING,
        "2h",
        "2h",
        MON + "13:00",
    ),
    Case(
        "paused to the second",
        f"start {M} 08:00:07 berlin 1h, pause {M} 08:20:19, resume {M} 08:41:02",
        MON + "08:41:03",
        RUNNING,
        "20m13s",
        "39m47s",
        MON + "09:20:50",
    ),
    Case(
        "a second before it is due",
        f"start {M} 08:00 berlin 1h",
        MON + "08:59:59",
        RUNNING,
        "59m59s",
        "1s",
        MON + "09:00",
    ),
    Case(
        "when it is due", f"start {M} 08:00 berlin 1h", MON + "09:00", RUNNING, "1h", "0s", MON + "09:00", MON + "09:00"
    ),
    Case(
        "overdue", f"start {M} 08:00 berlin 1h", MON + "12:30", RUNNING, "3h30m", "-2h30m", MON + "09:00", MON + "09:00"
    ),
    Case(
        "due as the office closes",
        f"start {F} 16:00 berlin 1h",
        SAT + "10:00",
        RUNNING,
        "1h",
        "0s",
        FRI + "17:00",
        FRI + "17:00",
    ),
    Case(
        "stopped a second before",
        f"start {M} 08:00 berlin 1h, stop {M} 08:59:59",
        TUE + "09:00",
        STOPPED,
        "59m59s",
        "1s",
    ),
    Case(
        "stopped when it is due",
        f"start {M} 08:00 berlin 1h, stop {M} 09:00",
        TUE + "09:00",
        STOPPED,
        "1h",
        "0s",
        None,
        MON + "09:00",
    ),
    Case(
        "stopped while paused",
        f"start {M} 08:00 berlin 1h, pause {M} 08:30, stop {M} 10:00",
        TUE + "09:00",
        STOPPED,
        "30m",
        "30m",
    ),
    Case(
        "broken, then paused",
        f"start {M} 08:00 berlin 1h, pause {M} 10:00",
        TUE + "09:00",
        PAUSED,
        "2h",
        "-1h",
        None,
        MON + "09:00",
    ),
    Case(
        "over Good Friday",
        "start 2026-04-02 15:00 berlin 2h",
        "2026-04-03 12:00",
        RUNNING,
        "1h",
        "1h",
        "2026-04-07 08:00",
    ),
    Case(
        "over an own day off",
        "start 2026-06-30 15:30 berlin 1h",
        "2026-07-01 12:00",
        RUNNING,
        "30m",
        "30m",
        "2026-07-02 07:30",
    ),
    Case(
        "paused into a holiday",
        "start 2026-04-02 14:00 berlin 3h, pause 2026-04-02 15:00, resume 2026-04-06 09:00",
        "2026-04-07 07:30",
        RUNNING,
        "1h30m",
        "1h30m",
        "2026-04-07 09:00",
    ),
    Case(
        "summer time begins in a pause",
        "start 2026-03-27 16:00 berlin 2h, pause 2026-03-27 16:30, resume 2026-03-30 07:30",
        "2026-03-30 08:00",
        RUNNING,
        "1h",
        "1h",
        "2026-03-30 09:00",
    ),
    Case(
        "winter time begins",
        "start 2026-10-23 15:30 berlin 2h",
        "2026-10-26 08:30",
        RUNNING,
        "1h",
        "1h",
        "2026-10-26 09:30",
    ),
    Case(
        "a day that has 23 hours",
        "start 2026-03-28 23:00 every_hour 24h",
        "2026-03-29 22:00",
        RUNNING,
        "23h",
        "1h",
        "2026-03-29 23:00",
    ),
    Case(
        "a day that has 25 hours",
        "start 2026-10-24 22:00 every_hour 24h",
        "2026-10-25 22:30",
        RUNNING,
        "24h30m",
        "-30m",
        "2026-10-25 22:00",
        "2026-10-25 22:00",
    ),
    Case(
        "a longer promise",
        f"start {M} 08:00 berlin 2h, retarget {M} 09:00 berlin 8h",
        MON + "10:00",
        RUNNING,
        "2h",
        "6h",
        MON + "17:00",
    ),
    Case(
        "a promise that is broken as it is given",
        f"start {M} 08:00 berlin 8h, retarget {M} 10:00 berlin 1h",
        MON + "10:30",
        RUNNING,
        "2h30m",
        "-1h30m",
        MON + "10:00",
        MON + "10:00",
    ),
    Case(
        "re-targeted while paused",
        f"start {M} 08:00 berlin 4h, pause {M} 09:00, retarget {M} 09:30 berlin 2h",
        MON + "10:00",
        PAUSED,
        "1h",
        "1h",
    ),
    Case(
        "re-targeted while paused, then resumed",
        f"start {M} 08:00 berlin 4h, pause {M} 09:00, retarget {M} 09:30 berlin 2h, resume {M} 10:30",
        MON + "10:45",
        RUNNING,
        "1h15m",
        "45m",
        MON + "12:30",
    ),
    Case(
        "re-targeted while paused to less than was used",
        f"start {M} 08:00 berlin 4h, pause {M} 10:00, retarget {M} 10:30 berlin 1h",
        MON + "11:00",
        PAUSED,
        "2h",
        "-1h",
        None,
        MON + "10:30",
    ),
    Case(
        "re-targeted to 24x7 while paused",
        f"start {M} 08:00 berlin 4h, pause {M} 09:00, retarget {M} 10:00 24x7 8h, resume {M} 20:00",
        MON + "22:00",
        RUNNING,
        "3h",
        "5h",
        TUE + "03:00",
    ),
    Case(
        "re-targeted twice while paused",
        f"start {M} 08:00 berlin 4h, pause {M} 09:00, retarget {M} 09:10 24x7 1h, retarget {M} 09:20 berlin 3h, resume {M} 10:00",
        MON + "10:00",
        RUNNING,
        "1h",
        "2h",
        MON + "13:00",
    ),
    Case(
        "a policy change to 24x7",
        f"start {M} 15:00 berlin 4h, retarget {M} 16:00 24x7 4h",
        MON + "22:00",
        RUNNING,
        "7h",
        "-3h",
        MON + "19:00",
        MON + "19:00",
    ),
    Case(
        "a policy change from 24x7 keeps what was counted",
        "start 2026-03-07 12:00 24x7 8h, retarget 2026-03-07 14:00 berlin 8h",
        "2026-03-09 09:00",
        RUNNING,
        "3h",
        "5h",
        "2026-03-09 15:00",
    ),
    Case(
        "a policy change to another zone",
        f"start {M} 08:00 berlin 4h, retarget {M} 10:00 shanghai 4h",
        TUE + "02:00",
        RUNNING,
        "3h",
        "1h",
        TUE + "03:00",
    ),
    Case(
        "a policy change credits the pauses before it",
        f"start {M} 08:00 berlin 1h, pause {M} 08:30, resume {M} 10:30, retarget {M} 10:45 berlin 2h",
        MON + "11:00",
        RUNNING,
        "1h",
        "1h",
        MON + "13:00",
    ),
    Case(
        "a priority change up and down again",
        f"start {M} 08:00 berlin 8h, retarget {M} 09:00 berlin 2h, retarget {M} 09:30 berlin 8h",
        MON + "10:00",
        RUNNING,
        "2h",
        "6h",
        MON + "17:00",
    ),
    Case(
        "a priority change as it starts",
        f"start {M} 08:00 berlin 4h, retarget {M} 08:00 berlin 1h",
        MON + "08:30",
        RUNNING,
        "30m",
        "30m",
        MON + "09:00",
    ),
    Case(
        "a broken promise is mended by a longer one",
        f"start {M} 08:00 berlin 1h, retarget {M} 10:00 berlin 4h",
        MON + "10:30",
        RUNNING,
        "2h30m",
        "1h30m",
        MON + "13:00",
    ),
    Case(
        "a mended promise is broken again",
        f"start {M} 08:00 berlin 1h, retarget {M} 10:00 berlin 4h",
        MON + "16:00",
        RUNNING,
        "7h",
        "-3h",
        MON + "13:00",
        MON + "13:00",
    ),
    Case(
        "a broken promise is not mended by a promise that is used up too",
        f"start {M} 08:00 berlin 1h, retarget {M} 11:00 berlin 2h",
        MON + "12:30",
        RUNNING,
        "3h30m",
        "-1h30m",
        MON + "09:00",
        MON + "09:00",
    ),
    Case(
        "reopened, it goes on from where it stood",
        f"start {M} 08:00 berlin 4h, stop {M} 09:00, start {T} 10:00 berlin 4h",
        TUE + "10:30",
        RUNNING,
        "1h30m",
        "2h30m",
        TUE + "14:00",
    ),
    Case(
        "reopened under another promise",
        f"start {M} 08:00 berlin 4h, stop {M} 10:00, start {T} 08:00 berlin 3h",
        TUE + "08:30",
        RUNNING,
        "2h30m",
        "30m",
        TUE + "09:00",
    ),
    Case(
        "reopened, it stays broken",
        f"start {M} 08:00 berlin 1h, stop {M} 10:00, start {T} 08:00 berlin 1h",
        TUE + "08:00",
        RUNNING,
        "2h",
        "-1h",
        MON + "09:00",
        MON + "09:00",
    ),
    Case(
        "reopened twice",
        f"start {M} 08:00 berlin 1h, stop {M} 08:10, start {M} 09:00 berlin 1h, stop {M} 09:10, start {M} 10:00 berlin 1h",
        MON + "10:10",
        RUNNING,
        "30m",
        "30m",
        MON + "10:40",
    ),
    Case(
        "stopped while paused, and reopened",
        f"start {M} 08:00 berlin 4h, pause {M} 08:30, stop {M} 10:00, start {M} 12:00 berlin 4h",
        MON + "12:30",
        RUNNING,
        "1h",
        "3h",
        MON + "15:30",
    ),
    Case(
        "the regulator's clock runs over the weekend",
        f"start {F} 12:00 24x7 72h",
        SUN + "12:00",
        RUNNING,
        "48h",
        "24h",
        "2026-03-09 12:00",
        None,
        Clock.REGULATOR,
    ),
    Case(
        "the regulator's clock in working days",
        "start 2026-04-02 07:00 berlin 16h",
        "2026-04-07 07:00",
        RUNNING,
        "8h",
        "8h",
        "2026-04-07 16:00",
        None,
        Clock.REGULATOR,
    ),
    Case(
        "the regulator's clock is stopped and goes on",
        f"start {M} 08:00 24x7 24h, stop {M} 10:00, start {T} 08:00 24x7 24h",
        TUE + "10:00",
        RUNNING,
        "4h",
        "20h",
        "2026-03-04 06:00",
        None,
        Clock.REGULATOR,
    ),
    Case(
        "the golden week",
        "start 2026-09-30 09:00 shanghai 2h",
        "2026-10-08 01:30",
        RUNNING,
        "1h30m",
        "30m",
        "2026-10-08 02:00",
    ),
    Case(
        "Los Angeles, paused over midnight of UTC",
        f"start {M} 23:00 los_angeles 3h, pause {T} 00:00, resume {T} 18:00",
        TUE + "18:30",
        RUNNING,
        "1h30m",
        "1h30m",
        TUE + "20:00",
    ),
    Case(
        "Los Angeles falls back",
        "start 2026-11-01 08:50 24x7 15m",
        "2026-11-01 09:00",
        RUNNING,
        "10m",
        "5m",
        "2026-11-01 09:05",
        None,
        Clock.NEXT_RESPONSE,
    ),
    Case(
        "a Saturday in Kathmandu", f"start {F} 11:00 kathmandu 1h", SUN + "04:45", RUNNING, "45m", "15m", SUN + "05:00"
    ),
    Case(
        "a night shift, paused to the next night",
        f"start {M} 20:00 night 8h, pause {M} 23:30, resume {T} 04:00",
        TUE + "04:30",
        RUNNING,
        "3h",
        "5h",
        "2026-03-04 01:30",
    ),
    Case(
        "the night of nine hours",
        "start 2026-10-24 19:00 night 9h",
        "2026-10-25 04:00",
        RUNNING,
        "8h",
        "1h",
        "2026-10-25 05:00",
        None,
        Clock.FIRST_RESPONSE,
    ),
    Case(
        "a promise of no time",
        f"start {M} 08:00 berlin 0s",
        MON + "08:00",
        RUNNING,
        "0s",
        "0s",
        MON + "08:00",
        MON + "08:00",
    ),
    Case("stopped as it starts", f"start {M} 08:00 berlin 1h, stop {M} 08:00", MON + "09:00", STOPPED, "0s", "1h"),
    Case(
        "a present that lies before its start",
        f"start {M} 08:00 berlin 1h",
        MON + "07:00",
        RUNNING,
        "0s",
        "1h",
        MON + "09:00",
    ),
    Case(
        "a late warning counts nothing",
        f"start {M} 08:00 berlin 1h, warn {M} 08:30:05 50, pause {M} 08:30",
        MON + "09:00",
        PAUSED,
        "30m",
        "30m",
    ),
    Case(
        "parts of seconds do not add up to one",
        f"start {M} 08:00:00.9 24x7 1h, pause {M} 08:00:01.8, resume {M} 08:00:02.9",
        MON + "08:00:03.8",
        RUNNING,
        "2s",
        "59m58s",
        MON + "09:00:01",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=[each.name for each in CASES])
def test_clock__right_to_the_second(case):
    ledger = told(case.acts, case.clock)
    found = standing(ledger, CALENDARS, utc(case.now))
    assert (found.state, found.elapsed, found.remaining) == (case.state, seconds(case.elapsed), seconds(case.remaining))
    assert found.due == (case.due and utc(case.due))
    assert found.breached_since == (case.breached and utc(case.breached))
    lines = explain(ledger, CALENDARS, utc(case.now))
    assert sum(each.counted for each in lines) == found.elapsed
    assert (lines[-1].remaining, lines[-1].breached_since) == (found.remaining, found.breached_since)


def test_cases__are_many_and_named():
    assert len({each.name for each in CASES}) == len(CASES) >= 45


def test_clock__never_started():
    found = standing(Ledger(Clock.RESOLUTION), CALENDARS, utc(MON + "08:00"))
    assert (found.state, found.elapsed, found.remaining, found.due, found.breached_since) == (
        State.WAITING,
        0,
        *(None,) * 3,
    )
    assert explain(Ledger(Clock.RESOLUTION), CALENDARS, utc(MON + "08:00")) == ()
    assert timers(Ledger(Clock.RESOLUTION), CALENDARS) == ()
    assert unfired(Ledger(Clock.RESOLUTION), CALENDARS, utc(MON + "08:00")) == ()


def test_clock__in_a_calendar_that_is_missing__refused():
    with pytest.raises(KeyError):
        standing(told(f"start {M} 08:00 gone 4h"), CALENDARS, utc(MON + "09:00"))


def test_explain__one_line_for_each_entry():
    ledger = told(
        f"start {M} 08:00 berlin 1h, warn {M} 08:30:01 50, pause {M} 08:40, resume {M} 10:00, retarget {M} 10:30 24x7 4h,"
        f" stop {M} 13:30"
    )
    assert [
        (each.entry.act.value, each.counted, each.calendar_id, each.elapsed, each.remaining, each.state)
        for each in explain(ledger, CALENDARS, utc(TUE + "08:00"))
    ] == [
        ("start", 0, None, 0, 3600, RUNNING),
        ("warn", 0, None, 0, 3600, RUNNING),
        ("pause", 2400, "berlin", 2400, 1200, PAUSED),
        ("resume", 0, None, 2400, 1200, RUNNING),
        ("retarget", 1800, "berlin", 4200, 10_200, RUNNING),
        ("stop", 10_800, "24x7", 15_000, -600, STOPPED),
    ]


def test_explain__says_when_a_promise_was_broken_and_the_present():
    ledger = told(f"start {M} 08:00 berlin 1h, retarget {M} 10:00 berlin 4h")
    lines = explain(ledger, CALENDARS, utc(MON + "13:00") + timedelta(seconds=1))
    assert [(each.entry is None, each.at, each.breached_since) for each in lines] == [
        (False, utc(MON + "08:00"), None),
        (False, utc(MON + "10:00"), None),
        (True, utc(MON + "13:00:01"), utc(MON + "13:00")),
    ]
