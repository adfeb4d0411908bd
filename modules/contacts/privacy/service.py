"""Walking all that is held of a person in contacts' own table, and asking the other modules for theirs.

the contact's partition, page by page → notes (who they are, what stands elsewhere) ─ merged contacts' partitions too
partitions of other units' kinds that follow from a contact; modules that implement a protocol, core last
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

from chalicelib.after_write import resolve
from chalicelib.holdings.sought import Sought
from chalicelib.holdings.walk import Found, Holdings
from chalicelib.jobs.work import Step, Work
from chalicelib.modules import Protocol
from chalicelib.store import keys
from chalicelib.store.keys import PartitionKey
from chalicelib.store.reading import Part
from chalicelib.store.records import Item, Record, item_of
from chalicelib.store.scope import EVERYTHING
from chalicelib.store.store import Store
from modules.contacts.kinds import CONTACT, HOUSEHOLD
from modules.contacts.manifest import MANIFEST
from modules.contacts.privacy.records import SubjectNote, notes_of
from modules.contacts.privacy.rules import evidence_in, figures_in, households_in, ids_in, merged_in

UNIT: Final = MANIFEST.name
PAGE: Final = 100
DROPPED: Final = 75
# A job that was given up can be begun again for so long.
NOTED: Final = timedelta(days=30)


def whole(work: Work) -> Store:
    """All of the person, whatever who has asked can see of others."""
    return replace(work.call.store, scope=EVERYTHING)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who was one contact, or several. ``request``: what was asked for, beside which notes are kept."""

    holdings: Holdings
    request: Record
    people: tuple[str, ...]

    @property
    def tenant(self) -> str:
        """Whose customer it is."""
        return self.holdings.store.boundary

    @property
    def door(self) -> Store:
        """Contacts' table."""
        return self.holdings.door(UNIT)

    def partition(self, person: str) -> PartitionKey:
        """Where one of the contacts stands."""
        return keys.collection(self.tenant, CONTACT.name, person)

    def page(self, number: int, start: dict[str, Any] | None, limit: int = PAGE) -> tuple[list[Found], Any]:
        """A page of the partition of the contact of that number."""
        raws, position = self.door.raws(Part(self.partition(self.people[number])), limit, start)
        return [Found(UNIT, each) for each in raws], position

    def note(self, page: Sequence[Found], part: Sequence[str]) -> list[str]:
        """Stage what a page tells of the person; answers the ids of contacts that were merged into this one."""
        raws = [each.raw for each in page]
        items = [item_of(dict(each)) for each in raws]
        note = SubjectNote(
            about=self.people[0],
            sought=sought_of(items).written(),
            ids=ids_in(raws) or None,
            files=evidence_in(raws) or None,
            places=[list(at) for raw in raws for at in self.holdings.keys_of(dict(raw))] or None,
            households=households_in(raws) or None,
            figures=figures_in(raws) or None,
            ttl=int((self.door.clock() + NOTED).timestamp()),
        )
        self.door.put(note.beside(self.request, part))
        return merged_in(raws)

    def households(self, page: Sequence[Found]) -> list[Found]:
        """The households that a page says the person belongs to."""
        places = [keys.record(self.tenant, HOUSEHOLD.name, each) for each in households_in(one.raw for one in page)]
        return [Found(UNIT, raw) for raw in self.door.fetch(places).values() if raw] if places else []

    def notes(self) -> list[SubjectNote]:
        """All that has been noted."""
        found = self.door.query_all(*notes_of(self.request))
        return [each for each in found if isinstance(each, SubjectNote)]

    def drop_notes(self) -> int:
        """Stage the end of a step's worth of notes; how many there were."""
        at, begins = notes_of(self.request)
        found, _ = self.door.query(at, begins=begins, limit=DROPPED)
        for each in found:
            self.door.remove(each.stands_at())
        return len(found)

    def described(self, notes: Iterable[SubjectNote], job_id: str) -> dict[str, Any]:
        """The person as the protocols' params describe them (Protocol.EXPORT_SUBJECT, ERASE_SUBJECT).

        ``contact_ids``: who it is; ``subject_ids``: these and their records'; ``partitions``, ``files``, ``sought``;
        ``spared``: the ids of this request and its job.
        """
        sought, ids, files = Sought(), set(self.people), set[str]()
        for each in notes:
            sought |= Sought.read(each.sought) if each.sought else Sought()
            ids |= set(each.ids or ())
            files |= set(each.files or ())
        return {
            "contact_ids": list(self.people),
            "subject_ids": sorted(ids),
            "partitions": [str(self.partition(each)) for each in self.people],
            "files": sorted(files),
            "sought": sought.written(),
            "spared": [self.request.id, job_id],
        }

    def kept_by_others(self) -> Iterable[Found]:
        """What other units keep of the contacts, in partitions of their own kinds' names."""
        for each in self.people:
            yield from self.holdings.elsewhere(UNIT, CONTACT.name, each)

    def ask(self, work: Work, protocol: Protocol, number: int, inner: dict[str, Any]) -> tuple[str, Step] | None:
        """One step of what a module does of a protocol; None behind the last one. The control plane is asked last."""
        targets = [
            (manifest.name, manifest.implements[protocol])
            for manifest in reversed(self.holdings.catalogue.manifests)
            if protocol in manifest.implements
        ]
        if number == len(targets):
            return None
        unit, target = targets[number]
        described = self.described(self.notes(), work.job_id)
        step: Step = resolve(target)(replace(work, params=described, checkpoint=inner))
        return unit, step


def sought_of(items: Iterable[Item]) -> Sought:
    """What the records among these are known by: their claims, look-ups, and what search finds them by."""
    ids: list[str] = []
    numbers: list[str] = []
    names: list[str] = []
    for item in items:
        if not isinstance(item, Record):
            continue
        values = [value for _, value in (*item.claims(), *item.lookups())]
        if (entry := item.found_by()) is not None:
            values += [*entry.numbers, *entry.emails, *entry.ids]
            names += [each.text for each in entry.names]
        for value in values:
            # An external id is claimed together with its system: «billing:0002-ORFBO».
            ids += {value, value.partition(":")[2] or value}
            if value.startswith("+"):
                numbers.append(_national(value))
    return Sought.of(ids, numbers, names)


def _national(number: str) -> str:
    """A number's digits without its country's code: files have it with and without."""
    import phonenumbers  # noqa: PLC0415 - 60 ms CPU, for jobs alone

    try:
        return str(phonenumbers.parse(number).national_number)
    except phonenumbers.NumberParseException:
        return number
