"""Interactions and timeline entries as stored: in their contact's partition."""

from typing import Self

from pynamodb.attributes import NumberAttribute, UnicodeAttribute, UTCDateTimeAttribute

from chalicelib.store import keys
from chalicelib.store.keys import Key
from modules.contacts.manifest import CONTACT, INTERACTION, TIMELINE_ENTRY
from modules.contacts.people.records import BesideContact, OfContact

# Behind profile, lines and timeline in the order of the partition, so that the overview never reads across them.
TOUCH = "touch"


class Interaction(OfContact, discriminator="interaction"):
    """A touch between the customer and the operator."""

    KIND = INTERACTION
    SORTED_AS = TOUCH

    channel = UnicodeAttribute()
    direction = UnicodeAttribute()
    title = UnicodeAttribute()
    summary = UnicodeAttribute(null=True)
    agent = UnicodeAttribute(null=True)
    outcome = UnicodeAttribute(null=True)
    occurred_at = UTCDateTimeAttribute()
    link = UnicodeAttribute(null=True)


class TimelineEntry(BesideContact, discriminator="timeline_entry"):
    """One line of a customer's timeline; the same for every module that tells something."""

    type = UnicodeAttribute()
    title = UnicodeAttribute()
    module = UnicodeAttribute()
    source_id = UnicodeAttribute()
    source_version = NumberAttribute()
    occurred_at = UTCDateTimeAttribute()
    link = UnicodeAttribute(null=True)

    def place(self, tenant: str) -> Self:
        """By time in the contact's partition, and by time within its type."""
        at, source = self.occurred_at.isoformat(timespec="milliseconds"), f"{self.module}.{self.source_id}"
        partition = keys.collection(tenant, CONTACT.name, self.contact_id)
        self.put_at(Key(partition, keys.moment(TIMELINE_ENTRY.name, at, source)))
        self.gsi3pk = keys.by_state(tenant, TIMELINE_ENTRY.name, f"{self.contact_id}/{self.type}")
        self.gsi3sk = keys.moment("", at, source)
        return self
