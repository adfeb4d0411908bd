"""Starting and cancelling jobs, from any unit's use case."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, Final

from chalicelib.access.principal import Grant, Principal, PrincipalKind, Reach
from chalicelib.call import Call
from chalicelib.jobs.queue import wake
from chalicelib.jobs.records import JOB_KINDS, Job, JobProgress
from chalicelib.jobs.timers import remind
from chalicelib.modules import CORE, Text
from chalicelib.problems import NotFound, StateConflict
from chalicelib.store.commit import Action
from chalicelib.store.records import read_as
from chalicelib.store.scope import Scope
from chalicelib.store.store import Store

SWEEP: Final = "core.sweep_job"
# A job that no worker holds for so long is woken again; a worker's lease is renewed by every step.
SWEPT_AFTER: Final = timedelta(seconds=30)


def start(call: Call, job_type: str, params: dict[str, Any], *, counted: str = "rows", total: int | None = None) -> Job:
    """Stage a job in the caller's own transaction, and wake a worker when that is in."""
    return start_for(call.store, call.principal, job_type, params, counted=counted, total=total, locale=call.locale)


def start_for(  # noqa: PLR0913 - what a job is
    store: Store,
    principal: Principal,
    job_type: str,
    params: dict[str, Any],
    *,
    counted: str = "rows",
    total: int | None = None,
    locale: str = "en",
) -> Job:
    """Stage a job in the name of somebody, within what the store's scope shows."""
    core, now = store.beside(CORE, JOB_KINDS), store.clock()
    job = Job.fresh(
        now,
        type=job_type,
        status="queued",
        params=params,
        principal=_written(principal),
        reach=_reach(store.scope),
        locale=locale,
        started_by=principal.user_id or principal.id,
    )
    core.create(job)
    core.put(JobProgress(checkpoint={}, counted=counted, total=total).put_at(JobProgress.key_of(core.boundary, job.id)))
    remind(core, SWEEP, job.id, now + SWEPT_AFTER)
    store.after_commit.append(lambda: wake(core.boundary, job.id))
    return job


def known_jobs(store: Store, job_ids: Iterable[str]) -> dict[str, tuple[Job, JobProgress]]:
    """Those of some jobs that the store may see, each with its progress, in one round trip."""
    places = {each: (Job.key_of(store.boundary, each), JobProgress.key_of(store.boundary, each)) for each in job_ids}
    found = store.fetch(key for pair in places.values() for key in pair) if places else {}
    return {
        each: (job, progress)
        for each, (at, progress_at) in places.items()
        if (job := store.known(Job, at, found[at])) and (progress := read_as(JobProgress, found[progress_at]))
    }


def cancel(store: Store, job_id: str) -> Job:
    """Stage a job's cancellation; the step that is running can't commit any more. Raises NotFound, StateConflict."""
    job = store.get(Job, job_id)
    key = JobProgress.key_of(store.boundary, job_id)
    progress = store.get_item(JobProgress, key)
    if job is None or progress is None:
        raise NotFound
    if job.status == "cancelled":
        return job
    if job.ended:
        raise StateConflict(Text(f"This job has {job.status}.", f"该作业已结束（{job.status}）。"))
    job.status = "cancelled"
    store.update(job, verb="cancelled")
    # As it was read: a worker that has taken the job meanwhile holds a younger fence than the one raised here.
    fence, done = int(progress.fence), int(progress.done)
    unchanged = (JobProgress.fence == fence) & (JobProgress.done == done)
    progress.fence = fence + 1
    progress.lease_until = None
    store.put(progress, Action(key, condition=unchanged))
    return job


def _written(principal: Principal) -> dict[str, Any]:
    grants = [[sorted(grant.permissions), grant.reach.value] for grant in principal.grants]
    return {
        "kind": principal.kind.value,
        "id": principal.id,
        "grants": grants,
        "unit_id": principal.unit_id,
        "unit_path": principal.unit_path,
        "user_id": principal.user_id,
        "roles": list(principal.roles),
    }


def principal_of(tenant: str, written: dict[str, Any]) -> Principal:
    """Who has started a job, as kept in it."""
    return Principal(
        PrincipalKind(written["kind"]),
        written["id"],
        tenant,
        tuple(Grant(frozenset(permissions), Reach(reach)) for permissions, reach in written["grants"]),
        written["unit_id"],
        written["unit_path"],
        written["user_id"],
        tuple(written.get("roles", ())),
    )


def _reach(scope: Scope) -> dict[str, Any]:
    return {
        "everything": scope.everything,
        "subtrees": sorted(scope.subtrees),
        "units": sorted(scope.units),
        "owner": scope.owner,
    }


def scope_of(reach: dict[str, Any]) -> Scope:
    """What a job may see: what its starter saw."""
    return Scope(reach["everything"], frozenset(reach["subtrees"]), frozenset(reach["units"]), reach["owner"])
