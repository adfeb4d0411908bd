"""Lines as stored: in their contact's partition, so that the overview reads them along."""

from pynamodb.attributes import UnicodeAttribute

from chalicelib.store import keys
from chalicelib.store.attributes import JsonAttribute
from chalicelib.store.keys import Key
from chalicelib.store.records import Record
from modules.contacts.manifest import CONTACT, LINE


class Line(Record, discriminator="line"):
    """A number, SIM or access that a customer holds."""

    KIND = LINE

    contact_id = UnicodeAttribute()
    unit_path = UnicodeAttribute(null=True)
    owner_id = UnicodeAttribute(null=True)
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

    @staticmethod
    def place_of(tenant: str, contact_id: str, line_id: str) -> Key:
        """Where a contact's line stands."""
        return keys.record(tenant, CONTACT.name, contact_id, LINE.name, line_id)

    def key(self, tenant: str) -> Key:
        """In the contact's partition."""
        return self.place_of(tenant, self.contact_id, self.id)

    def state(self) -> str:
        """Listed by status."""
        return str(self.status)

    def org_unit(self) -> str | None:
        """The contact's unit."""
        return self.unit_path

    def owner(self) -> str | None:
        """The contact's owner."""
        return self.owner_id

    def subject(self) -> tuple[str, str]:
        """A line's numbers say who its customer is: they are protected by the customer's key."""
        return (CONTACT.name, self.contact_id)

    def claimant(self) -> str:
        """A claim leads to the customer and to the line."""
        return f"{self.contact_id}/{self.id}"

    def claims(self) -> frozenset[tuple[str, str]]:
        """A number belongs to one line as long as that line lives; an ended one gives it free."""
        return frozenset() if self.status == "ended" else self._pairs("msisdn", "iccid", "imsi")

    def lookups(self) -> frozenset[tuple[str, str]]:
        """Accounts and contracts cover several lines."""
        return frozenset() if self.status == "ended" else self._pairs("account", "contract")

    def _pairs(self, *names: str) -> frozenset[tuple[str, str]]:
        return frozenset((name, value) for name in names if (value := getattr(self, name)))
