"""Jobs on the wire (api.md, Writing: «Long work»)."""

from typing import Any, Literal

from pydantic import Field

from chalicelib.jobs.records import Job, JobProgress
from chalicelib.web.results import Accepted
from chalicelib.web.wire import Live, Shown, common


class ProgressOut(Shown):
    """How far a job has come; ``total`` is null while nobody knows it."""

    done: int
    total: int | None
    unit: str = Field(examples=["rows"])


class ReasonOut(Shown):
    """Why a job failed."""

    code: str
    detail: str


class JobOut(Live):
    """Long work, as everybody reads it. It has no ETag: its progress shows without a new version."""

    type: str = Field(examples=["contacts.import"])
    state: Literal["queued", "running", "succeeded", "failed", "cancelled"]
    progress: ProgressOut
    result: dict[str, Any] | None = Field(description="what came of it, when it has succeeded")
    reason: ReasonOut | None = Field(description="why it failed")
    errors_url: str | None = Field(description="the file that says what was refused, row by row")


def job_out(job: Job, progress: JobProgress | None) -> JobOut:
    """The job as everybody reads it; without progress it has just been staged."""
    return JobOut(
        **common(job),
        type=job.type,
        state=job.status,  # type: ignore[arg-type] # stored as text, checked by the model
        progress=progress_out(progress),
        result=job.result,
        reason=ReasonOut(**job.reason) if job.reason else None,
        errors_url=f"/v1/files/{job.errors_file}" if job.errors_file else None,
    )


def progress_out(progress: JobProgress | None) -> ProgressOut:
    """How far a job has come; without progress it has just been staged."""
    total = progress.total if progress else None
    return ProgressOut(
        done=int(progress.done) if progress else 0,
        total=None if total is None else int(total),
        unit=str(progress.counted) if progress else "rows",
    )


def accepted(job: Job) -> Accepted[JobOut]:
    """202 for a job that has just been staged."""
    return Accepted(job_out(job, None), f"/v1/jobs/{job.id}")
