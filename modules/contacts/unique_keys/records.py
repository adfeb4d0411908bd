"""The tenant's choices about contacts as stored: one record on a shelf of its own."""

from typing import Final

from pynamodb.attributes import NumberAttribute, UnicodeAttribute, UTCDateTimeAttribute

from chalicelib.store import keys
from chalicelib.store.attributes import JsonAttribute
from chalicelib.store.keys import Key
from chalicelib.store.records import Record
from modules.contacts.kinds import CONTACT_SETTINGS

_PLACE: Final = "settings"


class ContactSettings(Record, discriminator="contact_settings"):
    """Which look-ups are unique keys (``email``, ``phone``), since when, and which contacts share one nevertheless.

    ``job_id``: the job that claims what contacts had before; none when nothing is left to claim.
    """

    KIND = CONTACT_SETTINGS

    unique = JsonAttribute(null=True)
    since = UTCDateTimeAttribute()
    job_id = UnicodeAttribute(null=True)
    status = UnicodeAttribute()
    conflicts = JsonAttribute(null=True)
    conflict_count = NumberAttribute(default=0)

    @classmethod
    def key_of(cls, tenant: str, record_id: str) -> Key:
        """One for each tenant."""
        del record_id
        return keys.shelved(tenant, CONTACT_SETTINGS.name, _PLACE)

    def key(self, tenant: str) -> Key:
        """One for each tenant."""
        return self.key_of(tenant, self.id)
