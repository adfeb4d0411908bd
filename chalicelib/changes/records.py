"""What the delivery of events keeps: heads of projections, notes of what was handled, and what failed."""

from datetime import timedelta
from typing import Final

from pynamodb.attributes import NumberAttribute, UnicodeAttribute, UTCDateTimeAttribute

from chalicelib.modules import ByPartition, ComputedFrom, Expires, Kind
from chalicelib.store import keys
from chalicelib.store.attributes import JsonAttribute
from chalicelib.store.events import KEPT
from chalicelib.store.keys import Key
from chalicelib.store.records import Item

# Events can be replayed for as long as they are kept: what remembers them is kept a little longer.
REMEMBERED: Final = KEPT + timedelta(days=5)

HEAD: Final = Kind("head", ComputedFrom("*"))
HANDLED: Final = Kind("handled", Expires(hours=int(REMEMBERED.total_seconds() // 3600)))
DELIVERY: Final = Kind("delivery", ByPartition())


class Head(Item, discriminator="head"):
    """What a source has put elsewhere, and of which version: it stands beside the source, and outlives it a while."""

    source_version = NumberAttribute()
    places = JsonAttribute()


class Handled(Item, discriminator="handled"):
    """An event whose handler has done its work: committed with that work, so that a redelivery finds it."""

    @staticmethod
    def key_of(tenant: str, handler: str, event_id: str) -> Key:
        """One for each handler and event."""
        return keys.record(tenant, HANDLED.name, handler, event_id)


class Delivery(Item, discriminator="delivery"):
    """An event that a handler could not handle yet (``retrying``), or that was given up (``dead``)."""

    handler = UnicodeAttribute()
    event = JsonAttribute()
    type = UnicodeAttribute()
    subject = UnicodeAttribute()
    state = UnicodeAttribute()
    attempts = NumberAttribute()
    reason = UnicodeAttribute()
    since = UTCDateTimeAttribute()

    @staticmethod
    def key_of(tenant: str, handler: str, event_id: str) -> Key:
        """On the tenant's shelf of deliveries."""
        return keys.shelved(tenant, DELIVERY.name, handler, event_id)
