"""What the delivery of events keeps: heads of projections, notes of what was handled, and what failed."""

from datetime import timedelta
from typing import Final

from pynamodb.attributes import NumberAttribute, UnicodeAttribute, UTCDateTimeAttribute

from chalicelib.clock import instant_of
from chalicelib.modules import ByPartition, ComputedFrom, Kind
from chalicelib.store import keys
from chalicelib.store.attributes import JsonAttribute
from chalicelib.store.events import KEPT
from chalicelib.store.keys import Key
from chalicelib.store.records import Item

# Events can be replayed for as long as they are kept: what remembers them is kept a little longer.
REMEMBERED: Final = KEPT + timedelta(days=5)

HEAD: Final = Kind("head", ComputedFrom("*"), everywhere=True, exported=False)
HANDLED: Final = Kind("handled", ByPartition(days=REMEMBERED.days), everywhere=True, exported=False)
DELIVERY: Final = Kind("delivery", ByPartition(), exported=False)


class Head(Item, discriminator="head"):
    """What a source has put elsewhere, and of which version: it stands beside the source, and outlives it a while."""

    source_version = NumberAttribute()
    places = JsonAttribute()


class Handled(Item, discriminator="handled"):
    """An event whose handler has done its work: committed with that work, so that a redelivery finds it."""

    @staticmethod
    def key_of(tenant: str, handler: str, event_id: str) -> Key:
        """One for each handler and event."""
        return keys.handled(tenant, instant_of(event_id), event_id, handler)


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
