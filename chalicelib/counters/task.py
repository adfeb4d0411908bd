"""Posting: the difference between what a record posted and what it posts now goes to the cells, in one transaction."""

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from chalicelib.after_write import Fact, resolve
from chalicelib.background import Background
from chalicelib.changes.handling import known_records
from chalicelib.changes.records import REMEMBERED
from chalicelib.changes.tasks import concerns, is_end
from chalicelib.counters.postings import CellPlace, Posting, Sums, add, change
from chalicelib.counters.records import Counted, Posted, addition
from chalicelib.modules import Manifest
from chalicelib.store import keys
from chalicelib.store.commit import MAX_ACTIONS, Action
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
        told = {keys.as_read(*event.place): int(event.subject_version) for event in events}
        # What does not follow from what has changed says the same as before: its note stays as it is.
        wanted = {
            (fact, keys.as_read(*event.place)): told[keys.as_read(*event.place)]
            for fact in self.facts
            for event in events
            if concerns(event, self.module, self.kind, fact.watches)
        }
        self._write(_Round(background, str(events[0].tenant), self.module, afresh=False), wanted)

    def write(self, background: Background, tenant: str, versions: dict[Key, int], *, afresh: bool = False) -> None:
        """Post what the records at these keys post now, whose events told these versions, and commit.

        ``afresh``: a record that has posted this version already posts again what differs (a rebuild). Raises
        VersionConflictError when somebody was faster; what was in by then is recognised the next time.
        """
        wanted = {(fact, at): told for fact in self.facts for at, told in versions.items()}
        self._write(_Round(background, tenant, self.module, afresh), wanted)

    def _write(self, round_: _Round, wanted: Mapping[tuple[Fact, Key], int]) -> None:
        changes = self._changes(round_, round_.door(), wanted)
        for group in _packed(sorted(changes, key=_alike)):
            store = round_.door()
            _stage(store, group)
            store.commit()

    def _changes(self, round_: _Round, store: Store, wanted: Mapping[tuple[Fact, Key], int]) -> Iterator[_Change]:
        standing = round_.background.directory.standing(store.boundary)
        notes = {(fact, at): Posted.key_of(at, fact.name) for fact, at in wanted}
        places = dict.fromkeys(at for _, at in wanted)
        found = store.fetch([*places, *notes.values()])
        records = known_records(store, {at: found[at] for at in places})
        for (fact, at), told in wanted.items():
            record = records.get(at)
            before = read_as(Posted, found[notes[fact, at]])
            version = int(record.version) if record else told
            known = int(before.source_version) if before else None
            if known is None or known < version or (known == version and round_.afresh):
                posting = self._posting(fact, record, standing)
                yield _Change(fact, notes[fact, at], before, posting, version, record is None)

    @staticmethod
    def _posting(fact: Fact, record: Record | None, standing: object) -> Posting | None:
        if record is None:
            return None
        posting: Posting | None = resolve(fact.target)(record, standing)
        return posting


def _alike(change_: _Change) -> tuple[str, str, list[tuple[str, str]]]:
    """Changes that hit the same cells side by side: a transaction takes more of them."""
    posting = change_.posting or (change_.before.posting() if change_.before else None)
    if posting is None:
        return change_.fact.name, "", []
    return change_.fact.name, str(posting.day), sorted(posting.coordinates.items())


def _packed(changes: Iterable[_Change]) -> Iterator[list[tuple[_Change, Sums]]]:
    """As many changes together as a transaction takes; one alone has 60 items at most (six dimensions)."""
    group: list[tuple[_Change, Sums]] = []
    places: set[tuple[str, CellPlace | str]] = set()
    for each in changes:
        sums = change(each.fact, each.before.posting() if each.before else None, each.posting)
        hit: set[tuple[str, CellPlace | str]] = {(each.fact.name, place) for place in sums}
        hit |= {(each.fact.name, place.period) for place in sums}
        if group and len(group) + 1 + len(places | hit) > MAX_ACTIONS:
            yield group
            group, places = [], set()
        group.append((each, sums))
        places |= hit
    if group:
        yield group


def _stage(store: Store, changes: Iterable[tuple[_Change, Sums]]) -> None:
    """Stage the notes, and to each cell the sum of what they change."""
    now = store.clock()
    together: dict[str, Sums] = {}
    facts: dict[str, Fact] = {}
    for each, sums in changes:
        facts[each.fact.name] = each.fact
        together[each.fact.name] = add(together.get(each.fact.name, {}), sums)
        after = Posted.of(each.posting, each.version).put_at(each.note_at).listed(store.boundary, each.fact.name)
        if each.gone:
            after.ttl = int((now + REMEMBERED).timestamp())
        unchanged = each.before.still() if each.before else Item.pk.does_not_exist()
        store.put(after, Action(each.note_at, condition=unchanged))
    for name, fact in facts.items():
        shard = random.randrange(fact.shards)  # noqa: S311 - spreads writers, no secret
        for period in {place.period for place in together[name]}:
            store.put(Counted.of(store.boundary, name, period, shard))
        for place, amounts in together[name].items():
            store.add(addition(store.boundary, name, place, amounts, shard, now))
