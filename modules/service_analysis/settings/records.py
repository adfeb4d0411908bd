"""The tenant's settings of its service as stored: one record, which is there once somebody has changed something."""

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from chalicelib.store import keys
from chalicelib.store.keys import Key
from chalicelib.store.records import Record
from modules.service_analysis.kinds import SETTINGS

THE_ONE = "settings"


class ServiceSettings(Record, discriminator="service_settings"):
    """Days, and what follows from low ratings; what nobody has set is as settings/schemas.py says."""

    KIND = SETTINGS

    reopen_days = NumberAttribute()
    close_after_days = NumberAttribute()
    low_rating = NumberAttribute(null=True)
    low_rating_leads_to = UnicodeAttribute(null=True)

    @classmethod
    def key_of(cls, tenant: str, record_id: str) -> Key:
        """On a shelf of its own; there is one, whatever its id."""
        del record_id
        return keys.shelved(tenant, SETTINGS.name, THE_ONE)

    def key(self, tenant: str) -> Key:
        """On a shelf of its own."""
        return self.key_of(tenant, THE_ONE)
