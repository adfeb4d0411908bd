"""The job that purges a module which is off, when its data is kept no longer.

    export (chalicelib/holdings/export.py) → delete → ask again (removal.py) → say so
       │ agreed on again meanwhile: it ends, and nothing is touched

Each step's transaction holds only while the subscription is what the step has read, so nobody subscribes between the
look and the deletion. Once the deletion has begun, the subscription waits for its end (409); should the job fail or be
cancelled, the subscription's timer begins another one.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from chalicelib.clock import instant_of, new_id
from chalicelib.files.protocol import Written
from chalicelib.files.records import FILE, KEPT
from chalicelib.files.service import keep_result
from chalicelib.files.storage import storage
from chalicelib.holdings.export import MANIFEST_NAME, WRITTEN, Export
from chalicelib.holdings.removal import DELETE, PROVE, Removal
from chalicelib.holdings.sources import Span, of_unit
from chalicelib.holdings.walk import Holdings
from chalicelib.jobs.work import Step, Work
from chalicelib.modules import Manifest
from chalicelib.store.commit import Action
from chalicelib.store.records import Record
from chalicelib.store.store import Store
from tenants.lifecycle.records import Tenant
from tenants.subscriptions.records import Subscription
from tenants.subscriptions.rules import is_kept_no_longer
from tenants.subscriptions.service import note_purged, set_timer


def step(work: Work) -> Step:
    """One step of the purge. Raises the store's errors, StorageUnavailableError; StateConflict when data comes back."""
    store, module = work.call.store, work.params["module"]
    subscription = store.get_at(Subscription, Subscription(module=module).key(store.boundary))
    if subscription is None or not _is_wanted(work, subscription):
        return Step({}, done=work.done, finished=True, result={"module": module, "purged": False})
    return _Purge(work, subscription).step()


def _is_wanted(work: Work, subscription: Subscription) -> bool:
    return subscription.purge_job == work.job_id and is_kept_no_longer(subscription.timeline, work.call.now)


@dataclass(frozen=True)
class _Purge:
    """One step of one module's purge."""

    work: Work
    subscription: Subscription

    def step(self) -> Step:
        """What the checkpoint says."""
        match self.work.checkpoint.get("phase"):
            case None:
                return self._unchanged(self._begin())
            case "delete":
                return self._unchanged(self._removal.delete(PROVE))
            case "prove":
                return self._unchanged(self._removal.prove("end_of_purge"))
            case "end_of_purge":
                return self._end()
            case phase if phase == WRITTEN:
                return self._exported()
            case _:
                return self._unchanged(self._export.step())

    # -- inside

    @property
    def _store(self) -> Store:
        return self.work.call.store

    @cached_property
    def _manifest(self) -> Manifest:
        found = self.work.call.catalogue.get(str(self.subscription.module))
        if found is None:
            message = "a module that is not there has nothing to purge"
            raise LookupError(message)
        return found

    @cached_property
    def _tenant(self) -> Tenant:
        found = self._store.get(Tenant, self._store.boundary)
        if found is None:
            message = "a purge belongs to a tenant"
            raise LookupError(message)
        return found

    @property
    def _export(self) -> Export:
        return Export(self.work, self._store, [self._manifest], self._tenant.created_at, self._keep)

    @property
    def _removal(self) -> Removal:
        # The job's own beginning: the same places in every step.
        span = Span(self._tenant.created_at, instant_of(self.work.job_id.rpartition("_")[2]))
        catalogue = self.work.call.catalogue
        places = list(of_unit(catalogue, self._manifest, self._store.boundary, span))
        return Removal(self.work, Holdings(catalogue, self._store), places, only=self._manifest.name)

    def _unchanged(self, step: Step) -> Step:
        """The step, which counts only if nobody has changed the subscription meanwhile."""
        key = self.subscription.key(self._store.boundary)
        same = Record.version == int(self.subscription.version)
        self._store.add(Action(key, condition=same, check_only=True))
        return step

    def _begin(self) -> Step:
        """Choose the files' ids, so that a step that runs again writes the same file."""
        names = [*(f"{unit}.{kind}.jsonl" for unit, kind in self._export.names()), MANIFEST_NAME]
        ids = {name: new_id(FILE.prefix, self.work.call.now) for name in names}
        return Step({**self._export.first(), "ids": ids}, done=self.work.done)

    def _keep(self, name: str, chunks: Iterable[bytes], content_type: str) -> Written:
        """Keep a file for whoever sees everybody's files."""
        file = keep_result(
            self._store,
            storage(),
            file_id=self.work.checkpoint["ids"][name],
            owner_id=self.work.call.principal.id,
            name=name if name != MANIFEST_NAME else f"{self._manifest.name}.{name}",
            content_type=content_type,
            chunks=chunks,
            expires_at=self.work.call.now + KEPT,
        )
        return Written(int(file.size), str(file.sha256))

    def _exported(self) -> Step:
        """Write the manifest; from now on nobody subscribes until the data is gone."""
        made = self._export.finish(module=self._manifest.name)
        self.subscription.purging = True
        if self._store.update(self.subscription):
            set_timer(self._store, self.subscription, self.work.call.now)
        else:  # an earlier job had begun to delete
            self._unchanged(Step())
        told = {"rows": made["rows"], "ids": self.work.checkpoint["ids"]}
        return Step({"phase": DELETE, "source": 0, **told}, done=self.work.done)

    def _end(self) -> Step:
        """Say that the module is empty, and what was deleted."""
        at, subscription = self.work.checkpoint, self.subscription
        counts = at.get("deleted", {}).get(self._manifest.name, {})
        subscription.purging = None
        subscription.purged = {"job": self.work.job_id, "at": self.work.call.now.isoformat(), "counts": counts}
        note_purged(self._store, subscription)
        self._store.update(subscription, verb="purged")
        result = {
            "module": self._manifest.name,
            "purged": True,
            "counts": counts,
            "rows": at["rows"],
            "manifest_file": at["ids"][MANIFEST_NAME],
            "files": {name: each for name, each in at["ids"].items() if name != MANIFEST_NAME},
        }
        return Step({}, done=self.work.done, total=self.work.done, finished=True, result=result)
