"""When a line begins and ceases to hold its numbers. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

NUMBERS: Final = ("msisdn", "iccid", "imsi", "account")
"""What may pass from one customer to another."""
A_MOMENT: Final = timedelta(milliseconds=1)
"""The grain of an interval's ends."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A number and for how long it was held: from ``since`` on, up to but not with ``until``."""

    name: str
    value: str
    since: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """What a change means for the intervals, when it takes place, and since when the line holds what it holds then."""

    at: datetime
    intervals: tuple[Interval, ...]
    since: Mapping[str, datetime]


def turn(before: Mapping[str, str], after: Mapping[str, str], since: Mapping[str, datetime], at: datetime) -> Turn:
    """The intervals that end and begin when a line holds other numbers from ``at`` on.

    ``before`` and ``after`` are its numbers by name, ``since`` from when on it held those before. No interval ends
    before it has begun, however far two machines' clocks are apart.
    """
    changed = [name for name in NUMBERS if before.get(name) != after.get(name)]
    at = max([at, *(since[name] + A_MOMENT for name in changed if name in before)])
    ended = [Interval(name, before[name], since[name], at) for name in changed if name in before]
    begun = [Interval(name, after[name], at) for name in changed if name in after]
    kept = {name: since[name] for name in after if name not in changed}
    return Turn(at, (*ended, *begun), kept | {each.name: each.since for each in begun})
