"""moto whose transactions cost what they touch, not what there is, and whose comparing and answering take less.

The security matrix asks moto a million times; two thirds of its time went into what is shortened here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from typing import Any
from unittest.mock import patch

from moto import mock_aws
from moto.core.serialize import ResponseSerializer
from moto.dynamodb.models.dynamo_type import DynamoType, Item
from moto.dynamodb.models.table import Table

Items = dict[Any, dict[Any, Any]]


@contextmanager
def light_moto() -> Iterator[None]:
    """AWS in this process."""
    with (
        mock_aws(),
        patch.object(Table, "__deepcopy__", _copied, create=True),
        patch.object(Table, "query", _queried),
        patch.object(DynamoType, "__eq__", _equal),
        patch.object(DynamoType, "__ne__", _unequal),
        patch.object(DynamoType, "__hash__", _hashed),
        patch.object(DynamoType, "__lt__", _less),
        patch.object(ResponseSerializer, "_serialize", _serialized),
        patch.object(Table, "instances_tracked", _Untracked()),
        patch.object(Item, "instances_tracked", _Untracked()),
    ):
        yield


class _Untracked(list[Any]):
    """In the place of where moto notes each instance for its dashboard: every copy of a table, for ever."""

    def append(self, instance: Any) -> None:
        """Let it go."""


_TEXT = "S"
_INDEX = 6
"""The place of `index_name` behind `hash_key`."""
_queried_all, _compared, _hashed_any, _less_any, _serialized_any = (
    Table.query,
    DynamoType.__eq__,
    DynamoType.__hash__,
    DynamoType.__lt__,
    ResponseSerializer._serialize,  # noqa: SLF001 - of a library that has no other way in
)


def _equal(one: DynamoType, other: DynamoType) -> bool:
    """As moto does it, with the short way for texts, which are nearly all."""
    return one.value == other.value if one.type == other.type == _TEXT else _compared(one, other)


def _unequal(one: DynamoType, other: DynamoType) -> bool:
    return not _equal(one, other)


def _hashed(one: DynamoType) -> int:
    return hash(one.value) if one.type == _TEXT else _hashed_any(one)


def _less(one: DynamoType, other: DynamoType) -> bool:
    return bool(one.value < other.value) if one.type == other.type == _TEXT else _less_any(one, other)


def _queried(table: Table, hash_key: Any, *asked: Any, **named: Any) -> Any:
    """As moto does it, in the items of that key alone: moto sorts the whole table before it looks at any."""
    found = copy(table)
    index = asked[_INDEX] if len(asked) > _INDEX else named.get("index_name")
    conditions = named.get("hash_key_conditions")
    if index is None:
        found.items = defaultdict(dict, {hash_key: table.items.get(hash_key, {})})
    elif conditions:
        ((name, value), *_) = conditions
        found.items = defaultdict(dict)
        for pk, items in table.items.items():
            fitting = {sk: item for sk, item in items.items() if name in item.attrs and item.attrs[name] == value}
            if fitting:
                found.items[pk] = fitting
    return _queried_all(found, hash_key, *asked, **named)


def _serialized(serializer: Any, serialized: Any, value: Any, shape: Any, key: str) -> None:
    """As moto does it; an attribute's value has the form of the answer already, but for bytes."""
    if shape.name == "AttributeValue" and isinstance(value, dict) and not value.keys() & {"B", "BS", "L", "M"}:
        serializer._default_serialize(serialized, value, shape, key)  # noqa: SLF001 - see above
    else:
        _serialized_any(serializer, serialized, value, shape, key)


def _copied(table: Table, memo: dict[int, Any]) -> Table:
    """Copy what a transaction puts back when it fails: which items there are, and not the items themselves.

    Before each transaction moto copies the whole table, every attribute of every item: with a few hundred of them that
    takes 100 ms and is never freed. Nothing here changes an item in place: we put and delete (store/commit.py).
    """
    del memo
    copied = copy(table)
    copied.items = defaultdict(dict, items_of(table))
    return copied


def items_of(table: Table) -> Items:
    """The items of a table by their keys."""
    return {pk: dict(items) for pk, items in table.items.items() if items}
