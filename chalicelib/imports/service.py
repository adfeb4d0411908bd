"""Use cases of imports, for whatever module: draft, change the mapping, preview, commit, look."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from chalicelib.access.gate import denied
from chalicelib.access.quotas import IMPORT_ROWS, check
from chalicelib.call import Call
from chalicelib.files.errors import FileMissingError
from chalicelib.files.records import File
from chalicelib.files.service import reach, ready_file
from chalicelib.files.storage import storage
from chalicelib.imports import dictionary, sampling
from chalicelib.imports.compile import as_plan, compiled, key_column, new_fields
from chalicelib.imports.date_columns import dates_in, is_question, with_swaps, written
from chalicelib.imports.errors import AlreadyReverted, RevertExpired, UnreadableError
from chalicelib.imports.opening import Content, layout_of, opened
from chalicelib.imports.plan import Plan
from chalicelib.imports.preview import preview_rows
from chalicelib.imports.reader import Layout, Row
from chalicelib.imports.records import DOOR, Import
from chalicelib.imports.schemas import ImportIn, ImportOut, ImportPlan, PreviewOut
from chalicelib.imports.showing import shown
from chalicelib.imports.suggest import suggest
from chalicelib.imports.target import ImportTarget, OwnField
from chalicelib.imports.undo import FORGET, REVERTIBLE
from chalicelib.imports.values import DATED
from chalicelib.jobs.records import Job, JobProgress
from chalicelib.jobs.service import known_jobs, start
from chalicelib.jobs.timers import remind
from chalicelib.modules import CORE, Op, Text
from chalicelib.problems import FieldError, Invalid, NotFound, StateConflict
from chalicelib.store.lists import ListQuery, Term, list_records
from chalicelib.store.scope import EVERYTHING, Scope
from chalicelib.store.store import Store
from chalicelib.web.results import Accepted, Created, Listed, Patch


def draft(call: Call, target: ImportTarget, body: ImportIn) -> Created[ImportOut]:
    """Begin an import: look at the file and suggest a mapping. Raises NotFound, StateConflict, Invalid."""
    core = _core(call)
    file = ready_file(core, body.file_id, reach(call.principal))
    entries: Mapping[str, dictionary.Entry] = {}
    if body.dictionary_file_id:
        described = ready_file(core, body.dictionary_file_id, reach(call.principal))
        with _there(), storage().open(described.path(call.tenant_id)) as stream:
            entries = dictionary.entries(stream.read(dictionary.MOST_BYTES))
    layout = _layout(call, file, body.sheet)
    with _rows(call, file, layout) as rows:
        sample = sampling.sample(rows, layout.columns)
    dates = dates_in(sample.cells)
    suggested = suggest(sample, target.fields, _own(call, target), entries, target.ignored, dates)
    counting = key_column(target, suggested)
    numbers = sample.cells[counting] if counting else None
    dates = with_swaps(dates, sample.cells, numbers)
    plan = as_plan(target, suggested, dates)
    record = Import.fresh(
        call.now,
        target=target.name,
        file_id=file.id,
        dictionary_file_id=body.dictionary_file_id,
        system=body.system,
        mode=plan.mode,
        key_field=plan.key,
        layout=layout.written() | {"size": int(file.size)},
        mapping=_mapping(plan),
        constants=plan.constants or None,
        dates={name: written(found) | {"whole": sample.whole} for name, found in dates.items()} or None,
        suggested={name: [each.confidence, each.reason.value] for name, each in suggested.items()},
        owner_id=_maker(call),
    )
    core.create(record)
    return Created(shown(record, None, call.locale))


def find(call: Call, target: ImportTarget, import_id: str) -> Import:
    """An import of this target: the caller's own, or any for those who may see every record. Raises NotFound."""
    record = _core(call).get(Import, import_id)
    if record is None or record.target != target.name:
        raise NotFound
    return record


def look(call: Call, target: ImportTarget, import_id: str) -> ImportOut:
    """An import as it is, with what its job says."""
    return _shown(call, target, [find(call, target, import_id)])[0]


