"""A subscription's states as a pure function of what has been agreed and of now, over half-open intervals [start, end).

    scheduled → trial → active → grace (read-only) → off (data kept)      ended by hand → off at once
                off → activating → trial or active                        the first time without activating

No timer is needed to know the state: timers only tell of it, and start and end work (handlers.py). A change never
touches an instant before it: what was, stays as it was.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from chalicelib.access.principal import ACTIVATING
from chalicelib.modules import Catalogue
from tenants.plans.rules import Plan


class SubscriptionState(StrEnum):
    """Where a module stands for a tenant at one instant."""

    SCHEDULED = "scheduled"
    TRIAL = "trial"
    ACTIVATING = ACTIVATING
    ACTIVE = "active"
    GRACE = "grace"
    OFF = "off"


READABLE: Final = frozenset({SubscriptionState.TRIAL, SubscriptionState.ACTIVE, SubscriptionState.GRACE})
"""In these states the module's routes answer; in grace they only read."""
RUNNING: Final = READABLE | {SubscriptionState.ACTIVATING}
"""In these states what reacts to changes does so."""

NEVER: Final = datetime.max.replace(tzinfo=UTC)
MOST_SPANS: Final = 24
"""So many intervals stand with the subscription, which every process reads; what is older, the history tells."""


@dataclass(frozen=True, slots=True)
class Span:
    """One interval [start, end) in which a module was agreed on, as that was known at ``agreed_at``.

    ``grace_days`` and ``kept_days`` are the plan's of that time: another plan list does not change what was agreed.
    ``opened_at`` is when a catch-up had ended that the module had to wait for in it.
    """

    start: datetime
    end: datetime | None
    plan: str
    trial: bool
    grace_days: int
    kept_days: int
    agreed_at: datetime
    opened_at: datetime | None = None

    @property
    def stop(self) -> datetime:
        """Its end, as a number line has it."""
        return self.end or NEVER


@dataclass(frozen=True, slots=True)
class Terms:
    """What is asked for: a plan, from when, until when (None: until it is ended), the first days of it as a trial."""

    plan: str
    starts_at: datetime
    ends_at: datetime | None
    trial_days: int
    grace_days: int
    kept_days: int


@dataclass(frozen=True, slots=True)
class Timeline:
    """All that decides a subscription's state: agreed intervals in order, and when it was ended by hand.

    ``resumed``: it was on before the first of these intervals.
    """

    spans: tuple[Span, ...] = ()
    stops: tuple[datetime, ...] = ()
    resumed: bool = False


@dataclass(frozen=True, slots=True)
class Phase:
    """A stretch of time [start, end) in one state."""

    start: datetime
    end: datetime
    state: SubscriptionState
    plan: str


@dataclass(frozen=True, slots=True)
class Subscribed:
    """A tenant's subscription of one module as a decision sees it: its states in order of time."""

    phases: tuple[Phase, ...] = ()

    def at(self, now: datetime) -> Phase | None:
        """The phase at an instant; None when nothing had been agreed then."""
        place = bisect_right(self.phases, now, key=_start) - 1
        return self.phases[place] if place >= 0 and now < self.phases[place].end else None

    def on(self, now: datetime) -> bool:
        """Whether the module is on, comes on by itself, or can at least be read."""
        return any(each.end > now and each.state is not SubscriptionState.OFF for each in self.phases)


def _start(phase: Phase) -> datetime:
    return phase.start


# -- what happens to a timeline


def agree(timeline: Timeline, now: datetime, terms: Terms) -> Timeline:
    """From ``terms.starts_at`` (not before ``now``) on the terms hold; until then what held before goes on."""
    start, end = terms.starts_at, terms.ends_at
    trial_end = later(start, terms.trial_days)

    def span(begins: datetime, ends: datetime | None, *, trial: bool) -> Span:
        return Span(begins, ends, terms.plan, trial, terms.grace_days, terms.kept_days, now)

    fresh = []
    if terms.trial_days:
        fresh.append(span(start, trial_end, trial=True))
    # A trial is followed by what is paid only when that was agreed on: until when.
    if not terms.trial_days or (end is not None and trial_end < end):
        fresh.append(span(trial_end, end, trial=False))
    # What is replaced as it begins may have been opened already.
    replaced = [each.opened_at for each in timeline.spans if each.start == start < each.stop and each.opened_at]
    fresh[0] = replace(fresh[0], opened_at=next(iter(replaced), None))
    return _bounded(replace(timeline, spans=(*_cut(timeline.spans, start), *fresh)), now)


def since(plan: Plan, start: datetime, ended: datetime | None) -> Timeline:
    """On under a plan since an instant, and ended by hand, or not."""
    held = Span(start, ended, plan.name, False, plan.grace_days, plan.kept_days, start)
    return Timeline((held,), (ended,) if ended else ())


def stop(timeline: Timeline, now: datetime) -> Timeline:
    """Off at once, and nothing agreed any more."""
    begun = tuple(replace(each, end=min(each.stop, now)) for each in timeline.spans if each.start <= now)
    return replace(timeline, spans=begun, stops=(*timeline.stops, now))


def open_(timeline: Timeline, now: datetime) -> Timeline:
    """The catch-up has ended that the module waits for."""
    begun = sum(each.start <= now for each in timeline.spans)
    *before, last = timeline.spans[:begun]
    return replace(timeline, spans=(*before, replace(last, opened_at=now), *timeline.spans[begun:]))


def _cut(spans: Sequence[Span], at: datetime) -> tuple[Span, ...]:
    """What holds until an instant; what is over by then stays, even if it was for no time at all."""
    return tuple(
        replace(each, end=at) if each.stop > at else each for each in spans if each.start < at or each.stop <= at
    )


