"""What other modules may import of contacts: the ports by which they tell of a customer.

Every port is an upsert keyed by the writing module and its source's id, conditional on the source's version, so that
repeated and late events do no harm; ``withdraw`` ends a contribution and leaves a tombstone. A contribution to a
contact that is gone is passed over: the answer is False. One that was merged into another is followed there.

What a customer is: ``customer``. And who is in a segment: ``members_of`` page by page, ``member_since`` of one. All on
a door that reads contacts (``Call.reading``, ``Doors.reading``, or ``Store.beside`` in a job).
"""

from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal, TypeVar

from chalicelib.changes.handling import Doors
from chalicelib.changes.projections import project, put_in_place
from chalicelib.jobs.errands import send_on
from chalicelib.jobs.timers import remind
from chalicelib.modules import Port
from chalicelib.problems import ValueRefused
from chalicelib.store import keys
from chalicelib.store.commit import Action
from chalicelib.store.following import follow
from chalicelib.store.records import Claim, Record
from chalicelib.store.store import Store
from modules.contacts.consents.rules import Answer, ConsentChannel, Purpose
from modules.contacts.consents.service import answer_for, with_consents
from modules.contacts.contributions.records import (
    Badge,
    Contribution,
    CustomerLevel,
    ExclusionReason,
    SegmentAttribute,
)
from modules.contacts.interactions.records import TimelineEntry
from modules.contacts.kinds import CONTACT
from modules.contacts.lines.records import Line
from modules.contacts.people.records import BesideContact, Contact, external_key

LONGEST_TEXT = 200
REASSESS = "contacts.reassess"
Severity = Literal["info", "warning", "critical"]


@dataclass(frozen=True, slots=True)
class Source:
    """What a contribution comes from: the writing module's record, at a version, about a contact."""

    contact_id: str
    source_id: str
    version: int


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the timeline."""

    type: str
    title: str
    occurred_at: datetime
    link: str | None = None


@dataclass(frozen=True, slots=True)
class BadgeValue:
    """A short value on the customer's page."""

    name: str
    value: str
    severity: Severity = "info"


@dataclass(frozen=True, slots=True)
class AttributeValue:
    """A value that segments may ask for; ``changes_at`` when time alone changes it."""

    name: str
    value: str | int | bool | None
    changes_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Why a customer is not to be touched for a purpose."""

    purpose: str
    reason: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Level:
    """The customer's level; a lower rank is a better one."""

    level: str
    rank: int


C = TypeVar("C", bound=BesideContact)
_Value = BadgeValue | AttributeValue | Exclusion | Level
_PORTS: dict[type[_Value], tuple[Port, type[Contribution]]] = {
    BadgeValue: (Port.BADGE, Badge),
    AttributeValue: (Port.SEGMENT_ATTRIBUTE, SegmentAttribute),
    Exclusion: (Port.EXCLUSION_REASON, ExclusionReason),
    Level: (Port.CUSTOMER_LEVEL, CustomerLevel),
}


def tell(doors: Doors, source: Source, entry: Entry | None) -> bool:
    """Stage a timeline entry; None takes it off the timeline.

    Raises ValueError for a text that is too long and a time without a zone.
    """
    store = doors.port(Port.TIMELINE_ENTRY)
    found = _at_contact(store, source)
    if found is None:
        return False
    source = found
    items = []
    if entry is not None:
        _check(entry)
        values = {**asdict(entry), "occurred_at": _in_utc(entry.occurred_at)}
        written = TimelineEntry(
            contact_id=source.contact_id,
            module=doors.module,
            source_id=source.source_id,
            source_version=source.version,
            **values,
        )
        items.append(_as_it_came(store, written.place(store.boundary)))
    at = Contact.key_of(store.boundary, source.contact_id)
    return project(store, keys.head(at, f"timeline.{doors.module}.{source.source_id}"), source.version, items)


def contribute(doors: Doors, source: Source, value: _Value) -> bool:
    """Stage a badge, a segment attribute, an exclusion reason or the customer's level. Raises ValueError."""
    port, record_type = _PORTS[type(value)]
    _check(value)
    return _put(doors, port, source, record_type, asdict(value), gone=False)


def withdraw(doors: Doors, source: Source, kind: type[_Value]) -> bool:
    """Stage the end of a contribution."""
    port, record_type = _PORTS[kind]
    return _put(doors, port, source, record_type, {}, gone=True)