def page(call: Call, target: ImportTarget, query: ListQuery) -> Listed[ImportOut]:
    """A page of the target's imports."""
    of_target = Term("target", Op.EQ, (target.name,), "target")
    found = list_records(_core(call), Import, replace(query, terms=(*query.terms, of_target)))
    return Listed(_shown(call, target, found.items), found.next_position, found.truncated)


def change(call: Call, target: ImportTarget, import_id: str, body: Patch[ImportPlan]) -> ImportOut:
    """Change how a draft is to be loaded. Raises Invalid, StateConflict when it is on its way already."""
    record = find(call, target, import_id)
    current = _wanted(record).model_dump(mode="json")
    call.check_version(record, {name: current.get(name) for name in body.touched})
    _must_be_draft(record)
    wanted = body.apply(current)
    _plan(call, target, record, wanted)
    record.mode, record.key_field, record.mapping = wanted.mode, wanted.key, _mapping(wanted)
    record.constants = wanted.constants or None
    _core(call).update(record)
    return shown(record, None, call.locale)


def preview(call: Call, target: ImportTarget, import_id: str) -> PreviewOut:
    """What would become of the first rows. Raises Invalid when the mapping does not fit any more, StateConflict."""
    record = find(call, target, import_id)
    plan = _plan(call, target, record, _wanted(record))
    layout = Layout.read(record.layout)
    try:
        with _rows(call, _file(call, record), layout) as rows:
            return preview_rows(call, target, plan, rows, layout, record.dates or {})
    finally:
        call.store.drop()


def commit(call: Call, target: ImportTarget, import_id: str) -> Accepted[ImportOut]:
    """Start the job.

    Raises QuotaExceeded, Invalid, PermissionDenied for new custom fields, StateConflict when it was started.
    """
    check(call.standing, call.store.unit, IMPORT_ROWS, call.now)
    record = find(call, target, import_id)
    _must_be_draft(record)
    wanted = _wanted(record)
    plan = _plan(call, target, record, wanted)
    _ask_for_forms(record, wanted, plan)
    new = new_fields(wanted.mapping, plan)
    if new and target.own and not call.may(target.own.permission):
        raise denied(target.own.permission)
    params = {
        "import_id": record.id,
        "path": str(_file(call, record).path(call.tenant_id)),
        "name": _file(call, record).name,
        "owner_id": record.owner_id,
        "layout": record.layout,
        "columns": [each.written() for each in plan.columns],
        "mode": plan.mode,
        "key": plan.key,
        "system": plan.system,
        "currency": plan.currency,
        "constants": plan.constants,
        "zone": plan.zone,
        "new": [[each.name, each.type.value, list(each.options), each.title, each.not_negative] for each in new],
    }
    job = start(call, target.job, params)
    record.job_id = job.id
    _core(call).update(record)
    if target.undoing:
        remind(_core(call), FORGET, record.id, call.now + REVERTIBLE)
    return Accepted(shown(record, (job, None), call.locale), f"/v1/jobs/{job.id}")


def revert(call: Call, target: ImportTarget, import_id: str) -> Accepted[ImportOut]:
    """Start the job that takes an import back.

    Raises StateConflict while it is loading, AlreadyReverted, RevertExpired.
    """
    assert target.undoing  # noqa: S101 - else there is no such route
    record = find(call, target, import_id)
    jobs = _jobs(call, [record])
    loaded = jobs.get(record.job_id or "")
    if loaded is None or not loaded[0].ended:
        raise StateConflict(Text("This import has not ended: cancel its job first.", "该导入尚未结束：请先取消作业。"))
    before = jobs.get(record.revert_job_id or "")
    if before and before[0].status not in {"failed", "cancelled"}:
        raise AlreadyReverted
    if call.now > loaded[0].updated_at + REVERTIBLE:
        raise RevertExpired
    params = {
        "import_id": record.id,
        "job_id": record.job_id,
        "name": _name(call, record),
        "owner_id": record.owner_id,
    }
    job = start(call, target.undoing.job, params, counted="records")
    record.revert_job_id = job.id
    _core(call).update(record)
    shown_as = shown(record, loaded, call.locale, (job, None), revertible=True)
    return Accepted(shown_as, f"/v1/jobs/{job.id}")


