"""Assessing contacts: what they are, against the rules in force, and writing the difference.

    rule book and assessments (strongly) → rules → the contacts as they stand now → difference → one transaction

The order is what makes it right. A transaction passes only if no other assessment of the contact has come between, so
of two that run side by side the one with the younger facts has the last word; and rules that were not known when the
book was read bring a job, which comes to the contact later. Repeated, late and shuffled events do no harm.
"""

import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from chalicelib.background import Background
from chalicelib.cached import Memory
from chalicelib.changes.records import REMEMBERED, Head
from chalicelib.jobs.timers import remind
from chalicelib.store import keys
from chalicelib.store.attempts import halves, until_in
from chalicelib.store.commit import Action
from chalicelib.store.errors import TransactionTooLargeError
from chalicelib.store.keys import PartitionKey
from chalicelib.store.reader import SUBJECT_KEY
from chalicelib.store.records import Item, read_as
from chalicelib.store.store import Store
from modules.contacts.kinds import CONTACT
from modules.contacts.memberships.records import (
    CHANGED,
    SHARDS,
    Assessment,
    SegmentChange,
    SegmentMembership,
    member_key,
    memberships_in,
    size_addition,
)
from modules.contacts.memberships.rules import MOST_CHANGES, Plan, Sums, plan
from modules.contacts.people.records import Contact
from modules.contacts.segment_attributes.derived import facts_of
from modules.contacts.segment_attributes.rules import CUSTOM, conditions
from modules.contacts.segment_rules.rules import Facts, Rule, decide
from modules.contacts.segment_time.rules import Today
from modules.contacts.segments.records import RuleBook, Segment
from modules.contacts.usage.records import USAGE as MONTHS

WAKE: Final = "contacts.wake"
# Contacts that are assessed in one transaction: an assessment each, and of most no more.
TOGETHER: Final = 25
# An edition of the rules never changes; what is kept of it may only not grow for ever.
KEPT_S: Final = 600.0
# What a contact alone does not say.
BESIDE: Final = frozenset({"active_lines"})


@dataclass(frozen=True, slots=True)
class InForce:
    """The rules of one edition, by segment, and what of a customer they ask for beside the contact itself."""

    edition: int
    rules: Mapping[str, Rule]
    beside: bool
    usage: bool


