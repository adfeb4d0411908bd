"""What is stored: items with a discriminator, and records, which are items with an identity and a version.

A record knows its shape and its place; which table it is written to, the store knows (one connection serves
every unit's table: PynamoDB's own connection per model class is the hazard of stack-facts 0.1).
"""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any, ClassVar, Self, TypeVar

from pynamodb.attributes import (
    BooleanAttribute,
    DiscriminatorAttribute,
    NumberAttribute,
    UnicodeAttribute,
    UTCDateTimeAttribute,
)
from pynamodb.exceptions import AttributeNullError
from pynamodb.models import Model

from chalicelib.clock import new_id
from chalicelib.modules import ByIndex, Kind
from chalicelib.search.entry import Entry
from chalicelib.store import keys
from chalicelib.store.attributes import JsonAttribute, KeyAttribute
from chalicelib.store.keys import Key, PartitionKey, SortKey

PLACE_ATTRIBUTES = frozenset({"pk", "sk"} | {f"gsi{number}{part}" for number in range(1, 5) for part in ("pk", "sk")})
"""Where an item stands, in the table and in its indexes."""
SYSTEM_ATTRIBUTES = PLACE_ATTRIBUTES | frozenset(
    {
        "kind",
        "ttl",
        "version",
        "created_at",
        "created_by",
        "updated_at",
        "updated_by",
        "last_event",
        "schema_version",
    }
)
"""What the store itself maintains; never part of «what changed»."""


class Item(Model):
    """Anything in a unit's table."""

    pk = KeyAttribute(hash_key=True)
    sk = KeyAttribute(range_key=True)
    kind = DiscriminatorAttribute()
    gsi1pk = KeyAttribute(null=True)
    gsi1sk = KeyAttribute(null=True)
    gsi2pk = KeyAttribute(null=True)
    gsi2sk = KeyAttribute(null=True)
    gsi3pk = KeyAttribute(null=True)
    gsi3sk = KeyAttribute(null=True)
    gsi4pk = KeyAttribute(null=True)
    gsi4sk = KeyAttribute(null=True)
    ttl = NumberAttribute(null=True)

    def put_at(self, key: Key) -> Self:
        """Give the item its primary key."""
        self.pk, self.sk = key
        return self

    def stands_at(self) -> Key:
        """The item's primary key as it was given or read."""
        return Key(PartitionKey(self.pk), SortKey(self.sk))

    def _set_defaults(self, _user_instantiated: bool = True) -> None:  # noqa: FBT001, FBT002 - PynamoDB's signature
        """As PynamoDB does it, but looking for them once a class."""
        self.attribute_values.update(_defaults(type(self)))

    def held(self) -> Mapping[str, Any]:
        """The values that the item's attributes have, by name; one that was never given is not there."""
        found: dict[str, Any] = self.attribute_values
        return found

    def raw(self) -> dict[str, dict[str, Any]]:
        """The item in DynamoDB's attribute values, as it will be stored; raises AttributeNullError.

        Like PynamoDB's ``serialize``, for attributes that hold no attributes of their own (ours hold JSON texts).
        """
        stored: dict[str, dict[str, Any]] = {}
        held = self.held()
        for name, attribute in self.get_attributes().items():
            value = held.get(name)
            if value is not None:
                stored[name] = {attribute.attr_type: attribute.serialize(value)}
            elif not attribute.null:
                raise AttributeNullError(name)
        return stored

    @classmethod
    def from_raw_data(cls, data: dict[str, Any]) -> Self:
        """The item that is stored so; raises ValueError when it is none of this class.

        PynamoDB's own goes over all attributes that the class might have three times, through descriptors: that was
        half the CPU of a page of fifty records. This goes over those that are stored, once, to the same end.
        """
        made_as = cls._get_discriminator_class(data) or cls
        if not issubclass(made_as, cls):
            message = f"a {made_as.__name__} is no {cls.__name__}"
            raise ValueError(message)  # noqa: TRY004 - what PynamoDB raises
        held = dict(_defaults(made_as))
        attributes = made_as.get_attributes()
        for name, value in data.items():
            if (attribute := attributes.get(name)) is not None and "NULL" not in value:
                held[name] = attribute.deserialize(attribute.get_value(value))
        made: Self = made_as.__new__(made_as)
        made.attribute_values = held
        return made


