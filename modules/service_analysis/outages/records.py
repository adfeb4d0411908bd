"""Outages as stored, and whom they affect."""

from pynamodb.attributes import UnicodeAttribute, UTCDateTimeAttribute

from chalicelib.store import keys
from chalicelib.store.keys import Key
from chalicelib.store.records import Item, Record
from modules.service_analysis.kinds import OUTAGE, OUTAGE_AFFECTED
from modules.service_analysis.outages.rules import Extent, OutageStatus

OPEN = "outage_open"
"""Finds the outages that are not over: one query for each new request."""
ALL = "all"


class Outage(Record, discriminator="outage"):
    """An incident by area, category or product (a path, a path, a name). ``due_at`` is by when it is to be over."""

    KIND = OUTAGE

    title = UnicodeAttribute()
    area = UnicodeAttribute(null=True)
    category = UnicodeAttribute(null=True)
    product = UnicodeAttribute(null=True)
    status = UnicodeAttribute(default=OutageStatus.OPEN.value)
    began_at = UTCDateTimeAttribute()
    due_at = UTCDateTimeAttribute(null=True)
    answer = UnicodeAttribute(null=True)
    announced_at = UTCDateTimeAttribute(null=True)
    solution = UnicodeAttribute(null=True)
    closed_at = UTCDateTimeAttribute(null=True)
    job_id = UnicodeAttribute()

    def state(self) -> str:
        """Listed by status."""
        return str(self.status)

    def lookups(self) -> frozenset[tuple[str, str]]:
        """Among those that are not over."""
        return frozenset(() if self.status == OutageStatus.CLOSED else {(OPEN, ALL)})

    @property
    def extent(self) -> Extent:
        """What it is about."""
        return Extent(self.area or "", self.category or "", self.product or "")


class OutageAffected(Item, discriminator="outage_affected"):
    """A request of an outage, in the outage's partition: the best level first, a customer's requests together."""

    outage_id = UnicodeAttribute()
    request_id = UnicodeAttribute()
    contact_id = UnicodeAttribute(null=True)
    customer_level = UnicodeAttribute(null=True)
    opened_at = UTCDateTimeAttribute()
    unit_path = UnicodeAttribute(null=True)
    handler_id = UnicodeAttribute(null=True)

    @staticmethod
    def key_of(tenant: str, outage_id: str, level: tuple[str, str], who: str, request_id: str) -> Key:
        """By the level's rank and name, then who, then the request."""
        order = (*(keys.sort_part(each) for each in level), keys.sort_part(who), request_id)
        return keys.record(tenant, OUTAGE.name, outage_id, OUTAGE_AFFECTED.name, *order)

    def org_unit(self) -> str | None:
        """The request's."""
        return self.unit_path

    def owner(self) -> str | None:
        """Who works on the request."""
        return self.handler_id
