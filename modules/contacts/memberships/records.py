"""Memberships as stored.

the segment's partition   members by contact id, sizes by org unit
the contact's partition   the assessment (which memberships it has, noted in a head), and the changes, by time
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final, NamedTuple, Self

from pynamodb.attributes import NumberAttribute, UnicodeAttribute, UTCDateTimeAttribute

from chalicelib.changes.records import Head
from chalicelib.store import keys
from chalicelib.store.commit import Action
from chalicelib.store.keys import Key, PartitionKey, SortKey
from chalicelib.store.records import Item
from modules.contacts.kinds import CONTACT, SEGMENT, SEGMENT_CHANGE, SEGMENT_MEMBERSHIP
from modules.contacts.people.records import Contact

MEMBER: Final = "member"
SIZE: Final = "size"
# Behind all that belongs to the contact: a customer may be deleted although he has been in segments.
CHANGED: Final = f"{keys.BEHIND}segment_change"
# A year can be compared with the one before it.
CHANGES_KEPT: Final = timedelta(days=400)
SHARDS: Final = 8
_SEPARATOR: Final = "|"


class Standing(NamedTuple):
    """Since when a contact is a member, and where the membership says that the contact stands."""

    since: datetime
    unit_path: str
    owner_id: str

    def told(self) -> str:
        """As a note."""
        return _SEPARATOR.join((self.since.isoformat(), self.unit_path, self.owner_id))

    @classmethod
    def read(cls, note: str) -> Self:
        """From its note."""
        since, unit_path, owner_id = note.split(_SEPARATOR)
        return cls(datetime.fromisoformat(since), unit_path, owner_id)


class SegmentMembership(Item, discriminator="segment_membership"):
    """That a contact is in a segment; it stands where the contact stands, so that scopes find it by an index."""

    segment_id = UnicodeAttribute()
    contact_id = UnicodeAttribute()
    since = UTCDateTimeAttribute()
    unit_path = UnicodeAttribute(null=True)
    owner_id = UnicodeAttribute(null=True)

    def org_unit(self) -> str | None:
        """The contact's unit."""
        return self.unit_path

    def owner(self) -> str | None:
        """The contact's owner."""
        return self.owner_id

    @classmethod
    def of(cls, tenant: str, segment_id: str, contact_id: str, standing: Standing) -> Self:
        """One for each segment and contact."""
        made = cls(
            segment_id=segment_id,
            contact_id=contact_id,
            since=standing.since,
            unit_path=standing.unit_path or None,
            owner_id=standing.owner_id or None,
        ).put_at(member_key(tenant, segment_id, contact_id))
        if standing.unit_path:
            made.gsi2pk = members_by_unit(tenant, segment_id)
            made.gsi2sk = keys.in_unit(standing.unit_path, contact_id)
        if standing.owner_id:
            made.gsi4pk = members_by_owner(tenant, segment_id, standing.owner_id)
            made.gsi4sk = keys.creation(contact_id)
        return made


def members(tenant: str, segment_id: str) -> PartitionKey:
    """The partition in which a segment's members stand, by contact id behind ``MEMBER``."""
    return keys.collection(tenant, SEGMENT.name, segment_id)


def members_by_unit(tenant: str, segment_id: str) -> PartitionKey:
    """gsi2: a segment's members by org unit."""
    return keys.by_state(tenant, SEGMENT_MEMBERSHIP.name, segment_id)


def members_by_owner(tenant: str, segment_id: str, owner_id: str) -> PartitionKey:
    """gsi4: those of a segment's members that one person looks after."""
    return keys.by_state(tenant, SEGMENT_MEMBERSHIP.name, f"{segment_id}/{owner_id}")


def member_key(tenant: str, segment_id: str, contact_id: str) -> Key:
    """Where a membership stands."""
    return keys.record(tenant, SEGMENT.name, segment_id, MEMBER, contact_id)


class SegmentSize(Item, discriminator="segment_size"):
    """How many members of one org unit a segment has: a number ``n`` beside these, spread over some items."""

    unit_path = UnicodeAttribute()
    counted_at = UTCDateTimeAttribute()
    n = NumberAttribute(default=0)


def sizes() -> SortKey:
    """What a segment's sizes begin with in its partition."""
    return keys.children(SIZE)


def size_addition(tenant: str, segment_id: str, unit_path: str, number: int, shard: int, at: datetime) -> Action:
    """The action that adds to a segment's size."""
    key = keys.record(tenant, SEGMENT.name, segment_id, SIZE, unit_path, str(shard))
    raw = SegmentSize(unit_path=unit_path, counted_at=at).put_at(key).raw()
    return Action(key, {name: value for name, value in raw.items() if name != "n"}, add={"n": number})


class Assessment(Head, discriminator="assessment"):
    """What a contact was found to be: the memberships that it has, in ``places``, each with its ``Standing``.

    ``source_version`` rises with every assessment, also with one that finds nothing new: so one that was made of older
    facts is refused. ``edition`` is that of the rules that it was made by. ``wakes_at``: for when a timer is set,
    because time alone may change something then.
    """

    edition = NumberAttribute(default=0)
    wakes_at = UTCDateTimeAttribute(null=True)

    @staticmethod
    def key_of(tenant: str, contact_id: str) -> Key:
        """Beside the contact."""
        return keys.head(Contact.key_of(tenant, contact_id), "segments")

    @classmethod
    def of(cls, tenant: str, contact_id: str, held: Mapping[str, Standing]) -> Self:
        """With these memberships."""
        places = sorted(
            [*map(str, member_key(tenant, segment_id, contact_id)), standing.told()]
            for segment_id, standing in held.items()
        )
        return cls(places=places).put_at(cls.key_of(tenant, contact_id))


def memberships_in(head: Head | None) -> dict[str, Standing]:
    """What a contact's assessment says that it has, by segment; an erasure leaves a plain head that has none."""
    return {keys.root_id(pk): Standing.read(note) for pk, _, note in head.places} if head else {}


class SegmentChange(Item, discriminator="segment_change"):
    """That a contact joined or left a segment: by time in the contact's partition, and of the segment in gsi3."""

    segment_id = UnicodeAttribute()
    contact_id = UnicodeAttribute()
    change = UnicodeAttribute()
    at = UTCDateTimeAttribute()

    @classmethod
    def of(cls, tenant: str, segment_id: str, contact_id: str, change: str, at: datetime) -> Self:
        """``joined`` or ``left``; kept for some time."""
        made = cls(segment_id=segment_id, contact_id=contact_id, change=change, at=at)
        when = at.isoformat(timespec="milliseconds")
        made.put_at(Key(keys.collection(tenant, CONTACT.name, contact_id), keys.moment(CHANGED, when, segment_id)))
        made.gsi3pk = changes_of(tenant, segment_id)
        made.gsi3sk = keys.moment("", when, contact_id)
        made.ttl = int((at + CHANGES_KEPT).timestamp())
        return made


def changes_of(tenant: str, segment_id: str) -> PartitionKey:
    """gsi3: who joined and left a segment, by time."""
    return keys.by_state(tenant, SEGMENT_CHANGE.name, segment_id)
