"""Reading memberships: one query where an index has them as the caller's scope is, else a bounded read."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from chalicelib.access.gate import feature_disabled
from chalicelib.call import Call
from chalicelib.modules import Index
from chalicelib.store import keys
from chalicelib.store.lists import CHUNK, MAX_SCANNED, ListQuery, Page
from chalicelib.store.reading import Part
from chalicelib.store.records import item_of
from chalicelib.store.store import Store
from modules.contacts.kinds import SEGMENTS
from modules.contacts.memberships.records import (
    MEMBER,
    SegmentMembership,
    member_key,
    members,
    members_by_owner,
    members_by_unit,
)
from modules.contacts.people.records import Contact

CONTACTS: Final = "contacts"
SEGMENT_FILTER: Final = "segment_id"
BEHIND_ALL: Final = "~"
"""Sorts behind every id."""


@dataclass(frozen=True, slots=True)
class Members:
    """A page of memberships, where to go on, and whether a bounded read ended before it was full."""

    items: list[SegmentMembership]
    position: dict[str, Any] | None
    truncated: bool = False

    @property
    def ids(self) -> list[str]:
        """The customers."""
        return [str(each.contact_id) for each in self.items]


def read_members(
    store: Store,
    segment_id: str,
    limit: int,
    start: Mapping[str, Any] | None,
    *,
    behind: str | None = None,
    newest_first: bool = False,
) -> Members:
    """Memberships that the store's scope shows; ``behind`` begins at a contact id, for who sees all."""
    part, bounded = _part(store, segment_id, behind)
    part = replace(part, newest_first=newest_first)
    found: list[SegmentMembership] = []
    position = dict(start) if start else None
    read = 0
    while True:
        raws, position = store.raws(part, min(CHUNK, MAX_SCANNED - read) if bounded else limit, position)
        for number, raw in enumerate(raws, 1):
            item = item_of(dict(raw))
            if isinstance(item, SegmentMembership) and store.scope.admits(item):
                found.append(item)
            if len(found) == limit:
                here = {name: raw[name] for name in _names(part)}
                return Members(found, position if number == len(raws) else here)
        read += len(raws)
        if position is None or not bounded:
            return Members(found, position)
        if read >= MAX_SCANNED:
            return Members(found, position, truncated=True)


def _part(store: Store, segment_id: str, behind: str | None) -> tuple[Part, bool]:
    """Where the members stand, by the scope, and whether some of them there are none of the caller's."""
    scope, tenant = store.scope, store.boundary
    if scope.everything and behind is not None:
        low, high = (member_key(tenant, segment_id, each).sk for each in (behind, BEHIND_ALL))
        return Part(members(tenant, segment_id), between=(low, high)), False
    whole = Part(members(tenant, segment_id), keys.children(MEMBER))
    if scope.everything or scope.units or scope.moves:
        return whole, not scope.everything
    if len(scope.subtrees) == 1:
        (top,) = scope.subtrees
        return Part(members_by_unit(tenant, segment_id), keys.under_unit(top), index=str(Index.UNIT)), False
    if scope.owner and not scope.subtrees:
        return Part(members_by_owner(tenant, segment_id, scope.owner), index=str(Index.OWNER)), False
    return whole, True


def _names(part: Part) -> set[str]:
    return {"pk", "sk", f"{part.index or ''}pk", f"{part.index or ''}sk"}


def customers(store: Store, contact_ids: Iterable[str]) -> dict[str, Contact]:
    """Those of some customers that the scope shows, as they stand now, in one round trip a hundred."""
    places = {each: Contact.key_of(store.boundary, each) for each in contact_ids}
    raws = store.fetch(places.values()) if places else {}
    return {each: found for each, at in places.items() if (found := store.known(Contact, at, raws[at]))}


def page_of_contacts(call: Call, query: ListQuery) -> Page[Contact]:
    """A page of the members of a list's ``segment_id`` as contacts; with further filters at most 1,000 are read.

    Raises FeatureDisabled.
    """
    decision = call.tenant.decide(CONTACTS, SEGMENTS)
    if not decision.enabled:
        raise feature_disabled(CONTACTS, SEGMENTS, decision)
    store = call.store
    segment_id = next(str(each.values[0]) for each in query.terms if each.name == SEGMENT_FILTER)
    rest = tuple(each for each in query.terms if each.name != SEGMENT_FILTER)
    found: list[Contact] = []
    position: Mapping[str, Any] | None = query.cursor
    read = 0
    while True:
        wanted = query.limit - len(found)
        page = read_members(store, segment_id, wanted, position, newest_first=query.newest_first)
        contacts = customers(store, page.ids).values()
        found += [each for each in contacts if all(term.holds(each) for term in rest)]
        read, position = read + len(page.items), page.position
        if position is None or not rest or len(found) == query.limit:
            return Page(found, position and dict(position), page.truncated)
        if read >= MAX_SCANNED or page.truncated:
            return Page(found, dict(position), truncated=True)
