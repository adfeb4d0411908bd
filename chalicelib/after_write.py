"""What a module declares to happen after a write: handlers, projections, facts and timers, as types.

A ``target`` is ``package.module:function`` and is imported when it is first needed: nothing of it is paid by a request.
"""

import importlib
from collections.abc import Callable, Collection
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final, NamedTuple

RELOCATED: Final = "relocated"
"""The verb of a record whose org unit stands elsewhere in the tree now: nothing that was said of it has changed."""


REDIRECTED: Final = "redirected"
"""The verb of a record that has been merged into another one: its id leads there, nothing stands under it any more."""
MOVED: Final = "moved"
"""The verb of a record that belongs to another root now: its key and its root's id are all that has changed of it."""


def heard(event_type: str, patterns: Collection[str]) -> bool:
    """Whether an event's type is among the patterns: itself, ``<kind>.*`` or ``*``."""
    return event_type in patterns or f"{event_type.partition('.')[0]}.*" in patterns or "*" in patterns


class HandlerKind(StrEnum):
    """maintains: runs as long as data exists; reacts: runs only while the module is enabled."""

    MAINTAINS = "maintains"
    REACTS = "reacts"


class Handler(NamedTuple):
    """What a module does when something changed: ``target(handling)``, chalicelib/changes/handling.py.

    ``events`` are event types; ``contact.*`` means all of a kind, ``*`` all there are. What it stages is committed in
    one transaction. ``once``: its effect is no versioned upsert, so a note of the event is committed with it and a
    redelivery is recognised. Handlers are called at least once and in any order between subjects.
    """

    name: str
    kind: HandlerKind
    events: tuple[str, ...]
    target: str
    once: bool = False

    def hears(self, event_type: str) -> bool:
        """Whether the handler wants events of this type."""
        return heard(event_type, self.events)


class Projection(NamedTuple):
    """Items that follow from each record of one kind, and stand elsewhere in the same table (search tokens).

    ``target(record, standing)`` gives the items that there are to be, placed; the kernel writes what is new and
    takes away what is gone. ``watches`` are the attributes that they follow from; a change of others is passed over.
    """

    name: str
    kind: str
    watches: frozenset[str]
    target: str


class Grain(StrEnum):
    """Over which period a fact's cells are counted: for ever (a stock), or by day and month (a flow)."""

    TOTAL = "total"
    DAY = "day"
    MONTH = "month"


class Fact(NamedTuple):
    """Something that is counted of a kind's records (architecture.md, Data, «Counters»).

    ``target(record, standing)`` gives the record's postings of this fact (chalicelib/counters/postings.py), none when
    it does not hold. ``dimensions`` name the coordinates, ``pairs`` the combinations of two that have cells of their
    own; ``measures`` what is summed (``count`` is always there), ``histograms`` the measures whose percentiles can be
    asked for. ``shards`` spread the cells that every record hits.
    """

    name: str
    kind: str
    target: str
    dimensions: tuple[str, ...] = ()
    pairs: tuple[tuple[str, str], ...] = ()
    measures: tuple[str, ...] = ()
    histograms: tuple[str, ...] = ()
    grains: tuple[Grain, ...] = (Grain.TOTAL,)
    watches: frozenset[str] = frozenset()
    shards: int = 1


class TimerType(NamedTuple):
    """What happens when a timer is due: ``target(firing)`` (chalicelib/jobs/timers.py)."""

    name: str
    kind: HandlerKind
    target: str


class Errand(NamedTuple):
    """Short work that waits for somebody outside: ``target(background, tenant, what)`` (chalicelib/jobs/errands.py)."""

    name: str
    target: str


MAX_TARGETS: Final = 512  # of all modules; a bound for the cache, far above what there is


@lru_cache(maxsize=MAX_TARGETS)
def resolve(target: str) -> Callable[..., Any]:
    """The function that ``package.module:function`` names. Raises ImportError or AttributeError when there is none."""
    module, _, name = target.partition(":")
    found: Callable[..., Any] = getattr(importlib.import_module(module), name)
    return found