# -- inside


def _core(call: Call) -> Store:
    """Core's table, in which imports are seen by who began them, and by those who see every record."""
    seen = EVERYTHING if call.store.scope.everything else Scope(owner=_maker(call))
    return replace(call.store.beside(CORE, DOOR), scope=seen)


def _maker(call: Call) -> str:
    return call.principal.user_id or call.principal.id


def _file(call: Call, record: Import) -> File:
    # Who may use the import may use its file: that was checked when the import was begun.
    return ready_file(call.store.beside(CORE, DOOR), record.file_id, EVERYTHING)


def _content(call: Call, file: File) -> Content:
    return Content(file.path(call.tenant_id), int(file.size))


@contextmanager
def _there() -> Iterator[None]:
    try:
        yield
    except FileMissingError as error:
        raise StateConflict(Text("The file is gone.", "文件已不存在。")) from error
    except UnreadableError as error:
        raise Invalid(errors=(FieldError(error.pointer, error.code, error.detail),)) from error


def _layout(call: Call, file: File, sheet: str | None) -> Layout:
    with _there():
        return layout_of(_content(call, file), sheet)


@contextmanager
def _rows(call: Call, file: File, layout: Layout) -> Iterator[Iterator[Row]]:
    with _there(), opened(_content(call, file), layout) as rows:
        yield rows


def _own(call: Call, target: ImportTarget) -> Sequence[OwnField] | None:
    return target.own.known(call) if target.own and target.own.open_to(call) else None


def _wanted(record: Import) -> ImportPlan:
    held = {"mode": record.mode, "key": record.key_field, "mapping": record.mapping}
    return ImportPlan.model_validate(held | {"constants": record.constants or {}})


def _mapping(plan: ImportPlan) -> dict[str, Any]:
    return {name: column.model_dump(mode="json", exclude_defaults=True) for name, column in plan.mapping.items()}


def _plan(call: Call, target: ImportTarget, record: Import, wanted: ImportPlan) -> Plan:
    own = _own(call, target) or ()
    columns = record.layout["columns"]
    plan = compiled(target, columns, wanted, own, system=record.system, currency=call.tenant.currency)
    return replace(plan, zone=call.tenant.time_zone)


def _ask_for_forms(record: Import, wanted: ImportPlan, plan: Plan) -> None:
    """Refuse dates that can be read in several ways as long as nobody has said how. Raises Invalid."""
    open_questions = [
        each.column
        for each in plan.columns
        if each.meaning.type in DATED
        and wanted.mapping[each.column].date_form is None
        and is_question((record.dates or {}).get(each.column))
    ]
    if open_questions:
        detail = Text(
            "These dates can be read in several ways: say which, the preview shows what each would mean.",
            "这些日期有多种读法：请指明一种，预览列出了每种读法的结果。",
        )
        places = [each.replace("~", "~0").replace("/", "~1") for each in open_questions]
        raise Invalid(
            errors=tuple(FieldError(f"/mapping/{each}/date_form", "ambiguous_dates", detail) for each in places)
        )


def _must_be_draft(record: Import) -> None:
    if record.job_id:
        raise StateConflict(Text("This import has been committed.", "该导入已提交。"))


def _shown(call: Call, target: ImportTarget, records: Sequence[Import]) -> list[ImportOut]:
    jobs = _jobs(call, records)
    return [
        shown(
            each,
            jobs.get(each.job_id or ""),
            call.locale,
            jobs.get(each.revert_job_id or ""),
            revertible=target.undoing is not None,
        )
        for each in records
    ]


def _jobs(call: Call, records: Sequence[Import]) -> dict[str, tuple[Job, JobProgress]]:
    # Who may see the import may see how far it is.
    wanted = [each for record in records for each in (record.job_id, record.revert_job_id) if each]
    return known_jobs(call.store.beside(CORE, DOOR), wanted)


def _name(call: Call, record: Import) -> str:
    """The file's name, which may have expired meanwhile."""
    file = replace(call.store.beside(CORE, DOOR), scope=EVERYTHING).get(File, record.file_id)
    return str(file.name) if file else record.id
