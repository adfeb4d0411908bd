"""What a subject export or an erasure has found out about the person, beside it for as long as its job runs."""

from collections.abc import Sequence
from typing import Any, Self

from pynamodb.attributes import UnicodeAttribute

from chalicelib.store import keys
from chalicelib.store.attributes import JsonAttribute
from chalicelib.store.keys import PartitionKey, SortKey
from chalicelib.store.records import Item, Record
from modules.contacts.kinds import SUBJECT_NOTE


class SubjectNote(Item, discriminator=SUBJECT_NOTE.name):
    """A page's findings: what the person is known by, ids of records and files, keys elsewhere, figures to keep."""

    about = UnicodeAttribute()
    sought = JsonAttribute(null=True)
    ids: Any = JsonAttribute(null=True)
    files: Any = JsonAttribute(null=True)
    places: Any = JsonAttribute(null=True)
    figures: Any = JsonAttribute(null=True)
    households: Any = JsonAttribute(null=True)

    def beside(self, request: Record, part: Sequence[str]) -> Self:
        """In the partition of what was asked for; the same part of the same walk is written over."""
        at = request.stands_at()
        return self.put_at(keys.as_read(at.pk, keys.children(SUBJECT_NOTE.name, *part)))


def notes_of(request: Record) -> tuple[PartitionKey, SortKey]:
    """Where all of them stand."""
    return request.stands_at().pk, keys.children(SUBJECT_NOTE.name)
