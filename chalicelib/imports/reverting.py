"""The job that takes an import back: its lines from the last one to the first, so that each finds what it left.

    created, and as the import left it → deleted        a field as the import left it → what it was before
    created, and changed since         → kept, listed   a field changed since         → kept, listed

A step stages what one transaction takes and commits with the place of the next line: it may die anywhere. Done twice,
a line finds what was before, and there is nothing to do.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Final

from pydantic import ValidationError

from chalicelib.clock import new_id
from chalicelib.files.errors import FileMissingError
from chalicelib.files.records import FILE, KEPT
from chalicelib.files.service import keep_result
from chalicelib.files.storage import storage
from chalicelib.imports import undo
from chalicelib.imports.cells import csv_text
from chalicelib.imports.encodings import BOM
from chalicelib.imports.errors import RevertExpired
from chalicelib.imports.records import DOOR
from chalicelib.imports.schemas import RevertCounts
from chalicelib.imports.steps import ROOM
from chalicelib.imports.target import ImportTarget, Undoing
from chalicelib.jobs.parts import JOINED, Parts
from chalicelib.jobs.work import Step, Work
from chalicelib.modules import CORE
from chalicelib.problems import Problem
from chalicelib.store.errors import ClaimTakenError
from chalicelib.store.keys import Key
from chalicelib.store.reader import SUBJECT_KEY
from chalicelib.store.records import Record
from chalicelib.web.execute import as_problem

# A line that changes nothing costs reading; this many are half a second's work.
MOST_LINES: Final = 500
COLUMNS: Final = ("record", "field", "before", "imported", "now", "reason")
EDITED, GONE, TOO_MANY = "changed_since", "not_there", "too_many_changes"


def revert_step(work: Work, target: ImportTarget) -> Step:
    """One step. Raises RevertExpired when what was before is gone, and the store's errors."""
    assert target.undoing  # noqa: S101 - else there is no such job
    phases = {"begin": _begin, "revert": _revert, "join": _join}
    try:
        return phases[work.checkpoint.get("phase", "begin")](_Reverting(work, target.undoing))
    except FileMissingError as error:
        raise RevertExpired from error


@dataclass(frozen=True, slots=True)
class _Reverting:
    work: Work
    undoing: Undoing

    @property
    def undo(self) -> Parts:
        return undo.parts_of(self.work.call.tenant_id, self.work.params["job_id"])

    @property
    def kept(self) -> Parts:
        return Parts(storage(), self.work.call.tenant_id, self.work.job_id, "kept")


