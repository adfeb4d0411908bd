"""Files for whoever works with them inside the product: imports read them, exports keep them, expiry removes them.

Every function takes the Store of the unit ``core``, in which the records of files stand, and stages on it; who called
it commits. What a storage does can't be taken back by a transaction, so it comes first and can be done again.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from chalicelib.access.principal import Principal
from chalicelib.files.naming import clean_name
from chalicelib.files.paths import ObjectPath, prefix
from chalicelib.files.protocol import CHUNK_BYTES, Storage
from chalicelib.files.records import DUE, FILE, LAST, UPLOAD_LIFE, Area, File, FileState, content_path, due_at
from chalicelib.jobs.timers import Firing, remind
from chalicelib.modules import Text
from chalicelib.problems import NotFound, StateConflict
from chalicelib.store import keys
from chalicelib.store.scope import EVERYTHING, Scope
from chalicelib.store.store import Store

ADMIN: Final = "files:admin"
EXPIRE: Final = "core.expire_files"
# Removing a file takes three actions (record, event, a check); 25 leave room for the caller's own in a transaction.
EXPIRED_A_STEP: Final = 25
# An upload that no record knows of (its transaction failed) is ended a day after the last record could know of it.
_FORGOTTEN: Final = UPLOAD_LIFE + timedelta(days=1)


def reach(principal: Principal) -> Scope:
    """Which files a caller sees: the own ones, whatever reach the roles give over customers; all with files:admin."""
    return EVERYTHING if principal.may(ADMIN) else Scope(owner=principal.user_id or principal.id)


def find_file(store: Store, file_id: str, seen_by: Scope) -> File:
    """A file that has not expired. Raises NotFound."""
    file = replace(store, scope=seen_by).get(File, file_id)
    if file is None or file.expires_at <= store.clock():
        raise NotFound
    return file


def ready_file(store: Store, file_id: str, seen_by: Scope) -> File:
    """A file that is whole. Read it by ``storage().open(file.path(store.boundary))``.

    ``seen_by`` is ``reach(principal)`` in a request, EVERYTHING in a job whose request has checked it. Raises NotFound,
    StateConflict while its parts are still coming.
    """
    file = find_file(store, file_id, seen_by)
    if file.status != FileState.READY:
        raise StateConflict(Text("This file is not completely uploaded yet.", "该文件尚未上传完成。"))
    return file


def keep_result(  # noqa: PLR0913 - what a file is
    store: Store,
    storage: Storage,
    *,
    file_id: str,
    owner_id: str,
    name: str,
    content_type: str,
    chunks: Iterable[bytes],
    expires_at: datetime,
) -> File:
    """Store what a job made (an export, rejected rows) and stage its record, ready to be downloaded by its owner.

    ``file_id`` (``new_id(FILE.prefix, now)``) is chosen once and kept in the job's checkpoint: a step that runs again
    after a crash writes the same object, and finds the record if that was committed. ``owner_id``: the user who asked.
    """
    if (kept := replace(store, scope=EVERYTHING).get(File, file_id)) is not None:
        return kept
    written = storage.write(content_path(store.boundary, Area.RESULTS, file_id), chunks, content_type)
    file = File(
        id=file_id,
        name=clean_name(name),
        content_type=content_type,
        size=written.size,
        sha256=written.sha256,
        status=FileState.READY,
        area=Area.RESULTS,
        owner_id=owner_id,
        expires_at=expires_at,
    )
    store.create(file)
    expire_at(store, file)
    return file


def expire_at(store: Store, file: File) -> None:
    """Stage the timer that removes what has expired when the file does; a tenant's files of one minute share it."""
    remind(store, EXPIRE, FILE.name, file.expires_at + timedelta(minutes=1))


def sha256_of(storage: Storage, path: ObjectPath) -> str:
    """The SHA-256 of a whole object, as hex digits, read in small pieces. Raises FileMissingError."""
    digest = hashlib.sha256()
    with storage.open(path) as stream:
        while chunk := stream.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def remove_file(store: Store, storage: Storage, file: File) -> None:
    """Drop a file's object and stage the end of its record.

    The upload ends first: whoever completes it at this moment has done so before, and then the object is deleted, or
    can't any more. The object goes before the record, so that a crash leaves a record, which expires, and never an
    object that nothing knows of.
    """
    if upload := file.open_upload(store.boundary):
        storage.abort(upload)
    storage.delete(file.path(store.boundary))
    store.delete(file)


def expire(firing: Firing) -> None:
    """A tenant's timer: remove a step's worth of what has expired, and come back at once for more."""
    from chalicelib.files.storage import storage  # noqa: PLC0415 - where the process keeps files, known at run time

    if expire_files(firing.store, storage()):
        remind(firing.store, EXPIRE, FILE.name, firing.store.clock() + timedelta(minutes=1))


def expire_files(store: Store, storage: Storage) -> bool:
    """One step of removing what has expired, files and abandoned uploads alike; True when there may be more.

    The caller commits, and calls again while it is True. To do it twice changes nothing.
    """
    now = store.clock()
    everything = replace(store, scope=EVERYTHING)
    due, more = everything.query(
        keys.by_state(store.boundary, FILE.name, DUE),
        between=(keys.moment("", "", ""), due_at(now, LAST)),
        index="gsi3",
        limit=EXPIRED_A_STEP,
    )
    # The index may lag behind: the record itself says whether it is still there and still due.
    for key, raw in everything.fetch(each.stands_at() for each in due).items():
        file = everything.known(File, key, raw)
        if file is not None and file.expires_at <= now:
            remove_file(everything, storage, file)
    if more is None:
        storage.abort_uploads(prefix(store.boundary), now - _FORGOTTEN)
    return more is not None
