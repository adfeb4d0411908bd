"""What a module has passed over while it was off, and the catch-up when it comes back.

The first event that a reacting task passes over leaves a note. A module with a note goes through ``activating`` when
it is enabled; should the note come late, when the module is on already, a timer finds it.
"""

from datetime import datetime, timedelta
from typing import Final

from pynamodb.attributes import UTCDateTimeAttribute

from chalicelib.background import Background
from chalicelib.cached import FRESH_S, Memory
from chalicelib.jobs.timers import Firing, remind
from chalicelib.modules import CORE, ByPartition, Kind
from chalicelib.store import keys
from chalicelib.store.attempts import until_in
from chalicelib.store.commit import Action
from chalicelib.store.keys import Key
from chalicelib.store.records import Item
from chalicelib.store.store import Store

MISSED: Final = Kind("missed", ByPartition(), exported=False)
LOOK_AGAIN: Final = "core.look_for_missed"
LOOKED_AFTER: Final = timedelta(seconds=30)
CATCH_UP: Final = "core.catch_up"

_noted: Memory[bool] = Memory()


class Missed(Item, discriminator="missed"):
    """That a module has passed over changes: since when, and when that was noted last."""

    since = UTCDateTimeAttribute()
    latest = UTCDateTimeAttribute()

    @staticmethod
    def key_of(tenant: str, module: str) -> Key:
        """One for each module."""
        return keys.shelved(tenant, MISSED.name, module)


def note(background: Background, tenant: str, module: str) -> None:
    """Remember that the module has passed over a change; every few seconds once in a process."""

    def write() -> tuple[str, bool]:
        until_in(lambda: _write(background.store(CORE, tenant, "changes", "missed"), module))
        return tenant, True

    _noted.recall((tenant, module), write)


def _write(store: Store, module: str) -> None:
    now, known = store.clock(), _noted_in(store, module)
    store.put(Missed(since=known.since if known else now, latest=now).put_at(Missed.key_of(store.boundary, module)))
    remind(store, LOOK_AGAIN, module, now + LOOKED_AFTER)
    store.commit()


def missed_since(store: Store, module: str) -> datetime | None:
    """Since when the module has passed over changes; None when it has not."""
    known = _noted_in(store, module)
    return known.since if known else None


def caught_up(store: Store, module: str, since: datetime) -> bool:
    """Stage that nothing is missed any more, by a rebuild that began at a time; whether that is so.

    What was passed over while it ran (by a process that did not know yet that the module is on, or because it has been
    switched off again) may have been read before: then the note stays, and is looked at again.
    """
    known = _noted_in(store, module)
    if known is None:
        return True
    # A process that has noted does so again only when it no longer remembers it.
    if known.latest >= since - timedelta(seconds=FRESH_S):
        remind(store, LOOK_AGAIN, module, store.clock() + LOOKED_AFTER)
        return False
    at = Missed.key_of(store.boundary, module)
    store.add(Action(at, condition=Missed.latest == known.latest))
    return True


def waits(firing: Firing) -> bool:
    """Whether a module that is on has passed over changes: its standing was old when they came.

    One that is catching up at present does not wait: its catch-up looks at the end.
    """
    standing = firing.background.directory.standing(firing.tenant)
    noted = missed_since(firing.store, firing.record_id) is not None
    return noted and standing is not None and standing.decide(firing.record_id).enabled


def _noted_in(store: Store, module: str) -> Missed | None:
    return store.get_item(Missed, Missed.key_of(store.boundary, module))
