"""An import as callers see it: what was asked for, and what its job says."""

from typing import Any

from chalicelib.imports.reader import Layout
from chalicelib.imports.records import Import
from chalicelib.imports.schemas import Counts, ImportOut, SuggestedColumn, Warned
from chalicelib.imports.suggest import REASONS, Reason
from chalicelib.jobs.records import Job, JobProgress
from chalicelib.jobs.schemas import progress_out
from chalicelib.web.wire import common

FATES = ("created", "updated", "unchanged", "rejected")


def shown(record: Import, beside: tuple[Job, JobProgress | None] | None, locale: str) -> ImportOut:
    """The import, with its job when it has one."""
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
        "status": job.status if job else "draft",
        "job_id": record.job_id,
        "progress": progress_out(progress) if job else None,
        "counts": counts_of(progress.checkpoint) if progress else None,
        "warnings": warned(progress.checkpoint) if progress else [],
        "rejected_file_id": result.get("rejected_file_id"),
        "warnings_file_id": result.get("warnings_file_id"),
    }
    return ImportOut.model_validate(common(record) | values)


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


def _column(name: str, suggested: list[Any], locale: str) -> SuggestedColumn:
    confidence, reason = suggested[0], Reason(suggested[1])
    return SuggestedColumn(name=name, confidence=confidence, reason=reason, why=REASONS[reason].in_language(locale))
