"""The port that modules search through.

It reads token items in the unit's own table. A managed search service would be another implementation: fed by the same
entries (``Record.found_by``), asked by the same call.
"""

from typing import TypeVar

from chalicelib.store.lists import ListQuery, Page
from chalicelib.store.records import Record
from chalicelib.store.store import Store

R = TypeVar("R", bound=Record)


def search(store: Store, record_type: type[R], query: ListQuery, *, may_read_sensitive: bool) -> Page[R]:
    """A page of the records that have all words of ``query.text`` and pass its terms, in the store's data scope.

    Numbers are found only with ``may_read_sensitive``. Raises CursorError for a position of another query.
    """
    from chalicelib.search.find import find  # noqa: PLC0415 - words and readings: most requests search for nothing

    return find(store, record_type, query, may_read_sensitive=may_read_sensitive)
