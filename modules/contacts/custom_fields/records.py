"""Custom fields as stored: all of a tenant's on one shelf, so that one Query knows them."""

from pynamodb.attributes import BooleanAttribute, UnicodeAttribute

from chalicelib.store import keys
from chalicelib.store.attributes import JsonAttribute
from chalicelib.store.keys import Key
from chalicelib.store.records import Record
from modules.contacts.kinds import CUSTOM_FIELD

OF_CONTACTS = "contact"


class CustomField(Record, discriminator="custom_field"):
    """The definition of one field of contacts or lines; an archived one is only read any more."""

    KIND = CUSTOM_FIELD

    entity = UnicodeAttribute(default=OF_CONTACTS)
    name = UnicodeAttribute()
    type = UnicodeAttribute()
    titles = JsonAttribute(null=True)
    options = JsonAttribute(null=True)
    references = UnicodeAttribute(null=True)
    applies_to = JsonAttribute()
    required = BooleanAttribute(default=False)
    expected_minimum = JsonAttribute(null=True)
    expected_maximum = JsonAttribute(null=True)
    filterable = BooleanAttribute(default=False)
    archived = BooleanAttribute(default=False)

    @classmethod
    def key_of(cls, tenant: str, record_id: str) -> Key:
        """On the shelf of custom fields."""
        return keys.shelved(tenant, CUSTOM_FIELD.name, record_id)

    def key(self, tenant: str) -> Key:
        """On the shelf of custom fields."""
        return self.key_of(tenant, self.id)

    def claims(self) -> frozenset[tuple[str, str]]:
        """A field's name is unique among those of its entity within the tenant."""
        name = CUSTOM_FIELD.name if self.entity == OF_CONTACTS else f"{CUSTOM_FIELD.name}_of_{self.entity}"
        return frozenset({(name, self.name)})
