"""Rewriting the records of all kinds and units that stand in one part of an index: who moves, who is handed over.

    kind by kind → a page of the index → each record as it stands now → changed, with its event → … → the pass is over

A pass that finds nothing more to change is the proof that all is done; records that are already as they should be cost
a read and nothing else. Each page and the job's checkpoint are one transaction.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from chalicelib.after_write import resolve
from chalicelib.jobs.work import Step, Work
from chalicelib.modules import Catalogue, Index, Manifest, Protocol
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


@dataclass(frozen=True, slots=True)
class Pass:
    """How far a pass over everything has come: ``found`` tells whether it has changed anything, ``last`` when."""

    checkpoint: dict[str, Any]
    done: int
    over: bool
    found: bool
    last: str | None

    def begin_again(self) -> dict[str, Any]:
        """The checkpoint of another pass behind this one."""
        return {"last": self.last}


def pass_on(work: Work, store: Store, rewriting: Rewriting, protocols: Sequence[str]) -> Pass:
    """One step of a pass: the records of all kinds first, then what modules hold otherwise, one protocol at a time.

    A protocol's target is called as a step of a job is, with the job's ``params`` and a checkpoint of its own.
    """
    at = work.checkpoint
    number: int = at.get("part", 0)
    inner = replace(work, checkpoint=at.get("inner", {}))
    step: Step = rewriting.step(inner, store) if number == 0 else resolve(protocols[number - 1])(inner)
    changed = step.done > work.done
    last = work.call.now.isoformat() if changed else at.get("last")
    found = bool(at.get("found")) or changed
    over = step.finished and number == len(protocols)
    here = {"part": number + 1} if step.finished else {"part": number, "inner": step.checkpoint}
    return Pass({**here, "last": last, "found": found}, step.done, over, found, last)


def protocols_of(catalogue: Catalogue, protocol: Protocol, kinds: Collection[str] | None = None) -> Iterator[str]:
    """What modules that implement a protocol do; of some kinds only, those modules that have any of them."""
    for manifest in catalogue:
        concerned = kinds is None or any(each.name in kinds for each in manifest.kinds)
        if concerned and (target := manifest.implements.get(protocol)) is not None:
            yield target


def _kinds_of(catalogue: Catalogue, unit: str) -> set[str]:
    manifest: Manifest | None = catalogue.get(unit)
    return {kind.name for kind in manifest.kinds} if manifest else set()


def _record_types(parent: type[Record]) -> Iterator[type[Record]]:
    for child in parent.__subclasses__():
        if "KIND" in vars(child):
            yield child
        yield from _record_types(child)
