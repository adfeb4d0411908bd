"""What a module declares so that its records can be exported."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from chalicelib.call import Call
from chalicelib.modules import Listing, Text
from chalicelib.store.lists import ListQuery, Page
from chalicelib.store.records import Record


@dataclass(frozen=True, slots=True)
class ExportTarget:
    """One kind of record that can be exported, with the filters of its list and the fields of its answers.

    ``shown`` is the use cases' own answer for a record, masked for who asked; ``own`` gives the keys of its fields that
    are mappings, as they are now. ``page`` reads a page of the list where the kernel's lists do not know all filters.
    """

    name: str
    noun: str
    titles: Text
    job: str
    permission: str
    feature: str
    record_type: type[Record]
    model: type[BaseModel]
    shown: Callable[[Any], BaseModel]
    own: Callable[[Call], Mapping[str, Sequence[str]]]
    page: Callable[[Call, ListQuery], Page[Any]] | None = None

    @property
    def listing(self) -> Listing:
        """The list's filters."""
        return self.record_type.KIND.listing or Listing()
