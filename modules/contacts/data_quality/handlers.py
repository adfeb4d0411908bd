"""The job that looks at everything: customers → lines → sort what several may share → count it → keep the file.

Counts stand in the checkpoint, so memory and the steps' size do not grow with the tenant. Which values are shared is
found by sorting: each step writes digests of the values that it has seen, keyed by the job's id, as a sorted part;
parts are merged to fewer, and read side by side once.
"""

import heapq
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from itertools import chain
from typing import Any, Final

from chalicelib.clock import new_id
from chalicelib.files.records import FILE, KEPT
from chalicelib.files.service import keep_result
from chalicelib.files.storage import storage
from chalicelib.imports.cells import csv_text
from chalicelib.jobs.parts import JOINED, Parts
from chalicelib.jobs.work import Step, Work
from chalicelib.modules import CORE
from chalicelib.store.errors import Raw
from chalicelib.store.keys import Key
from chalicelib.store.lists import ListQuery, list_records
from chalicelib.store.records import read_as
from chalicelib.store.scope import EVERYTHING
from modules.contacts.custom_fields.rules import FieldRule, check_values
from modules.contacts.custom_fields.service import declared, expected_ranges
from modules.contacts.data_quality.records import DataQualityReport
from modules.contacts.data_quality.rules import (
    MOST_OWN_FIELDS,
    SHARED,
    Look,
    OwnField,
    Tally,
    bill_looks,
    contact_looks,
    fresh_since,
    line_looks,
)
from modules.contacts.lines.records import Line
from modules.contacts.people.records import Contact, external_key
from modules.contacts.usage.records import Bill
from modules.contacts.usage.rules import subject_of

PAGE: Final = 200
# A page of customers is a tenth of a second's work.
PAGES: Final = 2
HEADER: Final = ("id", "kind", "field", "code", "sources")
# Sorted in memory at once: at two values a customer some 7 MB.
MERGED: Final = 200
# Read side by side in a step: a second's work.
COUNTED: Final = 100_000
SHARED_FIELDS: Final = ("emails", "phones")
_DIGEST: Final = 12
_ID: Final = 30
# field, digest, id, and the sources as a set of bits.
_WIDTH: Final = 1 + _DIGEST + _ID + 4


def data_quality_step(work: Work) -> Step:
    """One step of a report. Raises the store's errors."""
    phases = {"contacts": _contacts, "lines": _lines, "sort": _sort, "shared": _shared, "join": _join}
    return phases[work.checkpoint.get("phase", "contacts")](_Report(work))


@dataclass(slots=True)
class _Report:
    work: Work
    tally: Tally = field(init=False)
    names: list[str] = field(init=False)
    offenders: list[list[str]] = field(default_factory=list)
    values: list[bytes] = field(default_factory=list)
    parts: dict[str, int] = field(init=False)

    def __post_init__(self) -> None:
        at = self.work.checkpoint
        self.tally = Tally.read(at.get("tally", {}))
        self.names = list(at.get("names", []))
        self.parts = dict(at.get("parts", {}))

    def file(self, name: str) -> Parts:
        return Parts(storage(), self.work.call.tenant_id, self.work.job_id, name)

    def write(self, name: str, content: bytes) -> None:
        """Write the next part of a file; its number is committed with the step."""
        if content:
            self.file(name).write(self.parts.get(name, 0), content)
            self.parts[name] = self.parts.get(name, 0) + 1

    def step(self, phase: str, done: int, **more: Any) -> Step:
        """Where the next step begins, behind what this one has written."""
        self.write("offenders", csv_text(self.offenders).encode() if self.offenders else b"")
        self.write("values", b"".join(sorted(self.values)))
        kept = {"tally": self.tally.written(), "names": self.names, "parts": self.parts}
        return Step({"phase": phase, **kept, **more}, done=done)

    def look(self, record_id: str, kind: str, sources: Sequence[str], looks: Iterator[Look]) -> None:
        """Count a record, and note what is wrong with it for the file."""
        for each in self.tally.add(record_id, kind, sources, looks):
            self.offenders.append([record_id, kind, each.field, each.wrong, " ".join(sources)])

    def note(self, place: int, value: str, contact_id: str, sources: Sequence[str]) -> None:
        """Note a value that others may have too."""
        bits = 0
        for each in sources:
            if each not in self.names:
                self.names.append(each)
            bits |= 1 << self.names.index(each)
        digest = blake2b(value.encode(), digest_size=_DIGEST, key=self.work.job_id.encode()).digest()
        self.values.append(bytes([place]) + digest + contact_id.encode().ljust(_ID)[:_ID] + bits.to_bytes(4))


