"""What all ports of core share: an upsert keyed (writing module, source id), younger than what is known."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

from chalicelib.changes.handling import Doors
from chalicelib.changes.records import REMEMBERED
from chalicelib.modules import Port
from chalicelib.store.commit import Action
from chalicelib.store.records import Item, Record
from chalicelib.store.store import Store
from chalicelib.work.records import Asked

R = TypeVar("R", bound=Record)

# What is due stands within a year from now: beyond that it is more likely a mistake.
FURTHEST: Final = timedelta(days=366)
LONGEST_TITLE: Final = 200
LONGEST_TEXT: Final = 4000


@dataclass(frozen=True, slots=True)
class Source:
    """What something is asked for: the asking module's record, at a version.

    ``id`` keys the upsert: a record that asks for several things gives each an id of its own (``tkt_1.escalation``).
    """

    id: str
    version: int
    type: str
    record_id: str
    link: str | None = None

    def values(self, module: str) -> dict[str, Any]:
        """As it is stored in what was asked for."""
        return {
            "source_module": module,
            "source_id": self.id,
            "source_type": self.type,
            "source_record": self.record_id,
            "link": self.link,
        }


@dataclass(frozen=True, slots=True)
class Slot:
    """The place of what one source asks for through one port."""

    store: Store
    note: Asked
    known: int | None

    @classmethod
    def of(cls, doors: Doors, port: Port, source: Source) -> "Slot | None":
        """The slot, open for a younger version; None when as much is known already."""
        store = doors.port(port)
        at = Asked.key_of(store.boundary, port.value.partition(".")[2], doors.module, source.id)
        found = store.get_item(Asked, at)
        known = int(found.source_version) if found else None
        if known is not None and known >= source.version:
            return None
        note = Asked(source_version=source.version, record=found.record if found else None).put_at(at)
        return cls(store, note, known)

    def standing(self, of: type[R]) -> R | None:
        """What the source has now; None when it has nothing."""
        return self.store.get(of, str(self.note.record)) if self.note.record else None

    def keep(self, record: str | None, until: datetime | None = None) -> None:
        """Stage the note of what the source has now; None: nothing any more."""
        note = self.note
        note.record, note.gone = record, True if record is None else None
        last = self.store.clock() + REMEMBERED if record is None else until
        note.ttl = int(last.timestamp()) if last else None
        known, at = self.known, note.stands_at()
        unchanged = Item.pk.does_not_exist() if known is None else Asked.source_version == known
        self.store.put(note, Action(at, condition=unchanged))


def check_texts(of: object, limits: Mapping[str, int]) -> None:
    """Raise ValueError for a text that is too long or, where it must be there, empty."""
    for name, limit in limits.items():
        text = getattr(of, name)
        if text is not None and not 0 < len(text) <= limit:
            message = f"{type(of).__name__}.{name} has 1 to {limit} characters"
            raise ValueError(message)


def is_near(at: datetime, now: datetime) -> bool:
    """Whether a time can have a timer: at most 366 days from now, or ago."""
    return now - FURTHEST <= at <= now + FURTHEST


def check_time(of: object, name: str, now: datetime) -> None:
    """Raise ValueError for a time without a zone, or too far away."""
    at: datetime | None = getattr(of, name)
    if at is not None and (at.tzinfo is None or not is_near(at, now)):
        message = f"{type(of).__name__}.{name} has a time zone, and is at most {FURTHEST.days} days away"
        raise ValueError(message)


def unit_of(path: str) -> str:
    """The id of the unit at a path (``/ou_a/ou_b/`` → ``ou_b``). Raises ValueError for what is no path."""
    if not (path.startswith("/") and path.endswith("/") and path.strip("/")):
        message = "an org unit's path is «/ou_…/»"
        raise ValueError(message)
    return path.strip("/").rpartition("/")[2]
