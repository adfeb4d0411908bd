"""The job that writes a tenant's export (chalicelib/holdings/export.py).

It is the platform's job, so that nothing of the tenant changes while it is written down.
"""

from collections.abc import Iterable
from typing import Any

from chalicelib.files.protocol import Written
from chalicelib.files.storage import storage
from chalicelib.holdings.export import WRITTEN, Export
from chalicelib.jobs.records import Job
from chalicelib.jobs.work import Step, Work
from chalicelib.store.store import Store
from tenants.offboarding.records import ExportState, Offboarding
from tenants.offboarding.service import path_of


def step(work: Work) -> Step:
    """One step of the export. Raises the store's errors, and StorageUnavailableError."""
    leaving = _load(work.call.store, work.params)

    def keep(name: str, chunks: Iterable[bytes], content_type: str) -> Written:
        return storage().write(path_of(leaving, name), chunks, content_type)

    inside = work.call.store.inside(leaving.tenant_id)
    export = Export(work, inside, work.call.catalogue.manifests, leaving.born, keep)
    return _end(work, leaving, export) if work.checkpoint.get("phase") == WRITTEN else export.step()


def given_up(store: Store, job: Job, checkpoint: dict[str, Any]) -> None:
    """Say that there is no export; the operator may ask for it again."""
    _ = checkpoint
    leaving = _load(store, job.params)
    leaving.export_state = str(ExportState.FAILED)
    store.update(leaving, verb="export_failed")


def _load(store: Store, params: dict[str, Any]) -> Offboarding:
    leaving = store.get(Offboarding, params["offboarding"])
    if leaving is None:
        message = "an export belongs to an offboarding"
        raise LookupError(message)
    return leaving


def _end(work: Work, leaving: Offboarding, export: Export) -> Step:
    """Say that the export is ready."""
    leaving.export = export.finish()
    leaving.export_state = str(ExportState.READY)
    work.call.store.update(leaving, verb="exported")
    # The job outlives the tenant: what it was about stands in the offboarding alone.
    return Step({}, done=work.done, total=work.done, finished=True, result={"rows": leaving.export["rows"]})
