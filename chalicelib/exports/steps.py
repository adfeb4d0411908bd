"""The job that writes a file: walk the records by pages → (join parts) → keep the file with its count and SHA-256.

Each step writes one part, numbered in the checkpoint beside the position behind its last record.
"""

from itertools import chain
from typing import Any, Final

from chalicelib.clock import new_id
from chalicelib.exports.flat import row
from chalicelib.exports.records import DOOR
from chalicelib.exports.target import ExportTarget
from chalicelib.files.records import FILE, KEPT
from chalicelib.files.service import keep_result
from chalicelib.files.storage import storage
from chalicelib.imports.cells import csv_text
from chalicelib.imports.encodings import BOM
from chalicelib.jobs.parts import JOINED, Parts
from chalicelib.jobs.work import Step, Work
from chalicelib.modules import CORE
from chalicelib.store.lists import ListQuery, Page, list_records
from chalicelib.web.parsing import parse_terms
from chalicelib.web.render import document_of, to_json

# A page is one round trip; a step of five is half a second's work and at most 64 MB (records of 64 KB).
PAGE: Final = 200
PAGES: Final = 5
_TYPES: Final = {"csv": "text/csv", "jsonl": "application/x-ndjson"}


def export_step(work: Work, target: ExportTarget) -> Step:
    """One step of an export. Raises the store's errors."""
    return _walk(work, target) if work.checkpoint.get("phase", "walk") == "walk" else _join(work, target)


def _walk(work: Work, target: ExportTarget) -> Step:
    tree = work.call.tenant.tree
    # A branch that has been moved since puts a subtree's records into another order: what was read of it is void.
    lost = work.checkpoint.get("tree", tree) != tree and not work.call.store.scope.everything
    position: dict[str, Any] | None = None if lost else work.checkpoint.get("position")
    parts = 0 if lost else int(work.checkpoint.get("parts", 0))
    terms = parse_terms(work.call, target.listing, work.params["filters"])
    texts: list[str] = []
    done = 0 if lost else work.done
    for _ in range(PAGES):
        query = ListQuery(terms, newest_first=False, limit=PAGE, cursor=position)
        page: Page[Any] = (
            target.page(work.call, query) if target.page else list_records(work.call.store, target.record_type, query)
        )
        texts.append(_text(work, target, page))
        done += len(page.items)
        position = page.next_position
        if position is None:
            break
    if content := "".join(texts):
        _parts(work).write(parts, content.encode())
        parts += 1
    if position is not None:
        return Step({"position": position, "parts": parts, "tree": tree}, done=done)
    file_id = new_id(FILE.prefix, work.call.now)
    return Step({"phase": "join", "joined": 0, "parts": parts, "file_id": file_id}, done=done, total=done)


def _text(work: Work, target: ExportTarget, page: Page[Any]) -> str:
    """The records as who asked may see them."""
    fields = frozenset(work.params["fields"])
    documents = [document_of(work.call, target.shown(each), fields) for each in page.items]
    if work.params["format"] == "csv":
        return csv_text(row(each, work.params["columns"]) for each in documents)
    ordered = [{name: each[name] for name in work.params["fields"]} for each in documents]
    return "".join(f"{to_json(each)}\n" for each in ordered)


def _join(work: Work, target: ExportTarget) -> Step:
    at = work.checkpoint
    count, joined = int(at["parts"]), int(at["joined"])
    if count > JOINED and joined < count:
        _parts(work).join(joined, count)
        return Step(dict(at) | {"joined": joined + JOINED}, done=work.done)
    kind = work.params["format"]
    header = BOM + csv_text([work.params["columns"]]).encode() if kind == "csv" else b""
    file = keep_result(
        work.call.store.beside(CORE, DOOR),
        storage(),
        file_id=at["file_id"],
        owner_id=work.params["owner_id"],
        name=f"{target.name}-{work.call.now:%Y-%m-%d}.{kind}",
        content_type=_TYPES[kind],
        chunks=chain([header], _parts(work).content(count)),
        expires_at=work.call.now + KEPT,
    )
    result = {
        "export_id": work.params["export_id"],
        "file_id": file.id,
        "rows": work.done,
        "bytes": int(file.size),
        "sha256": file.sha256,
    }
    return Step(dict(at), done=work.done, finished=True, result=result)


def _parts(work: Work) -> Parts:
    return Parts(storage(), work.call.tenant_id, work.job_id, "export")
