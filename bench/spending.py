"""What one operation takes from the store: calls, capacity units, items. Pure."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from bench.writing import Raw, item_bytes, transaction_units

READS: Final = frozenset({"GetItem", "BatchGetItem", "Query", "TransactGetItems"})
UNIT_BYTES: Final = 4096  # AWS, «Read and write operations»: a read unit covers 4 KB, half a one eventually consistent
EVENTUALLY: Final = 0.5


@dataclass(frozen=True, slots=True)
class Spent:
    """The store's calls in order, the units that the engine says it took, and the items that came.

    ``fair`` is what reading those items costs by AWS's rules at least: eventually consistent, each look by key rounded
    up to 4 KB alone, each query as a whole.
    """

    calls: tuple[str, ...] = ()
    read_units: float = 0.0
    write_units: float = 0.0
    queried: int = 0
    fetched: int = 0
    fair: float = 0.0

    @property
    def round_trips(self) -> int:
        """How often it went to the store."""
        return len(self.calls)

    def __add__(self, other: "Spent") -> "Spent":
        """Both, one after the other."""
        return Spent(
            self.calls + other.calls,
            self.read_units + other.read_units,
            self.write_units + other.write_units,
            self.queried + other.queried,
            self.fetched + other.fetched,
            self.fair + other.fair,
        )


NOTHING: Final = Spent()


def spent_on(operation: str, answer: Mapping[str, Any]) -> Spent:
    """What one call took, by the engine's answer; for write units see writing.py."""
    if operation not in READS:
        return Spent((operation,))
    units = _units(answer.get("ConsumedCapacity") or [])
    if operation == "Query":
        items = answer["Items"]
        return Spent((operation,), units, queried=answer["ScannedCount"], fair=fair_units([_bytes(items)]))
    items = list(_items_in(answer))
    return Spent((operation,), units, fetched=len(items), fair=fair_units([item_bytes(each) for each in items]))


def fair_units(sizes: Sequence[int]) -> float:
    """Eventually consistent read units for reading so many bytes at a time; for nothing found, what a look costs."""
    return EVENTUALLY * sum(max(1, math.ceil(size / UNIT_BYTES)) for size in sizes or [0])


def _bytes(items: Iterable[Raw]) -> int:
    return sum(map(item_bytes, items))


def _units(consumed: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> float:
    each_table = [consumed] if isinstance(consumed, Mapping) else consumed
    return float(sum(each.get("CapacityUnits", 0.0) for each in each_table))


def _items_in(answer: Mapping[str, Any]) -> Iterable[Raw]:
    if "Item" in answer:
        yield answer["Item"]
    for of_table in answer.get("Responses", {}).values():
        yield from of_table


@dataclass(slots=True)
class Purse:
    """Adds up what calls take while something runs; ``look`` answers the item at a table's key, or None."""

    look: Callable[[str, Raw], Raw | None]
    spent: Spent = field(default_factory=Spent)
    _looking: bool = False

    def take(self, operation: str, answer: Mapping[str, Any]) -> None:
        """Add a call that has been answered."""
        if not self._looking:
            self.spent += spent_on(operation, answer)

    def before_writing(self, request: Mapping[str, Any]) -> None:
        """Add the write units of a transaction that is about to be sent."""
        self._looking = True
        try:
            units = sum(transaction_units(request, self.look))
        finally:
            self._looking = False
        self.spent += Spent(write_units=units)
