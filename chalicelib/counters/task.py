"""Posting: the difference between what a record posted and what it posts now goes to the cells, in one transaction."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from chalicelib.after_write import Fact, resolve
from chalicelib.background import Background
from chalicelib.changes.handling import known_records
from chalicelib.changes.records import REMEMBERED
from chalicelib.counters.postings import Posting, Sums, add, change
from chalicelib.counters.records import Posted, addition
from chalicelib.modules import Manifest
from chalicelib.store import keys
from chalicelib.store.commit import Action
from chalicelib.store.errors import TransactionTooLargeError
from chalicelib.store.keys import Key
from chalicelib.store.records import EventItem, Item, Record
from chalicelib.store.store import Store

# Records that post together: each brings one item per fact, and together they bring each cell once.
TOGETHER: Final = 20


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
        of_kind, _, verb = str(event.type).partition(".")
        if event.unit != self.module or of_kind != self.kind:
            return False
        return verb in {"created", "deleted"} or any(
            not fact.watches or fact.watches & event.changed.keys() for fact in self.facts
        )

    def maintains(self, event: EventItem) -> bool:
        """What is gone counts no longer, whatever the subscription says."""
        return str(event.type).endswith(".deleted")

    def perform(self, background: Background, events: Sequence[EventItem]) -> None:
        """Post what the events' records post now. Raises VersionConflictError when somebody was faster."""
        tenant = str(events[0].tenant)
        store = background.store(self.module, tenant, f"handler.{self.module}", str(events[0].id))
        versions = {keys.as_read(*event.place): int(event.subject_version) for event in events}
        self.post(background, store, versions)
        try:
            store.commit()
        except TransactionTooLargeError:
            if len(events) == 1:
                raise
            half = len(events) // 2
            self.perform(background, events[:half])
            self.perform(background, events[half:])

    def post(self, background: Background, store: Store, versions: dict[Key, int], *, afresh: bool = False) -> None:
        """Stage the postings of the records at these keys, whose events told these versions.

        ``afresh``: a record that has posted this version already posts again what differs (a rebuild).
        """
        standing = background.directory.standing(store.boundary)
        notes = {(at, fact.name): Posted.key_of(at, fact.name) for at in versions for fact in self.facts}
        found = store.fetch([*versions, *notes.values()])
        records = known_records(store, {at: found[at] for at in versions})
        now = store.clock()
        for fact in self.facts:
            sums: Sums = {}
            for at, told in versions.items():
                record = records.get(at)
                note_at = notes[at, fact.name]
                raw = found[note_at]
                note = Item.from_raw_data(raw) if raw else None
                before = note if isinstance(note, Posted) else None
                version = int(record.version) if record else told
                known = int(before.source_version) if before else None
                if known is not None and (known > version or (known == version and not afresh)):
                    continue
                posting = self._posting(fact, record, standing)
                sums = add(sums, change(fact, before.posting() if before else None, posting))
                after = Posted.of(posting, version)
                if record is None:
                    after.ttl = int((now + REMEMBERED).timestamp())
                unchanged = Posted.source_version == known if before else Item.pk.does_not_exist()
                store.put(after.put_at(note_at), Action(note_at, condition=unchanged))
            shard = random.randrange(fact.shards)  # noqa: S311 - spreads writers, no secret
            for place, amounts in sums.items():
                store.add(addition(store.boundary, fact.name, place, amounts, shard, now))

    @staticmethod
    def _posting(fact: Fact, record: Record | None, standing: object) -> Posting | None:
        if record is None:
            return None
        posting: Posting | None = resolve(fact.target)(record, standing)
        return posting
