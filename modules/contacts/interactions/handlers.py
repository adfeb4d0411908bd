"""What the timeline does when something changed, and how it is built again.

An entry of type ``change`` is a record of its own: what a status was before, nobody else keeps. So a rebuild adds what
follows from contacts, lines and interactions as they stand, each at the key that it has always had, and takes nothing
away.
"""

from collections.abc import Sequence
from typing import Final

from chalicelib.after_write import MOVED
from chalicelib.changes.handling import Handling
from chalicelib.changes.rebuild import records_of
from chalicelib.jobs.work import Step, Work
from chalicelib.store import keys
from chalicelib.store.attempts import until_in
from chalicelib.store.commit import Action
from chalicelib.store.keys import Key
from chalicelib.store.records import Record, read_as
from chalicelib.store.store import Store
from modules.contacts.interactions.derived import concerned, entry_of, of_event, of_record
from modules.contacts.interactions.records import Interaction, TimelineEntry
from modules.contacts.kinds import CONTACT, INTERACTION, LINE, TIMELINE_ENTRY
from modules.contacts.people.records import Contact, OfContact

REBUILT: Final = (CONTACT.name, LINE.name, INTERACTION.name)
# A line has two entries at most, each contact a check: a page stays below the hundred actions of a transaction.
A_PAGE: Final = 30
MOST_AT_ONCE: Final = 90


def tell_changes(handling: Handling) -> None:
    """Tell a change on the timeline of the customer whom it concerns, if that one still stands."""
    contact_id = concerned(handling.event)
    told = of_event(handling.event)
    place, contact = keys.as_read(*handling.event.place), Contact.key_of(handling.tenant, contact_id)
    if not told and not _tells_itself(handling):
        return
    found = handling.store.fetch([place, contact])
    record = handling.store.known(Record, place, found[place])
    locale = _locale(handling)
    entries = [each.entry(contact_id, locale) for each in told]
    if record is not None and _tells_itself(handling):
        entries += _of_record(record, contact_id, locale)
    if entries and handling.store.known(Contact, contact, found[contact]) is not None:
        _put(handling.store, entries)


def forget_changes(handling: Handling) -> None:
    """Take the changes of a contact that is gone off its timeline, on which nothing else stood."""
    partition = keys.as_read(*handling.event.place).pk
    store = handling.background.store("contacts", handling.tenant, "handler.contacts", str(handling.event.id))
    while True:
        found, position = store.query(partition, begins=keys.children(TIMELINE_ENTRY.name), limit=MOST_AT_ONCE)
        for each in found:
            handling.store.remove(each.stands_at())
        if position is None:
            return
        handling.store.commit()
        handling.store.drop()


def _tells_itself(handling: Handling) -> bool:
    """Whether the record as it stands tells something that the event has made so."""
    kind, _, verb = str(handling.event.type).partition(".")
    # A line that came with a merged contact may have been created a moment ago, and tells it where it is now.
    return verb in {"created", MOVED} or (kind == LINE.name and "ended_at" in handling.event.changed)


def _locale(handling: Handling) -> str:
    standing = handling.background.directory.standing(handling.tenant)
    return standing.locale if standing else "en"


def _of_record(record: Record, contact_id: str, locale: str) -> list[TimelineEntry]:
    """What a record tells of itself; it came with a merged contact if the record did."""
    entries = [each.entry(contact_id, locale) for each in of_record(record)]
    for each in entries:
        each.merged_from = record.merged_from if isinstance(record, OfContact) else None
    return entries


def _put(store: Store, entries: Sequence[TimelineEntry]) -> None:
    """Stage entries of contacts that stand, and go on standing until the commit.

    What came with a merged contact stays known as such.
    """
    placed = [each.place(store.boundary) for each in entries]
    stands = store.fetch([each.stands_at() for each in placed]) if placed else {}
    for each in placed:
        known = read_as(TimelineEntry, stands[each.stands_at()])
        each.merged_from = known.merged_from if known else each.merged_from
        at = Contact.key_of(store.boundary, each.contact_id)
        store.add(Action(at, condition=Record.version.exists(), check_only=True, shared=True))
        store.put(each)


def rebuild(work: Work) -> Step:
    """Tell again what contacts, lines and interactions say of themselves, a page of one kind at a time."""
    at: int = work.checkpoint.get("at", 0)
    records, position = records_of(work, "contacts", REBUILT[at], A_PAGE)
    if records:
        until_in(lambda: _again(work, [each.stands_at() for each in records]))
    here = {"at": at, "position": position} if position else {"at": at + 1}
    return Step(here, work.done + len(records), finished=here["at"] == len(REBUILT))


def _again(work: Work, places: Sequence[Key]) -> None:
    store = work.background.store("contacts", work.call.tenant_id, "handler.contacts", "rebuild")
    found = store.prefetch([*places, *(Key(each.pk, Contact.key_of(store.boundary, "").sk) for each in places)])
    standing = work.background.directory.standing(work.call.tenant_id)
    entries: list[TimelineEntry] = []
    for at in places:
        record = store.known(Record, at, found[at])
        if isinstance(record, Interaction):
            entry = entry_of(record)
            entry.merged_from = record.merged_from
            entries.append(entry)
        elif record is not None:
            root = keys.root_id(at.pk)
            entries += _of_record(record, root, standing.locale if standing else "en")
    _put(store, [each for each in entries if found[Contact.key_of(store.boundary, each.contact_id)] is not None])
    store.commit()
