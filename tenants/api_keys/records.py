"""API keys as they are stored: never the key, only its keyed hash, as a unique claim."""

from typing import ClassVar

from pynamodb.attributes import UnicodeAttribute, UTCDateTimeAttribute

from chalicelib.modules import Kind
from chalicelib.store import keys
from chalicelib.store.attributes import JsonAttribute
from chalicelib.store.keys import Key
from chalicelib.store.records import Item, Record
from tenants.kinds import API_KEY

HASH_CLAIM = "api_key"


class ApiKey(Record, discriminator="api_key"):
    """A machine's credential: it acts with these scopes, within what its user may."""

    KIND: ClassVar[Kind] = API_KEY

    name = UnicodeAttribute()
    user_id = UnicodeAttribute()
    scopes = JsonAttribute()
    expires_at = UTCDateTimeAttribute()
    hashed = UnicodeAttribute()

    def owner(self) -> str | None:
        """The user whose key it is."""
        return str(self.user_id)

    def claims(self) -> frozenset[tuple[str, str]]:
        """The gate finds the key by its hash."""
        return frozenset({(HASH_CLAIM, str(self.hashed))})


class ApiKeyUse(Item, discriminator="api_key_use"):
    """When a key was last used, to about ten minutes; beside the key, so that noting it is no change of the key."""

    at = UTCDateTimeAttribute()


def use_of(tenant_id: str, key_id: str) -> Key:
    """Where a key's last use is noted."""
    return keys.record(tenant_id, API_KEY.name, key_id, "use")
