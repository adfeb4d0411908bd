"""The door to one unit's table for one tenant: reads, and changes staged for one transaction.

A use case reads and stages; who called it commits, in one transaction together with the event items and the
idempotency item, and runs it again when somebody else was faster (web/execute.py). So no use case can forget the
event, leave half a change, or lose an update.
"""

import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, TypeVar

from chalicelib.access.crypto import Keyring, new_subject_key
from chalicelib.clock import Clock, utc_now
from chalicelib.store import keys
from chalicelib.store.commit import Action, fits, send
from chalicelib.store.connection import connection, table_name
from chalicelib.store.errors import (
    BoundaryError,
    ClaimTakenError,
    Raw,
    RecordTooLargeError,
    StoreError,
    VersionConflictError,
)
from chalicelib.store.events import build_event, changes_between
from chalicelib.store.keys import Key, PartitionKey, SortKey
from chalicelib.store.reading import BATCH_GET, Part, key_of, read_items
from chalicelib.store.records import Claim, Item, ParentMark, Record, SubjectKey, values_of
from chalicelib.store.scope import EVERYTHING, Scope

R = TypeVar("R", bound=Record)
I = TypeVar("I", bound=Item)  # noqa: E741 - the customary name for an item's type beside R for a record's

MAX_RECORD: Final = 64 * 1024


@dataclass(slots=True)
class _Change:
    """A staged record with what its event needs; the event takes its id at the commit attempt."""

    record: Record
    verb: str
    before: Raw | None
    tenant: str
    unit: str
    table: str | None


