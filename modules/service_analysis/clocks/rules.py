"""What the ledger of an SLA clock comes to: a fold over its entries. Pure.

Counted are the seconds of the calendar that held at the time, while the clock ran. A threshold is reached at the second
at which so much of the target is used up (its part rounded up to a second); 100 % is the due instant, and there the
promise is broken unless the clock was stopped before that second.

A re-target asks anew which thresholds are reached: those that are reached under the new target too keep their instant,
those that come into reach by it are reached with it, all others are ahead again. A promise that was broken is whole
again then, if the new one leaves time; `explain` still shows when it was.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple

from modules.service_analysis.calendars.rules import Calendar, business_seconds, instant_after, whole_second
from modules.service_analysis.ledgers.rules import LEADS_TO, THRESHOLDS, Act, Aim, Entry, Ledger, State

WHOLE: Final = 100
"""Percent."""

Calendars = Mapping[str, Calendar]
"""Every calendar that a ledger names, by id. One that is missing is a KeyError."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a clock stands at an instant.

    elapsed: seconds that counted. aim: None before the start. remaining: seconds of the target that are left, below 0
    when it is exceeded. due: the instant at which they run out, or ran out; None while nothing runs, or beyond ten
    years. reached: the thresholds that are reached under the present target, and since when.
    """

    state: State = State.WAITING
    elapsed: int = 0
    aim: Aim | None = None
    due: datetime | None = None
    reached: Mapping[int, datetime] = field(default_factory=dict)

    @property
    def remaining(self) -> int | None:
        """Seconds; None before the start."""
        return None if self.aim is None else self.aim.seconds - self.elapsed

    @property
    def breached_since(self) -> datetime | None:
        """The instant at which the promise that holds was broken; None: it is kept so far, or was."""
        return self.reached.get(WHOLE)


@dataclass(frozen=True, slots=True)
class Line:
    """What an entry contributed.

    entry: None for the present, at the end. counted: seconds since the line before, and calendar_id: under which
    calendar; None when nothing ran in between. elapsed, remaining: behind it.
    """

    at: datetime
    entry: Entry | None
    counted: int
    calendar_id: str | None
    state: State
    elapsed: int
    remaining: int | None
    breached_since: datetime | None


class Warned(NamedTuple):
    """A threshold in percent and the instant at which it is reached."""

    threshold: int
    at: datetime


@dataclass(frozen=True, slots=True)
class _Sum:
    """The fold so far: counted up to ``until``."""

    state: State = State.WAITING
    until: datetime | None = None
    elapsed: int = 0
    aim: Aim | None = None
    reached: Mapping[int, datetime] = field(default_factory=dict)


def standing(ledger: Ledger, calendars: Calendars, now: datetime) -> Standing:
    """How a clock stands. A present before the last entry counts as that entry's instant."""
    so_far = _counted_to(_folded(ledger, calendars), now, calendars)
    return Standing(so_far.state, so_far.elapsed, so_far.aim, _due(so_far, calendars), so_far.reached)


def explain(ledger: Ledger, calendars: Calendars, now: datetime) -> tuple[Line, ...]:
    """One line for each entry, and one for the present while the clock runs; what they counted adds up to elapsed."""
    lines = []
    before = _Sum()
    for entry, so_far in _steps(ledger, calendars):
        lines.append(_line(before, so_far, entry.at, entry))
        before = so_far
    if before.state is State.RUNNING:
        lines.append(_line(before, _counted_to(before, now, calendars), now, None))
    return tuple(lines)


def timers(ledger: Ledger, calendars: Calendars) -> tuple[Warned, ...]:
    """When each threshold that was not fired is reached if nothing else happens; past ones for those that are already.

    Nothing of what is ahead while the clock is paused or stopped, or not within ten years.
    """
    so_far = _folded(ledger, calendars)
    ahead = [(each, so_far.reached.get(each) or _reach(so_far, each, calendars)) for each in THRESHOLDS]
    return tuple(Warned(each, at) for each, at in ahead if at is not None and each not in ledger.fired)


def unfired(ledger: Ledger, calendars: Calendars, now: datetime) -> tuple[Warned, ...]:
    """The thresholds that are reached and not noted as fired: to be fired, and noted by ``ledgers.warn``.

    Each fires once in the life of a clock, whatever it is re-targeted to. A clock that was stopped in between still
    answers with those that it had reached.
    """
    reached = standing(ledger, calendars, now).reached
    return tuple(Warned(each, reached[each]) for each in THRESHOLDS if each in reached and each not in ledger.fired)


def _folded(ledger: Ledger, calendars: Calendars) -> _Sum:
    so_far = _Sum()
    for _, so_far in _steps(ledger, calendars):  # noqa: B007 - the last one is asked for
        pass
    return so_far


def _steps(ledger: Ledger, calendars: Calendars) -> Iterator[tuple[Entry, _Sum]]:
    so_far = _Sum()
    for entry in ledger.entries:
        if entry.act is not Act.WARN:
            so_far = _told(_counted_to(so_far, entry.at, calendars), entry)
        yield entry, so_far


def _counted_to(so_far: _Sum, at: datetime, calendars: Calendars) -> _Sum:
    """The time up to an instant, counted if the clock runs, with the thresholds that it reached on its way."""
    if so_far.state is not State.RUNNING or so_far.until is None or so_far.aim is None or at <= so_far.until:
        return so_far
    elapsed = so_far.elapsed + business_seconds(calendars[so_far.aim.calendar_id], so_far.until, at)
    reached = dict(so_far.reached)
    for each in THRESHOLDS:
        if each not in reached and _part(so_far.aim, each) <= elapsed and (when := _reach(so_far, each, calendars)):
            reached[each] = when
    return _Sum(State.RUNNING, at, elapsed, so_far.aim, reached)


def _told(so_far: _Sum, entry: Entry) -> _Sum:
    """What an entry makes of the time that is counted up to it."""
    state = LEADS_TO.get(entry.act, so_far.state)
    if entry.aim is None:
        return _Sum(state, entry.at, so_far.elapsed, so_far.aim, so_far.reached)
    reached = {
        each: so_far.reached.get(each, whole_second(entry.at))
        for each in THRESHOLDS
        if _part(entry.aim, each) <= so_far.elapsed
    }
    return _Sum(state, entry.at, so_far.elapsed, entry.aim, reached)


def _due(so_far: _Sum, calendars: Calendars) -> datetime | None:
    if so_far.state is not State.RUNNING:
        return None
    return so_far.reached.get(WHOLE) or _reach(so_far, WHOLE, calendars)


def _reach(so_far: _Sum, threshold: int, calendars: Calendars) -> datetime | None:
    """When a threshold that is ahead will be reached; None while nothing runs."""
    if so_far.state is not State.RUNNING or so_far.until is None or so_far.aim is None:
        return None
    left = _part(so_far.aim, threshold) - so_far.elapsed
    return instant_after(calendars[so_far.aim.calendar_id], so_far.until, left)


def _part(aim: Aim, threshold: int) -> int:
    return -(-aim.seconds * threshold // WHOLE)


def _line(before: _Sum, behind: _Sum, at: datetime, entry: Entry | None) -> Line:
    counts = before.state is State.RUNNING and (entry is None or entry.act is not Act.WARN)
    return Line(
        at=at,
        entry=entry,
        counted=behind.elapsed - before.elapsed,
        calendar_id=before.aim.calendar_id if counts and before.aim else None,
        state=behind.state,
        elapsed=behind.elapsed,
        remaining=None if behind.aim is None else behind.aim.seconds - behind.elapsed,
        breached_since=behind.reached.get(WHOLE),
    )
