"""What a module has passed over while it was off, and the catch-up when it comes back.

The first event that a reacting task passes over leaves a note. A module with a note goes through ``activating`` when
it is enabled; should the note come late, when the module is on already, a timer finds it.
"""

from datetime import datetime, timedelta
from typing import Final

from pynamodb.attributes import UTCDateTimeAttribute

from chalicelib.background import Background
from chalicelib.cached import Memory
from chalicelib.jobs.timers import Firing, remind
from chalicelib.modules import ByPartition, Kind
from chalicelib.store import keys
from chalicelib.store.keys import Key
from chalicelib.store.records import Item
from chalicelib.store.store import Store

CORE: Final = "core"
MISSED: Final = Kind("missed", ByPartition())
LOOK_AGAIN: Final = "core.look_for_missed"
LOOKED_AFTER: Final = timedelta(seconds=30)
CATCH_UP: Final = "core.catch_up"

_noted: Memory[bool] = Memory()


class Missed(Item, discriminator="missed"):
    """That a module has passed over changes since a time."""

    since = UTCDateTimeAttribute()

    @staticmethod
    def key_of(tenant: str, module: str) -> Key:
        """One for each module."""
        return keys.shelved(tenant, MISSED.name, module)


def note(background: Background, tenant: str, module: str) -> None:
    """Remember that the module has passed over a change; every few seconds once in a process."""

    def write() -> tuple[str, bool]:
        store = background.store(CORE, tenant, "changes", "missed")
        if missed_since(store, module) is None:
            store.put(Missed(since=store.clock()).put_at(Missed.key_of(tenant, module)))
        remind(store, LOOK_AGAIN, module, store.clock() + LOOKED_AFTER)
        store.commit()
        return tenant, True

    _noted.recall((tenant, module), write)


def missed_since(store: Store, module: str) -> datetime | None:
    """Since when the module has passed over changes; None when it has not."""
    found = store.get_item(Missed, Missed.key_of(store.boundary, module))
    return found.since if found else None


def caught_up(store: Store, module: str) -> None:
    """Stage that nothing is missed any more."""
    store.remove(Missed.key_of(store.boundary, module))


def waits(firing: Firing) -> bool:
    """Whether a module that is on has passed over changes: its standing was old when they came."""
    noted = missed_since(firing.store, firing.record_id) is not None
    return noted and firing.background.reacts(firing.tenant, firing.record_id)
