"""Interactions and timeline entries as stored: in their contact's partition."""

from typing import Self

from pynamodb.attributes import NumberAttribute, UnicodeAttribute, UTCDateTimeAttribute

from chalicelib.store import keys
from chalicelib.store.keys import Key
from chalicelib.store.records import Item, Record
from modules.contacts.manifest import CONTACT, INTERACTION, TIMELINE_ENTRY

# Behind profile, lines and timeline in the order of the partition, so that the overview never reads across them.
TOUCH = "touch"


class Interaction(Record, discriminator="interaction"):
    """A touch between the customer and the operator."""

    KIND = INTERACTION

    contact_id = UnicodeAttribute()
    unit_path = UnicodeAttribute(null=True)
    owner_id = UnicodeAttribute(null=True)
    channel = UnicodeAttribute()
    direction = UnicodeAttribute()
    title = UnicodeAttribute()
    summary = UnicodeAttribute(null=True)
    agent = UnicodeAttribute(null=True)
    outcome = UnicodeAttribute(null=True)
    occurred_at = UTCDateTimeAttribute()
    link = UnicodeAttribute(null=True)

    @staticmethod
    def place_of(tenant: str, contact_id: str, interaction_id: str) -> Key:
        """Where a contact's interaction stands."""
        return keys.record(tenant, CONTACT.name, contact_id, TOUCH, interaction_id)

    def key(self, tenant: str) -> Key:
        """In the contact's partition."""
        return self.place_of(tenant, self.contact_id, self.id)

    def org_unit(self) -> str | None:
        """The contact's unit."""
        return self.unit_path

    def owner(self) -> str | None:
        """The contact's owner."""
        return self.owner_id

    def subject(self) -> tuple[str, str]:
        """What was said is protected by the customer's key."""
        return (CONTACT.name, self.contact_id)


class TimelineEntry(Item, discriminator="timeline_entry"):
    """One line of a customer's timeline; the same for every module that tells something."""

    contact_id = UnicodeAttribute()
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
