"""The reading half of the store: one unit's table, one tenant, one data scope."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from chalicelib.access.crypto import Keyring
from chalicelib.clock import Clock, utc_now
from chalicelib.store import keys
from chalicelib.store.connection import connection, table_name
from chalicelib.store.errors import BoundaryError, Raw
from chalicelib.store.keys import Key, PartitionKey, SortKey
from chalicelib.store.reading import BATCH_GET, Part, key_of, read_items
from chalicelib.store.records import Item, Record, item_of, read_as
from chalicelib.store.scope import EVERYTHING, Scope

R = TypeVar("R", bound=Record)
I = TypeVar("I", bound=Item)  # noqa: E741 - the customary name for an item's type beside R for a record's

# What the store itself keeps beside the records of every kind.
BESIDE_RECORDS: Final = frozenset({"block", "claim", "due", "head", "redirect", "subject_key", "with_children"})
SUBJECT_KEY: Final = SortKey("subject_key")
WITH_CHILDREN: Final = SortKey("with_children")


@dataclass(slots=True)
class Reader:
    """One unit's table as one caller may use it. ``boundary`` is a tenant's id, or PLATFORM for operators.

    ``writing`` makes reads strongly consistent and brings subjects' keys along. ``cache`` holds items read ahead
    (a batch's), shared by the stores of its operations. ``kinds``, if given, are all that may be read here,
    ``writes`` all that may be changed. ``source`` is the caller's IP address, which events tell the audit alone.
    """

    unit: str
    boundary: str
    keyring: Keyring
    actor: str
    origin: str
    clock: Clock = utc_now
    scope: Scope = EVERYTHING
    writing: bool = False
    cache: dict[Key, Raw | None] = field(default_factory=dict)
    kinds: frozenset[str] | None = None
    table: str | None = None
    writes: frozenset[str] | None = None
    source: str = ""
    _before: dict[Key, Raw] = field(default_factory=dict)
    _subject_keys: dict[tuple[str, str], bytes] = field(default_factory=dict)

    def fetch(self, wanted: Iterable[Key]) -> Mapping[Key, Raw | None]:
        """The items at these keys, in one round trip a hundred; what is not there is None."""
        distinct = list(dict.fromkeys(wanted))
        self._check(*(key.pk for key in distinct))
        missing = [key for key in distinct if key not in self.cache]
        found = {key: self.cache[key] for key in distinct if key in self.cache}
        for start in range(0, len(missing), BATCH_GET):
            wave = missing[start : start + BATCH_GET]
            found.update(read_items(table_name(self.unit), wave, strongly=self.writing))
        self._check_kinds(raw for raw in found.values() if raw)
        return found

    def prefetch(self, wanted: Iterable[Key]) -> Mapping[Key, Raw | None]:
        """Read ahead for a batch: later reads of these keys cost nothing."""
        found = self.fetch(wanted)
        self.cache.update(found)
        return found

    def get(self, record_type: type[R], record_id: str) -> R | None:
        """The record with that id, if it is in the caller's tenant and data scope."""
        return self.get_at(record_type, record_type.key_of(self.boundary, record_id))

    def get_at(self, record_type: type[R], key: Key) -> R | None:
        """The record at a key. For a change, its subject's key comes in the same round trip."""
        subject_kind = record_type.KIND.name if self.writing and record_type.KIND.personal else None
        wrapped_at = Key(key.pk, SUBJECT_KEY) if subject_kind and str(key.sk) == record_type.KIND.name else None
        found = self.fetch([key, wrapped_at] if wrapped_at else [key])
        record = self.known(record_type, key, found[key])
        if record is not None and wrapped_at and (raw := found[wrapped_at]):
            self._remember_subject_key(record, raw)
        return record

    def known(self, record_type: type[R], key: Key, raw: Raw | None) -> R | None:
        """A record made of what has been read at ``key``; None when it is not there, or not for this caller."""
        item = read_as(record_type, raw)
        if raw is None or item is None or not self.scope.admits(item):
            return None
        # The first reading counts: what was decided on it must not be written over what a second one found.
        self._before.setdefault(key, raw)
        return item

    def stored(self, record: Record) -> Raw:
        """What stands in the table of a record that was read here, whatever has been changed of it since."""
        return self._before[record.key(self.boundary)]

    def get_item(self, item_type: type[I], key: Key) -> I | None:
        """An item that is not a record (a claim, a stored answer)."""
        return read_as(item_type, self.fetch([key])[key])

    def query(  # noqa: PLR0913 - these are Query's own knobs
        self,
        pk: PartitionKey,
        *,
        begins: SortKey | None = None,
        between: tuple[SortKey, SortKey] | None = None,
        index: str | None = None,
        limit: int | None = None,
        newest_first: bool = False,
        start: Mapping[str, Any] | None = None,
    ) -> tuple[list[Item], dict[str, Any] | None]:
        """One round trip: the items of a partition in order, and where to go on (None at the end).

        Raises CursorError when ``start`` is no position among them.
        """
        raws, position = self._page(Part(pk, begins, between, index, newest_first), limit, start)
        items = [item_of(raw) for raw in raws]
        for item, raw in zip(items, raws, strict=True):
            if isinstance(item, Record) and index is None:
                self._before.setdefault(key_of(raw), raw)
        return items, position

    def query_all(self, pk: PartitionKey, begins: SortKey | None = None) -> Iterator[Item]:
        """All items of a partition that is known to be small (a shelf, a customer's lines)."""
        start: dict[str, Any] | None = None
        while True:
            items, start = self.query(pk, begins=begins, start=start)
            yield from items
            if start is None:
                return

    def query_raw(
        self, pk: PartitionKey, begins: SortKey | None = None, between: tuple[SortKey, SortKey] | None = None
    ) -> Iterator[tuple[Item, Raw]]:
        """All items of a part that is known to be small, each with its attributes as stored."""
        start: dict[str, Any] | None = None
        while True:
            raws, start = self._page(Part(pk, begins, between), None, start)
            yield from ((item_of(dict(raw)), raw) for raw in raws)
            if start is None:
                return

    def raws(
        self, part: Part, limit: int | None = None, start: Mapping[str, Any] | None = None
    ) -> tuple[list[Raw], dict[str, Any] | None]:
        """One round trip: the items of a part as they are stored, of whatever kind, and where to go on."""
        return self._page(part, limit, start)

    def subject_key(self, record: Record) -> bytes | None:
        """The key of the person whose a record is, if it came with the record or was made with it."""
        subject = record.subject()
        return self._subject_keys.get(subject) if subject else None

    # -- inside

    def _page(
        self, part: Part, limit: int | None, start: Mapping[str, Any] | None
    ) -> tuple[list[Raw], dict[str, Any] | None]:
        self._check(part.pk)
        request = part.request(table_name(self.unit), start)
        if self.writing and part.index is None:
            request["ConsistentRead"] = True
        if limit:
            request["Limit"] = limit
        answer = connection().dispatch("Query", request)
        self._check_kinds(answer["Items"])
        return answer["Items"], answer.get("LastEvaluatedKey")

    def _remember_subject_key(self, record: Record, raw: Raw) -> None:
        unwrapped = self.keyring.unwrap(self.boundary, record.id, raw["wrapped"]["S"])
        self._subject_keys[(record.KIND.name, record.id)] = unwrapped

    def _check(self, *partitions: PartitionKey) -> None:
        if self.boundary != keys.PLATFORM and any(each.tenant != self.boundary for each in partitions):
            message = "a key outside the caller's tenant"
            raise BoundaryError(message)

    def _check_kinds(self, items: Iterable[Raw]) -> None:
        for raw in items if self.kinds is not None else ():
            self._check_kind(raw["kind"]["S"], writing=False)

    def _check_kind(self, kind: str, *, writing: bool = True) -> None:
        allowed = self.writes if writing else self.kinds
        if allowed is not None and kind not in allowed and kind not in BESIDE_RECORDS:
            message = f"{self.unit} opens no {kind} to others"
            raise BoundaryError(message)
