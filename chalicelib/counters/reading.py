"""Reading cells: as many queries as there are months, whatever the number of records."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.counters.postings import COUNT, TOTAL, Number, dimensions
from chalicelib.counters.records import Cell, amounts_in
from chalicelib.modules import Listing
from chalicelib.store import keys
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


def visible(scope: Scope, unit_path: str) -> bool:
    """Whether a cell's org unit is among those that the scope shows; what has no unit belongs to everybody."""
    return not unit_path or scope.reaches(unit_path)


def countable(scope: Scope) -> bool:
    """Whether the scope has totals: «own» has none (architecture.md, Data)."""
    return scope.everything or bool(scope.subtrees or scope.units)
