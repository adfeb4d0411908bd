"""Deliveries as they are stored: beside their webhook, gone after 30 days with their events.

No records: a delivery that made events of its own would be delivered itself.
"""

from datetime import datetime
from typing import Final

from pynamodb.attributes import NumberAttribute, UnicodeAttribute, UTCDateTimeAttribute

from chalicelib.store import keys
from chalicelib.store.keys import Key, SortKey
from chalicelib.store.records import Item
from tenants.kinds import WEBHOOK

WAITING: Final = "waiting"
DELIVERED: Final = "delivered"
FAILED: Final = "failed"
SKIPPED: Final = "skipped"

_LOG: Final = "delivery"
_TURN: Final = "turn"


class WebhookDelivery(Item, discriminator="webhook_delivery"):
    """One event for one webhook: how often it was tried, what came of it, and when it is tried again.

    The event itself is read from ``unit`` when it is sent; a test has none (``unit`` is empty).
    """

    webhook_id = UnicodeAttribute()
    event_id = UnicodeAttribute()
    unit = UnicodeAttribute(null=True)
    type = UnicodeAttribute()
    subject = UnicodeAttribute()
    state = UnicodeAttribute()
    attempts = NumberAttribute(default=0)
    status = NumberAttribute(null=True)
    reason = UnicodeAttribute(null=True)
    since = UTCDateTimeAttribute()
    next_at = UTCDateTimeAttribute(null=True)
    ended_at = UTCDateTimeAttribute(null=True)

    @staticmethod
    def key_of(tenant: str, webhook_id: str, event_id: str) -> Key:
        """In the order of events."""
        return keys.record(tenant, WEBHOOK.name, webhook_id, _LOG, event_id)

    @staticmethod
    def all_of() -> SortKey:
        """Begins the sort keys of a webhook's deliveries."""
        return keys.children(_LOG)

    def is_due(self, now: datetime) -> bool:
        """Whether it may be sent now."""
        at: datetime | None = self.next_at
        return at is None or at <= now

    def ends(self, state: str, at: datetime, reason: str | None = None) -> None:
        """Say that it waits no more."""
        self.state, self.ended_at, self.next_at = state, at, None
        self.reason = reason


class WebhookTurn(Item, discriminator="webhook_turn"):
    """That a delivery waits, in the order of its subject: the first one of a subject is the one to be sent."""

    event_id = UnicodeAttribute()

    @staticmethod
    def key_of(tenant: str, webhook_id: str, subject: str, event_id: str) -> Key:
        """An event's id is greater than that of the one before of its subject (architecture.md, Events)."""
        return keys.record(tenant, WEBHOOK.name, webhook_id, _TURN, subject, event_id)

    @staticmethod
    def all_of(subject: str) -> SortKey:
        """Begins the sort keys of what waits of a subject."""
        return keys.children(_TURN, subject)
