"""The one place that spells a key (tests/house/test_keys_lint.py fails the build when another file does).

Every partition key, of tables and indexes, starts with the tenant: ``{tenant}#{kind}#…``. The two exceptions are
platform-only: the registry of issuers and names, and the due partitions of timers (architecture.md, Data). A key is
a value of its own type, so that a record can't be stored under a key that was put together anywhere else.
"""

import hashlib
from datetime import datetime
from typing import Final, NamedTuple

SEPARATOR: Final = "#"
PLATFORM: Final = "platform"
"""Stands where a tenant's id would, in the keys that belong to the platform alone."""
DUE: Final = "due"
"""Begins the partitions in which the timers of all tenants wait for their minute."""
DUE_SHARDS: Final = 8
BEHIND: Final = "~"
"""Sorts behind every word: what nobody reads along with a record stands there (heads of projections)."""


ABOVE: Final = "\U0010ffff"
"""Sorts above every character that a word can go on with."""


class PartitionKey(str):
    """A partition key of a table or an index, spelled here."""

    __slots__ = ()

    @property
    def tenant(self) -> str:
        """The tenant (or PLATFORM) that the key belongs to."""
        return self.partition(SEPARATOR)[0]


class SortKey(str):
    """A sort key of a table or an index, spelled here."""

    __slots__ = ()


class Key(NamedTuple):
    """The primary key of an item."""

    pk: PartitionKey
    sk: SortKey


def _partition(tenant: str, *parts: str) -> PartitionKey:
    # A separator inside a value can't reach into another partition: it is escaped, and tenants have none.
    return PartitionKey(
        SEPARATOR.join((tenant, *(part.replace("%", "%25").replace(SEPARATOR, "%23") for part in parts)))
    )


def record(tenant: str, root_kind: str, root_id: str, *parts: str) -> Key:
    """A record in the item collection of its root: the root itself has no parts, a child has (kind, id)."""
    return Key(_partition(tenant, root_kind, root_id), SortKey(SEPARATOR.join(parts or (root_kind,))))


def collection(tenant: str, root_kind: str, root_id: str) -> PartitionKey:
    """The partition in which a root and its children stand together."""
    return _partition(tenant, root_kind, root_id)


def children(*parts: str) -> SortKey:
    """The prefix of the sort keys of a root's children of one kind."""
    return SortKey(SEPARATOR.join((*parts, "")))


def root_id(pk: str) -> str:
    """The id of the root whose collection a partition is."""
    return parts_of(pk)[-1]


def parts_of(pk: str) -> list[str]:
    """What a partition key was put together of, the tenant first."""
    return [part.replace("%23", SEPARATOR).replace("%25", "%") for part in pk.split(SEPARATOR)]


def is_of(tenant: str, text: str) -> bool:
    """Whether a key, of the table or of an index, begins with the tenant."""
    return text.partition(SEPARATOR)[0] == tenant


def sort_part(value: str) -> str:
    """A value that somebody else chose, as one part of a sort key."""
    return value.replace("%", "%25").replace(SEPARATOR, "%23")


def last_part(sk: str) -> str:
    """The last part of a sort key that holds no escaped ones (an id)."""
    return sk.rpartition(SEPARATOR)[2]


def shelf(tenant: str, kind: str) -> PartitionKey:
    """A partition that holds all of a tenant's items of a small kind (settings, org units, subscriptions)."""
    return _partition(tenant, kind)


def shelved(tenant: str, shelf_kind: str, *parts: str) -> Key:
    """An item on such a shelf."""
    return Key(shelf(tenant, shelf_kind), SortKey(SEPARATOR.join(parts)))


def claim(tenant: str, name: str, value: str) -> Key:
    """The sentinel that makes a value unique within the tenant."""
    return Key(_partition(tenant, "claim", name, value), SortKey("claim"))


def lookup(tenant: str, name: str, value: str, record_id: str) -> Key:
    """An entry that finds records by a value that several may share (an e-mail address)."""
    return Key(lookup_partition(tenant, name, value), SortKey(record_id))


