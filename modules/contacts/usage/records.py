"""Months as stored, in their contact's partition: all of them behind the overview's range, the newest inside it.

    usage#<line id | account:… | external:… | contact id>#2026-10     a month of it
    bill#<line id | account:… | external:… | contact id>              the newest month of it

What a month is one of stays when it moves to another contact: those of two customers who turn out to be one stand side
by side.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar, Final, Self

from pynamodb.attributes import NumberAttribute, UnicodeAttribute, UTCDateTimeAttribute

from chalicelib.store import keys
from chalicelib.store.attributes import JsonAttribute
from chalicelib.store.keys import Key
from modules.contacts.kinds import BILL, CONTACT
from modules.contacts.people.records import BesideContact
from modules.contacts.usage.rules import Month

# Behind profile, lines and timeline in the order of the partition.
USAGE: Final = "usage"


class Monthly(BesideContact):
    """The figures of one month. ``earlier``: when those were true that have not been said as of ``as_of``."""

    STANDS_AT: ClassVar[str]

    subject = UnicodeAttribute()
    external_id = UnicodeAttribute(null=True)
    line_id = UnicodeAttribute(null=True)
    account = UnicodeAttribute(null=True)
    month = UnicodeAttribute()
    currency = UnicodeAttribute(null=True)
    figures = JsonAttribute()
    as_of = UTCDateTimeAttribute()
    earlier = JsonAttribute(null=True)
    source = UnicodeAttribute(null=True)
    loaded_at = UTCDateTimeAttribute()
    revision = NumberAttribute()
    restated_at = UTCDateTimeAttribute(null=True)
    # Of two at one key, after a merge, the one with the greater version stands (modules/contacts/merges).
    source_version = NumberAttribute()

    def said(self) -> Month:
        """What is known of the month."""
        earlier: Mapping[str, str] = self.earlier or {}
        at = {name: datetime.fromisoformat(each) for name, each in earlier.items()}
        return Month(self.figures, self.currency, self.as_of, at)


class UsageSnapshot(Monthly, discriminator="usage_snapshot"):
    """A month of a line, an account or a customer."""

    STANDS_AT = USAGE

    @staticmethod
    def key_of(tenant: str, contact_id: str, subject: str, month: str) -> Key:
        """In the contact's partition, by what it is of, then by time."""
        return keys.record(tenant, CONTACT.name, contact_id, USAGE, keys.sort_part(subject), month)

    def place(self, tenant: str) -> Self:
        """Where it stands."""
        return self.put_at(self.key_of(tenant, self.contact_id, self.subject, self.month))


class Bill(Monthly, discriminator="bill"):
    """The newest month, where the service agent's page reads it along."""

    STANDS_AT = BILL.name

    @staticmethod
    def key_of(tenant: str, contact_id: str, subject: str) -> Key:
        """In the contact's partition, one for each that is billed."""
        return keys.record(tenant, CONTACT.name, contact_id, BILL.name, keys.sort_part(subject))

    def place(self, tenant: str) -> Self:
        """Where it stands."""
        return self.put_at(self.key_of(tenant, self.contact_id, self.subject))
