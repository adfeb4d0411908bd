"""Interactions and timeline entries as stored: in their contact's partition."""

from typing import Self

from pynamodb.attributes import NumberAttribute, UnicodeAttribute, UTCDateTimeAttribute

from chalicelib.store import keys
from chalicelib.store.attributes import JsonAttribute
from chalicelib.store.keys import Key, PartitionKey
from modules.contacts.kinds import CONTACT, INTERACTION, TIMELINE_ENTRY
from modules.contacts.people.records import BesideContact, OfContact, external_key

# Behind profile, lines and timeline in the order of the partition, so that the overview never reads across them.
TOUCH = "touch"
SOURCE = "interaction_source"
CHANGE = "change"
"""The type of entries that tell what has changed of the customer."""


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
    source = JsonAttribute(null=True)

    def claims(self) -> frozenset[tuple[str, str]]:
        """What a source system calls it is noted once."""
        return frozenset({(SOURCE, external_key(self.source["system"], self.source["id"]))} if self.source else ())

    def claimant(self) -> str:
        """A claim leads to the customer and to the interaction."""
        return f"{self.contact_id}/{self.id}"

    def place(self, tenant: str) -> Self:
        """Beside its customer's others by the time that it took place."""
        super().place(tenant)
        self.gsi3pk = touches_of(tenant, self.contact_id)
        self.gsi3sk = keys.moment("", self.occurred_at.isoformat(timespec="milliseconds"), self.id)
        return self


def touches_of(tenant: str, contact_id: str) -> PartitionKey:
    """All of a contact's interactions, in gsi3."""
    return keys.by_state(tenant, INTERACTION.name, contact_id)


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
