"""The door to one unit's table for one tenant: reads, and changes staged for one transaction.

A use case reads and stages; who called it commits, in one transaction together with the event items and the
idempotency item, and runs it again when somebody else was faster (web/execute.py). So no use case can forget the
event, leave half a change, or lose an update.
"""

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from pynamodb.expressions.condition import Condition

from chalicelib.access.crypto import new_subject_key
from chalicelib.after_write import MOVED, REDIRECTED
from chalicelib.store import keys
from chalicelib.store.commit import Action, send, told_if_refused, version_conflict
from chalicelib.store.connection import table_name
from chalicelib.store.errors import (
    BoundaryError,
    ClaimTakenError,
    Raw,
    RecordTooLargeError,
    StoreError,
    VersionConflictError,
)
from chalicelib.store.events import build_event, changes_between
from chalicelib.store.keys import Key
from chalicelib.store.reader import SUBJECT_KEY, WITH_CHILDREN, Reader
from chalicelib.store.reading import key_of
from chalicelib.store.records import Block, Claim, Item, ParentMark, Record, Redirect, SubjectKey, values_of
from chalicelib.store.staged import Change, Mark, is_person, is_root, size

MAX_RECORD: Final = 64 * 1024
ACTIONS_OF_A_CHANGE: Final = 2  # the record and its event


