"""Erasures as stored: what is asked for, and what remains of a person when it is done."""

from typing import Any, Final, Self

from pynamodb.attributes import UnicodeAttribute, UTCDateTimeAttribute

from chalicelib.store import keys
from chalicelib.store.attributes import JsonAttribute
from chalicelib.store.records import Item, Record
from modules.contacts.kinds import KEPT_FIGURES, SUBJECT_ERASURE

ID_OF: Final = f"{SUBJECT_ERASURE.prefix}_"


class SubjectErasure(Record, discriminator="subject_erasure"):
    """One for each contact, under an id that follows from the contact's: what comes late finds that it is erased.

    ``counted``: what tries that were given up have deleted. ``reason`` goes with the person.
    """

    KIND = SUBJECT_ERASURE

    contact_id = UnicodeAttribute()
    merged_ids: Any = JsonAttribute(null=True)
    reason = UnicodeAttribute(null=True)
    job_id = UnicodeAttribute()
    closed_at = UTCDateTimeAttribute(null=True)
    counted: Any = JsonAttribute(null=True)
    certificate: Any = JsonAttribute(null=True)
    signature = UnicodeAttribute(null=True)
    public_key = UnicodeAttribute(null=True)

    @staticmethod
    def id_of(contact_id: str) -> str:
        """The id of a contact's erasure."""
        return ID_OF + contact_id.rpartition("_")[2]


class KeptFigures(Item, discriminator="kept_figures"):
    """What was billed and paid by somebody, by month, under a name that leads to nobody; without a time of its own."""

    pseudonym = UnicodeAttribute()
    months: Any = JsonAttribute()

    def place(self, tenant: str) -> Self:
        """On the tenant's shelf."""
        return self.put_at(keys.shelved(tenant, KEPT_FIGURES.name, self.pseudonym))
