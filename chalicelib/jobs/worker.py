"""The worker: takes a job, does its steps, and leaves nothing half done when it dies.

    take (fence + 1) → step → commit with progress (only while the fence is ours) → … → end

A step's changes and the job's progress are one transaction, so a crash resumes at the last step that is in, and of two
workers that hold a job only the later one's transactions pass.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from chalicelib.access import quotas
from chalicelib.after_write import resolve
from chalicelib.background import Background
from chalicelib.call import Call
from chalicelib.jobs import errands
from chalicelib.jobs.parts import drop_parts
from chalicelib.jobs.queue import wake
from chalicelib.jobs.records import JOB_KINDS, Job, JobProgress
from chalicelib.jobs.service import SWEEP, SWEPT_AFTER, Tree, principal_of, scope_of
from chalicelib.jobs.timers import Firing, remind
from chalicelib.jobs.work import Step, Work, unit_of
from chalicelib.modules import CORE, JobType, Text
from chalicelib.problems import ModuleNotEnabled, PermissionDenied, Problem
from chalicelib.store.attempts import until_in
from chalicelib.store.capacity import start_meter
from chalicelib.store.commit import Action
from chalicelib.store.errors import Raw, StoreError, StoreUnavailableError, VersionConflictError
from chalicelib.store.keys import PLATFORM
from chalicelib.store.store import Store

LEASE: Final = timedelta(seconds=30)
MOST_FAILURES: Final = 5
# A module's imports are <module>.import or <module>.<what>_import, wherever their rows come from.
IMPORT_SUFFIX: Final = "import"


class LeaseLostError(StoreError):
    """Another worker has the job, or it has been cancelled: what this one staged is void."""


@dataclass(frozen=True, slots=True)
class Worker:
    """Runs jobs of all units. ``serves`` says whether this process works for a unit."""

    background: Background

    def run(self, tenant: str, job_id: str, more: Callable[[], bool] = lambda: True) -> bool:
        """Take the job and do its steps while ``more()``, or the errand; whether nothing remains to be done here.

        Raises StoreUnavailableError: the sweeper wakes the job again.
        """
        if errands.is_errand(job_id):
            errands.run(self.background, tenant, job_id)
            return True
        taken = until_in(lambda: self._take(tenant, job_id))
        if taken is None:
            return True
        job, progress = taken
        while more() and self._may_change(tenant, job):
            try:
                kind = self._type_of(job)
                if until_in(lambda kind=kind: self._step(job, progress, kind)):  # type: ignore[misc] # bound now
                    return True
            except LeaseLostError:
                return True
            except StoreUnavailableError:
                raise
            except Exception as error:  # noqa: BLE001 - whatever a step raises, the job's record says so
                self.background.report("job.failed", error, job=job.id, type=job.type)
                return self._failed(job, progress, error)
        self._release(job, progress)
        wake(tenant, job_id)
        return False

    # -- inside

    def _core(self, tenant: str, job_id: str) -> Store:
        return self.background.store(CORE, tenant, "worker", job_id)

    def _type_of(self, job: Job) -> JobType:
        found = self._declared(job)
        if found is None:
            message = f"no manifest declares the job {job.type!r}"
            raise LookupError(message)
        return found

    def _declared(self, job: Job) -> JobType | None:
        manifest = self.background.catalogue.get(unit_of(job.type))
        return next((each for each in manifest.jobs if each.name == job.type), None) if manifest else None

    def _take(self, tenant: str, job_id: str) -> tuple[Job, JobProgress] | None:
        store = self._core(tenant, job_id)
        job = store.get(Job, job_id)
        progress = store.get_item(JobProgress, JobProgress.key_of(tenant, job_id))
        now = store.clock()
        if job is None or progress is None or job.ended:
            return None
        if _leased(progress, now):
            return None
        if not self._may_change(tenant, job):
            return None
        if tenant != PLATFORM and not self.background.reacts(tenant, unit_of(job.type)):
            job.status, job.reason = "failed", _reason(ModuleNotEnabled(), job.locale)
            store.update(job, verb="failed")
            store.commit()
            return None
        if job.status == "queued":
            job.status = "running"
            store.update(job, verb="started")
        else:
            # Who has read it just before another worker ended it finds the progress free, and would begin anew.
            store.add(Action(job.stands_at(), condition=Job.version == int(job.version), check_only=True))
        progress.fence = int(progress.fence) + 1
        progress.lease_until = now + _lease(progress.step_takes)
        store.put(progress, _held(progress, int(progress.fence) - 1, VersionConflictError))
        store.commit()
        return job, progress

    def _may_change(self, tenant: str, job: Job) -> bool:
        """Whether tenant and module may be changed now; else the sweeper comes back until they may."""
        if tenant == PLATFORM:
            return True
        standing = self.background.directory.standing(tenant)
        return (
            standing is not None and not standing.changes_blocked and not standing.decide(unit_of(job.type)).read_only
        )

    def _step(self, job: Job, progress: JobProgress, kind: JobType) -> bool:
        meter = start_meter()
        call = self._call(job)
        meter.tenant, meter.unit, meter.operation, meter.actor = call.tenant_id, call.store.unit, kind.name, job.id
        self._check_starter(call, kind)
        done, total = int(progress.done), _number(progress.total)
        work = Work(job.id, dict(job.params), dict(progress.checkpoint), done, total, call, self.background)
        step: Step = resolve(kind.target)(work)
        core = call.store.beside(CORE, JOB_KINDS)
        if step.finished:
            current = core.get(Job, job.id)
            if current is None or current.ended:
                raise LeaseLostError
            current.status, current.result, current.errors_file = "succeeded", step.result, step.errors_file
            core.update(current, verb="succeeded")
        takes = step.next_takes.total_seconds() if step.next_takes else None
        after = JobProgress(
            checkpoint=step.checkpoint,
            done=step.done,
            total=step.total if step.total is not None else progress.total,
            counted=progress.counted,
            fence=progress.fence,
            lease_until=None if step.finished or step.paused else core.clock() + _lease(takes),
            failures=0,
            step_takes=takes,
        ).put_at(progress.stands_at())
        core.put(after, _held(after, int(progress.fence), LeaseLostError))
        call.store.commit()
        progress.checkpoint, progress.done, progress.total = after.checkpoint, after.done, after.total
        progress.step_takes = after.step_takes
        self.background.log.info("job.step", extra={**meter.told(), "job": job.id, **_rows(kind, step, done)})
        return step.finished or step.paused

    def _check_starter(self, call: Call, kind: JobType) -> None:
        """What somebody began who has been deactivated ends, but for the control plane's own upkeep."""
        user = call.principal.user_id
        if user is None or unit_of(kind.name) == CORE or self.background.directory.is_active_user(call.tenant_id, user):
            return
        text = Text("Who has started this job has been deactivated.", "启动此作业的用户已被停用。")
        raise PermissionDenied(text)

    def _call(self, job: Job) -> Call:
        background, tenant = self.background, _tenant_of(job)
        standing = background.directory.standing(tenant)
        tree = Tree(background.directory, tenant, standing.moves if standing else ())
        principal = tree.principal(principal_of(tenant, job.principal))
        store = background.store(unit_of(job.type), tenant, principal.id, job.id, tree.scope(scope_of(job.reach)))
        if standing is not None:
            store.guard = partial(quotas.may_hold_more, standing, background.clock)
        return Call(
            principal=principal,
            store=store,
            catalogue=background.catalogue,
            keyring=background.keyring,
            request_id=job.id,
            locale=job.locale,
            now=background.clock(),
            directory=background.directory,
            standing=standing.seen_by(principal) if standing else None,
        )

    def _failed(self, job: Job, progress: JobProgress, error: Exception) -> bool:
        """Note a failure: a problem ends the job at once, anything else after some more tries."""
        tenant = _tenant_of(job)
        failures = int(progress.failures) + 1
        given_up = isinstance(error, Problem) or failures >= MOST_FAILURES

        def note() -> None:
            store = self._core(tenant, job.id)
            current = store.get(Job, job.id)
            if current is None or current.ended:
                return
            progress.failures = failures
            progress.lease_until = None
            checkpoint = progress.checkpoint
            if given_up:
                progress.checkpoint = {}  # nothing goes on from there, and keys of records stand in it
            store.put(progress, _held(progress, int(progress.fence), LeaseLostError))
            progress.checkpoint = checkpoint  # this may have to be noted once more
            if given_up:
                current.status, current.reason = "failed", _reason(error, job.locale)
                store.update(current, verb="failed")
                kind = self._declared(job)
                if kind is not None and kind.given_up:
                    resolve(kind.given_up)(store, current, dict(checkpoint))
            store.commit()

        try:
            until_in(note)
        except LeaseLostError:
            return True
        return given_up

    def _release(self, job: Job, progress: JobProgress) -> None:
        store = self._core(_tenant_of(job), job.id)
        progress.lease_until = None
        store.put(progress, _held(progress, int(progress.fence), LeaseLostError))
        try:
            store.commit()
        except LeaseLostError:
            return


