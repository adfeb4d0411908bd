"""Where a record stands that has been merged into another one."""

from typing import Final

from chalicelib.store import keys
from chalicelib.store.reader import Reader
from chalicelib.store.records import Record, Redirect, item_of

# Merged into what was merged itself, and so on.
MOST_HOPS: Final = 20


def follow(store: Reader, kind: str, record_id: str) -> str | None:
    """The id under which a record stands now; None when it is not there, or not for this store's caller."""
    for _ in range(MOST_HOPS):
        at = keys.record(store.boundary, kind, record_id)
        raw = store.fetch([at])[at]
        item = item_of(dict(raw)) if raw else None
        if not isinstance(item, Redirect):
            return record_id if isinstance(item, Record) and store.scope.admits(item) else None
        record_id = str(item.to)
    return None