def lookup_partition(tenant: str, name: str, value: str) -> PartitionKey:
    """All entries for one shared value. Claims and entries share it, so one Query answers for both."""
    return _partition(tenant, "claim", name, value)


def block(tenant: str, name: str, value: str) -> Key:
    """Points to the record that took the value last: what a look for likely duplicates reads in one BatchGet."""
    return Key(_partition(tenant, "block", name, value), SortKey("block"))


def event(tenant: str, at: datetime, event_id: str) -> Key:
    """An event item: partition = tenant and day, which bounds a tenant's changes a second (architecture.md)."""
    return Key(of_day(tenant, "event", at), SortKey(event_id))


def of_day(tenant: str, kind: str, at: datetime) -> PartitionKey:
    """All of a tenant's items of a kind that stand by days, of one day (UTC)."""
    return _partition(tenant, kind, at.strftime("%Y%m%d"))


def handled(tenant: str, at: datetime, event_id: str, handler: str) -> Key:
    """The note that a handler has done its work for an event, by the event's day."""
    return Key(of_day(tenant, "handled", at), SortKey(SEPARATOR.join((event_id, handler))))


def note(tenant: str, at: datetime, note_id: str) -> Key:
    """A note for the audit: partition = tenant and day, as with events."""
    return Key(of_day(tenant, "audit_note", at), SortKey(note_id))


def mention(tenant: str, sort: str, value: str, end: str) -> Key:
    """Says that the audit chunk ending with ``end`` has entries of an actor, a record or an action."""
    escaped = value.replace("%", "%25").replace(SEPARATOR, "%23")
    return shelved(tenant, "audit_index", sort, escaped, end)


def idempotency(tenant: str, digest: str) -> Key:
    """The stored answer to one principal's idempotency key on one route; spread, for every write has one."""
    return Key(spread(tenant, "idempotency", digest[:1]), SortKey(digest))


def spread(tenant: str, kind: str, digit: str) -> PartitionKey:
    """All of a tenant's items of a kind whose names begin with a hexadecimal digit."""
    return _partition(tenant, kind, digit)


def registry(name: str, value: str) -> Key:
    """A platform-only item: which tenant an issuer, a sign-in or a name belongs to."""
    return Key(_partition(PLATFORM, "registry", name, value), SortKey("entry"))


def due(at: datetime, tenant: str, name: str, record_id: str) -> Key:
    """A timer of a tenant's record: partition = minute and shard, so that a reader of a minute makes 8 queries."""
    shard = int.from_bytes(hashlib.blake2b(tenant.encode(), digest_size=4).digest()) % DUE_SHARDS
    return Key(due_partition(at, shard), SortKey(SEPARATOR.join((tenant, name, record_id))))


def due_partition(at: datetime, shard: int) -> PartitionKey:
    """All timers of one minute (UTC) and shard."""
    return _partition(DUE, at.strftime("%Y%m%d%H%M"), str(shard))


def position(name: str) -> Key:
    """A platform-only item: how far a reader has come (the scheduler's minute, the poller's place in a stream)."""
    return Key(_partition(PLATFORM, "position", name), SortKey("position"))


def head(record: Key, name: str) -> Key:
    """What a projection of a record has put elsewhere, noted beside the record."""
    return Key(record.pk, SortKey(SEPARATOR.join((BEHIND, str(record.sk), name))))


def heads_between(first: SortKey, last: SortKey) -> tuple[SortKey, SortKey]:
    """The heads of the records that stand from one sort key on up to another one."""
    return SortKey(f"{BEHIND}{SEPARATOR}{first}"), SortKey(f"{BEHIND}{SEPARATOR}{last}{SEPARATOR}{ABOVE}")


def cells(tenant: str, fact: str, dimensions: str, period: str) -> PartitionKey:
    """All cells of one fact, combination of dimensions, and month (or ``total``)."""
    return _partition(tenant, "cell", fact, dimensions, period)


def counted(tenant: str, fact: str, period: str, shard: str) -> Key:
    """That a fact has cells in a period."""
    return Key(_partition(tenant, "counted", fact), SortKey(SEPARATOR.join((period, shard))))


