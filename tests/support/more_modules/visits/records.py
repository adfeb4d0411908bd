"""Visits as stored."""

from typing import Self

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute, UTCDateTimeAttribute

from chalicelib.store import keys
from chalicelib.store.commit import Action
from chalicelib.store.keys import Key
from chalicelib.store.records import Item, Record
from chalicelib.store.store import Store
from modules.visits.manifest import TALLY, VISIT, VISIT_WORD, VISITOR


class Visit(Record, discriminator="visit"):
    """A customer was in a shop. A visit that is ``void`` was noted by mistake."""

    KIND = VISIT

    contact_id = UnicodeAttribute()
    outlet = UnicodeAttribute()
    purpose = UnicodeAttribute()
    mood = UnicodeAttribute()
    title = UnicodeAttribute()
    minutes = NumberAttribute()
    spent = UnicodeAttribute()
    visited_at = UTCDateTimeAttribute()
    void = BooleanAttribute(null=True)
    unit_path = UnicodeAttribute(null=True)
    noted_by = UnicodeAttribute(null=True)
    merged_from = UnicodeAttribute(null=True)

    def about(self) -> frozenset[str]:
        """The customer."""
        return frozenset({str(self.contact_id)})

    def org_unit(self) -> str | None:
        """The unit that noted it."""
        return self.unit_path

    def owner(self) -> str | None:
        """Who noted it."""
        return self.noted_by


class Visitor(Item, discriminator="visitor"):
    """What visits knows of a contact: its status, at a version of the contact."""

    status = UnicodeAttribute(null=True)
    source_version = NumberAttribute()
    gone = BooleanAttribute(null=True)

    @classmethod
    def of(cls, tenant: str, contact_id: str, status: str | None) -> Self:
        """One for each contact."""
        return cls(status=status).put_at(keys.record(tenant, VISITOR.name, contact_id))


class VisitWord(Item, discriminator="visit_word"):
    """A word of a visit's title."""

    visit_id = UnicodeAttribute()

    @classmethod
    def of(cls, tenant: str, word: str, visit_id: str) -> Self:
        """One for each word and visit."""
        return cls(visit_id=visit_id).put_at(keys.record(tenant, VISIT_WORD.name, word, visit_id))


class Tally(Item, discriminator="tally"):
    """A number that is only ever added to, so that doing it twice shows."""

    n = NumberAttribute(default=0)

    @staticmethod
    def key_of(tenant: str, name: str) -> Key:
        """On a shelf, by name."""
        return keys.shelved(tenant, TALLY.name, name)


def count(store: Store, name: str) -> None:
    """Stage one more of a tally."""
    at = Tally.key_of(store.boundary, name)
    store.add(Action(at, {"kind": {"S": TALLY.name}}, add={"n": 1}))
