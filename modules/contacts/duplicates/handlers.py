"""The search for duplicates as a job, and what becomes of a cluster when one of its members goes.

contacts, page by page, as rows into parts → linked, in one step → clusters, some a step → what was not found again
goes
"""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from chalicelib.after_write import REDIRECTED
from chalicelib.changes.handling import Handling
from chalicelib.changes.records import Head
from chalicelib.files.storage import storage
from chalicelib.jobs.parts import Parts
from chalicelib.jobs.work import Step, Work
from chalicelib.modules import Index
from chalicelib.store import keys
from chalicelib.store.records import Claim
from chalicelib.store.scope import EVERYTHING
from chalicelib.store.store import Store
from modules.contacts.duplicates.records import Cluster, notes_of, of_members
from modules.contacts.duplicates.rules import row_of
from modules.contacts.kinds import CLUSTER, CONTACT
from modules.contacts.people.records import Contact

# A page of an index is one round trip; five are a step of half a second.
A_PAGE: Final = 200
PAGES: Final = 5
# A cluster of two takes seven actions: record, event, claim, two notes; a third member one more.
ACTIONS: Final = 80
# 100,000 contacts take 15 s on two cores (bench/duplicates.py); a function has fifteen minutes at most.
LINKING_TAKES: Final = timedelta(minutes=10)


def scan_step(work: Work) -> Step:
    """One step of the search. Raises LinkageMissing where the worker has no record linkage."""
    store = replace(work.call.store, scope=EVERYTHING)
    match work.checkpoint.get("phase", "rows"):
        case "rows":
            return _rows(work, store)
        case "link":
            return _link(work)
        case "write":
            return _write(work, store)
        case _:
            return _close(work, store)


def _rows(work: Work, store: Store) -> Step:
    at = work.checkpoint
    position: dict[str, Any] | None = at.get("position")
    lines: list[str] = []
    for _ in range(PAGES):
        pk = keys.by_kind(store.boundary, CONTACT.name)
        found, position = store.query(pk, index=str(Index.CREATION), limit=A_PAGE, start=position)
        contacts = [each for each in found if isinstance(each, Contact)]
        lines += [json.dumps(row_of(each.id, each, each.external_ids or ())) for each in contacts]
        if position is None:
            break
    parts = int(at.get("parts", 0))
    if lines:
        _parts(work, "rows").write(parts, "".join(f"{each}\n" for each in lines).encode())
        parts += 1
    done = work.done + len(lines)
    if position is not None:
        return Step({"phase": "rows", "position": position, "parts": parts}, done)
    return Step({"phase": "link", "parts": parts}, done, total=done, next_takes=LINKING_TAKES)


def _link(work: Work) -> Step:
    """All rows at once: 600 MB for 100,000 contacts; beyond its own limit DuckDB spills to the disk."""
    from modules.contacts.duplicates.derived import as_line, clusters_of  # noqa: PLC0415 - record linkage

    content = b"".join(_parts(work, "rows").content(int(work.checkpoint["parts"])))
    found = clusters_of([json.loads(each) for each in content.splitlines()])
    _parts(work, "clusters").write(0, "\n".join(map(as_line, found)).encode())
    return Step({"phase": "write", "at": 0, "clusters": len(found)}, work.done)


def _write(work: Work, store: Store) -> Step:
    """The next clusters, each once however often it is found; one that was dismissed stays so."""
    content = b"".join(_parts(work, "clusters").content(1))
    found = [json.loads(each) for each in content.splitlines()]
    at, opened = int(work.checkpoint["at"]), int(work.checkpoint.get("opened", 0))
    while at < len(found):
        mark = store.mark()
        fresh = _keep(work, store, found[at])
        if len(store.actions()) > ACTIONS:
            store.back_to(mark)
            break
        at, opened = at + 1, opened + fresh
    phase = "write" if at < len(found) else "close"
    return Step({"phase": phase, "at": at, "opened": opened, "clusters": len(found)}, work.done)


def _keep(work: Work, store: Store, found: dict[str, Any]) -> bool:
    """Stage a cluster; whether it is open and was not before."""
    claim = store.get_item(Claim, keys.claim(store.boundary, *of_members(found["members"])))
    known = store.get(Cluster, claim.record) if claim else None
    if known is None:
        record = Cluster.fresh(
            work.call.now, members=found["members"], pairs=found["pairs"], status="open", found_by_job=work.job_id
        )
        store.create(record)
        for note in record.notes(store.boundary):
            store.put(note)
        return True
    again = known.status == "merged"  # taken apart since
    known.pairs, known.found_by_job = found["pairs"], work.job_id
    if again:
        known.status = "open"
        for note in known.notes(store.boundary):
            store.put(note)
    store.update(known)
    return again


def _close(work: Work, store: Store) -> Step:
    """What earlier searches found and this one did not, and nobody has decided on, goes."""
    pk = keys.by_state(store.boundary, CLUSTER.name, "open")
    start = work.checkpoint.get("position")
    found, position = store.query(pk, index=str(Index.STATE), limit=A_PAGE // 20, start=start)
    closed = int(work.checkpoint.get("closed", 0))
    for each in found:
        current = store.get(Cluster, each.id) if isinstance(each, Cluster) and each.found_by_job < work.job_id else None
        if current is not None and current.status == "open" and current.found_by_job < work.job_id:
            _remove(store, current)
            closed += 1
    counts = {name: int(work.checkpoint.get(name, 0)) for name in ("opened", "clusters")}
    if position is not None:
        return Step({"phase": "close", "position": position, "closed": closed, **counts}, work.done)
    return Step({}, work.done, finished=True, result={**counts, "closed": closed, "contacts": work.done})


def _remove(store: Store, record: Cluster) -> None:
    for note in record.notes(store.boundary):
        if store.staged_at(note.stands_at()) is None:
            store.remove(note.stands_at())
    store.delete(record)


def _parts(work: Work, name: str) -> Parts:
    return Parts(storage(), work.call.tenant_id, work.job_id, name)


def follow(handling: Handling) -> None:
    """A member was merged into another contact, or is gone: the cluster is of those that are left."""
    store, gone = handling.store, str(handling.event.subject)
    merged = str(handling.event.type).endswith(f".{REDIRECTED}")
    partition, begins = notes_of(store.boundary, gone)
    for note in list(store.query_all(partition, begins)):
        if not isinstance(note, Head):
            continue
        store.remove(note.stands_at())
        ((pk, sk, *_),) = note.places
        at = keys.as_read(pk, sk)
        record = store.known(Cluster, at, store.fetch([at])[at])
        if record is not None and gone in record.members:
            _without(store, record, gone, merged=merged)


def _without(store: Store, record: Cluster, gone: str, *, merged: bool) -> None:
    left = [each for each in record.members if each != gone]
    alone = len(left) < 2  # noqa: PLR2004 - a pair
    if not merged and alone:
        _remove(store, record)
    elif record.status == "open" and alone:
        record.status = "merged"
        store.update(record)
    elif not alone:
        taken = store.get_item(Claim, keys.claim(store.boundary, *of_members(left)))
        if taken is not None and taken.record != record.id:
            _remove(store, record)
            return
        record.members = left
        record.pairs = [each for each in record.pairs if gone not in each[:2]]
        store.update(record)
