"""A tenant's own role as it is stored."""

from typing import ClassVar

from pynamodb.attributes import UnicodeAttribute

from chalicelib.modules import Kind
from chalicelib.store import keys
from chalicelib.store.attributes import JsonAttribute
from chalicelib.store.keys import Key, PartitionKey
from chalicelib.store.records import Record
from tenants.kinds import OWN_ROLE


class OwnRole(Record, discriminator="own_role"):
    """A named set of permissions. Users name it as they name a built-in one, so its name stays what it is."""

    KIND: ClassVar[Kind] = OWN_ROLE

    name = UnicodeAttribute()
    titles = JsonAttribute()
    reach = UnicodeAttribute()
    permissions = JsonAttribute()

    @staticmethod
    def place_of(tenant: str, name: str) -> Key:
        """On the shelf of roles, by name: there is one of each."""
        return keys.shelved(tenant, OWN_ROLE.name, name)

    @staticmethod
    def all_of(tenant: str) -> PartitionKey:
        """The shelf."""
        return keys.shelf(tenant, OWN_ROLE.name)

    def key(self, tenant: str) -> Key:
        """On the shelf."""
        return self.place_of(tenant, self.name)
