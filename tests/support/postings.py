"""What the projection will keep: the postings of a tenant's contacts and lines, written past the kernel."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, Final

from chalicelib.access.crypto import Keyring
from chalicelib.modules import Index
from chalicelib.search.projection import postings_of
from chalicelib.store import keys
from chalicelib.store.connection import connection, table_name
from chalicelib.store.records import Item, Record
from chalicelib.store.store import Store

UNIT: Final = "contacts"
KINDS: Final = ("contact", "line")
BATCH: Final = 25


def write(items: Iterable[Item], client: Any = None) -> None:
    """Put items into the unit's table, in batches; by another client than the application's, where given."""
    client = client or connection().client
    requests = ({"PutRequest": {"Item": item.raw()}} for item in items)
    while batch := list(islice(requests, BATCH)):
        left: dict[str, Any] = {table_name(UNIT): batch}
        while left:
            left = client.batch_write_item(RequestItems=left).get("UnprocessedItems") or {}


def index(keyring: Keyring, tenant_id: str) -> int:
    """Write the postings of all that the tenant has now; answers how many. Old ones stay: they are late, too."""
    store = Store(UNIT, tenant_id, keyring, actor="test", origin="test")
    postings = [each for kind in KINDS for record in _records(store, kind) for each in postings_of(record)]
    write(postings)
    return len(postings)


def _records(store: Store, kind: str) -> Iterator[Record]:
    start = None
    while True:
        found, start = store.query(keys.by_kind(store.boundary, kind), index=Index.CREATION, start=start)
        yield from (each for each in found if isinstance(each, Record))
        if start is None:
            return
