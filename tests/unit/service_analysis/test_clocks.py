"""SLA clocks, right to the second: the stories of clocks.txt, and what `explain` tells of some."""

import re
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modules.service_analysis.clocks.rules import explain, standing, timers, unfired
from modules.service_analysis.ledgers.rules import Act, Clock, Ledger, State
from tests.support.sla import CALENDARS, seconds, told, utc

HEAD = re.compile(r"(?P<name>[^\[]+?)(?: \[(?P<clock>\w+)\])?")
END = re.compile(
    r"(?P<now>\S+ \S+) = (?P<state>\w+), counted (?P<counted>\S+), left (?P<left>[^\s,]+)"
    r"(?:, due (?P<due>\S+ [^\s,]+))?(?:, broken (?P<broken>\S+ \S+))?"
)


@dataclass(frozen=True)
class Story:
    name: str
    ledger: Ledger
    end: dict[str, str | None]


def story_lines():
    """Each story's name, its clock, what happens in it line by line, and its end."""
    text = Path(__file__).with_name("clocks.txt").read_text(encoding="utf-8")
    for block in text.strip().split("\n\n")[1:]:
        title, *acts, end = (line.strip() for line in block.splitlines())
        head = HEAD.fullmatch(title)
        yield head["name"], Clock(head["clock"] or "resolution"), acts, END.fullmatch(end).groupdict()


def stories():
    for name, clock, acts, end in story_lines():
        yield Story(name, told(*acts, clock=clock), end)


STORIES = list(stories())


@pytest.mark.parametrize("story", STORIES, ids=[each.name for each in STORIES])
def test_clock__right_to_the_second(story):
    end, now = story.end, utc(story.end["now"])
    found = standing(story.ledger, CALENDARS, now)
    assert found.state == end["state"]
    assert (found.elapsed, found.remaining) == (seconds(end["counted"]), seconds(end["left"]))
    assert found.due == (end["due"] and utc(end["due"]))
    assert found.breached_since == (end["broken"] and utc(end["broken"]))


@pytest.mark.parametrize("story", STORIES, ids=[each.name for each in STORIES])
def test_explain__adds_up_to_what_the_clock_shows(story):
    now = utc(story.end["now"])
    found, lines = standing(story.ledger, CALENDARS, now), explain(story.ledger, CALENDARS, now)
    assert [each.entry for each in lines if each.entry] == list(story.ledger.entries)
    assert sum(each.counted for each in lines) == lines[-1].elapsed == found.elapsed
    assert (lines[-1].remaining, lines[-1].breached_since) == (found.remaining, found.breached_since)


def test_stories__are_many_and_named():
    assert len({each.name for each in STORIES}) == len(STORIES) >= 45


def test_clock__never_started__shows_nothing():
    ledger, now = Ledger(Clock.RESOLUTION), utc("Mon 08:00")
    found = standing(ledger, CALENDARS, now)
    assert (found.state, found.elapsed, found.remaining) == (State.WAITING, 0, None)
    assert (found.due, found.breached_since) == (None, None)
    assert explain(ledger, CALENDARS, now) == timers(ledger, CALENDARS) == unfired(ledger, CALENDARS, now) == ()


def test_clock__in_a_calendar_that_is_missing__refused():
    with pytest.raises(KeyError, match="gone"):
        standing(told("Mon 08:00 start gone 4h"), CALENDARS, utc("Mon 09:00"))


def test_clock__broken_within_a_second__is_broken_in_that_second():
    found = standing(told("Mon 08:00:00.7 start berlin 0s"), CALENDARS, utc("Mon 08:00:00.8"))
    assert (found.due, found.breached_since) == (utc("Mon 08:00"), utc("Mon 08:00"))


