"""Where core's own records and files may tell of a person: read by pages, judged one by one."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, Final

from chalicelib.exports.records import EXPORT
from chalicelib.files.errors import StorageNotConfiguredError
from chalicelib.files.paths import prefix
from chalicelib.files.protocol import Storage, Stored
from chalicelib.files.storage import storage
from chalicelib.holdings.sought import CHUNK, Sought
from chalicelib.imports.records import IMPORT
from chalicelib.jobs.records import JOB
from chalicelib.jobs.work import Work
from chalicelib.modules import CORE, Index
from chalicelib.store import keys
from chalicelib.store.records import Record
from chalicelib.store.scope import EVERYTHING
from chalicelib.store.store import Store
from chalicelib.work.kinds import APPROVAL, NOTIFICATION, TASK
from chalicelib.work.records import FromSource
from tenants.subjects.rules import Subject

WORK: Final = (TASK.name, APPROVAL.name, NOTIFICATION.name)
TEXTS: Final = (*WORK, IMPORT.name, EXPORT.name, JOB.name)
"""The kinds in which people write, or which quote what they have written."""
_WRITTEN: Final = (
    "title",
    "detail",
    "outcome",
    "reason",
    "text",
    "params",
    "filters",
    "mapping",
    "suggested",
    "layout",
    "constants",
)
A_PAGE: Final = 40
# What is read of files in a step: a second's work, and a lease is 30 s long.
BYTES: Final = 32 * 1024 * 1024
OBJECTS: Final = 50
# A packed file can't be read from its middle on: a larger one is taken to hold whoever is looked for.
LARGEST_PACKED: Final = 64 * 1024 * 1024
# What stands there names records by id, and holds personal values under their subject's key alone (decision 0031;
# chalicelib/imports/undo.py).
SEALED: Final = frozenset({"audit", "undo"})
_PACKED: Final = (b"PK\x03\x04", b"\x1f\x8b")


def core_door(work: Work) -> Store:
    """Everything of core's of the job's tenant, whatever who has started it can see."""
    manifest = work.call.catalogue.get(CORE)
    kinds = {kind.name for kind in manifest.kinds} if manifest else set()
    return replace(work.call.store, scope=EVERYTHING).beside(CORE, kinds)


def page_of(core: Store, kind: str, start: dict[str, Any] | None) -> tuple[list[Record], dict[str, Any] | None]:
    """A page of a kind's records as they stand now."""
    found, position = core.query(keys.by_kind(core.boundary, kind), index=Index.CREATION, limit=A_PAGE, start=start)
    places = [each.stands_at() for each in found]
    raws = core.fetch(places) if places else {}
    return [known for at, raw in raws.items() if (known := core.known(Record, at, raw))], position


def tells_of(record: Record, subject: Subject) -> bool:
    """Whether a record of core's tells of the person: by its source or link, or in what people have written in it."""
    if record.id in subject.spared:
        return False
    if isinstance(record, FromSource) and record.about() & subject.ids:
        return True
    held = record.held()
    return any(subject.sought.in_text(str(held[each])) for each in _WRITTEN if held.get(each))


@dataclass(frozen=True, slots=True)
class Looked:
    """What came of a step through the tenant's files: those that may hold the person, and where to go on."""

    hits: list[Stored]
    position: dict[str, Any] | None


def look_through(tenant: str, sought: Sought, surely: frozenset[str], start: dict[str, Any] | None) -> Looked:
    """Look through the next files. ``surely``: ids of those that need no look. Raises StorageUnavailableError."""
    at: dict[str, Any] = start or {"behind": "", "offset": 0}
    hits: list[Stored] = []
    read = 0
    try:
        kept = storage()
    except StorageNotConfiguredError:
        return Looked([], None)
    for each in islice(_behind(kept, tenant, at["behind"], at["offset"]), OBJECTS):
        offset = at["offset"] if each.path == at["behind"] else 0
        if set(each.path.split("/")) & surely:
            hits.append(each)
        else:
            hit, offset = _may_hold(kept, each, sought, offset, BYTES - read)
            read += each.size - offset if hit else min(each.size, BYTES)
            if hit:
                hits.append(each)
            elif offset < each.size:
                return Looked(hits, {"behind": each.path, "offset": offset})
        at = {"behind": each.path, "offset": -1}
        if read >= BYTES:
            return Looked(hits, at)
    more = next(_behind(kept, tenant, at["behind"], at["offset"]), None)
    return Looked(hits, at if more else None)


def _behind(kept: Storage, tenant: str, last: str, offset: int) -> Iterator[Stored]:
    """The files behind a path, and the one there too when only a part of it (``offset``) has been read."""
    for each in kept.find(prefix(tenant)):
        if each.path.split("/")[1] in SEALED:
            continue
        if each.path > last or (each.path == last and offset >= 0 and last):
            yield each


def _may_hold(kept: Storage, each: Stored, sought: Sought, offset: int, most: int) -> tuple[bool, int]:
    """Whether a file may hold the person, as far as it has been read now, and how far that is."""
    with kept.open(each.path) as stream:
        packed = stream.peek(4)[:4].startswith(_PACKED)
        if packed:
            return each.size > LARGEST_PACKED or sought.in_stream(stream), each.size
    start = max(0, offset - CHUNK)
    size = max(CHUNK * 2, min(most, each.size))
    with kept.open(each.path, start) as stream:
        return sought.in_part(stream, size), min(each.size, start + size)