def _pages(report: _Report, record_type: type[Any]) -> Iterator[tuple[list[Any], dict[str, Any] | None]]:
    """Some pages of what the asker sees, each with where to go on."""
    position: dict[str, Any] | None = report.work.checkpoint.get("position")
    for _ in range(PAGES):
        query = ListQuery(newest_first=False, limit=PAGE, cursor=position)
        page = list_records(report.work.call.store, record_type, query)
        position = page.next_position
        yield page.items, position
        if position is None:
            return


def _moved(report: _Report) -> bool:
    """Whether a branch that was moved has put the asker's records into another order: then it is begun again."""
    at, tree = report.work.checkpoint, report.work.call.tenant.tree
    return bool(at.get("tree", tree) != tree) and not report.work.call.store.scope.everything


def _contacts(report: _Report) -> Step:
    if _moved(report):
        return Step({}, done=0)
    call, done = report.work.call, report.work.done
    own, rules = _own_fields(report.work)
    today = call.now.date()
    since = fresh_since(today, int(report.work.params["fresh_months"]))
    for contacts, position in _pages(report, Contact):
        bills = _found(report, _bills_at(call.tenant_id, {each.id: _own_subjects(each) for each in contacts}))
        for contact in contacts:
            held = contact.held()
            sources = report.tally.known_sources(each["system"] for each in contact.external_ids or ())
            report.tally.add_customer(sources, fresh=contact.updated_at.date() >= since)
            unfit = _unfit(rules, contact)
            report.look(
                contact.id, "contact", sources, contact_looks(held, own, unfit, call.tenant.default_region, today)
            )
            for place, name in enumerate(SHARED_FIELDS):
                for value in dict.fromkeys(each.casefold() for each in held.get(name) or ()):
                    report.note(place, value, contact.id, sources)
            for subject in _own_subjects(contact):
                _look_at_bill(report, contact.id, sources, bills[contact.id, subject])
        done += len(contacts)
        if position is None:
            return report.step("lines", done, tree=call.tenant.tree)
    return report.step("contacts", done, position=position, tree=call.tenant.tree)


def _lines(report: _Report) -> Step:
    if _moved(report):
        return Step({}, done=0)
    call, done = report.work.call, report.work.done
    today = call.now.date()
    for lines, position in _pages(report, Line):
        holders = _found(report, {each.contact_id: Contact.key_of(call.tenant_id, each.contact_id) for each in lines})
        known = {at: holder for at, raw in holders.items() if (holder := read_as(Contact, raw))}
        wanted: dict[str, list[str]] = {}
        for each in lines:
            wanted.setdefault(each.contact_id, []).extend(_subjects(each, known.get(each.contact_id)))
        bills = _found(report, _bills_at(call.tenant_id, wanted))
        for line in lines:
            holder = known.get(line.contact_id)
            systems = (each["system"] for each in (holder.external_ids or () if holder else ()))
            sources = report.tally.known_sources(systems)
            billed = any(bills[line.contact_id, subject] for subject in _subjects(line, holder))
            report.look(line.id, "line", sources, line_looks(line.held(), today, billed=billed))
            _look_at_bill(report, line.id, sources, bills[line.contact_id, line.id])
        done += len(lines)
        if position is None:
            return report.step("sort", done, merged=0)
    return report.step("lines", done, position=position, tree=call.tenant.tree)


def _own_subjects(contact: Contact) -> list[str]:
    """Under what a customer's own bills stand: as we know it, and as other systems do."""
    ids = [external_key(each["system"], each["id"]) for each in contact.external_ids or ()]
    return [contact.id, *(subject_of(contact.id, None, None, each) for each in ids)]


def _subjects(line: Line, holder: Contact | None) -> list[str]:
    """Whose bill can be a line's: its own, its account's, its customer's."""
    accounts = [subject_of(line.contact_id, None, line.account)] if line.account else []
    return [line.id, *accounts, *(_own_subjects(holder) if holder else ())]


def _look_at_bill(report: _Report, record_id: str, sources: Sequence[str], raw: Raw | None) -> None:
    if (bill := read_as(Bill, raw)) is not None:
        report.look(record_id, "bill", sources, bill_looks(bill.figures))


def _bills_at(tenant: str, wanted: Mapping[str, Iterable[str]]) -> dict[tuple[str, str], Key]:
    """Where bills would stand, by contact and what they are of."""
    return {
        (contact_id, each): Bill.key_of(tenant, contact_id, each)
        for contact_id, subjects in wanted.items()
        for each in subjects
    }


