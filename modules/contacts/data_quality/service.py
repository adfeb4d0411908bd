"""Use cases of data quality: ask, look."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from chalicelib.call import Call
from chalicelib.jobs.records import JOB_KINDS, Job, JobProgress
from chalicelib.jobs.schemas import progress_out
from chalicelib.jobs.service import known_jobs, start
from chalicelib.modules import CORE, Text
from chalicelib.problems import NotFound
from chalicelib.store.lists import ListQuery, list_records
from chalicelib.store.scope import EVERYTHING, Scope
from chalicelib.store.store import Store
from chalicelib.web.results import Accepted, Listed
from chalicelib.web.wire import common
from modules.contacts.data_quality.records import DataQualityReport
from modules.contacts.data_quality.rules import ALL, FORMULA_EN, FORMULA_ZH, Scored, Tally, score_of
from modules.contacts.data_quality.schemas import DataQualityIn, DataQualityOut, DataQualitySummaryOut

JOB_TYPE = "contacts.data_quality"
FORMULA = Text(FORMULA_EN, FORMULA_ZH)


def ask(call: Call, body: DataQualityIn) -> Accepted[DataQualityOut]:
    """Start the job."""
    made = DataQualityReport.fresh(
        call.now,
        owner_id=_asker(call),
        fresh_months=body.fresh_months,
        limited=not call.store.scope.everything,
    )
    params = {"report_id": made.id, "owner_id": made.owner_id, "fresh_months": body.fresh_months}
    job = start(call, JOB_TYPE, params, counted="records")
    made.job_id = job.id
    call.store.create(made)
    return Accepted(_shown(call, made, job, None), f"/v1/jobs/{job.id}")


def look(call: Call, report_id: str) -> DataQualityOut:
    """A report as it is. Raises NotFound."""
    record = _reports(call).get(DataQualityReport, report_id)
    if record is None:
        raise NotFound
    jobs = _jobs(call, [record])
    return _shown(call, record, *jobs.get(record.job_id, (None, None)))


def page(call: Call, query: ListQuery) -> Listed[DataQualitySummaryOut]:
    """A page of reports, in short."""
    found = list_records(_reports(call), DataQualityReport, query)
    jobs = _jobs(call, found.items)
    shown = [
        DataQualitySummaryOut.model_validate(_summary(each, *jobs.get(each.job_id, (None, None))))
        for each in found.items
    ]
    return Listed(shown, found.next_position, found.truncated)


def _reports(call: Call) -> Store:
    """Reports are seen by who asked for them, and by those who see every record."""
    seen = EVERYTHING if call.store.scope.everything else Scope(owner=_asker(call))
    return replace(call.store, scope=seen)


def _jobs(call: Call, records: Sequence[DataQualityReport]) -> dict[str, tuple[Job, JobProgress]]:
    # Who may see the report may see how far it is.
    core = replace(call.store.beside(CORE, (), reads=JOB_KINDS), scope=EVERYTHING)
    return known_jobs(core, [each.job_id for each in records])


def _asker(call: Call) -> str:
    return call.principal.user_id or call.principal.id


def _summary(record: DataQualityReport, job: Job | None, progress: JobProgress | None) -> dict[str, Any]:
    return common(record) | {
        "status": job.status if job else "failed",
        "job_id": record.job_id,
        "progress": progress_out(progress),
        "fresh_months": int(record.fresh_months),
        "limited": bool(record.limited),
        "score": score_of(Tally.read(record.result), ALL) if record.result else None,
    }


def _shown(call: Call, record: DataQualityReport, job: Job | None, progress: JobProgress | None) -> DataQualityOut:
    result: dict[str, Any] = record.result or {}
    tally = Tally.read(result)
    sources = [_source(tally, name) for name in sorted(tally.sources) if name != ALL]
    more = {
        "formula": FORMULA.in_language(call.locale),
        "looked_at": tally.looked_at,
        "freshness": _freshness(tally.sources[ALL]) if ALL in tally.sources else None,
        "sources": sources,
        "fields": [_field(tally, name, cells) for name, cells in sorted(tally.cells.items())],
        "shared_values": tally.shared_values,
        "worst": [
            {"invalid": invalid, "missing": missing, "id": record_id, "reasons": reasons}
            for invalid, missing, record_id, reasons in tally.worst
        ],
        "offenders_file_id": result.get("offenders_file_id"),
    }
    return DataQualityOut.model_validate(_summary(record, job, progress) | more)


def _source(tally: Tally, name: str) -> dict[str, Any]:
    customers, fresh = tally.sources[name]
    freshness = _freshness(tally.sources[name])
    return {
        "source": name,
        "customers": customers,
        "fresh": fresh,
        "freshness": freshness,
        "score": score_of(tally, name),
    }


def _freshness(counts: Sequence[int]) -> float:
    return Scored(counts[0], counts[1], 0, 0).completeness


def _field(tally: Tally, name: str, cells: dict[str, list[int]]) -> dict[str, Any]:
    sources = [{"source": source, **_cell(cells[source])} for source in sorted(cells) if source != ALL]
    return {"field": name, "reasons": tally.codes.get(name, {}), "sources": sources, **_cell(cells[ALL])}


def _cell(counts: Sequence[int]) -> dict[str, Any]:
    cell = Scored(*counts)
    return {
        "records": cell.records,
        "present": cell.present,
        "missing": cell.records - cell.present,
        "invalid": cell.invalid,
        "shared": cell.shared,
        "completeness": cell.completeness,
        "validity": cell.validity,
        "score": cell.score,
    }
