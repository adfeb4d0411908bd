"""The job that writes a tenant's export.

    walk every kind by pages → a part a step and kind → join each kind's parts to a file → manifest.json

It is the platform's job, so that nothing of the tenant changes while it is written down.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, Final

from chalicelib.access.crypto import SealError, unseal
from chalicelib.files.storage import storage
from chalicelib.holdings.sources import Source, Span, kinds_everywhere, of_kind
from chalicelib.holdings.walk import Found, Holdings
from chalicelib.jobs.parts import JOINED, Parts, drop_parts
from chalicelib.jobs.records import Job
from chalicelib.jobs.work import Step, Work
from chalicelib.modules import Catalogue, ComputedFrom, Kind, OfPlatform
from chalicelib.store.keys import Key
from chalicelib.store.reader import SUBJECT_KEY
from chalicelib.store.records import PLACE_ATTRIBUTES, EventItem, SubjectKey, item_of, read_as
from chalicelib.store.store import Store
from tenants.offboarding.records import ExportState, Offboarding
from tenants.offboarding.service import LINES, MANIFEST_NAME, path_of

# A page is one round trip, and one more for each record that others stand with: a step is a second's work at most.
PAGE: Final = 100
# Sources that are empty cost a Query each.
QUERIES: Final = 50
_LEFT_OUT: Final = PLACE_ATTRIBUTES | {"ttl", "last_event", "schema_version", "sealed", "sealed_for", "place"}


def step(work: Work) -> Step:
    """One step of the export. Raises the store's errors, and StorageUnavailableError."""
    leaving = _load(work.call.store, work.params)
    match work.checkpoint.get("phase", "walk"):
        case "walk":
            return _walk(work, leaving)
        case "join":
            return _join(work, leaving)
        case _:
            return _end(work, leaving)


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


# -- walking


def _walk(work: Work, leaving: Offboarding) -> Step:
    at = dict(work.checkpoint) or {"source": 0, "until": work.call.now.isoformat(), "parts": {}, "rows": {}}
    span = Span(leaving.born, datetime.fromisoformat(at["until"]))
    places = _sources(work.call.catalogue, leaving.tenant_id, span)
    holdings = Holdings(work.call.catalogue, work.call.store.inside(leaving.tenant_id))
    lines: dict[str, list[str]] = {}
    number, position, done = int(at["source"]), at.get("position"), work.done
    for _ in range(QUERIES):
        if number == len(places) or sum(map(len, lines.values())) >= PAGE:
            break
        page, position = holdings.page(places[number], position, PAGE)
        for each in _with_contributions(holdings, places[number], page):
            lines.setdefault(f"{each.unit}.{each.kind}", []).append(_line(holdings, each))
        number += position is None
    parts, rows = Counter(at["parts"]), Counter(at["rows"])
    for name, written in lines.items():
        _parts(work, leaving, name).write(parts[name], "".join(written).encode())
        parts[name] += 1
        rows[name] += len(written)
        done += len(written)
    phase = "join" if number == len(places) else "walk"
    after = {"phase": phase, "source": number, "until": at["until"], "parts": parts, "rows": rows, "files": []}
    return Step({**after, "position": position}, done=done)


def _sources(catalogue: Catalogue, tenant: str, span: Span) -> list[Source]:
    """Where what is exported is listed: records, and the events of every unit."""
    found: list[Source] = []
    for manifest in catalogue:
        kinds = [*(each for each in manifest.kinds if not each.everywhere), *kinds_everywhere(catalogue)]
        for kind in kinds:
            if kind.exported:
                found += of_kind(manifest.name, kind, tenant, span)
    return found


def _with_contributions(holdings: Holdings, source: Source, page: Iterable[Found]) -> Iterator[Found]:
    """What was listed, each root with what others have put beside it and no index lists."""
    kinds = _kinds(holdings.catalogue)
    for each in page:
        # A shelf holds several kinds, each with a source of its own.
        if each.kind != source.kind:
            continue
        yield each
        if str(each.raw["sk"]["S"]) != each.kind:
            continue
        for beside in holdings.partition(source.unit, each.place[1].pk):
            yield from (other for other in beside if _contributed(kinds.get(other.kind), other))


