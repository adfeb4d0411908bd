"""Webhooks as they are stored: secrets sealed, with whose rights they read."""

from typing import Any, ClassVar, Final

from pynamodb.attributes import UnicodeAttribute, UTCDateTimeAttribute

from chalicelib.after_write import RELOCATED, heard
from chalicelib.modules import Kind
from chalicelib.store import keys
from chalicelib.store.attributes import JsonAttribute
from chalicelib.store.keys import Key
from chalicelib.store.records import Item, Record
from tenants.kinds import WEBHOOK

ENABLED: Final = "enabled"
DISABLED: Final = "disabled"


class Webhook(Record, discriminator="webhook"):
    """A URL that is told of changes, with the rights of the user ``user_id``, within ``scopes`` if a key made it.

    ``secrets`` are ``{sealed, until}``, newest first, two at most; only an old one has an end. ``scopes`` null: all
    that the user may.
    """

    KIND: ClassVar[Kind] = WEBHOOK

    url = UnicodeAttribute()
    description = UnicodeAttribute(null=True)
    events = JsonAttribute()
    content = UnicodeAttribute()
    status = UnicodeAttribute()
    reason = UnicodeAttribute(null=True)
    user_id = UnicodeAttribute()
    scopes = JsonAttribute(null=True)
    secrets: Any = JsonAttribute()

    def state(self) -> str:
        """Listed by state."""
        return str(self.status)

    def owner(self) -> str:
        """Who is told."""
        return str(self.user_id)

    def wants(self, event_type: str) -> bool:
        """Whether it is to be told of events of this type.

        That a branch of the tree has been moved is one event of its unit. What follows of it for each of perhaps
        thousands of records is told to who names it, and is not among «all».
        """
        if self.status != ENABLED:
            return False
        if event_type.endswith(f".{RELOCATED}"):
            return event_type in self.events
        return heard(event_type, self.events)


class WebhookHealth(Item, discriminator="webhook_health"):
    """Since when nothing has got through, and when events were last replayed; beside its webhook."""

    failing_since = UTCDateTimeAttribute(null=True)
    replayed_at = UTCDateTimeAttribute(null=True)

    @staticmethod
    def key_of(tenant: str, webhook_id: str) -> Key:
        """One for each webhook."""
        return keys.record(tenant, WEBHOOK.name, webhook_id, "health")
