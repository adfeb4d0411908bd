"""Use cases of interactions, timeline and overview."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from chalicelib.call import Call
from chalicelib.modules import Index, Op
from chalicelib.problems import NotFound
from chalicelib.store import keys
from chalicelib.store.following import follow
from chalicelib.store.keys import Key
from chalicelib.store.lists import ListQuery, Plan, read_page
from chalicelib.store.reader import SUBJECT_KEY
from chalicelib.store.records import Claim, Item, read_as
from chalicelib.store.scope import EVERYTHING
from chalicelib.web.results import Listed, Upserted
from modules.contacts.consents.records import standing
from modules.contacts.consents.rules import Status
from modules.contacts.consents.schemas import WithdrawalOut
from modules.contacts.contributions.records import Badge, Contribution, CustomerLevel
from modules.contacts.interactions.derived import entry_of, path_of
from modules.contacts.interactions.errors import not_one_key, shared_by, told_of_another
from modules.contacts.interactions.records import SOURCE, Interaction, TimelineEntry, touches_of
from modules.contacts.interactions.schemas import (
    BadgeOut,
    InteractionForContact,
    InteractionIn,
    InteractionOut,
    Overview,
    TimelineEntryOut,
)
from modules.contacts.kinds import CONSENTS, CONTACT, SENSITIVE, TIMELINE_ENTRY
from modules.contacts.lines.records import Line
from modules.contacts.lines.service import line_out
from modules.contacts.people.records import Contact, external_key
from modules.contacts.people.service import NUMBERS, contact_out, find_by_keys, get_contact, get_contact_beside
from modules.contacts.usage.records import Bill
from modules.contacts.usage.schemas import BillOut, bill_out

NEWEST: Final = 20
AS_GIVEN: Final = {"channel", "direction", "title", "summary", "agent", "outcome", "link"}


def interaction_out(record: Interaction) -> InteractionOut:
    """The interaction as everybody reads it."""
    values = {name: getattr(record, name) for name in InteractionOut.model_fields}
    return InteractionOut.model_validate({**values, "version": int(record.version)})


def create_interaction(call: Call, contact_id: str, body: InteractionIn) -> Upserted[InteractionOut]:
    """Note a touch; its timeline entry is written in the same transaction.

    What its source system has told before stays as it was told first. Raises AlreadyExists when that was of another
    contact.
    """
    source = external_key(body.source.system, body.source.id) if body.source else None
    claim_at = keys.claim(call.tenant_id, SOURCE, source) if source else None
    contact = get_contact_beside(call, contact_id, claim_at) if claim_at else get_contact(call, contact_id)
    if claim_at and (known := _told_before(call, contact, claim_at)):
        return Upserted(interaction_out(known), created=False, location=path_of(known))
    record = Interaction.of(
        contact,
        call.now,
        occurred_at=(body.occurred_at or call.now).astimezone(UTC),
        source=body.source.model_dump() if body.source else None,
        **body.model_dump(include=AS_GIVEN),
    )
    call.store.require(contact)
    # Whoever has told the same meanwhile was faster: the use case runs again and finds it.
    call.store.create(record, rerun_if_taken=(SOURCE, source) if source else None)
    call.store.put(entry_of(record).place(call.tenant_id))
    return Upserted(interaction_out(record), created=True, location=path_of(record))


def _told_before(call: Call, contact: Contact, claim_at: Key) -> Interaction | None:
    claim = call.store.get_item(Claim, claim_at)
    if claim is None:
        return None
    root, _, record_id = claim.record.partition("/")
    if root != contact.id:
        raise told_of_another()
    return call.store.get_item(Interaction, Interaction.place_of(call.tenant_id, root, record_id))


def create_for_contact(call: Call, body: InteractionForContact) -> Upserted[InteractionOut]:
    """Note a touch of a batch, which names its contact, by id or by a key that has been looked for.

    Raises Invalid unless it names it in one way, NotFound, and AmbiguousKey with the ids.
    """
    if body.key is None and (body.contact_id is None or body.contact is not None):
        raise not_one_key()
    ids = body.meant
    if len(ids) > 1:
        places = [Contact.key_of(call.tenant_id, each) for each in ids]
        found = call.store.fetch(places)
        ids = tuple(each.id for at, raw in found.items() if (each := call.store.known(Contact, at, raw)))
    if not ids:
        raise NotFound
    if len(ids) > 1:
        raise shared_by(list(ids))
    (known,) = ids
    # A call centre may know its customer by an id that was merged away.
    now = known if call.store.get(Contact, known) else follow(call.store, CONTACT.name, known)
    return create_interaction(call, now or known, body)


def _find_meant(call: Call, operations: Sequence[Any]) -> None:
    """Find whom a batch's operations mean by keys, in one read a hundred unique keys and one query a shared one.

    Who may not search by numbers may ask whose one is, and that he did is kept for the audit (api.md, Reading).
    """
    asked = {each.data.key: () for each in operations if each.data.key}
    if not asked:
        return
    found = find_by_keys(call, list(asked))
    for each in operations:
        if each.data.key:
            each.data.means(found[each.data.key])
    if not call.may(SENSITIVE) and any(name in NUMBERS for name, _ in asked):
        call.note("contact.looked_up", key="batch", found=sum(len(ids) == 1 for ids in found.values()))


def read_ahead(call: Call, operations: Sequence[Any]) -> None:
    """Find whom a batch means; fetch these contacts with their keys, and what their sources have told before."""
    _find_meant(call, operations)
    store = call.store
    places = [Contact.key_of(store.boundary, each.data.meant[0]) for each in operations if len(each.data.meant) == 1]
    sources = [external_key(each.data.source.system, each.data.source.id) for each in operations if each.data.source]
    claims = [keys.claim(store.boundary, SOURCE, each) for each in sources]
    found = store.prefetch([*places, *(Key(place.pk, SUBJECT_KEY) for place in places), *claims])
    told = [claim.record.partition("/") for each in claims if (claim := read_as(Claim, found[each]))]
    store.prefetch([Interaction.place_of(store.boundary, root, record_id) for root, _, record_id in told])


def list_interactions(call: Call, contact_id: str, query: ListQuery) -> Listed[InteractionOut]:
    """A page of a contact's interactions, by the time that they took place: one read and one query.

    Filters by channel and direction read at most 1,000 of them.
    """
    contact = get_contact(call, contact_id)
    times = [term for term in query.terms if term.name == "occurred_at"]
    after = [term.values[0] for term in times if term.op in {Op.GTE, Op.GT, Op.EQ}]
    before = [term.values[0] for term in times if term.op in {Op.LTE, Op.LT, Op.EQ}]
    low = keys.creation(_moment(max(after))) if after else keys.creation("0")
    high = keys.moment("", _moment(min(before)), keys.ABOVE) if before else keys.creation(keys.ABOVE)
    if low > high:
        return Listed([])
    # Who sees the contact sees its touches: they keep the org unit and owner that the contact had at their time.
    store = replace(call.store, scope=EVERYTHING)
    plan = Plan(Index.STATE, touches_of(call.tenant_id, contact.id), None, (low, high), query.terms)
    page = read_page(store, Interaction, plan, query, bounded=len(times) < len(query.terms))
    return Listed([interaction_out(each) for each in page.items], page.next_position, page.truncated)


def _moment(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds")


def get_interaction(call: Call, contact_id: str, interaction_id: str) -> InteractionOut:
    """The interaction of that contact; raises NotFound."""
    at = Interaction.place_of(call.tenant_id, contact_id, interaction_id)
    get_contact_beside(call, contact_id, at)
    # Who sees the contact sees its touches: they keep the org unit and owner that the contact had at their time.
    record = call.store.get_item(Interaction, at)
    if record is None:
        raise NotFound
    return interaction_out(record)


def entry_out(entry: TimelineEntry) -> TimelineEntryOut:
    """The entry as everybody reads it."""
    return TimelineEntryOut.model_validate({name: getattr(entry, name) for name in TimelineEntryOut.model_fields})


def timeline(call: Call, contact_id: str, query: ListQuery) -> Listed[TimelineEntryOut]:
    """A page of a contact's timeline, of all types or one: one query, and one read that the contact is visible."""
    contact = get_contact(call, contact_id)
    types = [str(value) for term in query.terms for value in term.values]
    if types:
        partition = keys.by_state(call.tenant_id, TIMELINE_ENTRY.name, f"{contact.id}/{types[0]}")
        begins, index = None, str(Index.STATE)
    else:
        partition = keys.collection(call.tenant_id, CONTACT.name, contact.id)
        begins, index = keys.children(TIMELINE_ENTRY.name), None
    found, position = call.store.query(
        partition, begins=begins, index=index, limit=query.limit, newest_first=query.newest_first, start=query.cursor
    )
    return Listed(_entries(found), position)