def test_explain__one_line_for_each_entry():
    ledger = told(
        "Mon 08:00 start berlin 1h",
        "Mon 08:30:01 warn 50",
        "Mon 08:40 pause",
        "Mon 10:00 resume",
        "Mon 10:30 retarget 24x7 4h",
        "Mon 13:30 stop",
    )
    assert [
        (each.entry.act, each.counted, each.calendar_id, each.elapsed, each.remaining, each.state)
        for each in explain(ledger, CALENDARS, utc("Tue 08:00"))
    ] == [
        (Act.START, 0, None, 0, 3600, State.RUNNING),
        (Act.WARN, 0, None, 0, 3600, State.RUNNING),
        (Act.PAUSE, 2400, "berlin", 2400, 1200, State.PAUSED),
        (Act.RESUME, 0, None, 2400, 1200, State.RUNNING),
        (Act.RETARGET, 1800, "berlin", 4200, 10_200, State.RUNNING),
        (Act.STOP, 10_800, "24x7", 15_000, -600, State.STOPPED),
    ]


def test_explain__says_when_a_promise_was_broken__also_one_that_was_mended():
    ledger = told("Mon 08:00 start berlin 1h", "Mon 09:30 pause", "Mon 10:00 retarget berlin 4h", "Mon 10:00 resume")
    lines = explain(ledger, CALENDARS, utc("Mon 13:30:01"))
    assert [(each.at, each.entry is None, each.breached_since) for each in lines] == [
        (utc("Mon 08:00"), False, None),
        (utc("Mon 09:30"), False, utc("Mon 09:00")),
        (utc("Mon 10:00"), False, None),
        (utc("Mon 10:00"), False, None),
        (utc("Mon 13:30:01"), True, utc("Mon 13:30")),
    ]


# ------------------------------------------------------------------------------- against a second-by-second simulation
HAND = {
    # Worked spans around the change to summer, in seconds from 2026-03-29 00:00 UTC on, worked out by hand.
    "night": [(0, 4 * 3600)],
    "until_half_past_two": [(0, 3600)],
    "from_half_past_two": [(3600, 3 * 3600)],
    "24x7": [(0, 6 * 3600)],
}
ACTS = st.sampled_from(["pause", "resume", "retarget", "stop", "start"])
AIMS = st.tuples(st.sampled_from(sorted(HAND)), st.integers(0, 7200))
STEP = st.tuples(st.integers(0, 1500), ACTS, AIMS)


@settings(max_examples=40)
@given(AIMS, st.lists(STEP, max_size=8), st.integers(0, 3000))
def test_clock__as_a_simulation_second_by_second(first, steps, wait):
    allowed = {"waiting": {"start"}, "running": {"pause", "retarget", "stop"}, "paused": {"resume", "retarget", "stop"}}
    leads = {"start": "running", "pause": "paused", "resume": "running", "stop": "stopped"}
    acts, second, state = [], 1800, "waiting"
    for gap, act, aim in [(0, "start", first), *steps]:
        second += gap
        if act in allowed.get(state, {"start"}):
            acts.append((second, act, aim))
            state = leads.get(act, state)
    now = second + wait
    naive = _simulated(acts, now)
    ledger = told(*(f"{_at(at)} {act} {aim[0]} {aim[1]}s" for at, act, aim in acts))
    found = standing(ledger, CALENDARS, utc(_at(now)))
    assert (found.state, found.elapsed) == (naive["state"], naive["elapsed"])
    assert found.breached_since == (None if naive["broken"] is None else utc(_at(naive["broken"])))


def _at(second):
    return f"2026-03-29 {second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"


def _simulated(acts, now):
    state, elapsed, aim, broken = "waiting", 0, None, None
    for (since, act, next_aim), (until, *_) in pairwise([*acts, (now, "", None)]):
        state = {"start": "running", "pause": "paused", "resume": "running", "stop": "stopped"}.get(act, state)
        if act in {"start", "retarget"}:
            aim = next_aim
            broken = None if elapsed < aim[1] else since if broken is None else broken
        for second in range(since, until):
            if state == "running" and any(begins <= second < ends for begins, ends in HAND[aim[0]]):
                elapsed += 1
                if elapsed >= aim[1] and broken is None:
                    broken = second + 1
    return {"state": state, "elapsed": elapsed, "broken": broken}
