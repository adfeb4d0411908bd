"""Contacts as stored."""

from datetime import datetime
from typing import Any, ClassVar, Self

from pynamodb.attributes import BooleanAttribute, UnicodeAttribute

from chalicelib.search.entry import Entry, Name
from chalicelib.store import keys
from chalicelib.store.attributes import JsonAttribute
from chalicelib.store.keys import Key
from chalicelib.store.records import Item, Record
from chalicelib.store.store import Store
from modules.contacts.kinds import CONTACT
from modules.contacts.people.rules import blocks_of, display_name


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
    household_id = UnicodeAttribute(null=True)
    id_document = JsonAttribute(null=True)
    id_document_hash = UnicodeAttribute(null=True)
    source = UnicodeAttribute(null=True)
    interest = UnicodeAttribute(null=True)
    qualification = UnicodeAttribute(null=True)
    do_not_contact = BooleanAttribute(null=True)
    do_not_contact_reason = UnicodeAttribute(null=True)
    do_not_contact_since = UnicodeAttribute(null=True)
    custom = JsonAttribute(null=True)
    # Which of e-mails and phones this contact holds as unique keys (unique_keys/), and whose ids lead here (merges/).
    held_keys = JsonAttribute(null=True)
    merged_ids = JsonAttribute(null=True)

    def state(self) -> str:
        """Listed by status."""
        return str(self.status)

    def owner(self) -> str | None:
        """The user who looks after the contact."""
        return self.owner_id

    def org_unit(self) -> str | None:
        """The path of the contact's org unit."""
        return self.unit_path

    def hand_over(self, user_id: str) -> bool:
        """Another user looks after the contact."""
        self.owner_id = user_id
        return True

    def subject(self) -> tuple[str, str]:
        """A contact's personal values are protected by its own key."""
        return (CONTACT.name, self.id)

    def claims(self) -> frozenset[tuple[str, str]]:
        """External ids are unique within the tenant; e-mails and phones where the tenant has chosen so."""
        external = {("external_id", external_key(each["system"], each["id"])) for each in self.external_ids or []}
        shared = {pair for pair in self.lookups() if pair[0] in (self.held_keys or ())}
        return frozenset(external | shared)

    def lookups(self) -> frozenset[tuple[str, str]]:
        """E-mail addresses, phone numbers and identity documents may be shared, as parents and households are."""
        emails = {("email", email.casefold()) for email in self.emails or []}
        phones = {("phone", number) for number in self.phones or []}
        single = {"parent": self.parent_id, "household": self.household_id, "id_document": self.id_document_hash}
        return frozenset(emails | phones | {(name, value) for name, value in single.items() if value})

    def alike_by(self) -> frozenset[tuple[str, str]]:
        """Where likely duplicates meet: e-mail and phone, and the names with birth date or postal code."""
        return blocks_of(self)

    def found_by(self) -> Entry:
        """Searched for by names, phone numbers, e-mail addresses and external ids."""
        names = [self.name] if self.name else []
        if self.given_name or self.family_name:
            names.append(self._composed_name())
        return Entry(
            kind=CONTACT.name,
            record=self.id,
            names=tuple(Name(each, self.family_name or "") for each in dict.fromkeys(names)),
            numbers=tuple(self.phones or ()),
            emails=tuple(self.emails or ()),
            ids=tuple(each["id"] for each in self.external_ids or ()),
            person=self.type == "individual",
        )

    def _composed_name(self) -> str:
        return display_name(
            name=None, given=self.given_name, family=self.family_name, external_ids=[], record_id=self.id
        )


class BesideContact(Item):
    """Base of what is no record and belongs to one contact: it stands in the contact's partition.

    ``merged_from``: the contacts, merged away since, with which it came here (modules/contacts/merges).
    """

    contact_id = UnicodeAttribute()
    merged_from = UnicodeAttribute(null=True)

    def place(self, tenant: str) -> Self:
        """Take its place in the partition of the contact that it names."""
        raise AssertionError(tenant, type(self))  # each kind says where


class OfContact(Record):
    """Base of what belongs to one contact: it stands in the contact's partition and shares its place and key.

    ``merged_from`` as in ``BesideContact``.
    """

    SORTED_AS: ClassVar[str]

    contact_id = UnicodeAttribute()
    unit_path = UnicodeAttribute(null=True)
    owner_id = UnicodeAttribute(null=True)
    merged_from = UnicodeAttribute(null=True)

    @classmethod
    def of(cls, contact: Contact, at: datetime, **values: Any) -> Self:
        """A new record of the contact, in the contact's org unit and with its owner."""
        place = {"contact_id": contact.id, "unit_path": contact.unit_path, "owner_id": contact.owner_id}
        return cls.fresh(at, **place, **values)

    @classmethod
    def place_of(cls, tenant: str, contact_id: str, record_id: str) -> Key:
        """Where a contact's record of this kind stands."""
        return keys.record(tenant, CONTACT.name, contact_id, cls.SORTED_AS, record_id)

    def remind_again(self, store: Store) -> None:
        """Set its timers again: it has been given another contact, and a timer names the place of its record."""

    def key(self, tenant: str) -> Key:
        """In the contact's partition."""
        return self.place_of(tenant, self.contact_id, self.id)

    def org_unit(self) -> str | None:
        """The contact's unit."""
        return self.unit_path

    def hand_over(self, user_id: str) -> bool:
        """It goes with its contact."""
        self.owner_id = user_id
        return True

    def owner(self) -> str | None:
        """The contact's owner."""
        return self.owner_id

    def subject(self) -> tuple[str, str]:
        """Its personal values are protected by the contact's key."""
        return (CONTACT.name, self.contact_id)


def external_key(system: str, external_id: str) -> str:
    """An external id as one value: systems have no colon, so the first one ends the system."""
    return f"{system}:{external_id}"
