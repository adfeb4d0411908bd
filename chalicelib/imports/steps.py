"""The job that loads a file: declare fields → unpack or count rows → load → join what has to be told of rows → end.

Each step reads on from a byte of the file and stages as many rows as one transaction takes; the worker commits them
together with the next byte. A row is decided by the file, the checkpoint and the store alone, so a step that runs
again, after a crash or because somebody was faster, decides anew and nothing is done twice.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Final

from chalicelib.access.quotas import IMPORT_ROWS, check
from chalicelib.clock import new_id
from chalicelib.files.errors import FileMissingError
from chalicelib.files.paths import ObjectPath
from chalicelib.files.records import FILE, KEPT
from chalicelib.files.service import keep_result
from chalicelib.files.storage import storage
from chalicelib.imports import undo
from chalicelib.imports.acting import Acting, AgainError, Done, Fate, read_ahead
from chalicelib.imports.cells import csv_text
from chalicelib.imports.encodings import BOM
from chalicelib.imports.errors import UnreadableError, UnreadableFile
from chalicelib.imports.faults import fault_of
from chalicelib.imports.opening import READER, Content
from chalicelib.imports.plan import Finding, Parsed, Plan, PlannedColumn
from chalicelib.imports.reader import Layout, Row
from chalicelib.imports.records import DOOR
from chalicelib.imports.showing import counts_of
from chalicelib.imports.target import ImportTarget, OwnField
from chalicelib.imports.unpacking import PART, unpack_some, unpacked_rows
from chalicelib.imports.values import FieldType
from chalicelib.jobs.parts import JOINED, Parts
from chalicelib.jobs.work import Step, Work
from chalicelib.modules import CORE, Text
from chalicelib.problems import StateConflict
from chalicelib.store.commit import MAX_ACTIONS

# The job's own: its progress, and at the end its record and event.
ROOM: Final = MAX_ACTIONS - 3
# A new contact takes four actions (record, event, claim, person's key): what fits is read first, and more only when
# that left room.
FIRST_WAVE: Final = ROOM // 4
NEXT_WAVE: Final = 100
# Rows that need nothing written cost reading and thinking only; half a second's work leaves cancelling quick.
MOST_ROWS: Final = 500
# Written as records, events and their expressions a row's bytes count several times against the 4 MB.
MOST_BYTES: Final = 512 * 1024
COUNTED_BYTES: Final = 32 * 1024 * 1024
# A declaration takes a record, an event and a claim.
DECLARED: Final = ROOM // 3


def import_step(work: Work, target: ImportTarget) -> Step:
    """One step of an import. Raises StateConflict when the file is gone, QuotaExceeded, and the store's errors."""
    check(work.call.standing, work.call.store.unit, IMPORT_ROWS, work.call.now)
    phases = {"declare": _declare, "unpack": _unpack, "count": _count, "load": _load, "join": _join}
    try:
        return phases[work.checkpoint.get("phase", "declare")](_Import(work, target))
    except FileMissingError as error:
        raise StateConflict(Text("The file is gone.", "文件已不存在。")) from error
    except UnreadableError as error:
        raise UnreadableFile(error.detail) from error


@dataclass(frozen=True, slots=True)
class _Import:
    work: Work
    target: ImportTarget

    @property
    def layout(self) -> Layout:
        return Layout.read(self.work.params["layout"])

    @property
    def plan(self) -> Plan:
        params = self.work.params
        columns = tuple(PlannedColumn.read(each) for each in params["columns"])
        constants = params.get("constants", {})
        return Plan(
            columns,
            params["mode"],
            params["key"],
            params["system"],
            params["currency"],
            constants,
            params.get("zone", "UTC"),
            self.target.instants,
        )

    @property
    def content(self) -> Content:
        return Content(ObjectPath.parse(self.work.params["path"]), self.work.params["layout"]["size"])

    def rows(self, start: int, line: int) -> Iterator[Row]:
        if self.layout.sheet is not None:
            sizes = self.work.checkpoint["sizes"]
            yield from unpacked_rows(self.parts(PART), sizes, self.layout, start, line)
            return
        with storage().open(self.content.path, start) as stream:
            yield from READER.rows(stream, self.layout, start, line)

    def parts(self, name: str) -> Parts:
        return Parts(storage(), self.work.call.tenant_id, self.work.job_id, name)


