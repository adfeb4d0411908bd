"""Reading cells: as many queries as there are months, whatever the number of records."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from chalicelib.call import Call
from chalicelib.counters.postings import COUNT, TOTAL, Number, dimensions
from chalicelib.counters.records import Cell, amounts_in
from chalicelib.modules import Listing
from chalicelib.store import keys
from chalicelib.store.doors import read_totals
from chalicelib.store.lists import ListQuery
from chalicelib.store.scope import Scope
from chalicelib.store.store import Store


@dataclass(frozen=True, slots=True)
class Total:
    """Sums over the visible org units; ``counted_at`` is when the last of them was posted."""

    amounts: Mapping[str, Number]
    counted_at: datetime | None

    @property
    def count(self) -> int:
        """How many records hold the fact."""
        return int(self.amounts.get(COUNT, 0))


def total(store: Store, fact: str, coordinates: Sequence[tuple[str, str]] = (), period: str = TOTAL) -> Total:
    """The sums of a fact for one value of one dimension (or two), or of all, in what the store's scope shows."""
    partition = keys.cells(store.boundary, fact, dimensions(name for name, _ in coordinates), period)
    begins = keys.cell(partition, "", *(value for _, value in coordinates), "").sk
    sums: dict[str, Number] = {}
    latest: datetime | None = None
    for item, raw in store.query_raw(partition, begins):
        if isinstance(item, Cell) and visible(store.scope, str(item.unit_path)):
            for name, amount in amounts_in(raw).items():
                sums[name] = sums.get(name, 0) + amount
            latest = max(latest, item.counted_at) if latest else item.counted_at
    return Total(sums, latest)


def total_for(store: Store, listing: Listing | None, query: ListQuery) -> dict[str, Any]:
    """The ``total`` and ``counted_at`` of a list, if they are asked for: as arguments of its ``Listed``."""
    if not query.include_total or listing is None or listing.counted_by is None:
        return {}
    # A value that is named twice is counted once, as the list shows its records once.
    values = list(dict.fromkeys((term.name, str(value)) for term in query.terms for value in term.values))
    found = [total(store, listing.counted_by, [pair]) for pair in values] or [total(store, listing.counted_by)]
    times = [each.counted_at for each in found if each.counted_at]
    return {"total": sum(each.count for each in found), "counted_at": max(times, default=None)}


@dataclass(frozen=True, slots=True)
class CellRead:
    """What the visible org units have posted under one day (empty: the whole period) and one set of values."""

    day: str
    values: tuple[str, ...]
    amounts: Mapping[str, Number]
    counted_at: datetime


@dataclass(frozen=True, slots=True)
class Stretch:
    """Which cells of a fact: its dimensions, a month (or TOTAL), and of a month the days from one to another.

    ``begins`` is what the first value begins with; with days all cells of these days are read.
    """

    fact: str
    names: tuple[str, ...] = ()
    period: str = TOTAL
    days: tuple[str, str] | None = None
    begins: str = ""


def cells(store: Store, wanted: Stretch) -> Iterator[CellRead]:
    """The cells of a stretch that the store's scope shows, each org unit's by itself. One query of 1 MB pages."""
    partition = keys.cells(store.boundary, wanted.fact, dimensions(wanted.names), wanted.period)
    begins = None if wanted.days else keys.cell(partition, "", wanted.begins).sk
    between = keys.between_days(*wanted.days) if wanted.days else None
    for item, raw in store.query_raw(partition, begins, between):
        if isinstance(item, Cell) and visible(store.scope, str(item.unit_path)):
            values = tuple(map(str, item.values))
            if not values or values[0].startswith(wanted.begins):
                yield CellRead(str(item.day), values, amounts_in(raw), item.counted_at)


def held(call: Call, module: str, kind: str, permission: str) -> Total | None:
    """How many records of a kind another module holds in what the caller reaches; None when that has no total.

    The kind's own list says by which fact it is counted. Raises BoundaryError for a module that is not required.
    """
    scope = call.scope(permission)
    manifest = call.catalogue.get(module)
    declared = next((each for each in manifest.kinds if each.name == kind), None) if manifest else None
    if declared is None or declared.listing is None or declared.listing.counted_by is None:
        return None
    if not call.may(permission) or not countable(scope):
        return None
    return total(replace(read_totals(call.catalogue, call.store, module), scope=scope), declared.listing.counted_by)


def visible(scope: Scope, unit_path: str) -> bool:
    """Whether a cell's org unit is among those that the scope shows; what has no unit belongs to everybody."""
    return not unit_path or scope.reaches(unit_path)


def countable(scope: Scope) -> bool:
    """Whether the scope has totals: «own» has none (architecture.md, Data)."""
    return scope.everything or bool(scope.subtrees or scope.units)
