"""An import as callers see it: what was asked for, and what its job says."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from chalicelib.imports.plan import PlannedColumn
from chalicelib.imports.reader import Layout
from chalicelib.imports.records import Import
from chalicelib.imports.schemas import (
    Counts,
    DatesPreview,
    ImportOut,
    RevertCounts,
    RevertOut,
    SuggestedColumn,
    Warned,
)
from chalicelib.imports.suggest import REASONS, Reason
from chalicelib.imports.undo import REVERTIBLE
from chalicelib.jobs.records import Job, JobProgress
from chalicelib.jobs.schemas import progress_out
from chalicelib.modules import Text
from chalicelib.web.wire import common

FATES = ("created", "updated", "unchanged", "rejected")


Beside = tuple[Job, JobProgress | None]


def shown(
    record: Import,
    beside: Beside | None,
    locale: str,
    revert: Beside | None = None,
    *,
    revertible: bool = False,
) -> ImportOut:
    """The import, with its job when it has one, and the one that takes it back."""
    job, progress = beside or (None, None)
    result: dict[str, Any] = (job.result or {}) if job else {}
    layout = Layout.read(record.layout)
    values = {
        "file_id": record.file_id,
        "dictionary_file_id": record.dictionary_file_id,
        "encoding": None if layout.sheet is not None else layout.encoding.value,
        "sheet": layout.sheet,
        "system": record.system,
        "mode": record.mode,
        "key": record.key_field,
        "columns": [_column(name, record.suggested[name], locale) for name in record.layout["columns"]],
        "mapping": record.mapping,
        "constants": record.constants or {},
        "status": _status(job, revert),
        "job_id": record.job_id,
        "progress": progress_out(progress) if job else None,
        "counts": counts_of(progress.checkpoint) if progress else None,
        "warnings": warned(progress.checkpoint) if progress else [],
        "revertible_until": _until(job) if job and revertible else None,
        "revert": _revert(*revert) if revert else None,
        "rejected_file_id": result.get("rejected_file_id"),
        "warnings_file_id": result.get("warnings_file_id"),
    }
    return ImportOut.model_validate(common(record) | values)


def _status(job: Job | None, revert: Beside | None) -> str:
    if job is None:
        return "draft"
    if revert and revert[0].status == "succeeded":
        return "reverted"
    return "reverting" if revert and not revert[0].ended else str(job.status)


def _until(job: Job) -> datetime | None:
    until: datetime = job.updated_at + REVERTIBLE
    return until if job.ended else None


def _revert(job: Job, progress: JobProgress | None) -> RevertOut:
    counts = None
    if progress:
        counted = dict.fromkeys(RevertCounts.model_fields, 0) | progress.checkpoint.get("counts", {})
        counts = RevertCounts.model_validate(counted)
    kept = (job.result or {}).get("kept_file_id")
    values = {"job_id": job.id, "status": job.status, "progress": progress_out(progress), "counts": counts}
    return RevertOut.model_validate(values | {"kept_file_id": kept})


def counts_of(checkpoint: dict[str, Any]) -> Counts:
    """What a job's checkpoint says became of the rows."""
    counted = checkpoint.get("counts", {})
    fates = {name: counted.get(name, 0) for name in FATES}
    warnings = sum(count for rules in checkpoint.get("warnings", {}).values() for count in rules.values())
    return Counts(rows=sum(fates.values()), warnings=warnings, **fates)


def warned(checkpoint: dict[str, Any]) -> list[Warned]:
    """How often which rule has found something, column by column."""
    return [
        Warned(column=column, rule=rule, count=count)
        for column, rules in checkpoint.get("warnings", {}).items()
        for rule, count in rules.items()
    ]


def dates_out(kept: Mapping[str, Any], planned: PlannedColumn | None, locale: str) -> DatesPreview:
    """What was found in a column of dates, and whether the mapping repairs it."""
    swap = kept.get("swap")
    if swap:
        repaired = planned is not None and planned.meaning.swapped
        swap = swap | {"evidence": _said(swap["evidence"], locale), "repaired": repaired}
    values = {name: kept[name] for name in ("rows", "form", "readings")}
    return DatesPreview.model_validate(
        values | {"why": _said(kept["why"], locale), "whole_file": kept["whole"], "swapped": swap}
    )


def _said(texts: Sequence[Sequence[str]], locale: str) -> list[str]:
    return [Text(*each).in_language(locale) for each in texts]


def _column(name: str, suggested: list[Any], locale: str) -> SuggestedColumn:
    confidence, reason = suggested[0], Reason(suggested[1])
    return SuggestedColumn(name=name, confidence=confidence, reason=reason, why=REASONS[reason].in_language(locale))
