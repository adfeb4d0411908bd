"""Custom fields as stored: all of a tenant's on one shelf, so that one Query knows them."""

from pynamodb.attributes import BooleanAttribute, UnicodeAttribute

from chalicelib.store import keys
from chalicelib.store.attributes import JsonAttribute
from chalicelib.store.keys import Key
from chalicelib.store.records import Record
from modules.contacts.manifest import CUSTOM_FIELD


class CustomField(Record, discriminator="custom_field"):
    """The definition of one field."""

    KIND = CUSTOM_FIELD

    name = UnicodeAttribute()
    type = UnicodeAttribute()
    titles = JsonAttribute(null=True)
    options = JsonAttribute(null=True)
    applies_to = JsonAttribute()
    required = BooleanAttribute(default=False)
    expected_minimum = JsonAttribute(null=True)
    expected_maximum = JsonAttribute(null=True)

    @classmethod
    def key_of(cls, tenant: str, record_id: str) -> Key:
        """On the shelf of custom fields."""
        return keys.shelved(tenant, CUSTOM_FIELD.name, record_id)

    def key(self, tenant: str) -> Key:
        """On the shelf of custom fields."""
        return self.key_of(tenant, self.id)

    def claims(self) -> frozenset[tuple[str, str]]:
        """A field's name is unique within the tenant."""
        return frozenset({("custom_field", self.name)})