@dataclass(slots=True)
class Store(Reader):
    """A unit's table as one caller may use it, with what is staged for one transaction.

    ``guard``, if given, is asked for each new record of a unit, and refuses what is beyond a quota. ``if_refused`` is
    told when a transaction is certainly not in: what was taken ahead of it is given back.
    """

    _actions: list[Action] = field(default_factory=list)
    _changes: list[Change] = field(default_factory=list)
    after_commit: list[Callable[[], None]] = field(default_factory=list)
    if_refused: list[Callable[[], None]] = field(default_factory=list)
    guard: Callable[[str], None] | None = None

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

    def beside(self, unit: str, kinds: Iterable[str], *, reads: Iterable[str] = ()) -> "Store":
        """A door to some kinds of another unit's table; what it stages is committed with this store's changes.

        ``kinds`` may be read and changed, ``reads`` only read.
        """
        writes = frozenset(kinds)
        return replace(self, unit=unit, table=table_name(unit), kinds=writes | set(reads), writes=writes, cache={})

    # -- changing

    def create(self, record: Record, *, verb: str = "created", rerun_if_taken: tuple[str, str] | None = None) -> None:
        """Stage a new record with its claims and, for a person, a key of its own.

        ``rerun_if_taken`` is the claim under which the use case has just looked for the record in vain: whoever has
        taken it meanwhile was faster, and the use case runs again to find it. Any other claim that is taken is refused.
        """
        if self.guard is not None:
            self.guard(self.unit)
        self._changed(record, 1)
        record.created_at, record.created_by = record.updated_at, record.updated_by
        if is_person(record):
            self._stage_subject_key(record)
        self._stage(record, verb, None, rerun_if_taken=rerun_if_taken)

    def update(self, record: Record, *, verb: str = "updated", also: Condition | None = None) -> bool:
        """Stage a changed record; False, and nothing staged, when no value has changed.

        ``also`` must hold for the record as it stands at the commit, beside its version (four eyes).
        """
        before = self._before[record.place(self.boundary).key(self.boundary)]
        if values_of(before) == values_of(record.raw()):
            return False
        self._changed(record, int(record.version) + 1)
        self._stage(record, verb, before, also=also)
        return True

    def succeed(self, old: Record, new: Record, *, verb: str = "updated") -> None:
        """Stage a changed record, and a new one that takes over the claims that it gives up: they are never free.

        A claim that somebody else has taken meanwhile refuses both, as any other change of the old record does.
        """
        mark = self.mark()
        self.update(old, verb=verb)
        released = {each.place: each for each in self._actions[mark.actions :] if each.item is None}
        self.create(new)
        staged = self._actions[mark.actions :]
        for each in staged:
            if each.item is not None and each.place in released:
                each.condition, each.refused = Claim.record == old.claimant(), version_conflict
                staged = [other for other in staged if other is not released[each.place]]
        self._actions[mark.actions :] = staged

    def delete(self, record: Record, *, with_children: bool = False) -> None:
        """Stage a record's end: the record, its claims, and a person's key.

        ``with_children``: who deletes it sees to what stands with it (an erasure); else there must be nothing.
        """
        key = record.key(self.boundary)
        record.version = int(record.version) + 1
        self._note(record, "deleted", self._before[key])
        self._give_up(record)
        for block in record.alike_by():
            self._point(block, None)
        if is_person(record):
            self.remove(Key(key.pk, SUBJECT_KEY))
        if is_root(record) and not with_children:
            alone = Action(Key(key.pk, WITH_CHILDREN), condition=Item.pk.does_not_exist(), check_only=True)
            self._add(alone)

    def move(self, record: Record, was: Key, *, over: Raw | None = None) -> None:
        """Stage a record that was read at ``was`` and has been given another root: it goes there, claims and all.

        ``over`` is what stands there already and gives way.
        """
        before = self._before[was]
        old = type(record).from_raw_data(dict(before))
        self._changed(record, int(record.version) + 1)
        record.place(self.boundary)
        for name, value in sorted(record.claims()):
            key = keys.claim(self.boundary, name, value)
            self.put(Claim(record=record.claimant()).put_at(key), Action(key, condition=Claim.record == old.claimant()))
        for name, value in sorted(record.lookups()):
            self.put(Claim(record=record.claimant()).put_at(keys.lookup(self.boundary, name, value, record.id)))
        self._check_kind(record.KIND.name)
        stood = Record.version == int(over["version"]["N"]) if over else None
        change = Change(record, MOVED, before, self.boundary, self.unit, self.table, was=was, over=stood)
        self._changes.append(change)

    def redirect(self, record: Record, heir: Record) -> None:
        """Stage a record's end in another one: its id leads there, and what both claim is the other's.

        The heir's change is staged before. The person's key stays: it opens what was told of the record until now.
        """
        key = record.key(self.boundary)
        record.version = int(record.version) + 1
        leads = Redirect(to=heir.id, was_version=record.version).put_at(key)
        self._give_up(record)
        for block in sorted(record.alike_by()):
            self._point(block, heir if block in heir.alike_by() else None)
        change = Change(record, REDIRECTED, self._before[key], self.boundary, self.unit, self.table, leaves=leads)
        self._changes.append(change)

    def revive(self, record: Record, redirect: Redirect, *, verb: str = "restored") -> None:
        """Stage a record as it was before it was merged into another one, in the place of what led there.

        Claims that another has are taken from it: its change is staged behind this one. Raises ClaimTakenError.
        """
        record.last_event = redirect.last_event
        self._changed(record, int(redirect.was_version) + 1)
        self._stage(record, verb, None)
        self._changes[-1].over = (Redirect.to == redirect.to) & (Redirect.was_version == int(redirect.was_version))

    def put(self, item: Item, action: Action | None = None) -> None:
        """Stage an item that is not a record; ``action`` brings its condition."""
        staged = action or Action(item.stands_at())
        staged.item = item.raw()
        # A timer stands among those of all tenants, and says whose it is (architecture.md, Data).
        if staged.key.pk.tenant != keys.DUE or staged.item["tenant"]["S"] != self.boundary:
            self._check(staged.key.pk)
        staged.__post_init__()
        self._add(staged)

    def add(self, action: Action) -> None:
        """Stage an addition to numbers (counters), or a check."""
        self._check(action.key.pk)
        self._add(action)

    def remove(self, key: Key) -> None:
        """Stage the end of an item that is not a record."""
        self._check(key.pk)
        self._add(Action(key))

    def erase(self, raw: Raw) -> None:
        """Stage the end of an item of whatever kind, without an event: its tenant is leaving.

        Timers and the registry's entries stand among those of all tenants, and say whose they are.
        """
        key = key_of(raw)
        if key.pk.tenant not in {keys.DUE, keys.PLATFORM} or raw["tenant"]["S"] != self.boundary:
            self._check(key.pk)
        self._add(Action(key))

    def require(self, record: Record, *, checked: bool = False) -> None:
        """Stage a check that a parent is still there at the commit, and the mark that keeps it from then on.

        The mark is what a delete can check: it has read the children, if any, before its own transaction.
        ``checked``: a check of it is staged already, which a transaction takes one of.
        """
        key = record.key(self.boundary)
        if not checked:
            # A record: where one that was merged away stood, something else stands now.
            self._add(Action(key, condition=Record.version.exists(), check_only=True, shared=True))
        if is_root(record):
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

    def mark(self) -> Mark:
        """Where the staged changes end now, to go back to."""
        return Mark(len(self._actions), len(self._changes), len(self.after_commit))

    def back_to(self, mark: Mark) -> None:
        """Drop what has been staged since."""
        del self._actions[mark.actions :], self._changes[mark.changes :], self.after_commit[mark.told :]

    def drop(self) -> None:
        """Drop all that is staged."""
        self.back_to(Mark(0, 0, 0))

    def staged_since(self, mark: Mark) -> tuple[int, set[tuple[str | None, Key]]]:
        """How many actions have been staged since, and the tables and keys that nobody else may touch now."""
        actions, changes = self._actions[mark.actions :], self._changes[mark.changes :]
        places = {each.place for each in actions if not each.shared}
        places |= {(each.table, each.record.key(each.tenant)) for each in changes}
        return len(actions) + ACTIONS_OF_A_CHANGE * len(changes), places

    def largest_since(self, mark: Mark) -> int:
        """The bytes of the largest record that has been staged since."""
        return max((size(each.record.raw()) for each in self._changes[mark.changes :]), default=0)

    def staged_at(self, key: Key) -> Action | None:
        """What is staged for the item at a key: a transaction takes one action on it."""
        return next((each for each in self._actions if each.place == (self.table, key)), None)

    def people(self) -> frozenset[str]:
        """The ids of the persons whom staged changes are about."""
        return frozenset().union(*(each.record.about() for each in self._changes))

    @property
    def staged(self) -> bool:
        """Whether anything waits for the commit."""
        return bool(self._actions or self._changes)

    def actions(self) -> list[Action]:
        """All actions of this store's transaction, with event ids taken now."""
        now = self.clock()
        return [*self._actions, *(each for change in self._changes for each in self._actions_of(change, now))]

    def commit(self, *more: Action) -> None:
        """Write everything staged, and ``more``, in one transaction.

        Raises the store's errors; after StoreUnavailableError the outcome is unknown.
        """
        # What must win when several conditions fail stands first: the idempotency answer.
        actions = [*more, *self.actions()]
        if not actions:
            return
        with told_if_refused(self.if_refused):
            send(table_name(self.unit), actions, secrets.token_hex(16))
        self.committed()

    def committed(self) -> None:
        """Tell those who keep copies in this process that the change is in force."""
        for told in self.after_commit:
            told()

    # -- inside

    def _actions_of(self, change: Change, now: datetime) -> list[Action]:
        record = change.record
        after = None if change.verb in {"deleted", REDIRECTED} else record.raw()
        if after is not None and size(after) > MAX_RECORD:
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
            source=self.source,
            at=now,
            subject_key=self._subject_keys.get(subject) if subject else None,
        )
        key = record.key(change.tenant)
        wanted = Item.pk.does_not_exist() if change.over is None else change.over
        unchanged = Record.version == int(change.before["version"]["N"]) if change.before else wanted
        condition = unchanged if change.was is None else wanted
        if change.also is not None:
            condition &= change.also
        if after is not None:
            after["last_event"] = {"S": event.id}
        if change.leaves is not None:
            change.leaves.last_event = event.id
        written = [Action(key, change.leaves.raw() if change.leaves else after, condition, table=change.table)]
        if change.was is not None:
            written.append(Action(change.was, condition=unchanged, table=change.table))
        return [*written, Action(event.stands_at(), event.raw(), table=change.table)]

    def _stage(
        self,
        record: Record,
        verb: str,
        before: Raw | None,
        *,
        rerun_if_taken: tuple[str, str] | None = None,
        also: Condition | None = None,
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
        blocks, pointed = record.alike_by(), old.alike_by() if old else frozenset()
        for block in sorted(blocks ^ pointed):
            self._point(block, record if block in blocks else None)
        self._note(record, verb, before, also)

    def _give_up(self, record: Record) -> None:
        for name, value in sorted(record.claims()):
            self._release(name, value, record.claimant())
        for name, value in sorted(record.lookups()):
            self.remove(keys.lookup(self.boundary, name, value, record.id))

    def _changed(self, record: Record, version: int) -> None:
        record.version, record.updated_at, record.updated_by = version, self.clock(), self.actor

    def _note(self, record: Record, verb: str, before: Raw | None, also: Condition | None = None) -> None:
        self._check_kind(record.KIND.name)
        self._changes.append(Change(record, verb, before, self.boundary, self.unit, self.table, also))

    def _add(self, action: Action) -> None:
        action.table = self.table
        # A door that is only for reading lets nothing through: what stands beside records neither, nor a removal.
        if self.writes is not None and not self.writes and not action.check_only:
            message = f"{self.unit} may only be read through this door"
            raise BoundaryError(message)
        if action.item:
            self._check_kind(action.item["kind"]["S"])
        self._actions.append(action)

    def _release(self, name: str, value: str, owner: str) -> None:
        key = keys.claim(self.boundary, name, value)
        held = Claim.record == owner
        if (taken := self.staged_at(key)) is not None and taken.condition is not None:
            taken.condition |= held  # it passes to who has staged its claim before
            return
        self._add(Action(key, condition=Item.pk.does_not_exist() | held))

    def _point(self, block: tuple[str, str], to: Record | None) -> None:
        """Let a value that several may have point to the record, or to none; records of one batch may share it."""
        key = keys.block(self.boundary, *block)
        if to is not None:
            self.put(Block(record=to.id).put_at(key), Action(key, shared=True))
        elif self.staged_at(key) is None:
            self._add(Action(key, shared=True))

    def _stage_subject_key(self, record: Record) -> None:
        fresh = new_subject_key()
        self._subject_keys[(record.KIND.name, record.id)] = fresh
        wrapped = SubjectKey(wrapped=self.keyring.wrap(self.boundary, record.id, fresh))
        self.put(wrapped.put_at(Key(record.key(self.boundary).pk, SUBJECT_KEY)))
