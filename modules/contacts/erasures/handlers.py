"""The job of an erasure.

    read and note all → close (contact and key go) → ┌ delete ─ other units ─ modules ─ what stands elsewhere ┐ → settle
                                                     └──────────────── until a pass has found nothing ────────┘
    → keep amounts → drop notes → certify

What heads note elsewhere is for those who have put it there to take away when they hear of the end, since they count it
(segments), share it with others (clusters of duplicates), or know more of it; what is left after some minutes goes.
The contact and the person's key go first: from then on nothing can be added to the person (every write requires the
contact), and sealed values in events and audit are unreadable. What was under way at that moment has ended before the
next pass, and the pass that finds nothing is the proof.
"""

import json
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Final

from chalicelib.changes.records import REMEMBERED, Head
from chalicelib.clock import json_time
from chalicelib.holdings.walk import Found, Holdings
from chalicelib.jobs.records import Job
from chalicelib.jobs.work import Step, Work
from chalicelib.modules import Index, Protocol, Text
from chalicelib.problems import StateConflict
from chalicelib.store import keys
from chalicelib.store.commit import Action
from chalicelib.store.keys import Key
from chalicelib.store.reading import key_of
from chalicelib.store.records import Item, Record, item_of
from chalicelib.store.staged import Mark
from chalicelib.store.store import Store
from modules.contacts.erasures.records import KeptFigures, SubjectErasure
from modules.contacts.erasures.rules import NAMED_FILES, certificate_of, sign
from modules.contacts.households.records import Household, Roster
from modules.contacts.kinds import HOUSEHOLD, SUBJECT_ERASURE, SUBJECT_EXPORT_KIND, USAGE_LOAD
from modules.contacts.memberships.service import reassess
from modules.contacts.people.records import Contact
from modules.contacts.privacy.records import SubjectNote
from modules.contacts.privacy.rules import by_month, says_nothing
from modules.contacts.privacy.service import UNIT, Person, whole
from modules.contacts.subject_exports.records import SubjectExport
from modules.contacts.usage_loads.records import UsageLoad

# A transaction takes 100 actions (AWS, TransactWriteItems); the job's own are two, a record brings up to forty.
ROOM: Final = 90
PAGE: Final = 45
PLACES: Final = 90
# An attempt to commit older than 5 s is abandoned (architecture.md, Events); twice that, and a little.
SETTLE: Final = timedelta(seconds=15)
PASSES: Final = 20
# How long handlers of changes have for what is theirs; they are behind by seconds, and by minutes on a bad day.
PATIENCE: Final = timedelta(minutes=5)
# A pseudonym of 128 random bits: nothing about it tells when, or of whom.
PSEUDONYM_BYTES: Final = 16


def step(work: Work) -> Step:
    """One step of an erasure. Raises StateConflict when something is there again and again."""
    record = whole(work).get(SubjectErasure, work.params["erasure_id"])
    if record is None:
        raise StateConflict(Text("This erasure is gone.", "该删除任务已不存在。"))
    first = {
        "phase": "note",
        "people": [record.contact_id, *(record.merged_ids or [])],
        "number": 0,
        "pass": 1,
        "found": 0,
        "told": record.counted or {"deleted": {}, "rewritten": {}, "files": [], "files_deleted": 0},
    }
    return _Erasing(work, record, dict(work.checkpoint) or first).step()


def given_up(store: Store, job: Job, checkpoint: dict[str, Any]) -> None:
    """Keep what has been counted: another try goes on with it."""
    door = store.beside(UNIT, {SUBJECT_ERASURE.name})
    record = door.get(SubjectErasure, job.params["erasure_id"])
    if record is not None and not record.certificate:
        record.counted = checkpoint.get("told")
        door.update(record, verb="failed")


