"""Contacts as stored."""

from pynamodb.attributes import UnicodeAttribute

from chalicelib.store.attributes import JsonAttribute
from chalicelib.store.records import Record
from modules.contacts.manifest import CONTACT


class Contact(Record, discriminator="contact"):
    """A customer or prospect: the root of an item collection that holds lines, interactions and the timeline."""

    KIND = CONTACT

    type = UnicodeAttribute()
    name = UnicodeAttribute(null=True)
    given_name = UnicodeAttribute(null=True)
    family_name = UnicodeAttribute(null=True)
    external_ids = JsonAttribute(null=True)
    status = UnicodeAttribute()
    churn_reason = UnicodeAttribute(null=True)
    churn_category = UnicodeAttribute(null=True)
    owner_id = UnicodeAttribute(null=True)
    org_unit_id = UnicodeAttribute(null=True)
    unit_path = UnicodeAttribute(null=True)
    emails = JsonAttribute(null=True)
    phones = JsonAttribute(null=True)
    addresses = JsonAttribute(null=True)
    language = UnicodeAttribute(null=True)
    birth_date = UnicodeAttribute(null=True)
    gender = UnicodeAttribute(null=True)
    preferred_channel = UnicodeAttribute(null=True)
    preferred_hours = UnicodeAttribute(null=True)
    value_tier = UnicodeAttribute(null=True)
    tags = JsonAttribute(null=True)
    parent_id = UnicodeAttribute(null=True)
    source = UnicodeAttribute(null=True)
    interest = UnicodeAttribute(null=True)
    qualification = UnicodeAttribute(null=True)
    custom = JsonAttribute(null=True)

    def state(self) -> str:
        """Listed by status."""
        return str(self.status)

    def owner(self) -> str | None:
        """The user who looks after the contact."""
        return self.owner_id

    def org_unit(self) -> str | None:
        """The path of the contact's org unit."""
        return self.unit_path

    def subject(self) -> tuple[str, str]:
        """A contact's personal values are protected by its own key."""
        return (CONTACT.name, self.id)

    def claims(self) -> frozenset[tuple[str, str]]:
        """External ids are unique within the tenant."""
        return frozenset(("external_id", external_key(each["system"], each["id"])) for each in self.external_ids or [])

    def lookups(self) -> frozenset[tuple[str, str]]:
        """E-mail addresses and phone numbers may be shared."""
        emails = {("email", email.casefold()) for email in self.emails or []}
        return frozenset(emails | {("phone", number) for number in self.phones or []})


def external_key(system: str, external_id: str) -> str:
    """An external id as one value: systems have no colon, so the first one ends the system."""
    return f"{system}:{external_id}"