def _declare(doing: _Import) -> Step:
    """Declare the own fields that the mapping needs, those that there are already aside."""
    wanted = [
        OwnField(name, FieldType(kind), tuple(options), title, not_negative)
        for name, kind, options, title, not_negative in doing.work.params["new"]
    ]
    own = doing.target.own
    if wanted and own:
        there = {each.name for each in own.known(doing.work.call)}
        missing = [each for each in wanted if each.name not in there]
        for each in missing[:DECLARED]:
            own.declare(doing.work.call, each)
        if len(missing) > DECLARED:
            return Step({"phase": "declare"})
    layout = doing.layout
    if layout.sheet is not None:
        return Step({"phase": "unpack"})
    return Step({"phase": "count", "offset": layout.start, "line": layout.line, "rows": 0})


def _unpack(doing: _Import) -> Step:
    """Write the sheet's rows as text, a part in each step; how many there are is known at the end."""
    kept, ended = unpack_some(doing.content, doing.layout, doing.parts(PART), doing.work.checkpoint)
    if not ended:
        return Step({"phase": "unpack", **kept})
    return Step({"phase": "load", "offset": 0, "line": doing.layout.line, "sizes": kept["sizes"]}, total=kept["rows"])


def _count(doing: _Import) -> Step:
    """Count rows, so that progress is told in rows of all rows."""
    at = doing.work.checkpoint
    first, rows = int(at["offset"]), int(at["rows"])
    for row in doing.rows(first, int(at["line"])):
        rows += 1
        if row.end - first > COUNTED_BYTES:
            return Step({"phase": "count", "offset": row.end, "line": row.next_line, "rows": rows})
    layout = doing.layout
    return Step({"phase": "load", "offset": layout.start, "line": layout.line}, total=rows)


