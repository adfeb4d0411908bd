"""What core holds of a person, as lines of JSON (Protocol.EXPORT_SUBJECT of core).

    tasks … jobs → files that may hold them → the audit's chunks, record by record → what is not sealed yet

``result`` of a step is ``{"rows": {"core.<kind>": [line, …]}}``. Files are named, not copied: they hold others too.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from chalicelib.access.crypto import SealError, unseal
from chalicelib.clock import first_ulid_at
from chalicelib.files.storage import storage
from chalicelib.holdings.export import line_of
from chalicelib.holdings.walk import Found, Holdings
from chalicelib.jobs.work import Step, Work
from chalicelib.modules import CORE
from chalicelib.store import keys
from chalicelib.store.reader import SUBJECT_KEY
from chalicelib.store.records import SubjectKey, read_as
from chalicelib.store.scope import EVERYTHING
from chalicelib.store.store import Store
from tenants.audit.handlers import Entry, event_entry
from tenants.audit.records import AuditHead, path_of
from tenants.audit.rules import entries_in
from tenants.journal.service import born, page_of_unit
from tenants.subjects.rules import Subject, where_from
from tenants.subjects.service import TEXTS, core_door, look_through, page_of, tells_of

# Records whose chunks are looked up in a step, a query each; chunks are files of up to 4 MB.
RECORDS: Final = 20
CHUNKS: Final = 20
EVENTS: Final = 250
AUDIT: Final = f"{CORE}.audit_entry"


def export_step(work: Work) -> Step:
    """One page of what core holds of the person."""
    return _Exporting(work, Subject.of(work.params), core_door(work)).step()


@dataclass(frozen=True, slots=True)
class _Exporting:
    work: Work
    subject: Subject
    core: Store

    def step(self) -> Step:
        at = self.work.checkpoint
        number: int = at.get("stage", 0)
        units = [each.name for each in self.work.call.catalogue]
        stages = [
            *((self._texts, each) for each in TEXTS),
            (self._files, ""),
            (self._sealed, ""),
            *((self._live, each) for each in units),
        ]
        stage: Callable[[str, Any], tuple[dict[str, list[str]], Any]]
        stage, of = stages[number]
        rows, position = stage(of, at.get("position"))
        here = {"stage": number, "position": position} if position else {"stage": number + 1}
        done = self.work.done + sum(map(len, rows.values()))
        return Step(here, done, finished=here["stage"] == len(stages), result={"rows": rows})

    def _texts(self, kind: str, start: Any) -> tuple[dict[str, list[str]], Any]:
        found, position = page_of(self.core, kind, start)
        told = [each for each in found if tells_of(each, self.subject)]
        holdings = Holdings(self.work.call.catalogue, replace(self.work.call.store, scope=EVERYTHING))
        return {f"{CORE}.{kind}": [line_of(holdings, Found(CORE, each.raw())) for each in told]}, position

    def _files(self, _: str, start: Any) -> tuple[dict[str, list[str]], Any]:
        looked = look_through(self.core.boundary, self.subject.in_files(), self.subject.files, start)
        return {
            f"{CORE}.file": [_line({**where_from(each.path), "bytes": each.size}) for each in looked.hits]
        }, looked.position

    # -- the audit

    def _sealed(self, _: str, start: Any) -> tuple[dict[str, list[str]], Any]:
        """The entries of some records: their chunks first, then these one by one."""
        at: dict[str, Any] = start or {"record": 0, "ends": None}
        records = sorted(self.subject.ids)[at["record"] : at["record"] + RECORDS]
        ends: list[str] = at["ends"] if at["ends"] is not None else sorted(set(self._ends(records)))
        rows = [
            self._opened(entry) for end in ends[:CHUNKS] for entry in self._chunk(end) if entry["record"] in records
        ]
        rest = ends[CHUNKS:]
        following = {"record": at["record"], "ends": rest} if rest else {"record": at["record"] + RECORDS, "ends": None}
        more = bool(rest) or following["record"] < len(self.subject.ids)
        return {AUDIT: rows}, following if more else None

    def _ends(self, records: Iterable[str]) -> Iterable[str]:
        for each in records:
            at = keys.mention(self.core.boundary, "record", each, "")
            yield from (keys.last_part(found.stands_at().sk) for found in self.core.query_all(at.pk, at.sk))

    def _chunk(self, end: str) -> list[Entry]:
        with storage().open(path_of(self.core.boundary, end)) as stream:
            return entries_in(stream.read())

    def _live(self, unit: str, after: Any) -> tuple[dict[str, list[str]], Any]:
        """What happened to the person's records since the last seal."""
        head = self.core.get_item(AuditHead, AuditHead.key_of(self.core.boundary))
        first = after or max(str(head.end) if head else "", born(self.core.boundary))
        # What is being committed at this moment may be missed: it is younger than the request.
        until: datetime = self.work.call.now
        events, last = page_of_unit(self.core, unit, first, until, EVENTS)
        told = [event_entry(each) for each in events if each.subject in self.subject.ids]
        more = last < first_ulid_at(until)
        return {AUDIT: [self._opened(each) for each in told]}, last if more else None

    def _opened(self, entry: Entry) -> str:
        """An entry with the personal values that its subject's key opens."""
        told = {name: value for name, value in entry.items() if name not in {"sealed", "sealed_for"}}
        key = self._keys().get(str(entry["sealed_for"]))
        if entry["sealed"] and key:
            try:
                told["changed"] = {**entry["changed"], **json.loads(unseal(key, entry["sealed"]))}
            except SealError:
                return _line(told)
        return _line(told)

    def _keys(self) -> dict[str, bytes]:
        """The keys of the person; several, when they were several contacts."""
        door = replace(self.work.call.store, scope=EVERYTHING)
        places = [keys.as_read(each, SUBJECT_KEY) for each in sorted(self.subject.partitions)]
        found = door.prefetch(places)
        wrapped = {keys.root_id(at.pk): read_as(SubjectKey, found[at]) for at in places}
        return {
            person: door.keyring.unwrap(door.boundary, person, str(each.wrapped))
            for person, each in wrapped.items()
            if each
        }


def _line(values: dict[str, Any]) -> str:
    return json.dumps(values, ensure_ascii=False, sort_keys=True, default=str) + "\n"
