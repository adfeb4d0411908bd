"""Categories as stored: all of a tenant's on one shelf, so that one Query knows them."""

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute

from chalicelib.store import keys
from chalicelib.store.attributes import JsonAttribute
from chalicelib.store.keys import Key
from chalicelib.store.records import Record
from modules.service_analysis.kinds import CATEGORY


class Category(Record, discriminator="request_category"):
    """A node of the tree. ``terms`` are the words that say that a text is about it; the lowest ``rank`` wins."""

    KIND = CATEGORY

    path = UnicodeAttribute()
    titles = JsonAttribute()
    terms = JsonAttribute(null=True)
    rank = NumberAttribute(default=0)
    retired = BooleanAttribute(default=False)

    @classmethod
    def key_of(cls, tenant: str, record_id: str) -> Key:
        """On the shelf of categories."""
        return keys.shelved(tenant, CATEGORY.name, record_id)

    def key(self, tenant: str) -> Key:
        """On the shelf of categories."""
        return self.key_of(tenant, self.id)

    def claims(self) -> frozenset[tuple[str, str]]:
        """A path is one category."""
        return frozenset({(CATEGORY.name, self.path)})