def _contributed(kind: Kind | None, found: Found) -> bool:
    exported = kind is not None and kind.exported and isinstance(kind.listed_by, ComputedFrom)
    return exported and "gone" not in found.raw


def _kinds(catalogue: Catalogue) -> dict[str, Kind]:
    return {kind.name: kind for manifest in catalogue for kind in manifest.kinds}


def _line(holdings: Holdings, found: Found) -> str:
    item = item_of(dict(found.raw))
    secret = _kinds(holdings.catalogue)[found.kind].secret
    values = {name: value for name, value in item.held().items() if name not in _LEFT_OUT | secret}
    if isinstance(item, EventItem):
        values["changed"] = _opened(holdings.door(found.unit), item)
    return json.dumps(values, ensure_ascii=False, sort_keys=True, default=_plain) + "\n"


def _opened(door: Store, event: EventItem) -> dict[str, Any]:
    """What an event changed, personal values readable as long as their subject's key is there."""
    told: dict[str, Any] = dict(event.changed)
    if not event.sealed or not event.place:
        return told
    pk, _ = event.stands_at()
    at = Key(type(pk)(event.place[0]), SUBJECT_KEY)
    wrapped = read_as(SubjectKey, door.fetch([at])[at])
    if wrapped is None:
        return told
    try:
        key = door.keyring.unwrap(door.boundary, str(event.sealed_for), str(wrapped.wrapped))
        opened: dict[str, Any] = json.loads(unseal(key, str(event.sealed)))
    except SealError:
        return told
    return told | opened


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return str(value)


# -- files


def _join(work: Work, leaving: Offboarding) -> Step:
    """Make the next kind's parts a file."""
    at = dict(work.checkpoint)
    names = _names(work.call.catalogue)
    if len(at["files"]) == len(names):
        return Step({**at, "phase": "end"}, done=work.done)
    unit, kind = names[len(at["files"])]
    name = f"{unit}.{kind}"
    count, joined = int(at["parts"].get(name, 0)), int(at.get("joined", 0))
    parts = _parts(work, leaving, name)
    if count > JOINED and joined < count:
        parts.join(joined, count)
        return Step({**at, "joined": joined + JOINED}, done=work.done)
    written = storage().write(path_of(leaving, f"{name}.jsonl"), parts.content(count), LINES)
    file = {
        "name": f"{name}.jsonl",
        "unit": unit,
        "kind": kind,
        "rows": int(at["rows"].get(name, 0)),
        "bytes": written.size,
        "sha256": written.sha256,
    }
    return Step({**at, "joined": 0, "files": [*at["files"], file]}, done=work.done)


def _end(work: Work, leaving: Offboarding) -> Step:
    """Write the manifest, drop the parts, and say that the export is ready."""
    files, rows = work.checkpoint["files"], sum(each["rows"] for each in work.checkpoint["files"])
    manifest = {"tenant_id": leaving.tenant_id, "made_at": work.checkpoint["until"], "rows": rows, "files": files}
    content = json.dumps(manifest, indent=2, sort_keys=True).encode()
    storage().write(path_of(leaving, MANIFEST_NAME), [content], "application/json")
    drop_parts(str(leaving.tenant_id), work.job_id)
    leaving.export = {
        "made_at": work.checkpoint["until"],
        "rows": rows,
        "manifest_sha256": hashlib.sha256(content).hexdigest(),
        "files": files,
    }
    leaving.export_state = str(ExportState.READY)
    work.call.store.update(leaving, verb="exported")
    # The job outlives the tenant: what it was about stands in the offboarding alone.
    return Step({}, done=work.done, total=work.done, finished=True, result={"rows": rows})


def _names(catalogue: Catalogue) -> list[tuple[str, str]]:
    """The files of an export: (unit, kind) of everything that is exported, empty ones too."""
    everywhere = [each for each in kinds_everywhere(catalogue) if each.exported]
    return [
        (manifest.name, kind.name)
        for manifest in catalogue
        for kind in (*(each for each in manifest.kinds if not each.everywhere), *everywhere)
        if kind.exported and not isinstance(kind.listed_by, OfPlatform)
    ]


def _parts(work: Work, leaving: Offboarding, name: str) -> Parts:
    return Parts(storage(), str(leaving.tenant_id), work.job_id, name)
