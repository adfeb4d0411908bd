"""Contributions as stored: each at a fixed key in its contact's partition, with the version of its source."""

from typing import ClassVar, Self

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute, UTCDateTimeAttribute

from chalicelib.store import keys
from chalicelib.store.attributes import JsonAttribute
from modules.contacts.kinds import BADGE, CONTACT, CUSTOMER_LEVEL, EXCLUSION_REASON, SEGMENT_ATTRIBUTE
from modules.contacts.people.records import BesideContact


class Contribution(BesideContact):
    """What a module tells of a contact under a name. ``gone``: it has been withdrawn, and leaves with its TTL."""

    STANDS_AT: ClassVar[str]

    module = UnicodeAttribute()
    source_id = UnicodeAttribute()
    source_version = NumberAttribute()
    gone = BooleanAttribute(null=True)

    def place(self, tenant: str) -> Self:
        """One for each writing module and source."""
        return self.put_at(
            keys.record(tenant, CONTACT.name, self.contact_id, self.STANDS_AT, self.module, self.source_id)
        )


class Badge(Contribution, discriminator="badge"):
    """A short value shown on the customer's page: open requests, a warning."""

    STANDS_AT = BADGE.name

    name = UnicodeAttribute(null=True)
    value = UnicodeAttribute(null=True)
    severity = UnicodeAttribute(null=True)


class SegmentAttribute(Contribution, discriminator="segment_attribute"):
    """A typed value that segments may ask for; ``changes_at``: when time alone changes it."""

    STANDS_AT = SEGMENT_ATTRIBUTE.name

    name = UnicodeAttribute(null=True)
    value = JsonAttribute(null=True)
    changes_at = UTCDateTimeAttribute(null=True)


class ExclusionReason(Contribution, discriminator="exclusion_reason"):
    """Why the customer is not to be touched for a purpose, and until when."""

    STANDS_AT = EXCLUSION_REASON.name

    purpose = UnicodeAttribute(null=True)
    reason = UnicodeAttribute(null=True)
    until = UTCDateTimeAttribute(null=True)


class CustomerLevel(Contribution, discriminator="customer_level"):
    """The customer's level that everybody reads, in place of contacts' own value tier."""

    STANDS_AT = CUSTOMER_LEVEL.name

    level = UnicodeAttribute(null=True)
    rank = NumberAttribute(null=True)