def contactability(
    store: Store, contact_id: str, channel: ConsentChannel, purpose: Purpose, at: datetime
) -> Answer | None:
    """Whether a customer may be contacted over a channel for a purpose, and why; None when there is none (any more).

    ``store`` reads contacts (``Doors.reading("contacts")``). One round trip. Ask at the moment of sending.
    """
    contact, consents = with_consents(store, contact_id)
    return answer_for(contact, consents, channel, purpose, at) if contact else None


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer as other modules need one: where it stands, in whose language, and how much it matters.

    ``level`` is the one of the lowest ``rank`` that modules have told (``Level``), else contacts' own value tier, which
    has none.
    """

    id: str
    unit_path: str | None
    owner_id: str | None
    language: str | None
    level: str | None
    rank: int | None


def customer(store: Store, contact_id: str) -> Customer | None:
    """The customer of that id, or the one that it was merged into; None when there is none in the store's scope.

    One round trip (one more for each merge). ``store`` reads contacts (``Call.reading``, ``Doors.reading``).
    """
    partition, profile = Contact.key_of(store.boundary, contact_id)
    # Profile and levels stand side by side in the partition.
    read, _ = store.query(partition, between=(profile, keys.children("customer_level", keys.ABOVE)))
    contact = next((each for each in read if isinstance(each, Contact)), None)
    if contact is None:
        heir = follow(store, CONTACT.name, contact_id)
        return customer(store, heir) if heir and heir != contact_id else None
    if not store.scope.admits(contact):
        return None
    levels = [each for each in read if isinstance(each, CustomerLevel) and not each.gone]
    best = min(levels, key=lambda each: int(each.rank), default=None)
    return Customer(
        id=str(contact.id),
        unit_path=contact.unit_path,
        owner_id=contact.owner_id,
        language=contact.language,
        level=str(best.level) if best else contact.value_tier,
        rank=int(best.rank) if best else None,
    )


def customer_called(store: Store, system: str, there: str) -> Customer | None:
    """The customer with that id in another system; None as for ``customer``. Two round trips."""
    claim = store.get_item(Claim, keys.claim(store.boundary, "external_id", external_key(system, there)))
    return customer(store, claim.record) if claim else None


def holder_of_number(store: Store, number: str, region: str) -> tuple[Customer, str] | None:
    """The customer who has a number now, and the line's id; None as for ``customer``, and for what is no number.

    ``region`` (ISO 3166) is where a number without a country's code is from. Two round trips.
    """
    from modules.contacts.people.rules import normalise_phone  # noqa: PLC0415 - few writers of contacts read this

    try:
        known = normalise_phone(number, region)
    except ValueRefused:
        return None
    claim = store.get_item(Claim, keys.claim(store.boundary, "msisdn", known))
    contact_id, _, line_id = claim.record.partition("/") if claim else ("", "", "")
    found = customer(store, contact_id) if line_id else None
    return (found, line_id) if found else None


def has_line(store: Store, contact_id: str, line_id: str) -> bool:
    """Whether a line is that customer's. One round trip."""
    return store.get_item(Line, Line.place_of(store.boundary, contact_id, line_id)) is not None


@dataclass(frozen=True, slots=True)
class Member:
    """A customer in a segment, and where the customer stands."""

    contact_id: str
    since: datetime
    unit_path: str | None
    owner_id: str | None


def members_of(
    store: Store, segment_id: str, limit: int = 200, start: dict[str, Any] | None = None
) -> tuple[list[Member], dict[str, Any] | None] | None:
    """A page of a segment's members in the store's scope, and where to go on; None when there is no such segment.

    One round trip, however large the segment is; who joins and leaves between two pages may be in neither or both.
    """
    from modules.contacts.segment_pages.service import read_members  # noqa: PLC0415 - few writers of contacts read this

    if not _segment_stands(store, segment_id):
        return None
    page = read_members(store, segment_id, limit, start)
    found = [Member(each.contact_id, each.since, each.unit_path, each.owner_id) for each in page.items]
    return found, page.position


def member_since(store: Store, segment_id: str, contact_id: str) -> datetime | None:
    """Since when a customer is in a segment; None when he is not, or there is no such segment."""
    from modules.contacts.memberships.records import SegmentMembership, member_key  # noqa: PLC0415 - see above

    if not _segment_stands(store, segment_id):
        return None
    found = store.get_item(SegmentMembership, member_key(store.boundary, segment_id, contact_id))
    since: datetime | None = found.since if found else None
    return since


def _segment_stands(store: Store, segment_id: str) -> bool:
    from modules.contacts.segments.records import Segment  # noqa: PLC0415 - see above

    return store.get(Segment, segment_id) is not None


def _put(
    doors: Doors,
    port: Port,
    source: Source,
    record_type: type[Contribution],
    content: dict[str, Any],
    *,
    gone: bool,
) -> bool:
    store = doors.port(port)
    found = _at_contact(store, source)
    if found is None:
        return False
    source = found
    item = record_type(contact_id=source.contact_id, module=doors.module, source_id=source.source_id, **content).place(
        store.boundary
    )
    put = put_in_place(store, _as_it_came(store, item), source.version, gone=gone)
    if put and port is Port.SEGMENT_ATTRIBUTE:
        _reassess(store, source.contact_id)
    return put


def _reassess(store: Store, contact_id: str) -> None:
    """Let the contact's segments be looked at again: at once, and by a timer should that be lost."""
    remind(store, REASSESS, contact_id, store.clock())
    store.after_commit.append(lambda: send_on(store.boundary, REASSESS, contact_id))


def _at_contact(store: Store, source: Source) -> Source | None:
    """The source with the contact that its own leads to, which stays there until the commit; None when it is gone."""
    contact_id = follow(store, CONTACT.name, source.contact_id)
    if contact_id is None:
        return None
    at = Contact.key_of(store.boundary, contact_id)
    store.add(Action(at, condition=Record.version.exists(), check_only=True, shared=True))
    return replace(source, contact_id=contact_id)


def _as_it_came(store: Store, item: C) -> C:
    """What came here with a contact that was merged stays known as such when its module tells it again."""
    stands = store.get_item(type(item), item.stands_at())
    item.merged_from = stands.merged_from if stands else None
    return item


def _in_utc(at: datetime) -> datetime:
    """The same instant as it is stored and put in order."""
    if at.tzinfo is None:
        message = "Entry.occurred_at has no time zone"
        raise ValueError(message)
    return at.astimezone(UTC)


def _check(value: Entry | _Value) -> None:
    for name, each in asdict(value).items():
        if isinstance(each, str) and len(each) > LONGEST_TEXT:
            message = f"{type(value).__name__}.{name} is longer than {LONGEST_TEXT} characters"
            raise ValueError(message)
