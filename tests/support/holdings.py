"""All that a tenant holds in a table, read past the application, and whether it is whole.

Whole: each record has its claims, look-up entries and (a person) its key, and nobody else's stand there; its events
tell its whole life without a gap, in rising ids, and replayed they give exactly the record; an interaction has its
timeline entry; no key leaves the tenant.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from chalicelib.access.crypto import Keyring, unseal
from chalicelib.store import keys
from chalicelib.store.events import changes_between
from chalicelib.store.records import EventItem, Item, Record
from tests.support.engine import engine_client
from tests.support.fault_wire import Call

Raw = dict[str, dict[str, Any]]

_PARTITION: Final = re.compile(r"(gsi\d)?pk")


@dataclass(frozen=True)
class Holdings:
    """A tenant's items, as they stand in the table."""

    tenant_id: str
    items: list[Raw]
    keyring: Keyring

    @classmethod
    def read(cls, endpoint: str, table: str, tenant_id: str, keyring: Keyring) -> Holdings:
        """Read everything; `endpoint` is the engine's own, so that neither faults nor the spy see it."""
        client = engine_client(endpoint)
        pages = client.get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
        items = [item for page in pages for item in page["Items"] if item["pk"]["S"].startswith(f"{tenant_id}#")]
        client.close()
        return cls(tenant_id, items, keyring)

    def of(self, kind: str) -> list[Raw]:
        """The items of one kind: contact, claim, subject_key, event, idempotency, …"""
        return [item for item in self.items if item["kind"]["S"] == kind]

    def count(self) -> dict[str, int]:
        """How many there are of each kind."""
        # Pointers to likely duplicates are left out: records share them, so their number says nothing of the records.
        kinds = sorted(item["kind"]["S"] for item in self.items if item["kind"]["S"] != "block")
        return {kind: kinds.count(kind) for kind in dict.fromkeys(kinds)}

    @cached_property
    def records(self) -> list[Record]:
        """The records among them."""
        made = (Item.from_raw_data(dict(item)) for item in self.items)
        return [item for item in made if isinstance(item, Record)]

    def claims(self) -> dict[str, str]:
        """`name#value` of each unique claim → who holds it."""
        return {
            item["pk"]["S"].partition("#claim#")[2]: item["record"]["S"]
            for item in self.of("claim")
            if item["sk"]["S"] == "claim"
        }

    def events(self) -> dict[str, list[EventItem]]:
        """The events of each subject, in the order of its versions."""
        found: dict[str, list[EventItem]] = defaultdict(list)
        for item in self.of("event"):
            event = EventItem.from_raw_data(dict(item))
            found[str(event.subject)].append(event)
        return {
            subject: sorted(events, key=lambda event: int(event.subject_version)) for subject, events in found.items()
        }

    def flaws(self) -> list[str]:
        """Everything that is half done; empty when all is whole."""
        return [*self._flaws_of_keys(), *self._flaws_of_satellites(), *self._flaws_of_events()]

    def _flaws_of_keys(self) -> Iterator[str]:
        for item in self.items:
            for name, value in item.items():
                if _PARTITION.fullmatch(name) and not value["S"].startswith(f"{self.tenant_id}#"):
                    yield f"{item['pk']['S']} stands in {value['S']} by {name}"

    def _flaws_of_satellites(self) -> Iterator[str]:
        """Claims, look-up entries, subject keys and timeline entries are those of the living records."""
        wanted: dict[str, str] = {}
        for record in self.records:
            for name, value in record.claims():
                wanted[_spelled(keys.claim(self.tenant_id, name, value))] = record.claimant()
            for name, value in record.lookups():
                wanted[_spelled(keys.lookup(self.tenant_id, name, value, record.id))] = record.claimant()
        there = {f"{item['pk']['S']} {item['sk']['S']}": item["record"]["S"] for item in self.of("claim")}
        for key in sorted(wanted.keys() | there.keys()):
            if wanted.get(key) != there.get(key):
                yield f"{key} belongs to {wanted.get(key)} and stands for {there.get(key)}"
        people = {record.stands_at().pk for record in self.records if _is_person(record)}
        wrapped = {item["pk"]["S"] for item in self.of("subject_key")}
        yield from (f"{each} has a person without a key, or a key without a person" for each in people ^ wrapped)
        touches = {item["id"]["S"] for item in self.of("interaction")}
        told = {item["source_id"]["S"] for item in self.of("timeline_entry")}
        yield from (f"{each} is not both interaction and timeline entry" for each in touches ^ told)

    def _flaws_of_events(self) -> Iterator[str]:
        stored = {record.id: record for record in self.records}
        events = self.events()
        for subject in sorted(stored.keys() | events.keys()):
            chain, record = events.get(subject, []), stored.get(subject)
            versions = [int(event.subject_version) for event in chain]
            if versions != list(range(1, len(chain) + 1)) or not chain:
                yield f"{subject} has events of the versions {versions}"
                continue
            ids = [str(event.id) for event in chain]
            if ids != sorted(set(ids)):
                yield f"{subject}: ids of events do not rise: {ids}"
            deleted = chain[-1].type.endswith(".deleted")
            if deleted is (record is not None):
                yield f"{subject} is there: {record is not None}, its last event is {chain[-1].type}"
            if record is None:
                continue
            if (int(record.version), record.last_event) != (versions[-1], ids[-1]):
                at = f"{int(record.version)}, {record.last_event}"
                yield f"{subject} is at {at}; its events at {versions[-1]}, {ids[-1]}"
            yield from self._flaws_of_replay(record, chain)

    def _flaws_of_replay(self, record: Record, chain: list[EventItem]) -> Iterator[str]:
        """The events, applied one after the other, each to what the one before left, give the record."""
        state: dict[str, Any] = {}
        for event in chain:
            for name, (old, new) in self.changed(record, event).items():
                if state.get(name) != old:
                    version = int(event.subject_version)
                    yield f"{record.id} {name}: version {version} changed {old!r}, not {state.get(name)!r}"
                state[name] = new
        now = {name: pair[1] for name, pair in changes_between(None, record.raw()).items()}
        replayed = {name: value for name, value in state.items() if value is not None}
        if {name: value for name, value in now.items() if value is not None} != replayed:
            yield f"{record.id} is {now}, its events say {replayed}"

    def changed(self, record: Record, event: EventItem) -> dict[str, list[Any]]:
        """What an event changed, the personal values opened with their subject's key."""
        shown = {name: pair for name, pair in event.changed.items() if pair is not None}
        if not event.sealed:
            return shown
        subject = record.subject()
        assert subject is not None
        wrapped = self._wrapped_keys[keys.collection(self.tenant_id, *subject)]
        key = self.keyring.unwrap(self.tenant_id, subject[1], wrapped)
        return shown | json.loads(unseal(key, event.sealed))

    @cached_property
    def _wrapped_keys(self) -> dict[str, str]:
        return {item["pk"]["S"]: item["wrapped"]["S"] for item in self.of("subject_key")}


def _spelled(key: keys.Key) -> str:
    return f"{key.pk} {key.sk}"


def _is_person(record: Record) -> bool:
    return bool(record.KIND.personal) and record.subject() == (record.KIND.name, record.id)


def partitions_of(calls: Iterable[Call]) -> set[str]:
    """Every partition key, of tables and indexes, that these calls send."""
    found: set[str] = set()
    for operation, body in calls:
        found |= _partitions(body)
        if operation == "Query":
            found.add(body["ExpressionAttributeValues"][":p"]["S"])
    return found


def _partitions(value: object) -> set[str]:
    if isinstance(value, list):
        return set().union(*map(_partitions, value))
    if not isinstance(value, dict):
        return set()
    own = {inner["S"] for name, inner in value.items() if _PARTITION.fullmatch(name) and isinstance(inner, dict)}
    # A timer stands in a partition of all tenants, and its sort key begins with its own.
    own = {value["sk"]["S"] if each.startswith(f"{keys.DUE}#") else each for each in own}
    return own.union(*map(_partitions, value.values()))