_editions: Memory[InForce] = Memory(size=100)
Wish = Callable[[Contact, Facts], "Wanted"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Of some segments whether a customer is to be in, by the rules of which edition, and when time may change it."""

    members: Mapping[str, bool]
    edition: int
    wakes_at: datetime | None


def in_force(store: Store) -> InForce | None:
    """The rules that are in force; None when there are none."""
    book = store.get_item(RuleBook, RuleBook.key_of(store.boundary))
    if book is None or not book.ids:
        return None
    tenant, edition = store.boundary, int(book.edition)
    return _editions.recall((tenant, edition), lambda: (tenant, _load(store, edition, book.ids)), KEPT_S)


def _load(store: Store, edition: int, ids: Sequence[str]) -> InForce:
    places = [Segment.key_of(store.boundary, each) for each in ids]
    found = store.fetch(places)
    segments = [segment for at in places if (segment := read_as(Segment, found[at])) is not None]
    rules = {each.id: each.rule for each in segments if each.rule}
    return InForce(edition, rules, *needs(rules.values()))


def needs(rules: Iterable[Rule]) -> tuple[bool, bool]:
    """Whether rules ask for what stands beside a contact (lines, bills, what modules tell), and for older months."""
    asked = [each for rule in rules for each in conditions(rule)]
    usage = any("over" in each for each, _ in asked)
    beside = any(
        of_line
        or each["attribute"] in BESIDE
        or ("." in each["attribute"] and not each["attribute"].startswith(CUSTOM))
        for each, of_line in asked
    )
    return beside, usage


def reassess(background: Background, tenant: str, contact_ids: Iterable[str]) -> None:
    """Bring the memberships of contacts in line with the rules in force, and commit.

    Raises StoreBusyError when others are faster each time, and StoreUnavailableError.
    """
    zone = _zone(background, tenant)
    if zone is None:
        return

    def by_the_rules(store: Store, ids: Sequence[str]) -> bool:
        found = in_force(store)
        rules, edition = (found.rules, found.edition) if found else ({}, 0)
        if found is None and all(_assessed(store, each) is None for each in ids):
            return False
        today = Today(store.clock(), zone)

        def wish(_: Contact, facts: Facts) -> Wanted:
            verdicts = {segment_id: decide(rule, facts, today) for segment_id, rule in rules.items()}
            times = [each.changes_at for each in verdicts.values() if each.changes_at is not None]
            inside = {segment_id: each.member for segment_id, each in verdicts.items()}
            return Wanted(inside, edition, min(times, default=None))

        beside, usage = (found.beside, found.usage) if found else (False, False)
        customers = read_customers(store, ids, zone, beside=beside, usage=usage)
        return _stage(store, customers, wish, told=True)

    _in_groups(background, tenant, contact_ids, by_the_rules)


def unassessed(store: Store, contact_ids: Sequence[str], edition: int) -> list[str]:
    """Those of some contacts that have not been assessed by an edition of the rules or a later one."""
    places = {each: Assessment.key_of(store.boundary, each) for each in contact_ids}
    raws = store.fetch(places.values()) if places else {}
    found = {each: read_as(Assessment, raws[at]) for each, at in places.items()}
    return [each for each, assessed in found.items() if assessed is None or int(assessed.edition) < edition]


def enlist(
    background: Background, tenant: str, segment_id: str, contact_ids: Iterable[str], *, member: bool, told: bool = True
) -> None:
    """Put contacts into a segment, or take them out, and commit; ``told``: with an entry in its history."""
    zone = _zone(background, tenant)
    if zone is None:
        return

    def as_said(store: Store, ids: Sequence[str]) -> bool:
        customers = read_customers(store, ids, zone, beside=False, usage=False)

        def wish(contact: Contact, _: Facts) -> Wanted:
            assessed = _assessed(store, contact.id)
            edition = int(assessed.edition) if isinstance(assessed, Assessment) else 0
            return Wanted({segment_id: member}, edition, _wakes_at(assessed))

        return _stage(store, customers, wish, told=told)

    _in_groups(background, tenant, contact_ids, as_said)


def read_customers(
    store: Store, ids: Sequence[str], zone: ZoneInfo, *, beside: bool, usage: bool
) -> dict[str, tuple[Contact, Facts] | None]:
    """Contacts with their facts, as they stand now; None for those that are gone.

    One round trip for all; one for each when rules ask for what stands beside them, and one more for older months.
    """
    found: dict[str, tuple[Contact, Facts] | None] = dict.fromkeys(ids)
    if not beside:
        places = {each: Contact.key_of(store.boundary, each) for each in ids}
        raws = store.fetch(places.values())
        for each, at in places.items():
            if (contact := read_as(Contact, raws[at])) is not None:
                found[each] = contact, facts_of(contact, (), zone)
        return found
    for each in ids:
        partition = keys.collection(store.boundary, CONTACT.name, each)
        items = list(_profile(store, partition))
        if (whole := next((item for item in items if isinstance(item, Contact)), None)) is not None:
            older = store.query_all(partition, keys.children(MONTHS)) if usage else ()
            found[each] = whole, facts_of(whole, [*items, *older], zone)
    return found


def _profile(store: Store, partition: PartitionKey) -> Iterator[Item]:
    """The contact with its lines, bills and what modules tell of it: one round trip but for the largest."""
    start: dict[str, Any] | None = None
    while True:
        items, start = store.query(partition, between=(keys.children("badge"), SUBJECT_KEY), start=start)
        yield from items
        if start is None:
            return


def _in_groups(
    background: Background, tenant: str, contact_ids: Iterable[str], stage: Callable[[Store, Sequence[str]], bool]
) -> None:
    """Do it for all, some together in a transaction each, until nothing is left to do."""
    waiting = [list(dict.fromkeys(contact_ids))]
    while waiting:
        ids = waiting.pop()
        if len(ids) > TOGETHER:
            waiting += [ids[start : start + TOGETHER] for start in range(0, len(ids), TOGETHER)]
            continue
        try:
            more = until_in(lambda ids=ids: _attempt(background, tenant, ids, stage))  # type: ignore[misc] # bound now
        except TransactionTooLargeError:
            if len(ids) == 1:
                raise
            waiting += [list(each) for each in halves(ids)]
        else:
            waiting += [ids] if more else []


def _attempt(
    background: Background, tenant: str, ids: Sequence[str], stage: Callable[[Store, Sequence[str]], bool]
) -> bool:
    store = background.store("contacts", tenant, "segments", "segments")
    # Before anything is read of the contacts: see the top of this file.
    store.prefetch([RuleBook.key_of(tenant), *(Assessment.key_of(tenant, each) for each in ids)])
    more = stage(store, ids)
    store.commit()
    return more


def _assessed(store: Store, contact_id: str) -> Head | None:
    return store.get_item(Head, Assessment.key_of(store.boundary, contact_id))


def _wakes_at(head: Head | None) -> datetime | None:
    found: datetime | None = head.wakes_at if isinstance(head, Assessment) else None
    return found


def _stage(store: Store, customers: Mapping[str, tuple[Contact, Facts] | None], wish: Wish, *, told: bool) -> bool:
    """Stage what differs from what is wished; whether there is more than goes into one transaction."""
    sums, more, now = Sums(), False, store.clock()
    for contact_id, customer in customers.items():
        before = _assessed(store, contact_id)
        held = memberships_in(before)
        if customer is None:
            if not isinstance(before, Assessment):
                continue  # never assessed, or found to be gone already
            more = _forget_changes(store, contact_id) or more
            wanted = Wanted({}, 0, None)
            found = plan(held, {}, None, now)
        else:
            contact, facts = customer
            wanted = wish(contact, facts)
            found = plan(held, wanted.members, (contact.unit_path or "", contact.owner_id or ""), now)
        _write(store, contact_id, found, told=told and customer is not None)
        _note(store, contact_id, before, found, wanted, gone=customer is None)
        sums.add(found.changes)
        more = more or found.more
    for segment_id, unit_path, number in sums.nonzero():
        shard = random.randrange(SHARDS)  # noqa: S311 - spreads writers, no secret
        store.add(size_addition(store.boundary, segment_id, unit_path, number, shard, now))
    return more


def _write(store: Store, contact_id: str, found: Plan, *, told: bool) -> None:
    tenant = store.boundary
    for each in found.changes:
        if each.after is None:
            store.remove(member_key(tenant, each.segment_id, contact_id))
        else:
            store.put(SegmentMembership.of(tenant, each.segment_id, contact_id, each.after))
        if told and (each.before is None or each.after is None):
            change = "left" if each.after is None else "joined"
            store.put(SegmentChange.of(tenant, each.segment_id, contact_id, change, store.clock()))


def _forget_changes(store: Store, contact_id: str) -> bool:
    """Stage the end of what is told of a customer who is gone, some a time; whether there is more."""
    partition = keys.collection(store.boundary, CONTACT.name, contact_id)
    found, position = store.query(partition, begins=keys.children(CHANGED), limit=MOST_CHANGES)
    for each in found:
        store.remove(each.stands_at())
    return position is not None


def _note(store: Store, contact_id: str, before: Head | None, found: Plan, wanted: Wanted, *, gone: bool) -> None:
    known = int(before.source_version) if before else 0
    at = Assessment.key_of(store.boundary, contact_id)
    if gone and not found.held:
        # Nothing stands anywhere: what is left is the tombstone, for as long as an older event can still come.
        after = Head(places=[], ttl=int((store.clock() + REMEMBERED).timestamp())).put_at(at)
    else:
        after = Assessment.of(store.boundary, contact_id, found.held)
        after.edition, after.wakes_at = 0 if found.more else wanted.edition, wanted.wakes_at
    after.source_version = known + 1
    store.put(after, Action(at, condition=Head.source_version == known if before else Item.pk.does_not_exist()))
    if wanted.wakes_at is not None and _wakes_at(before) != wanted.wakes_at:
        remind(store, WAKE, contact_id, wanted.wakes_at)


def _zone(background: Background, tenant: str) -> ZoneInfo | None:
    """The tenant's time zone; None for a tenant that is gone."""
    standing = background.directory.standing(tenant)
    return ZoneInfo(standing.time_zone) if standing is not None else None
