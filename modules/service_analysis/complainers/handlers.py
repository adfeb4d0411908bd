"""What follows from a complaint: its customer's numbers of the month and the year."""

from typing import Final

from pynamodb.expressions.condition import Condition

from chalicelib.changes.handling import Doors, Handling
from chalicelib.changes.records import REMEMBERED
from chalicelib.changes.tasks import concerns
from chalicelib.store import keys
from chalicelib.store.commit import Action
from chalicelib.store.keys import Key
from chalicelib.store.records import Item
from chalicelib.store.store import Store
from modules.service_analysis.analysis.derived import day_in
from modules.service_analysis.complainers.records import Complainer, ComplaintNote
from modules.service_analysis.complainers.rules import Complaint, added, changes
from modules.service_analysis.kinds import REQUEST
from modules.service_analysis.requests.records import ServiceRequest

COMPLAINT: Final = "complaint"
WATCHED: Final = frozenset({"type", "contact_id", "opened_at", "unit_path"})
"""What a complaint's place in the numbers follows from: of other changes nothing is written."""


def count_complaint(handling: Handling) -> None:
    """Count a request under its customer, or no longer."""
    if not concerns(handling.event, handling.module, REQUEST.name, WATCHED):
        return
    record = handling.subject()
    at = keys.as_read(*handling.event.place)
    request = record if isinstance(record, ServiceRequest) else None
    count(handling, at, request, int(handling.event.subject_version))


def count(doors: Doors, at: Key, record: ServiceRequest | None, told: int, *, afresh: bool = False) -> None:
    """Stage what a request as it stands counts for; what is known of this version already only ``afresh``."""
    store = doors.store
    note = store.get_item(ComplaintNote, ComplaintNote.key_of(at))
    version = int(record.version) if record else told
    known = int(note.source_version) if note else None
    if known is not None and (known > version or (known == version and not afresh)):
        return
    before, after = _noted(note), _complaint(doors, record)
    made = ComplaintNote(source_version=version, **(after._asdict() if after else {}))
    if made.unit_path is not None:
        made.unit_path = f"={made.unit_path}"  # the whole tenant's path is empty, which an attribute is not
    if record is None:
        made.ttl = int((store.clock() + REMEMBERED).timestamp())
    note_at = ComplaintNote.key_of(at)
    unchanged = ComplaintNote.source_version == known if note else Item.pk.does_not_exist()
    if note is not None:
        unchanged &= _says(note)
    store.put(made.put_at(note_at), Action(note_at, condition=unchanged))
    for (contact_id, period), more in changes(before, after).items():
        _add(store, contact_id, period, more)


def _add(store: Store, contact_id: str, period: str, more: dict[str, int]) -> None:
    at = Complainer.key_of(store.boundary, contact_id, period)
    found = store.get_item(Complainer, at)
    by_unit = added(found.by_unit if found else {}, more)
    unchanged = Complainer.revision == int(found.revision) if found else Item.pk.does_not_exist()
    if not by_unit:
        store.add(Action(at, condition=unchanged))
        return
    made = Complainer(
        contact_id=contact_id,
        period=period,
        by_unit=by_unit,
        total=sum(by_unit.values()),
        revision=int(found.revision) + 1 if found else 1,
    )
    store.put(made.place(store.boundary), Action(at, condition=unchanged))


def _complaint(doors: Doors, record: ServiceRequest | None) -> Complaint | None:
    if record is None or record.type != COMPLAINT or not record.contact_id:
        return None
    standing = doors.background.directory.standing(doors.tenant)
    return Complaint(str(record.contact_id), day_in(standing, record.opened_at).isoformat(), record.unit_path or "")


def _noted(note: ComplaintNote | None) -> Complaint | None:
    if note is None or not note.contact_id:
        return None
    return Complaint(str(note.contact_id), str(note.day), str(note.unit_path)[1:])


def _says(note: ComplaintNote) -> Condition:
    """What else it says: a rebuild tells a known version again."""
    held = note.held()
    said: Condition = ComplaintNote.contact_id.does_not_exist()
    if "contact_id" in held:
        said = ComplaintNote.contact_id == held["contact_id"]
        said &= (ComplaintNote.day == held["day"]) & (ComplaintNote.unit_path == held["unit_path"])
    return said
