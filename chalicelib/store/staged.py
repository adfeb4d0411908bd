"""What a store keeps of its staged changes until they are committed."""

from dataclasses import dataclass
from typing import NamedTuple

from pynamodb.expressions.condition import Condition

from chalicelib.store.errors import Raw
from chalicelib.store.keys import Key
from chalicelib.store.records import Record, Redirect


class Mark(NamedTuple):
    """A place among what is staged."""

    actions: int
    changes: int
    told: int


@dataclass(slots=True)
class Change:
    """A staged record with what its event needs; the event takes its id at the commit attempt."""

    record: Record
    verb: str
    before: Raw | None
    tenant: str
    unit: str
    table: str | None
    also: Condition | None = None
    was: Key | None = None  # where it stood until now
    leaves: Redirect | None = None  # what stands in its place from now on
    over: Condition | None = None  # what must stand where it is put


def size(raw: Raw) -> int:
    """The bytes of an item as they count against the size of a record."""
    return len(str(list(raw.values())).encode())


def is_root(record: Record) -> bool:
    """Whether the record is the root of its collection."""
    return str(record.sk) == record.KIND.name


def is_person(record: Record) -> bool:
    """Whether personal values are protected by the record's own key."""
    return bool(record.KIND.personal) and record.subject() == (record.KIND.name, record.id)
