"""The recount: what the records say, counted anew into shadow cells, against what the cells say.

    records page by page → shadow cells, in each step's own transaction → compare, partition by partition → result

The memory of a step is one page; shadows leave by their TTL. While records change, a cell that is being counted may
differ for a moment: a recount at rest must find nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from chalicelib.after_write import Fact, Grain, resolve
from chalicelib.changes.rebuild import manifest_of, records_of
from chalicelib.counters.postings import (
    TOTAL,
    CellPlace,
    Number,
    Sums,
    add,
    cells_of,
    change,
    combinations_of,
    dimensions,
)
from chalicelib.counters.records import Cell, addition, amounts_in
from chalicelib.jobs.work import Step, Work
from chalicelib.modules import Manifest
from chalicelib.store import keys
from chalicelib.store.records import Record
from chalicelib.store.store import Store

A_STEP: Final = 20
# A transaction takes 100 actions (AWS, TransactWriteItems); the job's progress and its end are among them.
MOST_CELLS: Final = 95
SHADOWS: Final = timedelta(days=2)
TOLD: Final = ("different", "cells")
MOST_TOLD: Final = 50


@dataclass(frozen=True, slots=True)
class Difference:
    """A cell that does not say what the records say."""

    fact: str
    place: CellPlace
    cells: dict[str, Number]
    records: dict[str, Number]

    def told(self) -> dict[str, Any]:
        """For the job's result."""
        shown = {"fact": self.fact, "dimensions": self.place.dimensions, "period": self.place.period}
        sums = {side: {name: str(each) for name, each in getattr(self, side).items()} for side in ("cells", "records")}
        return {**shown, "values": list(self.place.values), "unit_path": self.place.unit_path, **sums}


def step(work: Work) -> Step:
    """Count a page of records of one fact, or compare one of its partitions; ``params`` name the module."""
    manifest = manifest_of(work.background.catalogue, work.params["module"])
    at: int = work.checkpoint.get("fact", 0)
    if at == len(manifest.facts):
        found = work.checkpoint.get("different", [])
        result = {"records": work.done, "cells": work.checkpoint.get("cells", 0), "different": found}
        return Step(work.checkpoint, work.done, finished=True, result=result)
    fact = manifest.facts[at]
    if "compare" not in work.checkpoint:
        return _count(work, manifest, fact)
    return _compare(work, manifest, fact)


def _count(work: Work, manifest: Manifest, fact: Fact) -> Step:
    limit = A_STEP
    while True:
        records, position = records_of(work, manifest.name, fact.kind, limit)
        sums, periods = _counted(work, fact, records)
        if len(sums) <= MOST_CELLS or limit == 1:
            break
        limit //= 2
    months = {*work.checkpoint.get("months", []), *periods}
    store = _door(work, manifest.name)
    for place, amounts in sums.items():
        store.add(addition(store.boundary, _shadow(work, fact), place, amounts, 0, work.call.now, SHADOWS))
    checkpoint = {**work.checkpoint, "position": position, "months": sorted(months)}
    if position is None:
        checkpoint["compare"] = 0
    return Step(checkpoint, work.done + len(records))


def _counted(work: Work, fact: Fact, records: Sequence[Record]) -> tuple[Sums, set[str]]:
    """What the records say, and the months that they fill."""
    standing = work.background.directory.standing(work.call.tenant_id)
    sums: Sums = {}
    months: set[str] = set()
    for record in records:
        posting = resolve(fact.target)(record, standing)
        sums = add(sums, change(fact, None, posting))
        if posting is not None:
            months |= {place.period for place in cells_of(fact, posting)} - {TOTAL}
    return sums, months


def _compare(work: Work, manifest: Manifest, fact: Fact) -> Step:
    partitions = _partitions(fact, work.checkpoint.get("months", []))
    at: int = work.checkpoint["compare"]
    if at == len(partitions):
        kept: dict[str, Any] = {name: work.checkpoint[name] for name in TOLD if name in work.checkpoint}
        return Step({**kept, "fact": work.checkpoint.get("fact", 0) + 1}, work.done)
    names, period = partitions[at]
    reader = work.background.store(manifest.name, work.call.tenant_id, "recount", work.job_id)
    cells = _cells(reader, fact.name, names, period)
    records = _cells(reader, _shadow(work, fact), names, period)
    different = [
        Difference(fact.name, place, cells.get(place, {}), records.get(place, {})).told()
        for place in sorted(cells.keys() | records.keys())
        if cells.get(place, {}) != records.get(place, {})
    ]
    checkpoint = {
        **work.checkpoint,
        "compare": at + 1,
        "cells": work.checkpoint.get("cells", 0) + len(cells),
        "different": [*work.checkpoint.get("different", []), *different][:MOST_TOLD],
    }
    return Step(checkpoint, work.done)


def _partitions(fact: Fact, months: list[str]) -> list[tuple[str, str]]:
    """All partitions of a fact that the records or, between their first and last month, the cells may fill."""
    over = [dimensions(names) for names in combinations_of(fact)]
    flows = [(names, month) for names in over for month in _all_months(months)]
    stocks = [(names, TOTAL) for names in over]
    return [*(stocks if Grain.TOTAL in fact.grains else []), *(flows if set(fact.grains) - {Grain.TOTAL} else [])]


def _all_months(months: list[str]) -> list[str]:
    if not months:
        return []
    first, last = (12 * int(each[:4]) + int(each[5:]) - 1 for each in (months[0], months[-1]))
    return [f"{at // 12:04}-{at % 12 + 1:02}" for at in range(first, last + 1)]


def _cells(store: Store, fact: str, names: str, period: str) -> dict[CellPlace, dict[str, Number]]:
    sums: Sums = {}
    for item, raw in store.query_raw(keys.cells(store.boundary, fact, names, period)):
        if isinstance(item, Cell):
            place = CellPlace(names, period, str(item.day), tuple(item.values), str(item.unit_path))
            sums = add(sums, {place: amounts_in(raw)})
    return sums


def _door(work: Work, unit: str) -> Store:
    return work.call.store.beside(unit, {"cell"})


def _shadow(work: Work, fact: Fact) -> str:
    return f"{fact.name}@{work.job_id}"
