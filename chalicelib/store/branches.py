"""Reading a branch of the org tree while parts of it are being moved: from where records stood and where they stand.

A record keeps its place in the order, whichever of the two its index entry still names: the order is that of the tree
as it is now. So no page shows a record twice, or none of it, however many are rewritten between two pages.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib.modules import Index
from chalicelib.store import keys
from chalicelib.store.errors import CursorError
from chalicelib.store.keys import PartitionKey
from chalicelib.store.records import Item
from chalicelib.store.scope import Move, as_moved
from chalicelib.store.store import Store


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of the order by org unit, from ``low`` to ``high``; with ``move`` it leads somewhere else."""

    low: str
    high: str
    move: Move | None = None

    def now(self, key: str) -> str:
        """A sort key of this stretch as the tree has it now."""
        return as_moved(key, [self.move]) if self.move else key

    def stored(self, key: str) -> str:
        """The sort key here of what has this one now."""
        return self.move.old + key[len(self.move.new) :] if self.move else key


@dataclass(frozen=True, slots=True)
class Entry:
    """An item that was read, with its sort key as the tree is now."""

    order: str
    item: Item

    def position(self) -> dict[str, Any]:
        """Where to go on behind it."""
        raw = self.item.raw()
        pk, sk = f"{Index.UNIT}pk", f"{Index.UNIT}sk"
        return {"pk": raw["pk"], "sk": raw["sk"], pk: raw[pk], sk: {"S": self.order}}


def stretches(top: str, moves: Iterable[Move]) -> list[Stretch]:
    """Where what is under ``top`` now stands in the index, old places first; one stretch when no move concerns it."""
    moves = list(moves)
    found = []
    for each in moves:
        if each.new.startswith(top):
            found.append(Stretch(each.old, each.old + keys.ABOVE, each))
        elif top.startswith(each.new):
            was = each.old + top[len(each.new) :]
            found.append(Stretch(was, was + keys.ABOVE, each))
    low = top
    for hole in sorted(each.old for each in moves if each.old.startswith(top)):
        found.append(Stretch(low, hole))
        low = hole + keys.ABOVE
    return [*found, Stretch(low, top + keys.ABOVE)]


def read_round(
    store: Store,
    pk: PartitionKey,
    parts: Sequence[Stretch],
    position: Mapping[str, Any] | None,
    size: int,
    *,
    newest_first: bool,
) -> tuple[list[Entry], bool]:
    """The next entries of all stretches behind a position, in order, and whether there are more.

    Old places are read before new ones, and nothing is told beyond where the shortest reading ends: what is rewritten
    meanwhile is seen in one of the two, and if it is seen in both it is told once.
    """
    behind = as_moved(_order_of(position), [each.move for each in parts if each.move]) if position else None
    found: dict[str, Entry] = {}
    ends: list[str] = []
    for part in parts:
        start: dict[str, Any] | None = None
        if behind is not None and position is not None:
            low, high = part.now(part.low), part.now(part.high)
            if (behind >= high) if not newest_first else (behind < low):
                continue
            if low <= behind < high:
                start = {**position, f"{Index.UNIT}sk": {"S": part.stored(behind)}}
        items, more = store.query(
            pk,
            between=keys.between_units(part.low, part.high),
            index=Index.UNIT,
            limit=size,
            newest_first=newest_first,
            start=start,
        )
        entries = [Entry(part.now(str(each.gsi2sk)), each) for each in items]
        found.update((each.order, each) for each in entries)
        if more is not None and entries:
            ends.append(entries[-1].order)
    last = (max(ends) if newest_first else min(ends)) if ends else None
    told = [
        found[order]
        for order in sorted(found, reverse=newest_first)
        if last is None or (order >= last if newest_first else order <= last)
    ]
    return told, last is not None


def _order_of(position: Mapping[str, Any]) -> str:
    """The sort key of a position. Raises CursorError for one of another index."""
    try:
        return str(position[f"{Index.UNIT}sk"]["S"])
    except (KeyError, TypeError) as error:
        raise CursorError from error