class ListedItem(Item):
    """An item that is no record and is found by gsi1 alone: by its tenant and kind, in the order of its keys."""

    def put_at(self, key: Key) -> Self:
        """Give the item its primary key, and its place among the tenant's of its kind."""
        kind = str(type(self).kind.get_discriminator(type(self)))
        self.gsi1pk, self.gsi1sk = keys.by_kind(self.holder(key), kind), key.sk
        return super().put_at(key)

    def holder(self, key: Key) -> str:
        """Whose it is: as its key says, or itself, when it stands among the items of all tenants."""
        return key.pk.tenant


@cache
def _defaults(of: type[Item]) -> Mapping[str, Any]:
    """What the attributes of a class hold until something else is read."""
    return {name: attribute.default for name, attribute in of.get_attributes().items() if attribute.default is not None}


def item_of(raw: dict[str, dict[str, Any]]) -> Item:
    """An item as read; of a kind whose class this process has not imported, only where it stands."""
    known = Item.kind._discriminator_map  # noqa: SLF001 - PynamoDB raises for a kind that it does not know
    if raw.get("kind", {}).get("S") in known:
        return Item.from_raw_data(raw)
    return Item.from_raw_data({name: value for name, value in raw.items() if name in PLACE_ATTRIBUTES})


I = TypeVar("I", bound=Item)  # noqa: E741 - the customary name for an item's type beside R for a record's


def read_as(item_type: type[I], raw: dict[str, dict[str, Any]] | None) -> I | None:
    """An item as read, if it is there and of that type."""
    item = item_of(raw) if raw else None
    return item if isinstance(item, item_type) else None


class Record(Item):
    """An item that the API shows: it has an id, a version and a place in its kind's lists."""

    KIND: ClassVar[Kind]

    id = UnicodeAttribute()
    version = NumberAttribute(default=0)
    created_at = UTCDateTimeAttribute()
    created_by = UnicodeAttribute()
    updated_at = UTCDateTimeAttribute()
    updated_by = UnicodeAttribute()
    last_event = UnicodeAttribute(null=True)
    schema_version = NumberAttribute(default=1)

    @classmethod
    def fresh(cls, at: datetime, **values: Any) -> Self:
        """A new record with an id of its kind's prefix, taken at ``at``."""
        return cls(id=values.pop("id", None) or new_id(cls.KIND.prefix, at), **values)

    def key(self, tenant: str) -> Key:
        """The record's primary key; a child of another record or an item of a shelf overrides it."""
        return keys.record(tenant, self.KIND.name, self.id)

    @classmethod
    def key_of(cls, tenant: str, record_id: str) -> Key:
        """The primary key of the record with that id."""
        return keys.record(tenant, cls.KIND.name, record_id)

    def state(self) -> str | None:
        """What gsi3 lists the record by, or None."""
        return None

    def owner(self) -> str | None:
        """Whom gsi4 lists the record under, or None."""
        return None

    def org_unit(self) -> str | None:
        """The org-unit path that gsi2 lists the record under and data scopes are judged by, or None."""
        return None

    def stand_in(self, unit_path: str) -> None:
        """Take the path that the record's org unit has now; who keeps it elsewhere than in ``unit_path`` says where."""
        setattr(self, "unit_path", unit_path)  # noqa: B010 - an attribute of those who stand in a unit

    def hand_over(self, user_id: str) -> bool:
        """Let another person look after the record; False, and nothing changed, for what is not handed over."""
        del user_id
        return False

    def claims(self) -> frozenset[tuple[str, str]]:
        """(name, value) pairs that must be unique within the tenant; at most 20 (architecture.md, Data)."""
        return frozenset()

    def claimant(self) -> str:
        """What a claim or look-up entry says of its holder: the id, or for a child ``<root id>/<id>``."""
        return str(self.id)

    def lookups(self) -> frozenset[tuple[str, str]]:
        """(name, value) pairs by which the record can be found, and which several records may share."""
        return frozenset()

    def alike_by(self) -> frozenset[tuple[str, str]]:
        """(name, value) pairs of which each points to the record that took it last: where likely duplicates meet."""
        return frozenset()

    def found_by(self) -> Entry | None:
        """What search finds it by (chalicelib/search), or None."""
        return None

    def subject(self) -> tuple[str, str] | None:
        """(kind, id) of the person whose key protects this record's personal values, or None."""
        return None

    def about(self) -> frozenset[str]:
        """The ids of the persons whom it is about: answers that show it go when they are erased."""
        subject = self.subject()
        return frozenset({subject[1]}) if subject else frozenset()

    def place(self, tenant: str) -> Self:
        """Set the primary key and the keys of the indexes that the record stands in."""
        self.put_at(self.key(tenant))
        order = keys.creation(self.id)
        if isinstance(self.KIND.listed_by, ByIndex):
            self.gsi1pk, self.gsi1sk = keys.by_kind(tenant, self.KIND.name), order
        path, state, owner = self.org_unit(), self.state(), self.owner()
        self.gsi2pk, self.gsi2sk = (
            (keys.by_kind(tenant, self.KIND.name), keys.in_unit(path, self.id)) if path else (None, None)
        )
        self.gsi3pk, self.gsi3sk = (keys.by_state(tenant, self.KIND.name, state), order) if state else (None, None)
        self.gsi4pk, self.gsi4sk = (keys.by_owner(tenant, self.KIND.name, owner), order) if owner else (None, None)
        return self


