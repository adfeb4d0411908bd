"""A load as stored."""

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute

from chalicelib.store.attributes import JsonAttribute
from chalicelib.store.records import Record
from modules.contacts.kinds import USAGE_LOAD


class UsageLoad(Record, discriminator="usage_load"):
    """What one transaction has loaded of one month: its event tells consumers whose figures to look at again.

    ``restatements`` are figures as they were before. It goes when its event goes: it names customers, and who erases
    one finds it from nowhere.
    """

    KIND = USAGE_LOAD

    month = UnicodeAttribute()
    source = UnicodeAttribute(null=True)
    contacts = JsonAttribute()
    new = NumberAttribute()
    replaced = NumberAttribute()
    late = NumberAttribute()
    restated = BooleanAttribute()
    restatements = JsonAttribute(null=True)

    def state(self) -> str:
        """Listed by month."""
        return str(self.month)