def _found(report: _Report, wanted: Mapping[Any, Key]) -> dict[Any, Raw | None]:
    found = report.work.call.store.fetch(wanted.values())
    return {name: found[key] for name, key in wanted.items()}


def _own_fields(work: Work) -> tuple[list[OwnField], Sequence[FieldRule]]:
    rules = [each for each in declared(work.call) if not each.archived][:MOST_OWN_FIELDS]
    ranges = expected_ranges(work.call)
    own = [
        OwnField(
            each.name,
            frozenset(each.applies_to),
            *(ranges.get(each.name, (None, None)) if each.type in {"number", "money"} else ()),
        )
        for each in rules
    ]
    return own, rules


def _unfit(rules: Sequence[FieldRule], contact: Contact) -> frozenset[str]:
    """The custom fields whose values are none of their type, or none of their options any more."""
    values = {name: value for name, value in (contact.custom or {}).items() if value is not None}
    errors = check_values(rules, contact.type, values, {})
    return frozenset(each.pointer.rpartition("/")[2] for each in errors if each.code == "custom_value")


def _sort(report: _Report) -> Step:
    """Merge many sorted parts to fewer, some in each step."""
    at = report.work.checkpoint
    first, count = int(at["merged"]), report.parts.get("values", 0)
    if first < count:
        last = min(first + MERGED, count)
        records = [each for number in range(first, last) for each in _records(report.file("values"), number, 0)]
        report.file("sorted").write(first // MERGED, b"".join(sorted(records)))
        return report.step("sort", report.work.done, merged=last)
    return report.step("shared", report.work.done, at=[0] * -(-count // MERGED))


def _records(parts: Parts, number: int, start: int) -> Iterator[bytes]:
    with parts.open(number, start * _WIDTH) as stream:
        while record := stream.read(_WIDTH):
            yield record


def _shared(report: _Report) -> Step:
    """Read the sorted parts side by side: what several customers have stands together."""
    at: list[int] = list(report.work.checkpoint["at"])
    streams = [_numbered(report.file("sorted"), number, start) for number, start in enumerate(at)]
    group: list[bytes] = []
    for counted, (record, number) in enumerate(heapq.merge(*streams)):
        if group and record[: 1 + _DIGEST] != group[0][: 1 + _DIGEST]:
            _count_group(report, group)
            group = []
            if counted >= COUNTED:
                return report.step("shared", report.work.done, at=at)
        group.append(record)
        at[number] += 1
    _count_group(report, group)
    files = {"file_id": new_id(FILE.prefix, report.work.call.now)}
    return report.step("join", report.work.done, joined=0, **files)


def _numbered(parts: Parts, number: int, start: int) -> Iterator[tuple[bytes, int]]:
    for record in _records(parts, number, start):
        yield record, number


def _count_group(report: _Report, group: Sequence[bytes]) -> None:
    if len(group) < 2:  # noqa: PLR2004 - shared by two
        return
    name = SHARED_FIELDS[group[0][0]]
    report.tally.shared_values[name] = report.tally.shared_values.get(name, 0) + 1
    for record in group:
        contact_id = record[1 + _DIGEST : 1 + _DIGEST + _ID].decode().rstrip()
        bits = int.from_bytes(record[-4:])
        sources = [each for place, each in enumerate(report.names) if bits >> place & 1]
        report.tally.share(name, sources)
        report.offenders.append([contact_id, "contact", name, SHARED, " ".join(sources)])


def _join(report: _Report) -> Step:
    at = dict(report.work.checkpoint)
    count, joined = report.parts.get("offenders", 0), int(at["joined"])
    if count > JOINED and joined < count:
        report.file("offenders").join(joined, count)
        return Step(at | {"joined": joined + JOINED}, done=report.work.done)
    work = report.work
    if count:
        keep_result(
            work.call.store.beside(CORE, (FILE.name,)),
            storage(),
            file_id=at["file_id"],
            owner_id=work.params["owner_id"],
            name=f"data-quality-{work.call.now:%Y-%m-%d}.csv",
            content_type="text/csv",
            chunks=chain([csv_text([HEADER]).encode()], report.file("offenders").content(count)),
            expires_at=work.call.now + KEPT,
        )
    reports = replace(work.call.store, scope=EVERYTHING)
    record = reports.get(DataQualityReport, work.params["report_id"])
    if record is not None:
        record.result = report.tally.written() | {"offenders_file_id": at["file_id"] if count else None}
        reports.update(record)
    return Step(at, done=work.done, total=work.done, finished=True, result={"report_id": work.params["report_id"]})