@dataclass(slots=True)
class _Loading:
    """What one step of loading has done so far."""

    offset: int
    line: int
    done: int
    counts: dict[str, int]
    warnings: dict[str, dict[str, int]]
    actions: int = 0
    most: int = 0
    rows: int = 0
    bytes: int = 0
    rejected: list[list[str]] = field(default_factory=list)
    warned: list[list[str]] = field(default_factory=list)
    undo: list[str] = field(default_factory=list)

    def likely(self) -> int:
        """How many rows more will fit if they are like those before: what is read and does not fit is read again."""
        if not self.actions:
            return NEXT_WAVE
        return max(1, min(NEXT_WAVE, (ROOM - self.actions) * self.rows // self.actions))

    def full(self) -> bool:
        """Whether a row like those before might not fit any more: to read on for it would be for nothing."""
        return self.actions + self.most > ROOM or self.rows >= MOST_ROWS or self.bytes >= MOST_BYTES


def _load(doing: _Import) -> Step:
    """Act on as many rows as one transaction takes."""
    at = doing.work.checkpoint
    warnings = {column: dict(rules) for column, rules in at.get("warnings", {}).items()}
    now = _Loading(int(at["offset"]), int(at["line"]), doing.work.done, dict(at.get("counts", {})), warnings)
    plan = doing.plan
    acting = Acting(doing.work.call, doing.target, plan)
    ended = True
    for wave in _waves(doing.rows(now.offset, now.line), now):
        if not _act_on(doing, acting, wave, now) or now.full():
            ended = False
            break
    acting.close()
    return _loaded(doing, now, ended=ended)


def _waves(rows: Iterator[Row], now: _Loading) -> Iterator[list[Row]]:
    wave = list(islice(rows, FIRST_WAVE))
    while wave:
        yield wave
        wave = list(islice(rows, now.likely()))


def _act_on(doing: _Import, acting: Acting, wave: list[Row], now: _Loading) -> bool:
    """Act on rows in their order; False when one of them is for the next transaction."""
    call, plan = doing.work.call, acting.plan
    parsed = [plan.parse(row.cells) if row.fault is None else Parsed(errors=[fault_of(row.fault)]) for row in wave]
    read_ahead(call, doing.target, plan, parsed)
    for row, each in zip(wave, parsed, strict=True):
        mark, size = call.store.mark(), row.end - now.offset
        try:
            done = acting.act(each, size)
        except AgainError:
            return False
        if now.actions + done.actions > ROOM:
            call.store.back_to(mark)
            acting.take_back(each)
            if now.actions:
                return False
            text = Text(
                "The row changes more records than one transaction takes.", "该行涉及的记录超出单个事务的容量。"
            )
            done = Done(Fate.REJECTED, (Finding(None, "too_many_changes", text),))
        _note(doing, now, row, each, done)
        if now.full():
            return False
    return True


def _note(doing: _Import, now: _Loading, row: Row, parsed: Parsed, done: Done) -> None:
    now.counts[done.fate] = now.counts.get(done.fate, 0) + 1
    now.actions, now.most = now.actions + done.actions, max(now.most, done.actions)
    now.bytes += row.end - now.offset
    now.rows, now.done = now.rows + 1, now.done + 1
    now.offset, now.line = row.end, row.next_line
    if done.undo:
        now.undo.append(json.dumps(done.undo))
    if done.fate is Fate.REJECTED:
        now.rejected.append(_told(doing, row, done.errors))
        return
    for each in parsed.warnings:
        rules = now.warnings.setdefault(each.column or "", {})
        rules[each.code] = rules.get(each.code, 0) + 1
    if parsed.warnings:
        now.warned.append(_told(doing, row, parsed.warnings))


def _told(doing: _Import, row: Row, findings: Iterable[Finding]) -> list[str]:
    """The row as it came, with its line and what is said of it; cells too many stand behind that."""
    width, locale = len(doing.layout.columns), doing.work.call.locale
    cells = [*row.cells[:width], *[""] * (width - len(row.cells))]
    said = [f"{each.column or '-'}: {each.detail.in_language(locale)} ({each.code})" for each in findings]
    return [*cells, str(row.line), " | ".join(said), *row.cells[width:]]


def _loaded(doing: _Import, now: _Loading, *, ended: bool) -> Step:
    """Write what has to be told of the rows and what was before them, then say where the next step begins."""
    at = doing.work.checkpoint
    parts = dict(at.get("parts", {}))
    for name, rows in (("rejected", now.rejected), ("warnings", now.warned)):
        if rows:
            number = parts.get(name, 0)
            doing.parts(name).write(number, csv_text(rows).encode())
            parts[name] = number + 1
    undone = int(at.get("undo", 0))
    if now.undo:
        content = "".join(f"{each}\n" for each in now.undo).encode()
        undo.parts_of(doing.work.call.tenant_id, doing.work.job_id).write(undone, content)
        undone += 1
    kept = {
        "undo": undone,
        "counts": now.counts,
        "warnings": now.warnings,
        "parts": parts,
        "sizes": at.get("sizes", []),
    }
    if not ended:
        return Step({"phase": "load", "offset": now.offset, "line": now.line, **kept}, done=now.done)
    files = {name: new_id(FILE.prefix, doing.work.call.now) for name in parts}
    return Step({"phase": "join", "joined": {}, "files": files, **kept}, done=now.done)


def _join(doing: _Import) -> Step:
    """Join many parts to fewer segments, a bounded number in each step; with few parts there is nothing to do."""
    at = dict(doing.work.checkpoint)
    for name, count in at["parts"].items():
        first = at["joined"].get(name, 0)
        if count > JOINED and first < count:
            doing.parts(name).join(first, count)
            return Step(at | {"joined": at["joined"] | {name: first + JOINED}}, done=doing.work.done)
    return _end(doing)


def _end(doing: _Import) -> Step:
    """Keep the rejected rows and the warnings as files, and say how it went."""
    work, at = doing.work, doing.work.checkpoint
    stem = str(work.params["name"]).rpartition(".")[0] or str(work.params["name"])
    header = BOM + csv_text([[*doing.layout.columns, "_line", "_reasons"]]).encode()
    for name, count in at["parts"].items():
        keep_result(
            work.call.store.beside(CORE, DOOR),
            storage(),
            file_id=at["files"][name],
            owner_id=work.params["owner_id"],
            name=f"{stem} {name}.csv",
            content_type="text/csv",
            chunks=chain([header], doing.parts(name).content(count)),
            expires_at=work.call.now + KEPT,
        )
    counts = counts_of(at)
    files = {f"{name}_file_id": at["files"].get(name) for name in ("rejected", "warnings")}
    result = {"import_id": work.params["import_id"], **counts.model_dump(), **files}
    return Step(at, done=work.done, finished=True, result=result, errors_file=files["rejected_file_id"])