@dataclass(frozen=True, slots=True)
class _Erasing:
    work: Work
    record: SubjectErasure
    at: dict[str, Any]

    def step(self) -> Step:
        phases = {
            "note": self._note,
            "close": self._close,
            "delete": self._delete,
            "others": self._others,
            "ask": self._ask,
            "places": self._places,
            "homes": self._homes,
            "loads": self._loads,
            "settle": self._settle,
            "keep": self._keep,
            "drop": self._drop,
            "certify": self._certify,
        }
        return phases[self.at["phase"]]()

    @property
    def person(self) -> Person:
        holdings = Holdings(self.work.call.catalogue, whole(self.work))
        return Person(holdings, self.record, tuple(self.at["people"]))

    # -- before

    def _note(self) -> Step:
        """Note who the person is, and where things stand, while they can be found."""
        number, part, person = int(self.at["number"]), int(self.at.get("part", 0)), self.person
        page, position = person.page(number, self.at.get("position"))
        # A second try finds little: its notes stand beside the first one's.
        part_of_try = (self.work.job_id, f"{number:03}", f"{part:06}")
        merged = person.note(page, part_of_try) if page else []
        people = [*self.at["people"], *(each for each in merged if each not in self.at["people"])]
        if position is not None:
            return self._next("note", people=people, position=position, part=part + 1)
        exports = self._exports(person, person.people[number])
        if files := [each.file_id for each in exports if each.file_id]:
            note = SubjectNote(about=person.people[0], files=files)
            person.door.put(note.beside(self.record, (self.work.job_id, f"{number:03}", "exports")))
        over = number + 1 == len(people)
        return self._next("close" if over else "note", people=people, number=number + 1, position=None, part=0)

    def _close(self) -> Step:
        """The contact goes, with claims and key; those that were merged into it have gone before."""
        person = self.person
        for each in person.people:
            contact = person.door.get_at(Contact, Contact.key_of(person.tenant, each))
            if contact is not None:
                person.door.delete(contact, with_children=True)
                self._count(UNIT, contact.KIND.name)
        self.record.merged_ids = self.at["people"][1:] or None
        # A second try goes on where the first one was.
        if "closed_at" not in self.record.held():
            self.record.closed_at = self.work.call.now
        person.door.update(self.record, verb="begun")
        return self._next("delete", number=0, found=1)

    # -- a pass

    def _delete(self) -> Step:
        """A transaction's worth of a partition."""
        number, person = int(self.at["number"]), self.person
        if number == len(person.people):
            return self._next("others", number=0)
        if self.at.get("position") is None:
            # Out of all segments first: their sizes go with the memberships.
            reassess(self.work.background, person.tenant, [person.people[number]])
        page, position = person.page(number, self.at.get("position"), PAGE)
        for export in self._exports(person, person.people[number]):
            if Person(person.holdings, export, ()).drop_notes():
                return self._next("delete")
            person.door.delete(export, with_children=True)
            self._count(UNIT, export.KIND.name)
        begun, last, staged = person.door.mark(), self.at.get("position"), set[Key]()
        for each in page:
            mark = person.door.mark()
            before = dict(self.at["told"]["deleted"].get(UNIT, {}))
            self._end(person, each, staged)
            if _actions(person.door, begun) > ROOM and mark != begun:
                person.door.back_to(mark)
                self.at["told"]["deleted"][UNIT] = before
                return self._next("delete", position=last)
            _, at = each.place
            last = {"pk": {"S": at.pk}, "sk": {"S": at.sk}}
        return self._next("delete", number=number + (position is None), position=position)

    def _end(self, person: Person, each: Found, staged: set[Key]) -> None:
        """Stage the end of an item: a record's with its event, a head's with all that it leads to."""
        _, at = each.place
        item = item_of(dict(each.raw))
        if says_nothing(each.raw) or at in staged:
            return
        if isinstance(item, Head):
            if not self._is_mine(person, item):
                self.at["waits"] = True
                return
            found = [other for other in person.holdings.computed([each]) if other.place[1] not in staged]
            for other in found:
                self._remove(person, other, staged)
            known = int(item.source_version)
            ttl = int((person.door.clock() + REMEMBERED).timestamp())
            item.source_version, item.places, item.ttl = known + 1, [], ttl
            person.door.put(item, Action(at, condition=Head.source_version == known))
            staged.add(at)
            self._count(each.unit, each.kind)
            return
        record = person.door.known(Record, at, dict(each.raw))
        if record is None:
            self._remove(person, each, staged)
            return
        person.door.delete(record, with_children=True)
        staged.add(at)
        self._count(each.unit, each.kind)

    def _is_mine(self, person: Person, head: Head) -> bool:
        """Whether what a head notes stands with the person; or nobody else has taken it away in good time."""
        partitions = {person.partition(each) for each in person.people}
        inside = all(pk in partitions for pk, *_ in head.places)
        return inside or self.work.call.now >= self.record.closed_at + PATIENCE

    def _others(self) -> Step:
        """What other units keep, in partitions of their own."""
        person = self.person
        found = [each for each in islice(person.kept_by_others(), PLACES * 2) if not says_nothing(each.raw)][:PLACES]
        for each in found:
            self._remove(person, each, set())
        return self._next("others") if found else self._next("ask", number=0, inner={})

    def _ask(self) -> Step:
        asked = self.person.ask(self.work, Protocol.ERASE_SUBJECT, self.at["number"], self.at.get("inner", {}))
        if asked is None:
            return self._next("places", number=0)
        unit, step = asked
        result: dict[str, Any] = step.result or {}
        for what in ("deleted", "rewritten"):
            for kind, number in result.get(what, {}).items():
                self._count(unit, kind, number, what)
        told, files = self.at["told"], result.get("files", [])
        told["files"] = [*told["files"], *files][:NAMED_FILES]
        told["files_deleted"] += len(files)
        if ids := result.get("ids"):
            # What a module's records have left in core is found by their ids.
            note = SubjectNote(about=self.record.contact_id, ids=list(ids))
            part = (self.work.job_id, unit, str(self.at["pass"]), json.dumps(self.at.get("inner", {}), sort_keys=True))
            self.person.door.put(note.beside(self.record, part))
        if step.finished:
            return self._next("ask", number=self.at["number"] + 1, inner={})
        return self._next("ask", inner=step.checkpoint)

    def _places(self) -> Step:
        """What records and heads had elsewhere, asked again one by one."""
        person, number = self.person, int(self.at["number"])
        places = [keys.as_read(*each) for note in person.notes() for each in note.places or ()]
        some = places[number : number + PLACES]
        for raw in person.door.fetch(some).values() if some else ():
            if raw and not says_nothing(raw) and any(each in json.dumps(raw) for each in person.people):
                if self.work.call.now < self.record.closed_at + PATIENCE:
                    self.at["waits"] = True
                    continue
                record = person.door.known(Record, key_of(raw), dict(raw))
                if record is None:
                    self._remove(person, Found(UNIT, raw), set())
                else:
                    person.door.delete(record, with_children=True)
                    self._count(UNIT, record.KIND.name)
                    return self._next("places", number=number)
        if number + PLACES < len(places):
            return self._next("places", number=number + PLACES)
        return self._next("homes", number=0)

    def _homes(self) -> Step:
        """Households in which nobody is left."""
        person, number = self.person, int(self.at["number"])
        homes = sorted({each for note in person.notes() for each in note.households or ()})
        if number >= len(homes):
            return self._next("loads", position=None)
        household = person.door.get(Household, homes[number])
        lives_there, _ = person.door.query(keys.lookup_partition(person.tenant, HOUSEHOLD.name, homes[number]), limit=1)
        if household is not None and not lives_there:
            at = Roster.key_of(person.tenant, household.id)
            roster = person.door.get_item(Roster, at)
            as_it_was = Roster.token == roster.token if roster else Item.pk.does_not_exist()
            person.door.add(Action(at, condition=as_it_was))
            person.door.delete(household)
            self._count(UNIT, HOUSEHOLD.name)
        return self._next("homes", number=number + 1)

    def _loads(self) -> Step:
        """Notes of what was loaded into which month name customers, and what was told of them before."""
        person = self.person
        at = keys.by_kind(person.tenant, USAGE_LOAD.name)
        found, position = person.door.query(at, index=Index.CREATION, limit=PAGE, start=self.at.get("position"))
        raws = person.door.fetch([each.stands_at() for each in found]) if found else {}
        for place, raw in raws.items():
            load = person.door.known(UsageLoad, place, raw)
            if load is None or not set(load.contacts) & set(person.people):
                continue
            load.contacts = [each for each in load.contacts if each not in person.people]
            load.restatements = [each for each in load.restatements or () if each["contact_id"] not in person.people]
            person.door.put(load, Action(place, condition=UsageLoad.version == int(load.version)))
            self._count(UNIT, USAGE_LOAD.name, 1, "rewritten")
        return self._next("loads" if position else "settle", position=position, number=0)

    def _settle(self) -> Step:
        """The end of a pass: another one when this has found something, and that has settled."""
        if not self.at["found"] and not self.at.get("waits"):
            return self._next("keep")
        if int(self.at["pass"]) == PASSES:
            text = f"Something was there again after {PASSES} passes."
            raise StateConflict(Text(text, f"{PASSES} 轮之后仍有数据出现。"))
        closed: datetime = self.record.closed_at
        again = {**self.at, "phase": "delete", "number": 0, "position": None, "found": 0, "waits": False}
        again["pass"] = int(self.at["pass"]) + 1
        if self.work.call.now < closed + SETTLE:
            return Step(self.at, done=self.work.done, paused=True)
        return Step(again, done=self.work.done, paused=bool(self.at.get("waits")))

    # -- behind

    def _keep(self) -> Step:
        """What accounting keeps, under a name that leads to nobody."""
        person = self.person
        noted = [each for note in person.notes() for each in note.figures or ()]
        months = by_month(noted)
        if months:
            pseudonym = secrets.token_hex(PSEUDONYM_BYTES)
            person.door.put(KeptFigures(pseudonym=pseudonym, months=months).place(person.tenant))
        return self._next("drop", months=len(months))

    def _drop(self) -> Step:
        return self._next("drop" if self.person.drop_notes() else "certify")

    def _certify(self) -> Step:
        """Write and sign the certificate; neither the reason nor a key of the person's remains."""
        told, record = self.at["told"], self.record
        facts = {
            "tenant_id": self.person.tenant,
            "erasure_id": record.id,
            "contact_id": record.contact_id,
            "merged_contact_ids": record.merged_ids or [],
            "begun_at": json_time(record.created_at),
            "erased_at": json_time(self.work.call.now),
            "deleted": told["deleted"],
            "rewritten": told["rewritten"],
            "files_deleted": told["files_deleted"],
            "files": told["files"],
            "passes": int(self.at["pass"]),
        }
        record.certificate = certificate_of(facts, int(self.at.get("months", 0)))
        record.signature, record.public_key = sign(self.work.call.keyring, record.certificate)
        record.reason = record.counted = None
        self.person.door.update(record, verb="certified")
        result = {"subject_erasure_id": record.id, "items": self.work.done, "files_deleted": told["files_deleted"]}
        return Step({}, done=self.work.done, total=self.work.done, finished=True, result=result)

    # -- inside

    def _exports(self, person: Person, contact_id: str) -> list[SubjectExport]:
        at = keys.by_state(person.tenant, SUBJECT_EXPORT_KIND.name, contact_id)
        found, _ = person.door.query(at, index=Index.STATE)
        places = [each.stands_at() for each in found]
        raws = person.door.fetch(places) if places else {}
        return [known for at, raw in raws.items() if (known := person.door.known(SubjectExport, at, raw))]

    def _remove(self, person: Person, found: Found, staged: set[Key]) -> None:
        person.holdings.door(found.unit).erase(dict(found.raw))
        staged.add(found.place[1])
        self._count(found.unit, found.kind)

    def _count(self, unit: str, kind: str, number: int = 1, what: str = "deleted") -> None:
        if number:
            kinds = self.at["told"][what].setdefault(unit, {})
            kinds[kind] = kinds.get(kind, 0) + number

    def _next(self, phase: str, **said: Any) -> Step:
        told = self.at["told"]
        done = sum(sum(kinds.values()) for what in ("deleted", "rewritten") for kinds in told[what].values())
        found = said.pop("found", int(self.at["found"]) + max(0, done - self.work.done))
        return Step({**self.at, "phase": phase, "found": found, **said}, done=max(done, self.work.done))


def _actions(door: Store, begun: Mark) -> int:
    return door.staged_since(begun)[0]
