"""The timer that begins an erasure, and the job that does it.

    delete every source's items with all that goes with them → delete the files → ask every source again → certify
              ↑                                                                            │ something was there
              └────────────────────────────────────────────────────────────────────────────┘ three times at most

Each step deletes what fits one transaction, together with its own count, so what is counted is what was deleted,
however often the worker dies.
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
from chalicelib.holdings.sources import Source, Span, sources
from chalicelib.holdings.walk import Found, Holdings
from chalicelib.jobs.records import Job
from chalicelib.jobs.timers import Firing, remind
from chalicelib.jobs.work import Step, Work
from chalicelib.modules import Text
from chalicelib.problems import StateConflict
from chalicelib.store.store import Store
from tenants.erasure.rules import sign
from tenants.erasure.service import begin, is_exported, remains, start_erasing
from tenants.lifecycle.rules import Transition, after
from tenants.offboarding.records import ExportState, Offboarding
from tenants.offboarding.service import ERASE

# A transaction takes 100; the job's own progress is one of them (AWS, TransactWriteItems).
DELETED_A_STEP: Final = 90
QUERIES_A_STEP: Final = 100
PAGE: Final = 25
ROUNDS: Final = 3
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
        match self.work.checkpoint.get("phase", "delete"):
            case "delete":
                return self._delete()
            case "count_files":
                files = sum(1 for _ in self._files())
                return self._next("delete_files", files=files + int(self.work.checkpoint.get("files", 0)))
            case "delete_files":
                with suppress(StorageNotConfiguredError):  # then the tenant has none
                    storage().delete_all(prefix(self._tenant))
                return self._next("prove", source=0, position=None, found=0)
            case "prove":
                return self._prove()
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

    def _holdings(self) -> Holdings:
        return Holdings(self.work.call.catalogue, self.work.call.store.inside(self._tenant))

    def _delete(self) -> Step:
        """Delete what fits one transaction, from the place on where the last step ended."""
        at, places, holdings = self.work.checkpoint, self._sources(), self._holdings()
        number, position = int(at.get("source", 0)), at.get("position")
        deleted = {unit: dict(kinds) for unit, kinds in at.get("deleted", {}).items()}
        staged: set[tuple[str, object]] = set()
        for _ in range(QUERIES_A_STEP):
            if number == len(places):
                break
            page, behind = holdings.page(places[number], position, PAGE)
            for found in (each for listed in page for each in holdings.with_all(places[number], listed)):
                if found.place in staged:
                    continue
                if len(staged) == DELETED_A_STEP:
                    return self._after(number, position, deleted, len(staged))
                staged.add(found.place)
                self._stage(holdings, found, deleted)
            number, position = (number + 1, None) if behind is None else (number, behind)
            if staged:
                break
        if number == len(places):
            step = self._after(number, None, deleted, len(staged))
            return Step({**step.checkpoint, "phase": "count_files"}, done=step.done)
        return self._after(number, position, deleted, len(staged))

    def _after(self, number: int, position: object, deleted: dict[str, dict[str, int]], staged: int) -> Step:
        at = {**self.work.checkpoint, "phase": "delete", "source": number, "position": position, "deleted": deleted}
        return Step(at, done=self.work.done + staged)

    @staticmethod
    def _stage(holdings: Holdings, found: Found, deleted: dict[str, dict[str, int]]) -> None:
        holdings.door(found.unit).erase(found.raw)
        kinds = deleted.setdefault(found.unit, {})
        kinds[found.kind] = kinds.get(found.kind, 0) + 1

    def _prove(self) -> Step:
        """Ask every place again, and the storage; what is there begins another round."""
        at, places, holdings = self.work.checkpoint, self._sources(), self._holdings()
        number, position, left = int(at["source"]), at["position"], int(at["found"])
        for _ in range(QUERIES_A_STEP):
            if number == len(places):
                break
            page, position = holdings.page(places[number], position)
            left += len(page)
            number += position is None
        if number < len(places):
            return self._next("prove", source=number, position=position, found=left)
        left += sum(1 for _ in self._files())
        if not left:
            return self._next("certify", source=0, position=None, found=0)
        round_ = int(at.get("round", 1))
        if round_ == ROUNDS:
            text = Text(
                f"{left} items were there again after {ROUNDS} rounds.", f"{ROUNDS} 轮之后仍有 {left} 项数据出现。"
            )
            raise StateConflict(text)
        return self._next("delete", source=0, position=None, round=round_ + 1)

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