@dataclass(slots=True)
class _Taken:
    """What one step has taken back so far."""

    part: int
    line: int | None
    done: int
    counts: dict[str, int]
    actions: int = 0
    lines: int = 0
    ids: set[str] = field(default_factory=set)
    told: list[list[str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What became of a line: what it counts as, and the fields that stay, each with its reason."""

    counts: tuple[str, ...]
    told: list[list[str]] = field(default_factory=list)


def _begin(doing: _Reverting) -> Step:
    place = undo.place_of(doing.work.call.tenant_id, doing.work.params["job_id"])
    parts = sum(1 for _ in storage().find(place))
    return Step({"phase": "revert", "part": parts - 1, "line": None, "counts": {}, "parts": 0})


def _revert(doing: _Reverting) -> Step:
    at = doing.work.checkpoint
    now = _Taken(int(at["part"]), at["line"], doing.work.done, dict(at["counts"]))
    while now.part >= 0 and now.lines < MOST_LINES:
        if not _take_back(doing, now):
            break
    parts = int(at["parts"])
    if now.told:
        doing.kept.write(parts, csv_text(now.told).encode())
        parts += 1
    kept = {"counts": now.counts, "parts": parts}
    if now.part >= 0:
        return Step({"phase": "revert", "part": now.part, "line": now.line, **kept}, done=now.done)
    file_id = new_id(FILE.prefix, doing.work.call.now)
    return Step({"phase": "join", "joined": 0, "file_id": file_id, **kept}, done=now.done)


def _take_back(doing: _Reverting, now: _Taken) -> bool:
    """Take a part's lines back, the last one first; False when one of them is for the next transaction."""
    store = doing.work.call.store
    with doing.undo.open(now.part) as stream:
        lines = [json.loads(each) for each in stream.read().splitlines()][: now.line]
    places = [doing.undoing.record_type.key_of(store.boundary, each["id"]) for each in lines]
    if places:
        store.prefetch([*places, *(Key(place.pk, SUBJECT_KEY) for place in places)])
    for line in reversed(lines):
        if line["id"] in now.ids:
            return False
        mark = store.mark()
        outcome = _undone(doing, line)
        actions, _ = store.staged_since(mark)
        if now.actions + actions > ROOM:
            store.back_to(mark)
            if now.actions:
                return False
            outcome = _Outcome(("kept",), [[line["id"], "", "", "", "", TOO_MANY]])
            actions = 0
        now.ids.add(line["id"])
        now.actions, now.lines, now.done = now.actions + actions, now.lines + 1, now.done + 1
        now.line = len(lines) - 1 if now.line is None else now.line - 1
        now.told += outcome.told
        for each in outcome.counts:
            now.counts[each] = now.counts.get(each, 0) + 1
    now.part, now.line = now.part - 1, None
    return True


def _undone(doing: _Reverting, line: Mapping[str, Any]) -> _Outcome:
    store, undoing = doing.work.call.store, doing.undoing
    record = store.get(undoing.record_type, line["id"])
    fields = undo.read(store, record, line) if record else None
    if record is None or fields is None:
        return _Outcome(("gone",), [[line["id"], "", "", "", "", GONE]])
    now = undoing.written(record)
    if line["new"]:
        return _removed(doing, record, fields, now)
    changed = {name for name, pair in fields.items() if now.get(name) not in pair}
    told = [_told(doing, record, name, fields[name], now.get(name), EDITED) for name in sorted(changed)]
    counts = ("kept",) if changed else ()
    wanted = {name: pair[0] for name, pair in fields.items() if name not in changed and now.get(name) != pair[0]}
    if not wanted:
        return _Outcome(counts or ("unchanged",), told)
    if reason := _refused(doing, lambda: undoing.restore(doing.work.call, record, wanted)):
        told += [_told(doing, record, name, fields[name], now.get(name), reason) for name in sorted(wanted)]
        return _Outcome(("kept",), told)
    return _Outcome(("restored", *counts), told)


def _removed(doing: _Reverting, record: Record, fields: Mapping[str, list[Any]], now: Mapping[str, Any]) -> _Outcome:
    """A record that the import has made goes if nothing has been done to it since."""
    changed = {name for name in fields.keys() | now.keys() if now.get(name) != fields.get(name, [None, None])[1]}
    if changed:
        pairs = {name: fields.get(name, [None, None]) for name in sorted(changed)}
        told = [_told(doing, record, name, pair, now.get(name), EDITED) for name, pair in pairs.items()]
        return _Outcome(("kept",), told)
    if reason := _refused(doing, lambda: doing.undoing.remove(doing.work.call, record)):
        return _Outcome(("kept",), [[record.id, "", "", "", "", reason]])
    return _Outcome(("deleted",))


def _refused(doing: _Reverting, act: Any) -> str | None:
    """Do it, or nothing of it; the code of a refusal."""
    store = doing.work.call.store
    mark = store.mark()
    try:
        act()
    except (Problem, ValidationError, ClaimTakenError) as error:
        store.back_to(mark)
        if isinstance(error, ValidationError):
            return "validation"
        problem = as_problem(error, store.scope)
        if not isinstance(problem, Problem):
            raise
        return problem.errors[0].code if problem.errors else problem.code
    return None


def _told(doing: _Reverting, record: Record, name: str, pair: list[Any], now: Any, reason: str) -> list[str]:
    values = [doing.undoing.shown(doing.work.call, name, each) for each in (*pair, now)]
    return [record.id, name, *map(_text, values), reason]


def _text(value: Any) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    return json.dumps(value, ensure_ascii=False)


def _join(doing: _Reverting) -> Step:
    """Join the parts of what is kept, then keep the file, if there is anything in it."""
    work, at = doing.work, dict(doing.work.checkpoint)
    count, joined = int(at["parts"]), int(at["joined"])
    if count > JOINED and joined < count:
        doing.kept.join(joined, count)
        return Step(at | {"joined": joined + JOINED}, done=work.done)
    if count:
        stem = str(work.params["name"]).rpartition(".")[0] or str(work.params["name"])
        keep_result(
            work.call.store.beside(CORE, DOOR),
            storage(),
            file_id=at["file_id"],
            owner_id=work.params["owner_id"],
            name=f"{stem} kept.csv",
            content_type="text/csv",
            chunks=chain([BOM + csv_text([COLUMNS]).encode()], doing.kept.content(count)),
            expires_at=work.call.now + KEPT,
        )
    file_id = at["file_id"] if count else None
    counts = RevertCounts.model_validate(dict.fromkeys(RevertCounts.model_fields, 0) | at["counts"])
    result = {"import_id": work.params["import_id"], **counts.model_dump(), "kept_file_id": file_id}
    return Step(at, done=work.done, total=work.done, finished=True, result=result, errors_file=file_id)
