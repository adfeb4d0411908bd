"""Holdings as stored: in the partition of the contact who held the number, and by number in gsi3."""

from typing import Self

from pynamodb.attributes import UnicodeAttribute, UTCDateTimeAttribute

from chalicelib.store import keys
from chalicelib.store.keys import PartitionKey
from modules.contacts.kinds import CONTACT, HOLDING
from modules.contacts.people.records import BesideContact

# Behind profile and lines in the order of the partition: a line's history grows, and the overview never needs it.
TENURE = "tenure"


class Holding(BesideContact, discriminator="holding"):
    """That a contact's line has held a number from an instant on, up to another one; without it it holds it still."""

    line_id = UnicodeAttribute()
    name = UnicodeAttribute()
    value = UnicodeAttribute()
    since = UTCDateTimeAttribute()
    until = UTCDateTimeAttribute(null=True)

    def place(self, tenant: str) -> Self:
        """One for each line, sort of number and beginning."""
        since = self.since.isoformat(timespec="milliseconds")
        self.put_at(keys.record(tenant, CONTACT.name, self.contact_id, TENURE, self.line_id, self.name, since))
        self.gsi3pk = of_number(tenant, self.name, self.value)
        self.gsi3sk = keys.moment("", since, self.line_id)
        return self


def of_number(tenant: str, name: str, value: str) -> PartitionKey:
    """All holdings of one number, whoever held it."""
    return keys.by_state(tenant, HOLDING.name, f"{name}/{value}")