def cell(partition: PartitionKey, *parts: str) -> Key:
    """One cell: org unit, coordinates, day and shard."""
    escaped = (part.replace("%", "%25").replace(SEPARATOR, "%23") for part in parts)
    return Key(partition, SortKey(SEPARATOR.join(escaped)))


def headed(head_at: Key) -> Key:
    """The record beside which a head stands; the names of heads hold no separator."""
    return Key(head_at.pk, SortKey(head_at.sk.removeprefix(BEHIND + SEPARATOR).rpartition(SEPARATOR)[0]))


def posted(tenant: str, fact: str, month: str) -> PartitionKey:
    """gsi3: what records have posted of a flow in a month, by day."""
    return _partition(tenant, "posted", fact, month)


def on_day(day: str, pk: str = "") -> SortKey:
    """Order by day, then by the partition of the record; without one, the prefix of a day."""
    return SortKey(SEPARATOR.join((day, pk)))


def between_days(first: str, last: str) -> tuple[SortKey, SortKey]:
    """All that stands on a day and up to another one, both included."""
    return on_day(first), on_day(last, ABOVE)


def ranked(count: int, name: str) -> SortKey:
    """Order by a number, then by name."""
    return SortKey(SEPARATOR.join((f"{count:08}", name)))


def ranked_from(count: int) -> tuple[SortKey, SortKey]:
    """All that has this number or a greater one."""
    return ranked(count, ""), SortKey(ABOVE)


def token(tenant: str, kind: str, token_class: str, word: str) -> PartitionKey:
    """The postings of a kind's words of one class that begin with the same character."""
    return _partition(tenant, "token", kind, token_class, word[:1])


def posting(tenant: str, kind: str, token_class: str, word: str, source_id: str) -> Key:
    """One word that finds a record of that kind, said by the record itself or by one that stands with it."""
    return Key(token(tenant, kind, token_class, word), SortKey(SEPARATOR.join((word, source_id))))


def words_beginning(prefix: str) -> SortKey:
    """The prefix of all postings of words that begin with this."""
    return SortKey(prefix)


def words_from(start: str, prefix: str) -> tuple[SortKey, SortKey]:
    """The postings of words that begin with ``prefix``, from the word ``start`` on (see ``ABOVE``)."""
    return SortKey(start), SortKey(prefix + ABOVE)


def as_read(pk: str, sk: str) -> Key:
    """A key that has been stored as it was spelled here."""
    return Key(PartitionKey(pk), SortKey(sk))


def moment(prefix: str, at: str, record_id: str) -> SortKey:
    """Order by a time that somebody stated (RFC 3339, UTC), then by id."""
    return SortKey(SEPARATOR.join((prefix, at, record_id) if prefix else (at, record_id)))


# -- indexes


def by_kind(tenant: str, kind: str) -> PartitionKey:
    """gsi1 and gsi2: all of a tenant's records of a kind, by creation or by org unit."""
    return _partition(tenant, kind)


def by_state(tenant: str, kind: str, state: str) -> PartitionKey:
    """gsi3: a kind's records in one state (for timeline entries: of one type under one root)."""
    return _partition(tenant, kind, state)


def by_owner(tenant: str, kind: str, owner: str) -> PartitionKey:
    """gsi4: a kind's records of one owner."""
    return _partition(tenant, kind, owner)


def creation(record_id: str) -> SortKey:
    """Order by creation: a record's id begins with its instant."""
    return SortKey(record_id)


def in_unit(unit_path: str, record_id: str = "") -> SortKey:
    """Order by org unit, then creation; without an id the prefix of all records of exactly that unit."""
    return SortKey(SEPARATOR.join((unit_path, record_id)))


def under_unit(unit_path: str) -> SortKey:
    """The prefix of everything in a unit's subtree: paths end with a slash, so a sibling can't match."""
    return SortKey(unit_path)


def between_units(first: str, last: str) -> tuple[SortKey, SortKey]:
    """What stands in the order of org units from a path on up to another one, which is none of a unit itself."""
    return SortKey(first), SortKey(last)