def _bounded(timeline: Timeline, now: datetime) -> Timeline:
    over = sum(each.stop <= now for each in timeline.spans) - 1  # the last one that is over still bears
    dropped = min(max(len(timeline.spans) - MOST_SPANS, 0), max(over, 0))
    if not dropped:
        return timeline
    first, *others = timeline.spans[dropped:]
    at_first = subscribed(timeline).at(first.start)
    if at_first is not None and at_first.state is not SubscriptionState.ACTIVATING:
        # Dropped in the middle of a stretch that needed no catch-up (any more): it needs none now.
        first = replace(first, opened_at=first.start)
    return Timeline((first, *others), tuple(each for each in timeline.stops if each >= first.start), resumed=True)


# -- what a timeline means


def subscribed(timeline: Timeline) -> Subscribed:
    """The states that follow from a timeline."""
    return Subscribed(tuple(_phases(timeline)))


def _phases(timeline: Timeline) -> Iterable[Phase]:
    pending: datetime | None = None  # until when the catch-up of the present stretch lasts
    off_since: datetime | None = None
    for place, span in enumerate(timeline.spans):
        following = timeline.spans[place + 1].start if place + 1 < len(timeline.spans) else NEVER
        if place == 0 or off_since is not None:
            agreed = max(span.agreed_at, off_since) if off_since is not None else span.agreed_at
            if off_since is not None and off_since < agreed:
                yield Phase(off_since, min(agreed, span.start), SubscriptionState.OFF, timeline.spans[place - 1].plan)
            if agreed < span.start:
                yield Phase(agreed, span.start, SubscriptionState.SCHEDULED, span.plan)
            behind = place > 0 or timeline.resumed
            pending = NEVER if behind else None
        if pending == NEVER and span.opened_at is not None:
            pending = span.opened_at
        state = SubscriptionState.TRIAL if span.trial else SubscriptionState.ACTIVE
        yield from _opening(span.start, span.stop, state, span.plan, pending)
        stopped = min((each for each in timeline.stops if span.stop <= each), default=NEVER)
        grace_end = min(later(span.stop, span.grace_days), following, stopped)
        yield from _opening(span.stop, grace_end, SubscriptionState.GRACE, span.plan, pending)
        # Ended by hand it was off, though what follows may have been agreed on in the same instant.
        off_since = grace_end if grace_end < following or stopped == grace_end < NEVER else None
    if off_since is not None:
        yield Phase(off_since, NEVER, SubscriptionState.OFF, timeline.spans[-1].plan)


def _opening(
    start: datetime, end: datetime, state: SubscriptionState, plan: str, pending: datetime | None
) -> Iterable[Phase]:
    opens = max(start, min(pending, end)) if pending is not None else start
    if start < opens:
        yield Phase(start, opens, SubscriptionState.ACTIVATING, plan)
    if opens < end:
        yield Phase(opens, end, state, plan)


def later(at: datetime, days: int) -> datetime:
    """So many days on, or the end of time."""
    try:
        return at + timedelta(days=days)
    except OverflowError:
        return NEVER


def kept_until(timeline: Timeline, now: datetime) -> datetime | None:
    """Until when the data of a module that is off is kept; None while it is on or will be."""
    found = subscribed(timeline).at(now)
    if found is None or found.state is not SubscriptionState.OFF or not timeline.spans:
        return None
    return later(found.start, timeline.spans[-1].kept_days)


def is_kept_no_longer(timeline: Timeline, now: datetime) -> bool:
    """Whether the module has been off for as long as its data is kept, or longer."""
    kept = kept_until(timeline, now)
    return kept is not None and kept <= now


def purge_from(timeline: Timeline, now: datetime) -> datetime | None:
    """When the data of a module that is off is to go: now, if it is kept no longer; None while it is on or will be."""
    kept = kept_until(timeline, now)
    return max(kept, now) if kept is not None and kept < NEVER else None


def next_change(timeline: Timeline, now: datetime) -> datetime | None:
    """The next instant at which the state changes by itself; None when it does not."""
    found = subscribed(timeline)
    ends = (each.start for each in found.phases if each.start > now)
    return min((each for each in ends if each < NEVER), default=None)


def tried(timeline: Timeline, now: datetime) -> bool:
    """Whether a trial has begun."""
    return any(each.trial and each.start <= now for each in timeline.spans)


# -- what modules need of each other

Timelines = Mapping[str, Timeline]


def first_gap(timeline: Timeline, wanted: Sequence[Span], now: datetime) -> datetime | None:
    """The first instant from ``now`` on at which something is wanted and the timeline has nothing agreed; or None."""
    for each in wanted:
        reached = max(each.start, now)
        for own in timeline.spans:
            if own.start <= reached < own.stop:
                reached = own.stop
        if reached < each.stop:
            return reached
    return None


def gaps(catalogue: Catalogue, timelines: Timelines, now: datetime) -> tuple[tuple[str, str], ...]:
    """(module, what it requires) wherever a module is agreed on, from now on, for a time that its requirement is not.

    What is required comes first.
    """
    found = []
    for manifest in catalogue:
        spans = timelines.get(manifest.name, Timeline()).spans
        for need in catalogue.requirements_of(manifest.name):
            other = catalogue.get(need)
            if other is None or other.always_on:
                continue
            if first_gap(timelines.get(need, Timeline()), spans, now) is not None:
                found.append((manifest.name, need))
    return tuple(found)


def users_of(catalogue: Catalogue, timelines: Timelines, module: str, now: datetime) -> tuple[str, ...]:
    """The modules that would break without the module: they are on, will be, or can at least be read."""
    needing = catalogue.required_by(module)
    return tuple(sorted(each for each in needing if each in timelines and subscribed(timelines[each]).on(now)))
