"""Merges as stored: in the winner's partition, with all that taking them apart needs."""

from typing import Final, Self

from pynamodb.attributes import NumberAttribute, UnicodeAttribute, UTCDateTimeAttribute

from chalicelib.store import keys
from chalicelib.store.attributes import JsonAttribute
from modules.contacts.kinds import CONTACT, MERGE, MERGE_DISPLACED, MERGE_ORIGINAL, MERGE_REFERENCES
from modules.contacts.people.records import BesideContact, OfContact

# Behind profile, lines and timeline in the order of the partition: nobody reads it along.
SORTED: Final = "unmerge"
WINNER: Final = "winner"
LOSER: Final = "loser"


class Merge(OfContact, discriminator="merge"):
    """That a contact, the loser, was made one with ``contact_id``, the winner.

    ``kept``: fields of the winner that had been edited since, and stayed so when it was taken apart.
    """

    KIND = MERGE
    SORTED_AS = SORTED

    loser_id = UnicodeAttribute()
    status = UnicodeAttribute()
    job_id = UnicodeAttribute(null=True)
    undone_until = UTCDateTimeAttribute()
    kept = JsonAttribute(null=True)
    result = JsonAttribute(null=True)

    def state(self) -> str:
        """Listed by status."""
        return str(self.status)

    def claims(self) -> frozenset[tuple[str, str]]:
        """Found by its id alone, in whatever contact's partition it stands by now."""
        return frozenset({(MERGE.name, str(self.id))})

    def claimant(self) -> str:
        """The contact and itself."""
        return f"{self.contact_id}/{self.id}"


class _OfMerge(BesideContact):
    """What a merge keeps beside itself, under a part of its own in the winner's partition."""

    merge_id = UnicodeAttribute()

    def part(self) -> tuple[str, ...]:
        """What its key ends with."""
        raise AssertionError(self)  # each kind says it

    def place(self, tenant: str) -> Self:
        """Behind the merge's own name."""
        kind = str(type(self).kind.get_discriminator(type(self)))
        return self.put_at(keys.record(tenant, CONTACT.name, self.contact_id, kind, self.merge_id, *self.part()))


class Original(_OfMerge, discriminator=MERGE_ORIGINAL.name):
    """A contact as it was before. ``given``: what the merge made of those of the winner's values that it changed."""

    side = UnicodeAttribute()
    content = JsonAttribute()
    given = JsonAttribute(null=True)

    def part(self) -> tuple[str, ...]:
        """One for each of the two."""
        return (str(self.side),)


class Displaced(_OfMerge, discriminator=MERGE_DISPLACED.name):
    """An item that had to give way: both contacts had one under the same key, and the younger one stands there.

    ``side`` says whose it was, ``number`` makes it one of several.
    """

    side = UnicodeAttribute()
    number = UnicodeAttribute()
    content = JsonAttribute()

    def part(self) -> tuple[str, ...]:
        """In the order in which they gave way."""
        return (str(self.number),)


class References(_OfMerge, discriminator=MERGE_REFERENCES.name):
    """Contacts that named the loser as their parent, and have named the winner since."""

    page = NumberAttribute()
    contacts = JsonAttribute()

    def part(self) -> tuple[str, ...]:
        """One for each step that found some."""
        return (f"{int(self.page):06d}",)
