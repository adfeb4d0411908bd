"""How often a customer has complained in a month or year, as stored."""

from typing import Self

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from chalicelib.store import keys
from chalicelib.store.attributes import JsonAttribute
from chalicelib.store.keys import Key
from chalicelib.store.records import Item, ListedItem
from modules.service_analysis.complainers.rules import REPEATED
from modules.service_analysis.kinds import COMPLAINER


class Complainer(ListedItem, discriminator="complainer"):
    """A customer's complaints of one period by org unit. ``revision`` counts its changes.

    Who has complained again stands in the period's list by their number (gsi3).
    """

    contact_id = UnicodeAttribute()
    period = UnicodeAttribute()
    by_unit = JsonAttribute()
    total = NumberAttribute()
    revision = NumberAttribute()

    @classmethod
    def key_of(cls, tenant: str, contact_id: str, period: str) -> Key:
        """A customer's periods stand together."""
        return keys.record(tenant, COMPLAINER.name, contact_id, period)

    def place(self, tenant: str) -> Self:
        """Where it stands, and where it is listed."""
        self.put_at(self.key_of(tenant, str(self.contact_id), str(self.period)))
        if int(self.total) >= REPEATED:
            self.gsi3pk = keys.by_state(tenant, COMPLAINER.name, str(self.period))
            self.gsi3sk = keys.ranked(int(self.total), str(self.contact_id))
        return self


class ComplaintNote(Item, discriminator="complaint_note"):
    """Under whom and when a request is counted as a complaint, as of which version; under nobody without a contact."""

    source_version = NumberAttribute()
    contact_id = UnicodeAttribute(null=True)
    day = UnicodeAttribute(null=True)
    unit_path = UnicodeAttribute(null=True)

    @staticmethod
    def key_of(request_at: Key) -> Key:
        """Beside the request."""
        return keys.head(request_at, "complaint")
