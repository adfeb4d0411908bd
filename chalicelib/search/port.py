"""The port that modules search through.

``ours`` reads token items in the unit's own table. A managed search service would be another implementation: fed by
the same entries (``Record.found_by``), asked by the same call.
"""

from typing import Protocol, TypeVar

from chalicelib.search.find import find
from chalicelib.store.lists import ListQuery, Page
from chalicelib.store.records import Record
from chalicelib.store.store import Store

R = TypeVar("R", bound=Record)


class Search(Protocol):
    """Finds a kind's records by text, within the store's tenant and data scope."""

    def __call__(self, store: Store, record_type: type[R], query: ListQuery, *, may_read_sensitive: bool) -> Page[R]:
        """A page of the records that have all words of ``query.text`` and pass its terms.

        Numbers are found only with ``may_read_sensitive``. Raises CursorError for a position of another query.
        """
        ...


search: Search = find