def overview(call: Call, contact_id: str) -> Overview:
    """Customer, lines and the newest timeline entries, in two round trips."""
    partition = keys.collection(call.tenant_id, CONTACT.name, contact_id)
    # «badge» to «subject_key»: badges, profile and lines stand side by side in the partition.
    profile, _ = call.store.query(partition, between=(keys.children("badge"), SUBJECT_KEY))
    contact = next((each for each in profile if isinstance(each, Contact)), None)
    if contact is None or not call.store.scope.admits(contact):
        raise NotFound
    lines_on, timeline_on, consents_on = (
        call.tenant.decide("contacts", each).enabled for each in ("lines", "interactions", CONSENTS)
    )
    newest: Sequence[Item] = ()
    if timeline_on:
        entries = keys.children(TIMELINE_ENTRY.name)
        newest, _ = call.store.query(partition, begins=entries, limit=NEWEST, newest_first=True)
    told = [each for each in profile if isinstance(each, Contribution) and not each.gone]
    return Overview(
        contact=contact_out(contact),
        level=_best_level(told) or contact.value_tier,
        badges=[
            BadgeOut(module=each.module, name=str(each.name), value=str(each.value), severity=each.severity)  # type: ignore[arg-type]
            for each in told
            if isinstance(each, Badge)
        ],
        withdrawals=_withdrawals(profile) if consents_on else [],
        lines=[line_out(each) for each in profile if isinstance(each, Line)] if lines_on else [],
        bills=_bills(call, profile),
        timeline=_entries(newest),
    )


def _best_level(told: Sequence[Contribution]) -> str | None:
    """Of several that are told the one with the lowest rank."""
    levels = [each for each in told if isinstance(each, CustomerLevel)]
    return str(min(levels, key=lambda each: int(each.rank)).level) if levels else None


def _withdrawals(profile: Sequence[Item]) -> list[WithdrawalOut]:
    decided = (each.decision() for each in standing(profile))
    no = [each for each in decided if each.status is Status.WITHDRAWN]
    return [
        WithdrawalOut.model_validate({"channel": each.channel, "purpose": each.purpose, "since": each.at})
        for each in no
    ]


def _bills(call: Call, profile: Sequence[Item]) -> list[BillOut]:
    if not call.tenant.decide("contacts", "usage").enabled:
        return []
    return [bill_out(each) for each in profile if isinstance(each, Bill)]


def _entries(found: Sequence[Item]) -> list[TimelineEntryOut]:
    return [entry_out(each) for each in found if isinstance(each, TimelineEntry)]
