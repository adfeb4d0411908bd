"""An export as a job writes it, a step at a time: of a tenant that leaves, or of one module before its data goes.

    walk every kind by pages → a part a step and kind → join each kind's parts to a file → manifest.json

Who uses it says where the files are kept, and sees to it that nothing changes while they are written.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from chalicelib.access.crypto import SealError, unseal
from chalicelib.clock import json_time
from chalicelib.files.protocol import Written
from chalicelib.files.storage import storage
from chalicelib.holdings.sources import Source, Span, kinds_everywhere, of_kind
from chalicelib.holdings.walk import Found, Holdings
from chalicelib.jobs.parts import JOINED, Parts, drop_parts
from chalicelib.jobs.work import Step, Work
from chalicelib.modules import Catalogue, ComputedFrom, Kind, Manifest, OfPlatform
from chalicelib.store.keys import Key
from chalicelib.store.reader import SUBJECT_KEY
from chalicelib.store.records import PLACE_ATTRIBUTES, EventItem, SubjectKey, item_of, read_as
from chalicelib.store.store import Store

MANIFEST_NAME: Final = "manifest.json"
LINES: Final = "application/x-ndjson"
WRITTEN: Final = "end"
"""The phase of an export of which only the manifest is missing."""
# A page is one round trip, and one more for each record that others stand with: a step is a second's work at most.
PAGE: Final = 100
# Sources that are empty cost a Query each.
QUERIES: Final = 50
_LEFT_OUT: Final = PLACE_ATTRIBUTES | {"ttl", "last_event", "schema_version", "sealed", "sealed_for", "place"}

Keep = Callable[[str, Iterable[bytes], str], Written]
"""Keeps a file: its name, its content by chunks, its type. The same twice must be the same."""


@dataclass(frozen=True, slots=True)
class Export:
    """One step of an export of some units. ``store`` is a door to the tenant, which is there since ``born``."""

    work: Work
    store: Store
    units: Sequence[Manifest]
    born: datetime
    keep: Keep

    def first(self) -> dict[str, Any]:
        """The checkpoint to begin with; what else stands in it is left alone."""
        return {"phase": "walk", "source": 0, "until": self.work.call.now.isoformat(), "parts": {}, "rows": {}}

    def step(self) -> Step:
        """One step, until the phase is WRITTEN. Raises the store's errors, and StorageUnavailableError."""
        at = dict(self.work.checkpoint) or self.first()
        return self._walk(at) if at["phase"] == "walk" else self._join(at)

    def finish(self, **said: Any) -> dict[str, Any]:
        """Write the manifest, drop the parts, and answer what has been written; the same again does no harm."""
        at = self.work.checkpoint
        files, rows = at["files"], sum(each["rows"] for each in at["files"])
        manifest = {**said, "tenant_id": self._tenant, "made_at": at["until"], "rows": rows, "files": files}
        content = json.dumps(manifest, indent=2, sort_keys=True).encode()
        self.keep(MANIFEST_NAME, [content], "application/json")
        drop_parts(self._tenant, self.work.job_id)
        return {
            "made_at": at["until"],
            "rows": rows,
            "manifest_sha256": hashlib.sha256(content).hexdigest(),
            "files": files,
        }

    def names(self) -> list[tuple[str, str]]:
        """The files: (unit, kind) of everything that is exported, empty ones too."""
        everywhere = [each for each in kinds_everywhere(self._catalogue) if each.exported]
        return [
            (manifest.name, kind.name)
            for manifest in self.units
            for kind in (*(each for each in manifest.kinds if not each.everywhere), *everywhere)
            if kind.exported and not isinstance(kind.listed_by, OfPlatform)
        ]

    # -- walking

    @property
    def _tenant(self) -> str:
        return self.store.boundary

    @property
    def _catalogue(self) -> Catalogue:
        return self.work.call.catalogue

    def _walk(self, at: dict[str, Any]) -> Step:
        places = self._sources(Span(self.born, datetime.fromisoformat(at["until"])))
        holdings = Holdings(self._catalogue, self.store)
        lines: dict[str, list[str]] = {}
        number, position, done = int(at["source"]), at.get("position"), self.work.done
        for _ in range(QUERIES):
            if number == len(places) or sum(map(len, lines.values())) >= PAGE:
                break
            page, position = holdings.page(places[number], position, PAGE)
            for each in _with_contributions(holdings, places[number], page):
                lines.setdefault(f"{each.unit}.{each.kind}", []).append(line_of(holdings, each))
            number += position is None
        parts, rows = Counter(at["parts"]), Counter(at["rows"])
        for name, written in lines.items():
            self._parts(name).write(parts[name], "".join(written).encode())
            parts[name] += 1
            rows[name] += len(written)
            done += len(written)
        phase = "join" if number == len(places) else "walk"
        after = {
            **at,
            "phase": phase,
            "source": number,
            "position": position,
            "parts": parts,
            "rows": rows,
            "files": [],
        }
        return Step(after, done=done)

    def _sources(self, span: Span) -> list[Source]:
        """Where what is exported is listed: records, and the events of every unit."""
        found: list[Source] = []
        for manifest in self.units:
            kinds = [*(each for each in manifest.kinds if not each.everywhere), *kinds_everywhere(self._catalogue)]
            for kind in kinds:
                if kind.exported:
                    found += of_kind(manifest.name, kind, self._tenant, span)
        return found

    # -- files

    def _join(self, at: dict[str, Any]) -> Step:
        """Make the next kind's parts a file."""
        names = self.names()
        if len(at["files"]) == len(names):
            return Step({**at, "phase": WRITTEN}, done=self.work.done)
        unit, kind = names[len(at["files"])]
        name = f"{unit}.{kind}"
        count, joined = int(at["parts"].get(name, 0)), int(at.get("joined", 0))
        parts = self._parts(name)
        if count > JOINED and joined < count:
            parts.join(joined, count)
            return Step({**at, "joined": joined + JOINED}, done=self.work.done)
        written = self.keep(f"{name}.jsonl", parts.content(count), LINES)
        file = {
            "name": f"{name}.jsonl",
            "unit": unit,
            "kind": kind,
            "rows": int(at["rows"].get(name, 0)),
            "bytes": written.size,
            "sha256": written.sha256,
        }
        return Step({**at, "joined": 0, "files": [*at["files"], file]}, done=self.work.done)

    def _parts(self, name: str) -> Parts:
        return Parts(storage(), self._tenant, self.work.job_id, name)


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


def line_of(holdings: Holdings, found: Found) -> str:
    """An item as one line of JSON, without keys and secrets; an event with its personal values opened."""
    item = item_of(dict(found.raw))
    secret = _kinds(holdings.catalogue)[found.kind].secret
    values = {name: value for name, value in item.held().items() if name not in _LEFT_OUT | secret}
    values["kind"] = found.kind
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
        return json_time(value)
    return str(value)
