"""Use cases of interactions, timeline and overview."""

from collections.abc import Sequence
from datetime import UTC
from typing import Any, Final

from chalicelib.call import Call
from chalicelib.modules import Index
from chalicelib.problems import NotFound
from chalicelib.store import keys
from chalicelib.store.keys import Key
from chalicelib.store.lists import ListQuery
from chalicelib.store.reader import SUBJECT_KEY
from chalicelib.store.records import Item
from chalicelib.web.results import Created, Listed
from modules.contacts.consents.records import standing
from modules.contacts.consents.rules import Status
from modules.contacts.consents.schemas import WithdrawalOut
from modules.contacts.contributions.records import Badge, Contribution, CustomerLevel
from modules.contacts.interactions.records import Interaction, TimelineEntry
from modules.contacts.interactions.schemas import (
    BadgeOut,
    InteractionForContact,
    InteractionIn,
    InteractionOut,
    Overview,
    TimelineEntryOut,
)
from modules.contacts.lines.records import Line
from modules.contacts.lines.service import line_out
from modules.contacts.manifest import CONSENTS, CONTACT, TIMELINE_ENTRY
from modules.contacts.people.records import Contact
from modules.contacts.people.service import contact_out, get_contact, get_contact_beside
from modules.contacts.usage.records import Bill
from modules.contacts.usage.schemas import BillOut, bill_out

NEWEST: Final = 20


def interaction_out(record: Interaction) -> InteractionOut:
    """The interaction as everybody reads it."""
    values = {name: getattr(record, name) for name in InteractionOut.model_fields}
    return InteractionOut.model_validate({**values, "version": int(record.version)})


def create_interaction(call: Call, contact_id: str, body: InteractionIn) -> Created[InteractionOut]:
    """Note a touch; its timeline entry is written in the same transaction."""
    contact = get_contact(call, contact_id)
    values = body.model_dump(exclude={"occurred_at", "contact_id"})
    record = Interaction.of(
        contact,
        call.now,
        occurred_at=(body.occurred_at or call.now).astimezone(UTC),
        **values,
    )
    call.store.require(contact)
    call.store.create(record)
    entry = TimelineEntry(
        contact_id=contact.id,
        type="interaction",
        title=record.title,
        module="contacts",
        source_id=record.id,
        source_version=1,
        occurred_at=record.occurred_at,
        link=f"/v1/contacts/{contact.id}/interactions/{record.id}",
    )
    call.store.put(entry.place(call.tenant_id))
    return Created(interaction_out(record), entry.link)


def create_for_contact(call: Call, body: InteractionForContact) -> Created[InteractionOut]:
    """Note a touch of a batch, which names its contact."""
    return create_interaction(call, body.contact_id, body)


def read_ahead(call: Call, operations: Sequence[Any]) -> None:
    """Fetch the contacts of a batch, with their keys."""
    places = [Contact.key_of(call.tenant_id, each.data.contact_id) for each in operations]
    call.store.prefetch([*places, *(Key(place.pk, SUBJECT_KEY) for place in places)])


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
