"""What an import has found before it wrote: a line for each row that changed something, kept for a week beside its job.

Lines stand in numbered parts, one for each transaction, written before it commits: what lies behind the last part that
was committed, or belongs to an attempt that was lost, tells of rows that did not happen, and undoing those changes
nothing. Values are sealed under the key of the person whose they are (decision 0006): with the key they are gone, and
a week after the end of the import the parts are, too.
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any, Final

from chalicelib.access.crypto import SealError, seal, unseal
from chalicelib.files.errors import StorageNotConfiguredError
from chalicelib.files.paths import Prefix, prefix
from chalicelib.files.storage import storage
from chalicelib.imports.records import Import
from chalicelib.jobs.parts import Parts
from chalicelib.jobs.records import Job
from chalicelib.jobs.timers import Firing, remind
from chalicelib.store.reader import Reader
from chalicelib.store.records import Record

AREA: Final = "undo"
REVERTIBLE: Final = timedelta(days=7)  # contacts.md, Import
FORGET: Final = "core.forget_undo"
_LOOK_AGAIN: Final = timedelta(days=1)


def parts_of(tenant: str, job_id: str) -> Parts:
    """The parts of an import's job."""
    return Parts(storage(), tenant, job_id, "rows", AREA)


def place_of(tenant: str, job_id: str) -> Prefix:
    """Where all of them stand."""
    return prefix(tenant, AREA, job_id)


def written(
    store: Reader, record: Record, before: Mapping[str, Any] | None, after: Mapping[str, Any]
) -> dict[str, Any] | None:
    """The line of a record that was changed, or made (``before`` is None); None for one that nobody can be told by."""
    key = store.subject_key(record)
    if key is None:
        return None
    was = before or {}
    fields = {
        name: [was.get(name), after.get(name)]
        for name in sorted(was.keys() | after.keys())
        if was.get(name) != after.get(name)
    }
    sealed = seal(key, json.dumps(fields, ensure_ascii=False).encode())
    return {"id": record.id, "new": before is None, "sealed": sealed}


def read(store: Reader, record: Record, line: Mapping[str, Any]) -> dict[str, list[Any]] | None:
    """Each field's value before and behind the row; None when the person's key is gone, or is another one."""
    key = store.subject_key(record)
    if key is None:
        return None
    try:
        fields: dict[str, list[Any]] = json.loads(unseal(key, line["sealed"]))
    except SealError:
        return None
    return fields


def forget(firing: Firing) -> None:
    """A timer: drop the parts when nobody can revert the import any more."""
    record = firing.store.get(Import, firing.record_id)
    job = firing.store.get(Job, record.job_id) if record and record.job_id else None
    if record is None or job is None:
        return
    reverting = firing.store.get(Job, record.revert_job_id) if record.revert_job_id else None
    now = firing.store.clock()
    over = job.updated_at + REVERTIBLE
    if not job.ended or (reverting and not reverting.ended):
        over = max(over, now + _LOOK_AGAIN)
    if now < over:
        remind(firing.store, FORGET, record.id, over)
        return
    with suppress(StorageNotConfiguredError):
        storage().delete_all(place_of(firing.tenant, job.id))
