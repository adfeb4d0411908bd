"""Timers: written in their record's transaction, fired by the scheduler if the record's version still matches."""

from dataclasses import dataclass
from datetime import datetime

from chalicelib.background import Background
from chalicelib.jobs.records import Timer
from chalicelib.store import keys
from chalicelib.store.commit import Action
from chalicelib.store.records import Record
from chalicelib.store.store import Store


@dataclass(frozen=True, slots=True)
class Firing:
    """A timer that is due, and the door to its unit's table; what is staged is committed with the timer's end.

    ``record`` is the one that the timer was set for, as it stands now; None for a timer without one.
    """

    tenant: str
    name: str
    record_id: str
    at: datetime
    record: Record | None
    store: Store
    background: Background


def remind(
    store: Store, name: str, record_id: str, at: datetime, record: Record | None = None, *, versioned: bool = True
) -> None:
    """Stage a timer of the store's unit; the same name and id at the same minute is one timer.

    With ``record`` it fires only while that is there, and if ``versioned`` only while its version is what it will be
    after this transaction. A time that has passed is due at once.
    """
    due = max(at, store.clock())
    timer = Timer(tenant=store.boundary, name=name, record_id=record_id, at=due)
    if record is not None:
        timer.place = [str(part) for part in record.key(store.boundary)]
        timer.expected = int(record.version) if versioned else None
    key = keys.due(due, store.boundary, name, record_id)
    # Two changes of one transaction may ask for the same one (two files that expire together).
    store.put(timer.put_at(key), Action(key, shared=record is None))
