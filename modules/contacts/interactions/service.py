"""Use cases of interactions, timeline and overview."""

from collections.abc import Sequence
from datetime import UTC
from typing import Any, Final

from chalicelib.call import Call
from chalicelib.modules import Index
from chalicelib.problems import NotFound
from chalicelib.store import keys
from chalicelib.store.following import follow
from chalicelib.store.keys import Key
from chalicelib.store.lists import ListQuery
from chalicelib.store.reader import SUBJECT_KEY
from chalicelib.store.records import Item
from chalicelib.store.store import Store
from chalicelib.web.results import Created, Listed
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
from modules.contacts.manifest import CONTACT, TIMELINE_ENTRY
from modules.contacts.people.records import Contact
from modules.contacts.people.service import contact_out, get_contact, get_contact_beside

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
    """Note a touch of a batch, which names its contact; a call centre may know it by an id that was merged away."""
    if call.store.get(Contact, body.contact_id) is None:
        return create_interaction(call, follow(call.store, CONTACT.name, body.contact_id) or body.contact_id, body)
    return create_interaction(call, body.contact_id, body)


def read_ahead(store: Store, operations: Sequence[Any]) -> None:
    """Fetch the contacts of a batch, with their keys."""
    places = [Contact.key_of(store.boundary, each.data.contact_id) for each in operations]
    store.prefetch([*places, *(Key(place.pk, SUBJECT_KEY) for place in places)])


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
    lines_on, timeline_on = (call.tenant.decide("contacts", each).enabled for each in ("lines", "interactions"))
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
        lines=[line_out(each) for each in profile if isinstance(each, Line)] if lines_on else [],
        timeline=_entries(newest),
    )


def _best_level(told: Sequence[Contribution]) -> str | None:
    """Of several that are told the one with the lowest rank."""
    levels = [each for each in told if isinstance(each, CustomerLevel)]
    return str(min(levels, key=lambda each: int(each.rank)).level) if levels else None


def _entries(found: Sequence[Item]) -> list[TimelineEntryOut]:
    return [entry_out(each) for each in found if isinstance(each, TimelineEntry)]