def values_of(raw: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """A stored record's own values, without what the store maintains: two records are equal when these are."""
    return {name: value for name, value in raw.items() if name not in SYSTEM_ATTRIBUTES}


class Claim(Item, discriminator="claim"):
    """Makes a value unique, or finds a record by a value that several share."""

    record = UnicodeAttribute()
    detail = JsonAttribute(null=True)


class Block(Item, discriminator="block"):
    """Points to the record that took a value last; several may have it."""

    record = UnicodeAttribute()


class Redirect(ListedItem, discriminator="redirect"):
    """Stands where a record stood that has been merged into another one: its id leads there from now on.

    ``was_version`` is the one that its last event told.
    """

    to = UnicodeAttribute()
    was_version = NumberAttribute()
    last_event = UnicodeAttribute(null=True)


class SubjectKey(Item, discriminator="subject_key"):
    """The wrapped key of one person's values in events and audit; its end is their end (architecture.md, Events)."""

    wrapped = UnicodeAttribute()


class ParentMark(Item, discriminator="with_children"):
    """Stands beside a record from its first child on: a record that has, or is getting, children is not deleted."""


class StoredAnswer(Item, discriminator="idempotency"):
    """The answer to an idempotency key, sealed under that key so that only who sent it can read it.

    ``about``: the persons whom it may tell of; ``erased``: one of them is, and so is the answer.
    """

    body_digest = UnicodeAttribute()
    sealed = UnicodeAttribute(null=True)
    lease_until = UTCDateTimeAttribute(null=True)
    about = JsonAttribute(null=True)
    erased = BooleanAttribute(null=True)


class EventItem(Item, discriminator="event"):
    """One change, written in the same transaction as the records that changed; the only thing consumers see."""

    id = UnicodeAttribute()
    tenant = UnicodeAttribute()
    unit = UnicodeAttribute()
    type = UnicodeAttribute()
    subject = UnicodeAttribute()
    subject_version = NumberAttribute()
    place = JsonAttribute(null=True)
    actor = UnicodeAttribute()
    origin = UnicodeAttribute()
    source = UnicodeAttribute(null=True)
    at = UTCDateTimeAttribute()
    changed = JsonAttribute()
    sealed = UnicodeAttribute(null=True)
    sealed_for = UnicodeAttribute(null=True)
