"""The ledger of an SLA clock: what may be written into it. Pure.

A ledger only grows. Whatever a clock shows is counted from its entries (clocks/rules.py), so nothing in it is ever
corrected: a new policy is one more entry. Each function answers with the ledger that has one entry more, or refuses.

    start ─→ running ⇄ paused        re-target: in either, and it stays what it is
               │          │
               └── stop ──┴─→ stopped ── start ─→ running: reopened, it goes on from where it stood

The regulator's clock runs from start to stop: it is never paused (service-analysis.md, SLA). A clock that begins anew
for each message of the customer (next response) has a ledger for each message.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

THRESHOLDS: Final = (50, 80, 100)
"""Percent of the target at which somebody is warned (service-analysis.md, SLA); at 100 the promise is broken."""


class Clock(StrEnum):
    """What a clock measures; each runs by itself."""

    FIRST_RESPONSE = "first_response"
    NEXT_RESPONSE = "next_response"
    RESOLUTION = "resolution"
    REGULATOR = "regulator"


class Act(StrEnum):
    """What an entry says."""

    START = "start"
    PAUSE = "pause"
    RESUME = "resume"
    RETARGET = "retarget"
    STOP = "stop"
    WARN = "warn"


class State(StrEnum):
    """How a clock stands."""

    WAITING = "waiting"
    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"


LEADS_TO: Final = {
    Act.START: State.RUNNING,
    Act.PAUSE: State.PAUSED,
    Act.RESUME: State.RUNNING,
    Act.STOP: State.STOPPED,
}
ALLOWED: Final = {
    Act.START: frozenset({State.WAITING, State.STOPPED}),
    Act.PAUSE: frozenset({State.RUNNING}),
    Act.RESUME: frozenset({State.PAUSED}),
    Act.RETARGET: frozenset({State.RUNNING, State.PAUSED}),
    Act.STOP: frozenset({State.RUNNING, State.PAUSED}),
    # Also behind the end: what was reached before it may come to be known late.
    Act.WARN: frozenset({State.RUNNING, State.PAUSED, State.STOPPED}),
}


class Refusal(StrEnum):
    """Why a ledger does not take an entry."""

    NOT_NOW = "not_now"
    """The clock does not stand so that this could happen to it: paused twice, stopped before it was started."""
    CANNOT_BE_PAUSED = "cannot_be_paused"
    NEGATIVE_TARGET = "negative_target"
    NO_THRESHOLD = "no_threshold"
    """Nobody is warned at so many percent."""
    EARLIER_THAN_THE_LAST = "earlier_than_the_last"


class EntryRefused(ValueError):
    """A ledger does not take an entry."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.value)
        self.refusal = refusal


@dataclass(frozen=True, slots=True)
class Aim:
    """What was promised: seconds that count in a calendar.

    The id must name one state of the calendar for ever, or past seconds would be counted anew when somebody edits it.
    """

    seconds: int
    calendar_id: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of a ledger. aim: at start and re-target. threshold: of a warning that was fired, in percent."""

    act: Act
    at: datetime
    reason: str
    aim: Aim | None = None
    threshold: int | None = None


@dataclass(frozen=True, slots=True)
class Ledger:
    """All that happened to a clock, in the order in which it was noted."""

    clock: Clock
    entries: tuple[Entry, ...] = ()

    @property
    def state(self) -> State:
        """How the clock stands behind the last entry."""
        last = next((each.act for each in reversed(self.entries) if each.act in LEADS_TO), None)
        return State.WAITING if last is None else LEADS_TO[last]

    @property
    def aim(self) -> Aim | None:
        """What holds now; None: it was never started."""
        return next((each.aim for each in reversed(self.entries) if each.aim), None)

    @property
    def fired(self) -> frozenset[int]:
        """The thresholds that were noted as fired."""
        return frozenset(each.threshold for each in self.entries if each.threshold is not None)


def start(ledger: Ledger, at: datetime, reason: str, aim: Aim) -> Ledger:
    """The clock begins, or begins again where it was stopped, towards what the policy promises now.

    What was counted before stays counted, the time since the stop never counts, and what was fired stays fired.
    Raises EntryRefused.
    """
    return _with(ledger, Entry(Act.START, at, reason, aim))


def pause(ledger: Ledger, at: datetime, reason: str) -> Ledger:
    """Time stops counting. Raises EntryRefused, ``cannot_be_paused`` for the regulator's clock."""
    if ledger.clock is Clock.REGULATOR:
        raise EntryRefused(Refusal.CANNOT_BE_PAUSED)
    return _with(ledger, Entry(Act.PAUSE, at, reason))


def resume(ledger: Ledger, at: datetime, reason: str) -> Ledger:
    """Time counts again. Raises EntryRefused."""
    return _with(ledger, Entry(Act.RESUME, at, reason))


def retarget(ledger: Ledger, at: datetime, reason: str, aim: Aim) -> Ledger:
    """Another promise holds from here on: another policy, or another priority under the same.

    What was counted stays as it was counted, by the calendar of its day; only later seconds are counted by the new one.
    Pauses never counted and so are credited. The same promise again changes nothing. Raises EntryRefused.
    """
    if ledger.aim == aim and ledger.state in ALLOWED[Act.RETARGET]:
        return ledger
    return _with(ledger, Entry(Act.RETARGET, at, reason, aim))


def stop(ledger: Ledger, at: datetime, reason: str) -> Ledger:
    """What was promised is done, in time or not. Raises EntryRefused."""
    return _with(ledger, Entry(Act.STOP, at, reason))


def warn(ledger: Ledger, at: datetime, threshold: int) -> Ledger:
    """A threshold is noted as fired; the ledger as it is when it was before, so that it fires once.

    The note's instant counts nothing: a warning may be late, and an act from before it may come to be known behind it.
    Raises EntryRefused.
    """
    if threshold not in THRESHOLDS:
        raise EntryRefused(Refusal.NO_THRESHOLD)
    if threshold in ledger.fired:
        return ledger
    return _with(ledger, Entry(Act.WARN, at, f"{threshold} %", threshold=threshold))


def _with(ledger: Ledger, entry: Entry) -> Ledger:
    if ledger.state not in ALLOWED[entry.act]:
        raise EntryRefused(Refusal.NOT_NOW)
    if entry.aim is not None and entry.aim.seconds < 0:
        raise EntryRefused(Refusal.NEGATIVE_TARGET)
    last = next((each.at for each in reversed(ledger.entries) if each.act is not Act.WARN), entry.at)
    if entry.act is not Act.WARN and entry.at < last:
        raise EntryRefused(Refusal.EARLIER_THAN_THE_LAST)
    return replace(ledger, entries=(*ledger.entries, entry))
