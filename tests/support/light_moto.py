"""moto whose transactions cost what they touch, not what there is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from typing import Any
from unittest.mock import patch

from moto import mock_aws
from moto.dynamodb.models.table import Table

Items = dict[Any, dict[Any, Any]]


@contextmanager
def light_moto() -> Iterator[None]:
    """AWS in this process."""
    with mock_aws(), patch.object(Table, "__deepcopy__", _copied, create=True):
        yield


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
