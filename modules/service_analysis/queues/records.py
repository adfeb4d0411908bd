"""Queues as stored: all of a tenant's on one shelf, so that one Query knows them."""

from pynamodb.attributes import UnicodeAttribute

from chalicelib.store import keys
from chalicelib.store.attributes import JsonAttribute
from chalicelib.store.keys import Key
from chalicelib.store.records import Record
from modules.service_analysis.kinds import QUEUE


class ServiceQueue(Record, discriminator="service_queue"):
    """A team's queue. ``members`` are mappings with user_id, skills, languages (BCP 47) and present."""

    KIND = QUEUE

    titles = JsonAttribute()
    members = JsonAttribute(null=True)
    org_unit_id = UnicodeAttribute(null=True)
    unit_path = UnicodeAttribute(null=True)

    @classmethod
    def key_of(cls, tenant: str, record_id: str) -> Key:
        """On the shelf of queues."""
        return keys.shelved(tenant, QUEUE.name, record_id)

    def key(self, tenant: str) -> Key:
        """On the shelf of queues."""
        return self.key_of(tenant, self.id)

    def org_unit(self) -> str | None:
        """The path of the team's org unit."""
        return self.unit_path
