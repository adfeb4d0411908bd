"""The job of a subject export.

    the person's partitions → what other units keep → what modules hold otherwise → one ZIP

Each step writes parts, numbered in the checkpoint; the ZIP has no time but the export's own, so it is the same twice.
"""

import hashlib
import io
import json
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from chalicelib.clock import new_id
from chalicelib.files.records import FILE
from chalicelib.files.service import keep_result
from chalicelib.files.storage import storage
from chalicelib.holdings.export import line_of
from chalicelib.holdings.walk import Found, Holdings
from chalicelib.jobs.parts import Parts
from chalicelib.jobs.records import JOB_KINDS
from chalicelib.jobs.work import Step, Work
from chalicelib.modules import CORE, Protocol, Text
from chalicelib.problems import StateConflict
from chalicelib.store import keys
from modules.contacts.privacy.service import Person, whole
from modules.contacts.subject_exports.records import SubjectExport
from modules.contacts.subject_exports.rules import read_me

# Long enough to hand it to the person; it is the most telling file that there is.
KEPT: Final = timedelta(days=7)
# Heads, notes of what was posted and marks are how the store works, and say nothing of the person but in what they
# lead to, which is exported itself.
LEFT_OUT: Final = frozenset(
    {"head", "assessment", "posted", "with_children", "subject_key", "redirect", "block", "merge_references"}
)
_EARLIEST: Final = (1980, 1, 1, 0, 0, 0)  # the ZIP format knows none before


def step(work: Work) -> Step:
    """One step of a subject export. Raises StateConflict when the person is gone."""
    record = whole(work).get(SubjectExport, work.params["export_id"])
    if record is None:
        raise StateConflict(Text("This export is gone.", "该导出已不存在。"))
    at = dict(work.checkpoint) or {"phase": "walk", "people": [work.params["contact_id"]], "number": 0, "parts": {}}
    return _Exporting(work, record, at).step()


@dataclass(frozen=True, slots=True)
class _Exporting:
    work: Work
    record: SubjectExport
    at: dict[str, Any]

    def step(self) -> Step:
        phases = {
            "walk": self._walk,
            "others": self._others,
            "ask": self._ask,
            "pack": self._pack,
            "clear": self._clear,
        }
        return phases[self.at["phase"]]()

    @property
    def person(self) -> Person:
        holdings = Holdings(self.work.call.catalogue, whole(self.work))
        return Person(holdings, self.record, tuple(self.at["people"]))

    def _walk(self) -> Step:
        number, part = int(self.at["number"]), int(self.at.get("part", 0))
        person = self.person
        page, position = person.page(number, self.at.get("position"))
        merged = person.note(page, (f"{number:03}", f"{part:06}"))
        people = [*self.at["people"], *(each for each in merged if each not in self.at["people"])]
        computed = [*person.holdings.computed(page), *person.households(page)]
        here = {"people": people, "number": number, "part": part + 1, "position": position}
        if position is None:
            here |= {"number": number + 1, "part": 0}
            here["phase"] = "others" if number + 1 == len(people) else "walk"
        return self._written(self._lines([*page, *computed]), here)

    def _others(self) -> Step:
        return self._written(self._lines(self.person.kept_by_others()), {"phase": "ask", "number": 0})

    def _ask(self) -> Step:
        asked = self.person.ask(self.work, Protocol.EXPORT_SUBJECT, self.at["number"], self.at.get("inner", {}))
        if asked is None:
            return self._written({}, {"phase": "pack", "file_id": new_id(FILE.prefix, self.work.call.now)})
        _, step = asked
        here = {"number": self.at["number"] + 1, "inner": {}} if step.finished else {"inner": step.checkpoint}
        rows: Mapping[str, list[str]] = (step.result or {}).get("rows", {})
        return self._written(rows, here)

    def _pack(self) -> Step:
        """Make the parts one ZIP."""
        names = sorted(self.at["parts"])
        files = [
            {"name": f"{each}.jsonl", "rows": self.at["rows"][each], "sha256": self._sha256(each)} for each in names
        ]
        rows = sum(each["rows"] for each in files)
        made_at: datetime = self.record.created_at
        manifest = {"contact_ids": self.at["people"], "made_at": made_at.isoformat(), "rows": rows, "files": files}
        content = {
            "README.txt": [read_me(self.record.contact_id, made_at, files).encode()],
            "manifest.json": [json.dumps(manifest, indent=2, sort_keys=True).encode()],
        }
        file = keep_result(
            whole(self.work).beside(CORE, {FILE.name, *JOB_KINDS}),
            storage(),
            file_id=self.at["file_id"],
            owner_id=self.record.owner_id,
            name=f"subject-{self.record.contact_id}.zip",
            content_type="application/zip",
            chunks=_zipped({**content, **{f"{each}.jsonl": self._content(each) for each in names}}),
            expires_at=self.work.call.now + KEPT,
        )
        self.record.file_id, self.record.rows, self.record.sha256 = file.id, rows, file.sha256
        self.person.door.update(self.record)
        result = {"subject_export_id": self.record.id, "file_id": file.id, "rows": rows, "sha256": file.sha256}
        return Step({**self.at, "phase": "clear", "result": result}, done=rows, total=rows)

    def _clear(self) -> Step:
        """Drop the notes of who the person is."""
        if self.person.drop_notes():
            return Step(self.at, done=self.work.done)
        return Step({}, done=self.work.done, finished=True, result=self.at["result"])

    # -- inside

    def _lines(self, found: Iterable[Found]) -> dict[str, list[str]]:
        lines: dict[str, list[str]] = {}
        for each in found:
            if each.kind not in LEFT_OUT:
                lines.setdefault(f"{each.unit}.{each.kind}", []).append(self._line(each))
        return lines

    def _line(self, found: Found) -> str:
        if found.kind != "claim":
            return line_of(self.person.holdings, found)
        _, _, name, value = keys.parts_of(found.place[1].pk)
        return json.dumps({"name": name, "value": value}, ensure_ascii=False) + "\n"

    def _written(self, lines: Mapping[str, list[str]], here: dict[str, Any]) -> Step:
        parts, rows = Counter(self.at["parts"]), Counter(self.at.get("rows", {}))
        for name, of_kind in lines.items():
            if of_kind:
                self._parts(name).write(parts[name], "".join(of_kind).encode())
                parts[name] += 1
                rows[name] += len(of_kind)
        return Step({**self.at, **here, "parts": parts, "rows": rows}, done=rows.total())

    def _parts(self, name: str) -> Parts:
        return Parts(storage(), self.person.tenant, self.work.job_id, name)

    def _content(self, name: str) -> Iterator[bytes]:
        parts = self._parts(name)
        return parts.in_order(int(self.at["parts"][name]))

    def _sha256(self, name: str) -> str:
        digest = hashlib.sha256()
        for chunk in self._content(name):
            digest.update(chunk)
        return digest.hexdigest()


class _Out(io.RawIOBase):
    """Takes what the archive writes; there is no seeking back in it."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, content: Any, /) -> int:
        self.taken.append(bytes(content))
        return len(content)

    def drained(self) -> bytes:
        content, self.taken = b"".join(self.taken), []
        return content


def _zipped(files: Mapping[str, Iterable[bytes]]) -> Iterator[bytes]:
    out = _Out()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, chunks in files.items():
            entry = zipfile.ZipInfo(name, _EARLIEST)
            entry.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(entry, "w", force_zip64=True) as inside:
                for chunk in chunks:
                    inside.write(chunk)
                    yield out.drained()
    yield out.drained()