@dataclass(slots=True)
class Store:
    """One unit's table as one caller may use it. ``boundary`` is a tenant's id, or PLATFORM for operators.

    ``writing`` makes reads strongly consistent and brings subjects' keys along. ``cache`` holds items read ahead
    (a batch's), shared by the stores of its operations. ``kinds``, if given, are all that may be touched here.
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
    _actions: list[Action] = field(default_factory=list)
    _changes: list[_Change] = field(default_factory=list)
    _before: dict[Key, Raw] = field(default_factory=dict)
    _subject_keys: dict[tuple[str, str], bytes] = field(default_factory=dict)
    after_commit: list[Callable[[], None]] = field(default_factory=list)

    def inside(self, tenant: str) -> "Store":
        """An operator's door to one tenant's data; what it stages is committed with this store's changes."""
        if self.boundary != keys.PLATFORM:
            message = "only the platform's operators look into tenants"
            raise BoundaryError(message)
        return replace(self, boundary=tenant)

    def platform(self) -> "Store":
        """The control plane's door to the platform's registry; staged changes are committed with this store's."""
        if self.unit != "core":
            message = "only the control plane keeps the platform's registry"
            raise BoundaryError(message)
        return replace(self, boundary=keys.PLATFORM)

    def beside(self, unit: str, kinds: Iterable[str]) -> "Store":
        """A door to some kinds of another unit's table; what it stages is committed with this store's changes."""
        return replace(self, unit=unit, table=table_name(unit), kinds=frozenset(kinds), cache={})

    # -- reading

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
        if raw is None:
            return None
        item = Item.from_raw_data(raw)
        if not isinstance(item, record_type) or not self.scope.admits(item):
            return None
        # The first reading counts: what was decided on it must not be written over what a second one found.
        self._before.setdefault(key, raw)
        return item

    def get_item(self, item_type: type[I], key: Key) -> I | None:
        """An item that is not a record (a claim, a stored answer)."""
        raw = self.fetch([key])[key]
        item = Item.from_raw_data(raw) if raw else None
        return item if isinstance(item, item_type) else None

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
        self._check(pk)
        request = Part(pk, begins, between, index, newest_first).request(table_name(self.unit), start)
        if self.writing and index is None:
            request["ConsistentRead"] = True
        if limit:
            request["Limit"] = limit
        answer = connection().dispatch("Query", request)
        self._check_kinds(answer["Items"])
        items = [Item.from_raw_data(raw) for raw in answer["Items"]]
        for item, raw in zip(items, answer["Items"], strict=True):
            if isinstance(item, Record) and index is None:
                self._before.setdefault(key_of(raw), raw)
        return items, answer.get("LastEvaluatedKey")

    def query_all(self, pk: PartitionKey, begins: SortKey | None = None) -> Iterator[Item]:
        """All items of a partition that is known to be small (a shelf, a customer's lines)."""
        start: dict[str, Any] | None = None
        while True:
            items, start = self.query(pk, begins=begins, start=start)
            yield from items
            if start is None:
                return

    # -- changing

    def create(self, record: Record, *, rerun_if_taken: tuple[str, str] | None = None) -> None:
        """Stage a new record with its claims and, for a person, a key of its own.

        ``rerun_if_taken`` is the claim under which the use case has just looked for the record in vain: whoever has
        taken it meanwhile was faster, and the use case runs again to find it. Any other claim that is taken is refused.
        """
        now = self.clock()
        record.created_at = record.updated_at = now
        record.created_by = record.updated_by = self.actor
        record.version = 1
        if _is_person(record):
            self._stage_subject_key(record)
        self._stage(record, "created", None, rerun_if_taken=rerun_if_taken)

    def update(self, record: Record, *, verb: str = "updated") -> bool:
        """Stage a changed record; False, and nothing staged, when no value has changed."""
        before = self._before[record.place(self.boundary).key(self.boundary)]
        if values_of(before) == values_of(record.raw()):
            return False
        record.version = int(record.version) + 1
        record.updated_at, record.updated_by = self.clock(), self.actor
        self._stage(record, verb, before)
        return True

    def delete(self, record: Record) -> None:
        """Stage a record's end: the record, its claims, and a person's key."""
        key = record.key(self.boundary)
        record.version = int(record.version) + 1
        self._note(record, "deleted", self._before[key])
        for name, value in record.claims():
            self._release(name, value, record.claimant())
        for name, value in record.lookups():
            self.remove(keys.lookup(self.boundary, name, value, record.id))
        if _is_person(record):
            self.remove(Key(key.pk, SUBJECT_KEY))
        if _is_root(record):
            alone = Action(Key(key.pk, WITH_CHILDREN), condition=Item.pk.does_not_exist(), check_only=True)
            self._add(alone)

    def put(self, item: Item, action: Action | None = None) -> None:
        """Stage an item that is not a record; ``action`` brings its condition."""
        staged = action or Action(item.stands_at())
        staged.item = item.raw()
        # A timer stands among those of all tenants, and says whose it is (architecture.md, Data).
        if staged.key.pk.tenant != keys.DUE or staged.item["tenant"]["S"] != self.boundary:
            self._check(staged.key.pk)
        staged.__post_init__()
        self._add(staged)

    def remove(self, key: Key) -> None:
        """Stage the end of an item that is not a record."""
        self._check(key.pk)
        self._add(Action(key))

    def require(self, record: Record) -> None:
        """Stage a check that a parent is still there at the commit, and the mark that keeps it from then on.

        The mark is what a delete can check: it has read the children, if any, before its own transaction.
        """
        key = record.key(self.boundary)
        self._add(Action(key, condition=Item.pk.exists(), check_only=True, shared=True))
        if _is_root(record):
            mark = Key(key.pk, WITH_CHILDREN)
            self.put(ParentMark().put_at(mark), Action(mark, shared=True))

    def claim(self, key: Key, name: str, value: str, owner: str, *, rerun_if_taken: bool = False) -> None:
        """Stage a unique claim; raises ClaimTakenError at the commit when another holds it."""

        def refused(stood: Raw | None) -> StoreError:
            if rerun_if_taken:
                return VersionConflictError(name)
            return ClaimTakenError(name, value, stood["record"]["S"] if stood else "")

        mine = Item.pk.does_not_exist() | (Claim.record == owner)
        self.put(Claim(record=owner).put_at(key), Action(key, condition=mine, refused=refused))

    @property
    def staged(self) -> bool:
        """Whether anything waits for the commit."""
        return bool(self._actions or self._changes)

    def actions(self) -> list[Action]:
        """All actions of this store's transaction, with event ids taken now."""
        now = self.clock()
        built = list(self._actions)
        for change in self._changes:
            built += self._actions_of(change, now)
        return built

    def commit(self, *more: Action) -> None:
        """Write everything staged, and ``more``, in one transaction.

        Raises the store's errors; after StoreUnavailableError the outcome is unknown.
        """
        # What must win when several conditions fail stands first: the idempotency answer.
        actions = [*more, *self.actions()]
        if not actions:
            return
        send(table_name(self.unit), actions, secrets.token_hex(16))
        self.committed()

    def committed(self) -> None:
        """Tell those who keep copies in this process that the change is in force."""
        for told in self.after_commit:
            told()

    def fits_one_transaction(self, beside: int = 0) -> bool:
        """Whether what is staged, with ``beside`` more actions, goes into one transaction."""
        return fits([*self.actions(), *[Action(keys.registry("", ""))] * beside])

    # -- inside

    def _actions_of(self, change: _Change, now: datetime) -> list[Action]:
        record, deleted = change.record, change.verb == "deleted"
        after = None if deleted else record.raw()
        if after is not None and sum(len(str(value).encode()) for value in after.values()) > MAX_RECORD:
            raise RecordTooLargeError(record.id)
        subject = record.subject()
        event = build_event(
            unit=change.unit,
            tenant=change.tenant,
            record=record,
            verb=change.verb,
            changed=changes_between(change.before, after),
            actor=self.actor,
            origin=self.origin,
            at=now,
            subject_key=self._subject_keys.get(subject) if subject else None,
        )
        key = record.key(change.tenant)
        free = Item.pk.does_not_exist()
        condition = Record.version == int(change.before["version"]["N"]) if change.before else free
        if after is not None:
            after["last_event"] = {"S": event.id}
        written = Action(key, after, condition, table=change.table)
        return [written, Action(event.stands_at(), event.raw(), table=change.table)]

    def _stage(
        self, record: Record, verb: str, before: Raw | None, *, rerun_if_taken: tuple[str, str] | None = None
    ) -> None:
        record.place(self.boundary)
        old = type(record).from_raw_data(before) if before else None
        claims, lookups = record.claims(), record.lookups()
        held, found_by = (old.claims(), old.lookups()) if old else (frozenset(), frozenset())
        for name, value in sorted(claims - held):
            key = keys.claim(self.boundary, name, value)
            self.claim(key, name, value, record.claimant(), rerun_if_taken=(name, value) == rerun_if_taken)
        for name, value in sorted(held - claims):
            self._release(name, value, record.claimant())
        for name, value in sorted(lookups - found_by):
            self.put(Claim(record=record.claimant()).put_at(keys.lookup(self.boundary, name, value, record.id)))
        for name, value in sorted(found_by - lookups):
            self.remove(keys.lookup(self.boundary, name, value, record.id))
        self._note(record, verb, before)

    def _note(self, record: Record, verb: str, before: Raw | None) -> None:
        if self.kinds is not None and record.KIND.name not in self.kinds:
            message = f"{self.unit} opens no {record.KIND.name} to others"
            raise BoundaryError(message)
        self._changes.append(_Change(record, verb, before, self.boundary, self.unit, self.table))

    def _add(self, action: Action) -> None:
        action.table = self.table
        self._check_kinds([action.item] if action.item else [])
        self._actions.append(action)

    def _release(self, name: str, value: str, owner: str) -> None:
        key = keys.claim(self.boundary, name, value)
        self._add(Action(key, condition=Item.pk.does_not_exist() | (Claim.record == owner)))

    def _stage_subject_key(self, record: Record) -> None:
        fresh = new_subject_key()
        self._subject_keys[(record.KIND.name, record.id)] = fresh
        wrapped = SubjectKey(wrapped=self.keyring.wrap(self.boundary, record.id, fresh))
        self.put(wrapped.put_at(Key(record.key(self.boundary).pk, SUBJECT_KEY)))

    def _remember_subject_key(self, record: Record, raw: Raw) -> None:
        unwrapped = self.keyring.unwrap(self.boundary, record.id, raw["wrapped"]["S"])
        self._subject_keys[(record.KIND.name, record.id)] = unwrapped

    def _check(self, *partitions: PartitionKey) -> None:
        if self.boundary != keys.PLATFORM and any(each.tenant != self.boundary for each in partitions):
            message = "a key outside the caller's tenant"
            raise BoundaryError(message)

    def _check_kinds(self, items: Iterable[Raw]) -> None:
        if self.kinds is None:
            return
        for raw in items:
            if (kind := raw["kind"]["S"]) not in self.kinds and kind not in BESIDE_RECORDS:
                message = f"{self.unit} opens no {kind} to others"
                raise BoundaryError(message)


# What the store itself keeps beside the records of every kind.
BESIDE_RECORDS: Final = frozenset({"claim", "subject_key", "with_children", "due"})
SUBJECT_KEY: Final = SortKey("subject_key")
WITH_CHILDREN: Final = SortKey("with_children")


def _is_root(record: Record) -> bool:
    return str(record.sk) == record.KIND.name


def _is_person(record: Record) -> bool:
    return bool(record.KIND.personal) and record.subject() == (record.KIND.name, record.id)
