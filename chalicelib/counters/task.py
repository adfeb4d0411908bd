"""Posting: the difference between what a record posted and what it posts now goes to the cells, in one transaction."""

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from chalicelib.after_write import Fact, resolve
from chalicelib.background import Background
from chalicelib.changes.handling import known_records
from chalicelib.changes.records import REMEMBERED
from chalicelib.changes.tasks import concerns, is_end
from chalicelib.counters.postings import Posting, Sums, add, change
from chalicelib.counters.records import Posted, addition
from chalicelib.modules import Manifest
from chalicelib.store import keys
from chalicelib.store.attempts import halves
from chalicelib.store.commit import Action
from chalicelib.store.errors import TransactionTooLargeError
from chalicelib.store.keys import Key
from chalicelib.store.records import EventItem, Item, Record, read_as
from chalicelib.store.store import Store

# Records that post together: each brings one item per fact, and together they bring each cell once.
TOGETHER: Final = 20


@dataclass(frozen=True, slots=True)
class _Round:
    """For whom postings are written, and whether those of a known version are written again."""

    background: Background
    tenant: str
    module: str
    afresh: bool

    def door(self) -> Store:
        """A door of its own for each transaction."""
        return self.background.store(self.module, self.tenant, f"handler.{self.module}", "facts")


@dataclass(frozen=True, slots=True)
class _Change:
    """One fact of one record: what was posted, and what is to be as of a version; ``gone``: the record is not there."""

    fact: Fact
    note_at: Key
    before: Posted | None
    posting: Posting | None
    version: int
    gone: bool


@dataclass(frozen=True, slots=True)
class FactsTask:
    """All facts that are declared of one kind's records."""

    manifest: Manifest
    kind: str

    @property
    def name(self) -> str:
        """``<module>.facts.<kind>``."""
        return f"{self.module}.facts.{self.kind}"

    @property
    def module(self) -> str:
        """Whose records they are."""
        return self.manifest.name

    @property
    def together(self) -> int:
        """How many records may post in one transaction."""
        return TOGETHER

    @property
    def facts(self) -> tuple[Fact, ...]:
        """The facts of the kind."""
        return tuple(each for each in self.manifest.facts if each.kind == self.kind)

    def wants(self, event: EventItem) -> bool:
        """Events of the kind that touch what any of the facts follows from."""
        return any(concerns(event, self.module, self.kind, fact.watches) for fact in self.facts)

    def maintains(self, event: EventItem) -> bool:
        """What is gone counts no longer, whatever the subscription says."""
        return is_end(event)

    def perform(self, background: Background, events: Sequence[EventItem]) -> None:
        """Post what the events' records post now. Raises VersionConflictError when somebody was faster."""
        versions = {keys.as_read(*event.place): int(event.subject_version) for event in events}
        self.write(background, str(events[0].tenant), versions)

    def write(self, background: Background, tenant: str, versions: dict[Key, int], *, afresh: bool = False) -> None:
        """Post what the records at these keys post now, whose events told these versions, and commit.

        ``afresh``: a record that has posted this version already posts again what differs (a rebuild). Raises
        VersionConflictError when somebody was faster; what was in by then is recognised the next time.
        """
        self._write(_Round(background, tenant, self.module, afresh), versions, self.facts)

    def _write(self, round_: "_Round", versions: dict[Key, int], facts: Sequence[Fact]) -> None:
        """In one transaction, or cut by records, then by facts: one correction of one fact has 59 items at most."""
        store = round_.door()
        _stage(store, self._changes(round_, store, versions, facts))
        try:
            store.commit()
        except TransactionTooLargeError:
            if len(versions) > 1:
                for part in halves(list(versions.items())):
                    self._write(round_, dict(part), facts)
            elif len(facts) > 1:
                for each in halves(facts):
                    self._write(round_, versions, each)
            else:
                raise

    def _changes(
        self, round_: "_Round", store: Store, versions: dict[Key, int], facts: Sequence[Fact]
    ) -> Iterator["_Change"]:
        standing = round_.background.directory.standing(store.boundary)
        notes = {(at, fact.name): Posted.key_of(at, fact.name) for at in versions for fact in facts}
        found = store.fetch([*versions, *notes.values()])
        records = known_records(store, {at: found[at] for at in versions})
        for fact in facts:
            for at, told in versions.items():
                record = records.get(at)
                before = read_as(Posted, found[notes[at, fact.name]])
                version = int(record.version) if record else told
                known = int(before.source_version) if before else None
                if known is None or known < version or (known == version and round_.afresh):
                    posting = self._posting(fact, record, standing)
                    gone = record is None
                    yield _Change(fact, notes[at, fact.name], before, posting, version, gone)

    @staticmethod
    def _posting(fact: Fact, record: Record | None, standing: object) -> Posting | None:
        if record is None:
            return None
        posting: Posting | None = resolve(fact.target)(record, standing)
        return posting


def _stage(store: Store, changes: Iterable[_Change]) -> None:
    """Stage the notes, and to each cell the sum of what they change."""
    now = store.clock()
    sums: dict[str, Sums] = {}
    facts: dict[str, Fact] = {}
    for each in changes:
        facts[each.fact.name] = each.fact
        old = each.before.posting() if each.before else None
        sums[each.fact.name] = add(sums.get(each.fact.name, {}), change(each.fact, old, each.posting))
        after = Posted.of(each.posting, each.version)
        if each.gone:
            after.ttl = int((now + REMEMBERED).timestamp())
        unchanged = each.before.still() if each.before else Item.pk.does_not_exist()
        store.put(after.put_at(each.note_at), Action(each.note_at, condition=unchanged))
    for name, fact in facts.items():
        shard = random.randrange(fact.shards)  # noqa: S311 - spreads writers, no secret
        for place, amounts in sums[name].items():
            store.add(addition(store.boundary, name, place, amounts, shard, now))
