"""Use cases of exports, for whatever module: ask, look."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from chalicelib.call import Call
from chalicelib.exports.flat import columns
from chalicelib.exports.records import DOOR, Export
from chalicelib.exports.schemas import ExportIn, ExportOut
from chalicelib.exports.target import ExportTarget
from chalicelib.jobs.records import Job, JobProgress
from chalicelib.jobs.schemas import progress_out
from chalicelib.jobs.service import known_jobs, start
from chalicelib.modules import CORE, Op, Text
from chalicelib.problems import FieldError, Invalid, InvalidParameter, NotFound
from chalicelib.store.lists import ListQuery, Term, list_records
from chalicelib.store.scope import EVERYTHING, Scope
from chalicelib.store.store import Store
from chalicelib.web.parsing import parse_terms
from chalicelib.web.results import Accepted, Listed
from chalicelib.web.wire import common

TABLES: Final = frozenset({"csv", "xlsx"})


def ask(call: Call, target: ExportTarget, body: ExportIn) -> Accepted[ExportOut]:
    """Start the job. Raises Invalid for filters and fields that the list has not, or not for this caller."""
    _check(call, target, body)
    wanted = body.fields or list(target.model.model_fields)
    owner = _asker(call)
    own = {name: keys for name, keys in target.own(call).items() if name in wanted}
    made = Export.fresh(
        call.now, target=target.name, format=body.format, filters=body.filters, fields=body.fields, owner_id=owner
    )
    params = {
        "export_id": made.id,
        "format": body.format,
        "filters": body.filters,
        "fields": wanted,
        "columns": columns(target.model, wanted, own) if body.format in TABLES else [],
        "owner_id": owner,
    }
    job = start(call, target.job, params)
    made.job_id = job.id
    _core(call).create(made)
    return Accepted(_shown(made, job, None), f"/v1/jobs/{job.id}")


def look(call: Call, target: ExportTarget, export_id: str) -> ExportOut:
    """An export as it is. Raises NotFound."""
    record = _core(call).get(Export, export_id)
    if record is None or record.target != target.name:
        raise NotFound
    return _with_jobs(call, [record])[0]


def page(call: Call, target: ExportTarget, query: ListQuery) -> Listed[ExportOut]:
    """A page of the target's exports."""
    of_target = Term("target", Op.EQ, (target.name,), "target")
    found = list_records(_core(call), Export, replace(query, terms=(*query.terms, of_target)))
    return Listed(_with_jobs(call, found.items), found.next_position, found.truncated)


def _check(call: Call, target: ExportTarget, body: ExportIn) -> None:
    try:
        parse_terms(call, target.listing, body.filters)
    except InvalidParameter as error:
        raise Invalid(errors=(FieldError("/filters", error.code, error.detail),)) from error
    known = target.model.model_fields
    if unknown := [each for each in body.fields or () if each not in known]:
        text = Text(f"There is no field {unknown[0]!r}. Fields: {', '.join(known)}.", f"没有字段 {unknown[0]!r}。")
        raise Invalid(errors=(FieldError("/fields", "unknown_field", text),))


def _core(call: Call) -> Store:
    """Core's table, in which exports are seen by who asked for them, and by those who see every record."""
    seen = EVERYTHING if call.store.scope.everything else Scope(owner=_asker(call))
    return replace(call.store.beside(CORE, DOOR), scope=seen)


def _asker(call: Call) -> str:
    return call.principal.user_id or call.principal.id


def _with_jobs(call: Call, records: Sequence[Export]) -> list[ExportOut]:
    # Who may see the export may see how far it is.
    jobs = known_jobs(call.store.beside(CORE, DOOR), [each.job_id for each in records])
    return [_shown(each, *jobs.get(each.job_id, (None, None))) for each in records]


def _shown(record: Export, job: Job | None, progress: JobProgress | None) -> ExportOut:
    result: dict[str, Any] = (job.result or {}) if job else {}
    values = {
        "format": record.format,
        "filters": record.filters,
        "fields": record.fields,
        "status": job.status if job else "failed",
        "job_id": record.job_id,
        "progress": progress_out(progress),
        "file_id": result.get("file_id"),
        "rows": result.get("rows"),
        "sha256": result.get("sha256"),
    }
    return ExportOut.model_validate(common(record) | values)
