"""Erasing what core holds of a person (Protocol.ERASE_SUBJECT of core).

    tasks, approvals, notifications, imports, exports, jobs → stored answers → timers → files

Each step is a page; a pass that finds nothing leaves ``done`` as it was, which is the proof.
"""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from chalicelib.exports.records import Export
from chalicelib.files.records import Area, File
from chalicelib.files.storage import storage
from chalicelib.holdings.sources import DIGITS
from chalicelib.imports.records import Import
from chalicelib.jobs.records import Job
from chalicelib.jobs.work import Step, Work
from chalicelib.modules import Index
from chalicelib.store import keys
from chalicelib.store.reading import Part
from chalicelib.store.records import Record, StoredAnswer, item_of
from chalicelib.store.store import Store
from chalicelib.work.records import Approval, Notification, Task
from chalicelib.work.rules import ApprovalState, TaskState, is_live
from tenants.subjects.rules import ERASED, Subject, where_from
from tenants.subjects.service import TEXTS, core_door, look_through, page_of, tells_of

ANSWERS_A_PAGE: Final = 40
_UPLOADED: Final = frozenset(Area)


def erase_step(work: Work) -> Step:
    """One page of the person's erasure in core. ``result`` says what has been deleted and rewritten in it."""
    return _Erasing(work, Subject.of(work.params), core_door(work)).step()


@dataclass(frozen=True, slots=True)
class _Erasing:
    work: Work
    subject: Subject
    core: Store

    def step(self) -> Step:
        at = self.work.checkpoint
        number: int = at.get("stage", 0)
        stages = [*((self._texts, each) for each in TEXTS), *self._per_unit(), (self._files, "")]
        stage: Callable[[str, Any], tuple[dict[str, Any], Any]]
        stage, of = stages[number]
        told, position = stage(of, at.get("position"))
        here = {"stage": number, "position": position} if position else {"stage": number + 1}
        found = sum(told.get("deleted", {}).values()) + sum(told.get("rewritten", {}).values())
        over = here["stage"] == len(stages)
        return Step(here, self.work.done + found, finished=over, result=told)

    def _per_unit(self) -> list[tuple[Any, str]]:
        units = [each.name for each in self.work.call.catalogue]
        return [(self._answers, each) for each in units] + [(self._timers, each) for each in units]

    # -- what people have written

    def _texts(self, kind: str, start: Any) -> tuple[dict[str, Any], Any]:
        found, position = page_of(self.core, kind, start)
        deleted: Counter[str] = Counter()
        rewritten: Counter[str] = Counter()
        for each in found:
            if not tells_of(each, self.subject):
                continue
            if isinstance(each, Notification):
                self.core.delete(each)
                deleted[kind] += 1
            else:
                rewritten[kind] += rewrite(self.core, each)
        return {"deleted": deleted, "rewritten": rewritten}, position

    # -- what stands in every unit's table

    def _answers(self, unit: str, start: Any) -> tuple[dict[str, Any], Any]:
        """Stored answers lose what they say; that they were given stays, so that nothing is done twice."""
        digit, position = (start["digit"], start["position"]) if start else (0, None)
        door = self.core.beside(unit, {"idempotency"})
        raws, position = door.raws(
            Part(keys.spread(door.boundary, "idempotency", DIGITS[digit])), ANSWERS_A_PAGE, position
        )
        blanked = 0
        for raw in raws:
            answer = item_of(dict(raw))
            if isinstance(answer, StoredAnswer) and answer.sealed and self.subject.is_in_answer(answer.about):
                answer.sealed, answer.about, answer.erased = None, None, True
                door.put(answer)
                blanked += 1
        digit = digit if position else digit + 1
        further = {"digit": digit, "position": position} if digit < len(DIGITS) else None
        return {"rewritten": {"idempotency": blanked}}, further

    def _timers(self, unit: str, start: Any) -> tuple[dict[str, Any], Any]:
        door = self.core.beside(unit, {"due"})
        raws, position = door.raws(
            Part(keys.by_kind(door.boundary, "due"), index=Index.CREATION), ANSWERS_A_PAGE, start
        )
        mine = [
            each for each in raws if "place" in each and json.loads(each["place"]["S"])[0] in self.subject.partitions
        ]
        for each in mine:
            door.erase(each)
        return {"deleted": {"due": len(mine)}}, position

    # -- files

    def _files(self, _: str, start: Any) -> tuple[dict[str, Any], Any]:
        """Files that may hold the person are deleted whole, with whomever else they hold."""
        looked = look_through(self.core.boundary, self.subject.in_files(), self.subject.files, start)
        for each in looked.hits:
            _, area, owner, *_inside = each.path.split("/")
            file = self.core.get(File, owner) if area in _UPLOADED else None
            if file is not None:
                self.core.delete(file)
            # Behind the transaction: what a crash leaves is found by the next pass, and named by no record.
            self.core.after_commit.append(partial(storage().delete, each.path))
        told = [{**where_from(each.path), "bytes": each.size} for each in looked.hits]
        return {"deleted": {"file": len(told)}, "files": told}, looked.position


def rewrite(core: Store, record: Record) -> bool:
    """Stage a record without what it says of anybody; False when that is so already."""
    now = core.clock()
    match record:
        case Task():
            live = is_live(TaskState(record.status))
            if live:
                record.status, record.ended_at = str(TaskState.CANCELLED), now
            record.title, record.detail, record.outcome = ERASED, None, ERASED if record.outcome or live else None
            record.link = record.source_record = None
            return core.update(record, verb="cancelled" if live else "updated")
        case Approval():
            pending = record.status == ApprovalState.PENDING
            if pending:
                record.status = str(ApprovalState.WITHDRAWN)
            record.title, record.detail, record.reason = ERASED, None, ERASED if record.reason else None
            record.link = record.source_record = None
            return core.update(record, verb="withdrawn" if pending else "updated")
        case Import():
            record.mapping, record.suggested, record.layout = {}, {}, {**record.layout, "columns": []}
            record.constants = None
        case Export():
            record.filters = {}
        case Job():
            record.params = {}
    return core.update(record)
