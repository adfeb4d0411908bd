"""Warnings at 50, 80 and 100 % of a target: when they are, and that each fires once."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modules.service_analysis.clocks.rules import timers, unfired
from modules.service_analysis.ledgers.rules import (
    THRESHOLDS,
    Aim,
    Ledger,
    State,
    pause,
    resume,
    retarget,
    start,
    stop,
    warn,
)
from tests.support.sla import CALENDARS, told, utc

START = "Mon 08:00 start berlin 4h"
TIMERS = [
    ("over lunch", (START,), {50: "Mon 10:00", 80: "Mon 12:12", 100: "Mon 13:00"}),
    (
        "parts of seconds are rounded up",
        ("Mon 08:00 start berlin 3s",),
        {50: "Mon 08:00:02", 80: "Mon 08:00:03", 100: "Mon 08:00:03"},
    ),
    (
        "over a weekend",
        ("Fri 16:00 start berlin 2h",),
        {50: "Fri 17:00", 80: "2026-03-09 08:36", 100: "2026-03-09 09:00"},
    ),
    (
        "over the change to summer",
        ("2026-03-27 16:00 start berlin 2h",),
        {50: "2026-03-27 17:00", 80: "2026-03-30 07:36", 100: "2026-03-30 08:00"},
    ),
    ("paused before the first", (START, "Mon 09:00 pause"), {}),
    ("paused behind the first", (START, "Mon 10:30 pause"), {50: "Mon 10:00"}),
    (
        "moved by a pause",
        (START, "Mon 09:00 pause", "Mon 12:00 resume"),
        {50: "Mon 13:00", 80: "Mon 14:12", 100: "Mon 15:00"},
    ),
    ("fired ones are gone", (START, "Mon 10:00 warn 50"), {80: "Mon 12:12", 100: "Mon 13:00"}),
    (
        "put off by a longer promise",
        (START, "Mon 10:30 retarget berlin 8h"),
        {50: "Mon 13:00", 80: "Mon 15:24", 100: "Mon 17:00"},
    ),
    (
        "put off, and not again when fired",
        (START, "Mon 10:00 warn 50", "Mon 10:30 retarget berlin 8h"),
        {80: "Mon 15:24", 100: "Mon 17:00"},
    ),
    (
        "all at once by a shorter promise",
        (START, "Mon 10:00 retarget berlin 1h"),
        dict.fromkeys(THRESHOLDS, "Mon 10:00"),
    ),
    ("a promise of no time", ("Mon 08:00 start berlin 0s",), dict.fromkeys(THRESHOLDS, "Mon 08:00")),
    ("stopped in time", (START, "Mon 09:00 stop"), {}),
    (
        "reopened",
        (START, "Mon 09:00 stop", "Tue 08:00 start berlin 4h"),
        {50: "Tue 09:00", 80: "Tue 10:12", 100: "Tue 11:00"},
    ),
]


@pytest.mark.parametrize(("name", "acts", "expected"), TIMERS, ids=[each[0] for each in TIMERS])
def test_timers__for_what_was_not_fired(name, acts, expected):
    assert dict(timers(told(*acts), CALENDARS)) == {threshold: utc(at) for threshold, at in expected.items()}


@pytest.mark.parametrize(
    ("acts", "now", "expected"),
    [
        ((START,), "Mon 09:59:59", {}),
        ((START,), "Mon 10:00", {50: "Mon 10:00"}),
        ((START,), "Mon 12:30", {50: "Mon 10:00", 80: "Mon 12:12"}),
        ((START, "Mon 10:00 warn 50"), "Tue 08:00", {80: "Mon 12:12", 100: "Mon 13:00"}),
        ((START, "Mon 10:30 pause"), "Tue 08:00", {50: "Mon 10:00"}),
        ((START, "Mon 10:30 stop"), "Tue 08:00", {50: "Mon 10:00"}),
        ((START, "Mon 10:30 retarget berlin 8h"), "Mon 11:00", {}),
        (
            (START, "Mon 10:30 warn 50", "Mon 10:30 retarget berlin 1h"),
            "Mon 10:31",
            {80: "Mon 10:30", 100: "Mon 10:30"},
        ),
        ((START, *(f"Mon 13:00 warn {each}" for each in THRESHOLDS), "Mon 14:00 retarget berlin 8h"), "Tue 12:00", {}),
    ],
)
def test_unfired__what_is_reached_and_was_not_noted(acts, now, expected):
    assert dict(unfired(told(*acts), CALENDARS, utc(now))) == {each: utc(at) for each, at in expected.items()}


BEGIN = utc("Mon 08:00")
AIMS = st.builds(Aim, st.integers(0, 20_000), st.sampled_from(["berlin", "24x7", "night"]))
MINUTE = st.integers(0, 3000)
CALL = st.tuples(st.just("fire"), MINUTE, AIMS)
ACT = st.tuples(st.sampled_from(["pause", "resume", "retarget", "stop", "start"]), MINUTE, AIMS)
ALLOWED = {
    State.RUNNING: {"pause", "retarget", "stop"},
    State.PAUSED: {"resume", "retarget", "stop"},
    State.STOPPED: {"start"},
}


def _fire(ledger: Ledger, now, sent: list[int]) -> Ledger:
    for each in unfired(ledger, CALENDARS, now):
        sent.append(each.threshold)
        ledger = warn(ledger, now, each.threshold)
    # After a restart all that is known is what was written.
    return replace(ledger, entries=tuple(ledger.entries))


def _acted(ledger: Ledger, act: str, at, aim: Aim) -> Ledger:
    if act in {"start", "retarget"}:
        return {"start": start, "retarget": retarget}[act](ledger, at, "", aim)
    return {"pause": pause, "resume": resume, "stop": stop}[act](ledger, at, "")


@settings(max_examples=150)
@given(AIMS, st.lists(st.one_of(CALL, ACT), max_size=25), st.randoms(use_true_random=False))
def test_thresholds__fire_at_most_once_however_often_and_in_whatever_order_timers_come(first, calls, shuffle):
    acts = iter(sorted((each for each in calls if each[0] != "fire"), key=lambda each: each[1]))
    shuffle.shuffle(calls)
    ledger, sent = told(f"Mon 08:00 start {first.calendar_id} {first.seconds}s"), []
    for each in calls:
        # Acts come in the order of their time, between calls of timers that come early, late and twice.
        kind, minute, aim = each if each[0] == "fire" else next(acts)
        at = BEGIN + timedelta(minutes=minute)
        if kind == "fire":
            ledger = _fire(_fire(ledger, at, sent), at, sent)
        elif kind in ALLOWED[ledger.state]:
            ledger = _acted(ledger, kind, at, aim)
    assert len(sent) == len(set(sent))
    if ledger.state is State.RUNNING:
        ledger = _fire(ledger, BEGIN + timedelta(days=60), sent)
        assert sorted(sent) == list(THRESHOLDS)
        assert not unfired(ledger, CALENDARS, BEGIN + timedelta(days=90))


@settings(max_examples=100)
@given(AIMS)
def test_timers__are_when_a_threshold_is_first_unfired(aim):
    ledger = told(f"Mon 08:00 start {aim.calendar_id} {aim.seconds}s")
    for each in timers(ledger, CALENDARS):
        assert each in unfired(ledger, CALENDARS, each.at)
        before = each.at - timedelta(seconds=1)
        assert before < BEGIN or each not in unfired(ledger, CALENDARS, before)
