"""The timer that begins an erasure, and the job that does it.

    delete every source's items with all that goes with them → delete the files → ask every source again → certify
              ↑                                                                            │ something was there
              └────────────────────────────────────────────────────────────────────────────┘ three times at most

How it deletes and asks again: chalicelib/holdings/removal.py.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from chalicelib.clock import instant_of
from chalicelib.files.errors import StorageNotConfiguredError
from chalicelib.files.paths import prefix
from chalicelib.files.storage import storage
from chalicelib.holdings.removal import DELETE, PROVE, Removal
from chalicelib.holdings.sources import Source, Span, sources
from chalicelib.holdings.walk import Holdings
from chalicelib.jobs.records import Job
from chalicelib.jobs.timers import Firing, remind
from chalicelib.jobs.work import Step, Work
from chalicelib.store.store import Store
from tenants.erasure.rules import sign
from tenants.erasure.service import begin, is_exported, remains, start_erasing
from tenants.lifecycle.rules import Transition, after
from tenants.offboarding.records import ExportState, Offboarding
from tenants.offboarding.service import ERASE

LOOK_AGAIN: Final = timedelta(hours=1)


def due(firing: Firing) -> None:
    """The grace period is over, or the tenant has been shut since the erasure began: do what comes next."""
    leaving, platform = firing.record, firing.store
    if not isinstance(leaving, Offboarding) or leaving.certificate:
        return
    begun: datetime | None = leaving.begun_at
    if begun is None:
        if is_exported(leaving):
            begin(platform, leaving, firing.background.catalogue)
        else:
            remind(platform, ERASE, leaving.id, platform.clock() + LOOK_AGAIN, leaving, versioned=False)
    elif not leaving.erase_job:
        start_erasing(platform, leaving)


def step(work: Work) -> Step:
    """One step of the erasure. Raises StateConflict when something is there again and again."""
    leaving = _load(work.call.store, work.params)
    begun = work.checkpoint or dict(leaving.counted or {})
    return _Erasure(replace(work, checkpoint=begun), leaving).step()


def given_up(store: Store, job: Job, checkpoint: dict[str, Any]) -> None:
    """Say that the erasure has failed, and why; another try goes on with what has been counted."""
    leaving = _load(store, job.params)
    tenant = remains(store, leaving)
    if (target := after(Transition.FAIL, tenant.lifecycle)) is None:
        return
    tenant.status = str(target)
    leaving.counted = {name: checkpoint[name] for name in ("deleted", "files") if name in checkpoint} or None
    leaving.failure = str((job.reason or {}).get("detail", ""))
    store.update(leaving)
    store.update(tenant, verb="failed")


def _load(store: Store, params: dict[str, Any]) -> Offboarding:
    leaving = store.get(Offboarding, params["offboarding"])
    if leaving is None:
        message = "an erasure belongs to an offboarding"
        raise LookupError(message)
    return leaving


@dataclass(frozen=True, slots=True)
class _Erasure:
    """One step of one tenant's erasure."""

    work: Work
    leaving: Offboarding

    def step(self) -> Step:
        """What the checkpoint says."""
        match self.work.checkpoint.get("phase", DELETE):
            case "delete":
                return self._removal().delete("count_files")
            case "count_files":
                files = sum(1 for _ in self._files())
                return self._next("delete_files", files=files + int(self.work.checkpoint.get("files", 0)))
            case "delete_files":
                with suppress(StorageNotConfiguredError):  # then the tenant has none
                    storage().delete_all(prefix(self._tenant))
                return self._next(PROVE)
            case "prove":
                return self._removal().prove("certify", lambda: sum(1 for _ in self._files()))
            case _:
                return self._certify()

    # -- inside

    @property
    def _tenant(self) -> str:
        return str(self.leaving.tenant_id)

    def _next(self, phase: str, **said: Any) -> Step:
        checkpoint = {**self.work.checkpoint, "phase": phase, **said}
        return Step(checkpoint, done=self.work.done)

    def _files(self) -> Iterator[object]:
        with suppress(StorageNotConfiguredError):
            yield from storage().find(prefix(self._tenant))

    def _sources(self) -> list[Source]:
        # The job's own beginning: the same places in every step, and behind the last that was written.
        until = instant_of(self.work.job_id.rpartition("_")[2])
        return sources(self.work.call.catalogue, self._tenant, Span(self.leaving.born, until))

    def _removal(self) -> Removal:
        holdings = Holdings(self.work.call.catalogue, self.work.call.store.inside(self._tenant))
        return Removal(self.work, holdings, self._sources())

    def _certify(self) -> Step:
        """Write the certificate, and that the tenant is erased."""
        platform, leaving, at = self.work.call.store, self.leaving, self.work.checkpoint
        tenant = remains(platform, leaving)
        certificate = {
            "tenant_id": self._tenant,
            "offboarding_id": leaving.id,
            "begun_at": _text(leaving.begun_at),
            "erased_at": _text(self.work.call.now),
            "deleted": at.get("deleted", {}),
            "files_deleted": int(at.get("files", 0)),
            "places_asked_again": len(self._sources()),
            "found_afterwards": 0,
            "export_manifest_sha256": (leaving.export or {}).get("manifest_sha256"),
        }
        leaving.certificate = certificate
        leaving.signature, leaving.public_key = sign(self.work.call.keyring, certificate)
        leaving.export = leaving.counted = leaving.reason = leaving.failure = None
        leaving.export_state = str(ExportState.ERASED)
        platform.update(leaving, verb="certified")
        target = after(Transition.ERASE, tenant.lifecycle)
        if target is None:
            message = "only a tenant that is leaving is erased"
            raise LookupError(message)
        tenant.status = str(target)
        platform.update(tenant, verb="erased")
        # Where the last steps stood were keys of the tenant's: the job, which stays, keeps none of them.
        return Step({}, done=self.work.done, total=self.work.done, finished=True, result={"items": self.work.done})


def _text(at: Any) -> str:
    return str(at.isoformat(timespec="milliseconds").replace("+00:00", "Z"))
