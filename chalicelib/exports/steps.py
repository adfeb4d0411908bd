"""The job that writes a file: walk the records by pages → (join parts) → keep the file with its count and SHA-256.

Each step writes one part, numbered in the checkpoint beside the position behind its last record.
"""

from itertools import chain
from typing import Any, Final

from chalicelib.clock import new_id
from chalicelib.exports.flat import cells, row
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
from chalicelib.problems import StateConflict
from chalicelib.spreadsheets.errors import WorkbookError
from chalicelib.spreadsheets.writing import Written, around, piece
from chalicelib.store.lists import ListQuery, Page, list_records
from chalicelib.web.parsing import parse_terms
from chalicelib.web.render import document_of, to_json

# A page is one round trip; a step of five is half a second's work and at most 64 MB (records of 64 KB).
PAGE: Final = 200
PAGES: Final = 5
_TYPES: Final = {
    "csv": "text/csv",
    "jsonl": "application/x-ndjson",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def export_step(work: Work, target: ExportTarget) -> Step:
    """One step of an export. Raises StateConflict for more than the format holds, and the store's errors."""
    return _walk(work, target) if work.checkpoint.get("phase", "walk") == "walk" else _join(work, target)


def _walk(work: Work, target: ExportTarget) -> Step:
    tree = work.call.tenant.tree
    # A branch that has been moved since puts a subtree's records into another order: what was read of it is void.
    lost = work.checkpoint.get("tree", tree) != tree and not work.call.store.scope.everything
    position: dict[str, Any] | None = None if lost else work.checkpoint.get("position")
    parts = 0 if lost else int(work.checkpoint.get("parts", 0))
    terms = parse_terms(work.call, target.listing, work.params["filters"])
    sheet = Written() if lost else Written(*work.checkpoint.get("sheet", []))
    content = bytearray()
    done = 0 if lost else work.done
    for _ in range(PAGES):
        query = ListQuery(terms, newest_first=False, limit=PAGE, cursor=position)
        page: Page[Any] = (
            target.page(work.call, query) if target.page else list_records(work.call.store, target.record_type, query)
        )
        done += len(page.items)
        position = page.next_position
        packed, sheet = _content(work, _documents(work, target, page), sheet, last=position is None)
        content += packed
        if position is None:
            break
    if content:
        _parts(work).write(parts, bytes(content))
        parts += 1
    told = {"parts": parts, "sheet": sheet.told()}
    if position is not None:
        return Step({"position": position, "tree": tree, **told}, done=done)
    file_id = new_id(FILE.prefix, work.call.now)
    return Step({"phase": "join", "joined": 0, "file_id": file_id, **told}, done=done, total=done)


def _documents(work: Work, target: ExportTarget, page: Page[Any]) -> list[dict[str, Any]]:
    """The records as who asked may see them."""
    fields = frozenset(work.params["fields"])
    return [document_of(work.call, target.shown(each), fields) for each in page.items]


def _content(work: Work, found: list[dict[str, Any]], sheet: Written, *, last: bool) -> tuple[bytes, Written]:
    """The file's next bytes."""
    columns = work.params["columns"]
    match work.params["format"]:
        case "csv":
            return csv_text(row(each, columns) for each in found).encode(), sheet
        case "xlsx":
            header = [] if sheet.rows else [columns]
            try:
                return piece(sheet, [*header, *(cells(each, columns) for each in found)], last=last)
            except WorkbookError as error:
                raise StateConflict(error.detail) from error
        case _:
            ordered = [{name: each[name] for name in work.params["fields"]} for each in found]
            return "".join(f"{to_json(each)}\n" for each in ordered).encode(), sheet


def _join(work: Work, target: ExportTarget) -> Step:
    at = work.checkpoint
    count, joined = int(at["parts"]), int(at["joined"])
    if count > JOINED and joined < count:
        _parts(work).join(joined, count)
        return Step(dict(at) | {"joined": joined + JOINED}, done=work.done)
    kind = work.params["format"]
    before, behind = b"", b""
    if kind == "csv":
        before = BOM + csv_text([work.params["columns"]]).encode()
    elif kind == "xlsx":
        before, behind = around(target.name, Written(*at["sheet"]))
    file = keep_result(
        work.call.store.beside(CORE, DOOR),
        storage(),
        file_id=at["file_id"],
        owner_id=work.params["owner_id"],
        name=f"{target.name}-{work.call.now:%Y-%m-%d}.{kind}",
        content_type=_TYPES[kind],
        chunks=chain([before], _parts(work).content(count), [behind]),
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