def sweep(firing: Firing) -> None:
    """Wake a job that no worker holds, and look again later; what an ended one has written beside is dropped."""
    job = firing.store.get(Job, firing.record_id)
    progress = firing.store.get_item(JobProgress, JobProgress.key_of(firing.tenant, firing.record_id))
    if job is None or progress is None:
        return
    if job.ended:
        drop_parts(firing.tenant, job.id)
        return
    now = firing.store.clock()
    remind(firing.store, SWEEP, job.id, now + SWEPT_AFTER)
    if not _leased(progress, now):
        firing.store.after_commit.append(lambda: wake(firing.tenant, job.id))


def _held(progress: JobProgress, fence: int, otherwise: type[StoreError]) -> Action:
    """The action that writes progress while the fence is what it was."""

    def refused(_: Raw | None) -> StoreError:
        return otherwise("the job was taken")

    return Action(progress.stands_at(), condition=JobProgress.fence == fence, refused=refused)


def _lease(step_takes: float | None) -> timedelta:
    """How long a worker may be at one step before another one takes the job from it."""
    return LEASE if step_takes is None else timedelta(seconds=float(step_takes))


def _leased(progress: JobProgress, now: datetime) -> bool:
    until: datetime | None = progress.lease_until
    return until is not None and until > now


def _rows(kind: JobType, step: Step, before: int) -> dict[str, int]:
    """How far the job is, and how many of its rows this step has done; those of imports are metered."""
    did = {"done": step.done, "rows": max(0, step.done - before)}
    return {**did, "import_rows": did["rows"]} if kind.name.endswith(IMPORT_SUFFIX) else did


def _number(stored: float | None) -> int | None:
    return None if stored is None else int(stored)


def _tenant_of(job: Job) -> str:
    return job.stands_at().pk.tenant


def _reason(error: Exception, locale: str) -> dict[str, str]:
    if isinstance(error, Problem):
        return {"code": error.code, "detail": error.detail.in_language(locale)}
    return {"code": "internal_error", "detail": "internal error"}
