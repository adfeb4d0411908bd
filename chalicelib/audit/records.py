"""Notes for the audit as stored, all in core's table."""

from datetime import timedelta
from typing import Final

from pynamodb.attributes import UnicodeAttribute, UTCDateTimeAttribute

from chalicelib.modules import ByPartition, Kind
from chalicelib.store import keys
from chalicelib.store.attributes import JsonAttribute
from chalicelib.store.events import KEPT
from chalicelib.store.keys import Key
from chalicelib.store.records import Item

# As long as events: what is sealed stands in a chunk.
NOTE: Final = Kind("audit_note", ByPartition(days=KEPT.days), exported=False)
# A token that lives longer is a sign-in again after a day.
TOKEN_LIFE: Final = timedelta(hours=24)
SEEN_TOKEN: Final = Kind("audit_token", ByPartition(), exported=False)


class AuditNote(Item, discriminator="audit_note"):
    """Something that somebody did and that changed no record. ``detail`` is {name: text or number}, never personal."""

    id = UnicodeAttribute()
    at = UTCDateTimeAttribute()
    action = UnicodeAttribute()
    actor = UnicodeAttribute()
    record = UnicodeAttribute(null=True)
    origin = UnicodeAttribute()
    source = UnicodeAttribute(null=True)
    detail = JsonAttribute()


class SeenToken(Item, discriminator="audit_token"):
    """An access token has been seen, by its digest: over all processes its sign-in is noted once."""

    @staticmethod
    def key_of(tenant: str, digest: str) -> Key:
        """One for each token."""
        return keys.shelved(tenant, SEEN_TOKEN.name, digest)
