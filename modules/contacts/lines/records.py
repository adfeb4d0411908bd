"""Lines as stored: in their contact's partition, so that the overview reads them along."""

from collections.abc import Mapping
from datetime import datetime

from pynamodb.attributes import UnicodeAttribute, UTCDateTimeAttribute

from chalicelib.search.entry import Entry
from chalicelib.store.attributes import JsonAttribute
from modules.contacts.holdings.rules import NUMBERS
from modules.contacts.kinds import CONTACT, LINE
from modules.contacts.people.records import OfContact


class Line(OfContact, discriminator="line"):
    """A number, SIM or access that a customer holds."""

    KIND = LINE
    SORTED_AS = LINE.name

    msisdn = UnicodeAttribute(null=True)
    iccid = UnicodeAttribute(null=True)
    imsi = UnicodeAttribute(null=True)
    imei = UnicodeAttribute(null=True)
    account = UnicodeAttribute(null=True)
    contract = UnicodeAttribute(null=True)
    product = UnicodeAttribute(null=True)
    starts_on = UnicodeAttribute(null=True)
    ends_on = UnicodeAttribute(null=True)
    monthly_fee = JsonAttribute(null=True)
    status = UnicodeAttribute()
    outlet_id = UnicodeAttribute(null=True)
    custom = JsonAttribute(null=True)
    ended_at = UTCDateTimeAttribute(null=True)
    held_since = JsonAttribute(null=True)

    def state(self) -> str:
        """Listed by status."""
        return str(self.status)

    def claimant(self) -> str:
        """A claim leads to the customer and to the line."""
        return f"{self.contact_id}/{self.id}"

    def claims(self) -> frozenset[tuple[str, str]]:
        """A number belongs to one line as long as that line lives; an ended one gives it free."""
        return frozenset() if self.status == "ended" else self._pairs("msisdn", "iccid", "imsi")

    def lookups(self) -> frozenset[tuple[str, str]]:
        """Accounts and contracts cover several lines."""
        return frozenset() if self.status == "ended" else self._pairs("account", "contract")

    def found_by(self) -> Entry:
        """Its numbers find the contact as long as it lives: a number that is free again leads to nobody before."""
        if self.status == "ended":
            return Entry(CONTACT.name, self.contact_id)
        numbers = (self.msisdn, self.iccid, self.imsi, self.imei)
        ids = (self.account, self.contract)
        return Entry(
            kind=CONTACT.name,
            record=self.contact_id,
            numbers=tuple(each for each in numbers if each),
            ids=tuple(each for each in ids if each),
        )

    def holds(self) -> Mapping[str, str]:
        """The numbers that the line holds, by name; an ended one holds none."""
        return {} if self.status == "ended" else dict(self._pairs(*NUMBERS))

    def holds_since(self) -> Mapping[str, datetime]:
        """From when on it holds each of them."""
        return {name: datetime.fromisoformat(at) for name, at in (self.held_since or {}).items()}

    def _pairs(self, *names: str) -> frozenset[tuple[str, str]]:
        return frozenset((name, value) for name in names if (value := getattr(self, name)))
