"""The write units of a transaction by AWS's rules. Pure but for a look at what stands there.

DynamoDB Local adds the bytes of all of a transaction's items up and rounds them once; AWS rounds each item up to a
kilobyte alone and takes it twice, for preparing and for committing («Amazon DynamoDB Transactions», Capacity
management for transactions). An index takes a write for each item that comes, goes or changes in it, and two where its
key changes («Global secondary indexes», Write capacity units). No page says that these are not taken twice too, so
they are here, as the engine does: an upper bound.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from chalicelib.store.connection import INDEXES

UNIT_BYTES: Final = 1024
TRANSACTIONAL: Final = 2

Raw = Mapping[str, Mapping[str, Any]]
Look = Callable[[str, Raw], Raw | None]


def transaction_units(request: Mapping[str, Any], look: Look) -> Iterator[float]:
    """The units of each action; ``look`` answers the item that stands at a table's key now, or None."""
    for action in request["TransactItems"]:
        ((kind, body),) = action.items()
        at = {name: body["Item"][name] for name in ("pk", "sk")} if kind == "Put" else body["Key"]
        before = look(body["TableName"], at)
        yield TRANSACTIONAL * _units(before, _after(kind, body, before))


def _after(kind: str, body: Mapping[str, Any], before: Raw | None) -> Raw | None:
    """What stands there then; an update of ours (a counter's cell) leaves an item of the same size."""
    if kind == "Put":
        item: Raw = body["Item"]
        return item
    if kind == "Update":
        return before or {**body["Key"], **body["ExpressionAttributeValues"]}
    return before if kind == "ConditionCheck" else None


def _units(before: Raw | None, after: Raw | None) -> int:
    return _kilobytes(before, after) + sum(_index_units(index, before, after) for index in INDEXES)


def _index_units(index: str, before: Raw | None, after: Raw | None) -> int:
    names = (f"{index}pk", f"{index}sk")
    old, new = ([item[name] for name in names] if item and names[0] in item else None for item in (before, after))
    if old is None and new is None:
        return 0
    if old and new and old != new:
        return _kilobytes(before) + _kilobytes(after)
    return 0 if before == after else _kilobytes(before if old else None, after if new else None)


def _kilobytes(*items: Raw | None) -> int:
    return max([1, *(math.ceil(item_bytes(item) / UNIT_BYTES) for item in items if item)])


def item_bytes(item: Raw) -> int:
    """An item's size as AWS counts it («Item sizes and formats»): UTF-8 of names and texts; ours are texts mostly."""
    return sum(len(name.encode()) + _value_bytes(value) for name, value in item.items())


def _value_bytes(value: Mapping[str, Any]) -> int:
    ((kind, content),) = value.items()
    if kind == "N":
        return math.ceil(len(str(content).strip("-").replace(".", "")) / 2) + 1
    return 1 if kind in {"BOOL", "NULL"} else len(str(content).encode())
