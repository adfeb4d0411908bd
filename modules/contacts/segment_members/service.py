"""Use cases of members: everybody sees of a segment the customers that he may see."""

import random
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from chalicelib.call import Call
from chalicelib.clock import first_id_at, instant_of
from chalicelib.jobs.schemas import JobOut, accepted
from chalicelib.jobs.service import start
from chalicelib.modules import Index
from chalicelib.store import keys
from chalicelib.store.lists import ListQuery
from chalicelib.store.records import Claim, read_as
from chalicelib.store.store import Store
from chalicelib.web.results import Accepted, Listed
from modules.contacts.kinds import CONTACT
from modules.contacts.memberships.records import (
    Assessment,
    SegmentChange,
    SegmentMembership,
    changes_of,
    memberships_in,
)
from modules.contacts.people.records import external_key
from modules.contacts.people.schemas import ExternalId
from modules.contacts.people.service import contact_out, get_contact
from modules.contacts.segment_members.schemas import (
    MAX_MEMBERS,
    MembershipOut,
    MembersIn,
    SegmentChangeOut,
    SegmentMemberOut,
)
from modules.contacts.segment_pages.service import customers, read_members
from modules.contacts.segments.errors import not_a_list, too_many_members, unknown_customers
from modules.contacts.segments.records import Segment
from modules.contacts.segments.service import get_segment

CHANGE_MEMBERS: Final = "contacts.change_members"
MOST_SAMPLED: Final = 20
LOOKED_AT: Final = 100


def list_members(call: Call, segment_id: str, query: ListQuery) -> Listed[SegmentMemberOut]:
    """A page of a segment's members in the caller's scope: a query and a BatchGet. Raises NotFound."""
    get_segment(call, segment_id)
    page = read_members(call.store, segment_id, query.limit, query.cursor)
    return Listed(list(_shown(call.store, page.items)), page.position, page.truncated)


def sample(call: Call, segment_id: str) -> Listed[SegmentMemberOut]:
    """Up to twenty members: of a hundred from somewhere in the segment, or of all. Raises NotFound."""
    get_segment(call, segment_id)
    store = call.store
    found = {str(each.contact_id): each for each in read_members(store, segment_id, LOOKED_AT, None).items}
    if len(found) == LOOKED_AT and store.scope.everything:
        somewhere = read_members(store, segment_id, LOOKED_AT, None, behind=_some_id(call, min(found)))
        found |= {str(each.contact_id): each for each in somewhere.items}
    chosen = random.sample(sorted(found), min(MOST_SAMPLED, len(found)))
    return Listed(list(_shown(store, [found[each] for each in sorted(chosen)])))


def _some_id(call: Call, first: str) -> str:
    """An id that a customer could have who came some time after another one."""
    begin = instant_of(first.rpartition("_")[2])
    seconds = max((call.now - begin).total_seconds(), 0)
    return first_id_at(CONTACT.prefix, begin + timedelta(seconds=random.uniform(0, seconds)))  # noqa: S311 - no secret


def history(call: Call, segment_id: str, query: ListQuery) -> Listed[SegmentChangeOut]:
    """A page of who joined and left, of the customers that the caller sees. Raises NotFound."""
    get_segment(call, segment_id)
    found, position = call.store.query(
        changes_of(call.tenant_id, segment_id),
        index=str(Index.STATE),
        limit=query.limit,
        newest_first=query.newest_first,
        start=query.cursor,
    )
    changes = [each for each in found if isinstance(each, SegmentChange)]
    seen = customers(call.store, [str(each.contact_id) for each in changes])
    shown = [
        SegmentChangeOut.model_validate({"contact_id": each.contact_id, "change": each.change, "at": each.at})
        for each in changes
        if str(each.contact_id) in seen
    ]
    return Listed(shown, position)


def segments_of(call: Call, contact_id: str) -> Listed[MembershipOut]:
    """All segments that a customer is in, by name. Raises NotFound."""
    get_contact(call, contact_id)
    held = since(call.store, contact_id)
    places = {each: Segment.key_of(call.tenant_id, each) for each in held}
    raws = call.store.fetch(places.values()) if places else {}
    known = [segment for at in places.values() if (segment := read_as(Segment, raws[at]))]
    shown = [MembershipOut(segment_id=each.id, name=each.name, since=held[each.id]) for each in known]
    return Listed(sorted(shown, key=lambda each: each.name))


def since(store: Store, contact_id: str) -> dict[str, datetime]:
    """Since when a customer is in which segments; some of them may be gone."""
    assessed = store.get_item(Assessment, Assessment.key_of(store.boundary, contact_id))
    return {each: standing.since for each, standing in memberships_in(assessed).items()}


def change_members(call: Call, segment_id: str, body: MembersIn) -> Accepted[JobOut]:
    """Start the job that puts customers on a list and takes others off it.

    Raises NotFound, StateConflict for a segment with a rule, and Invalid for customers out of the caller's reach.
    """
    segment = get_segment(call, segment_id)
    if segment.rests_on != "static":
        raise not_a_list()
    asked = (body.add, body.add_external, body.remove, body.remove_external)
    if sum(len(each) for each in asked) > MAX_MEMBERS:
        raise too_many_members(MAX_MEMBERS)
    params = {
        "segment_id": segment.id,
        "add": _resolved(call.store, body.add, body.add_external, "add"),
        "remove": _resolved(call.store, body.remove, body.remove_external, "remove"),
    }
    return accepted(start(call, CHANGE_MEMBERS, params, counted="customers"))


def _resolved(store: Store, ids: Sequence[str], external: Sequence[ExternalId], name: str) -> list[str]:
    """The customers' ids: claims in a round trip a hundred, then the customers. Raises Invalid with the pointers."""
    at = {
        (each.system, each.id): keys.claim(store.boundary, "external_id", external_key(each.system, each.id))
        for each in external
    }
    claims = store.fetch(at.values()) if at else {}
    asked: list[tuple[str, str]] = [(f"/{name}/{number}", each) for number, each in enumerate(ids)]
    for number, each in enumerate(external):
        claim = read_as(Claim, claims[at[each.system, each.id]])
        asked.append((f"/{name}_external/{number}", str(claim.record) if claim else ""))
    seen = customers(store, {each for _, each in asked if each})
    if wrong := [pointer for pointer, each in asked if each not in seen]:
        raise unknown_customers(wrong)
    return list(dict.fromkeys(each for _, each in asked))


def _shown(store: Store, items: Sequence[SegmentMembership]) -> Iterator[SegmentMemberOut]:
    seen = customers(store, [str(each.contact_id) for each in items])
    for each in items:
        if (contact := seen.get(str(each.contact_id))) is not None:
            yield SegmentMemberOut(since=each.since, contact=contact_out(contact))
