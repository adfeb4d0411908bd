"""Rewriting the records of all kinds and units that stand in one part of an index: who moves, who is handed over.

    kind by kind → a page of the index → each record as it stands now → changed, with its event → … → the pass is over

A pass that finds nothing more to change is the proof that all is done; records that are already as they should be cost
a read and nothing else. Each page and the job's checkpoint are one transaction.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from chalicelib.jobs.work import Step, Work
from chalicelib.modules import Catalogue, Index, Manifest
from chalicelib.store import keys
from chalicelib.store.keys import PartitionKey, SortKey
from chalicelib.store.records import Item, Record
from chalicelib.store.store import Store

# A record and its event are two of the hundred actions of a transaction (AWS, TransactWriteItems).
A_PAGE: Final = 40


@dataclass(frozen=True, slots=True)
class Part:
    """Where the records of one kind stand that may have to be changed."""

    pk: PartitionKey
    index: Index
    begins: SortKey | None = None


@dataclass(frozen=True, slots=True)
class Rewriting:
    """What is to be changed: ``part`` says where to look for a kind, ``change`` changes a record and says whether.

    ``kinds`` are (unit, kind) pairs.
    """

    kinds: tuple[tuple[str, str], ...]
    part: Callable[[str], Part]
    change: Callable[[Record], bool]
    verb: str

    def step(self, work: Work, store: Store) -> Step:
        """The next page that holds something; ``finished`` tells that the pass over all kinds is over."""
        at: int = work.checkpoint.get("at", 0)
        position: dict[str, Any] | None = work.checkpoint.get("position")
        changed: int = work.checkpoint.get("changed", 0)
        while at < len(self.kinds):
            unit, kind = self.kinds[at]
            door = store.beside(unit, _kinds_of(work.background.catalogue, unit))
            part = self.part(kind)
            found, position = door.query(part.pk, begins=part.begins, index=part.index, limit=A_PAGE, start=position)
            more = self._rewrite(door, found)
            changed, at = changed + more, at if position else at + 1
            if more:
                return Step({"at": at, "position": position, "changed": changed}, work.done + more)
        return Step({"changed": changed}, work.done, finished=True)

    def _rewrite(self, door: Store, found: list[Item]) -> int:
        """Change the records that the index tells of, as they stand now; how many there were."""
        places = [each.stands_at() for each in found]
        raws = door.fetch(places) if places else {}
        records = [known for at, raw in raws.items() if (known := door.known(Record, at, raw))]
        return sum(door.update(each, verb=self.verb) for each in records if self.change(each))


def in_unit(tenant: str, path: str) -> Callable[[str], Part]:
    """All that stands in an org unit or below it, by kind."""
    return lambda kind: Part(keys.by_kind(tenant, kind), Index.UNIT, keys.under_unit(path))


def of_owner(tenant: str, user_id: str) -> Callable[[str], Part]:
    """All that a person looks after, by kind."""
    return lambda kind: Part(keys.by_owner(tenant, kind, user_id), Index.OWNER)


def kinds_that(catalogue: Catalogue, does: str) -> Iterator[tuple[str, str]]:
    """The (unit, kind) of all records that say themselves what this method of ``Record`` is."""
    classes = {each.KIND.name: each for each in _record_types(Record)}
    for manifest in catalogue:
        for kind in manifest.kinds:
            found = classes.get(kind.name)
            if found is not None and getattr(found, does) is not getattr(Record, does):
                yield manifest.name, kind.name


def with_checkpoint(work: Work, checkpoint: dict[str, Any]) -> Work:
    """The same step of a job with the part of its checkpoint that belongs to something inside it."""
    return replace(work, checkpoint=checkpoint)


def _kinds_of(catalogue: Catalogue, unit: str) -> set[str]:
    manifest: Manifest | None = catalogue.get(unit)
    return {kind.name for kind in manifest.kinds} if manifest else set()


def _record_types(parent: type[Record]) -> Iterator[type[Record]]:
    for child in parent.__subclasses__():
        if "KIND" in vars(child):
            yield child
        yield from _record_types(child)
