"""Postings as stored: one token of one record, with what a query needs to know without reading the record."""

from pynamodb.attributes import UnicodeAttribute

from chalicelib.search.tokens import Tokens
from chalicelib.store.attributes import JsonAttribute, KeyAttribute
from chalicelib.store.keys import Key, PartitionKey, SortKey
from chalicelib.store.records import Item


class Posting(Item, discriminator="posting"):
    """A token leads to a record.

    ``source_sk`` is what the token follows from: the record itself, or one that stands with it (a line). ``words`` and
    ``numbers`` are all tokens of that source; ``fingerprint`` tells whether it still says the same.
    """

    token = UnicodeAttribute()
    record = UnicodeAttribute()
    source_sk = KeyAttribute()
    unit_path = UnicodeAttribute(null=True)
    owner_id = UnicodeAttribute(null=True)
    words = JsonAttribute()
    numbers = JsonAttribute(null=True)
    fingerprint = UnicodeAttribute()

    def org_unit(self) -> str | None:
        """By which data scopes judge it."""
        return self.unit_path

    def owner(self) -> str | None:
        """The other thing that they judge it by."""
        return self.owner_id

    def source_at(self, beside: PartitionKey) -> Key:
        """The key of the source, which stands in the record's partition."""
        return Key(beside, SortKey(self.source_sk))

    def tokens(self) -> Tokens:
        """All tokens of the source."""
        return Tokens(tuple(self.words), tuple(self.numbers or ()))
