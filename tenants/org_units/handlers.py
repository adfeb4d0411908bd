"""The job by which records follow a moved branch of the tree.

    records of all kinds in the old place → what modules hold otherwise → once more until nothing is found → the note
    of the move goes

Until the note is gone every read maps old paths to new ones, so no order of these steps shows anything wrong.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from chalicelib.after_write import RELOCATED, resolve
from chalicelib.changes.rewriting import Rewriting, in_unit, kinds_that, with_checkpoint
from chalicelib.jobs.work import Step, Work
from chalicelib.modules import Index, Protocol
from chalicelib.store import keys
from chalicelib.store.commit import Action
from chalicelib.store.records import Record
from chalicelib.store.scope import EVERYTHING, Move, as_moved
from chalicelib.store.store import Store
from chalicelib.work.records import METRIC, Metric
from tenants.directory import forget_when_done
from tenants.org_units.rules import RESTED, SETTLED
from tenants.org_units.service import branch_of, keep_moves, moves_of

A_PAGE: Final = 40


def move_step(work: Work) -> Step:
    """One page of a pass through the old place; the pass that has found nothing ends the move."""
    store = _whole(work)
    known = moves_of(store)
    entry = next((each for each in known.listed() if each["job_id"] == work.job_id), None)
    if entry is None:  # another job has taken the move up
        return Step(work.checkpoint, work.done, finished=True, result={"records": work.done})
    move, at = branch_of(entry), work.checkpoint
    inner = with_checkpoint(work, at.get("inner", {}))
    parts: list[Any] = [None, *_protocols(work)]
    number: int = at.get("part", 0)
    step = (
        _records(work, move).step(inner, store)
        if number == 0
        else resolve(parts[number])(with_checkpoint(inner, {**inner.checkpoint, "move": [move.old, move.new]}))
    )
    changed = step.done > work.done
    last = work.call.now.isoformat() if changed else at.get("last")
    found = bool(at.get("found")) or changed
    if not step.finished:
        return Step({"part": number, "inner": step.checkpoint, "last": last, "found": found}, step.done)
    if number + 1 < len(parts):
        return Step({"part": number + 1, "last": last, "found": found}, step.done)
    if found or not _is_quiet(work.call.now, entry["since"], last):
        return Step({"last": last}, step.done, paused=True)
    keep_moves(store, known, [each for each in known.listed() if each["job_id"] != work.job_id])
    forget_when_done(work.call, store.boundary)
    return Step({}, step.done, finished=True, result={"records": step.done})


def metrics_step(work: Work) -> Step:
    """Metrics are no records, and few: all are looked through (Protocol.ON_UNIT_MOVED of core)."""
    store, move = _whole(work), Move(*work.checkpoint["move"])
    pk = keys.by_kind(store.boundary, METRIC.name)
    found, position = store.query(pk, index=Index.CREATION, limit=A_PAGE, start=work.checkpoint.get("position"))
    held = [each for each in found if isinstance(each, Metric) and each.unit_path.startswith(move.old)]
    for each in held:
        was = str(each.unit_path)
        each.unit_path = as_moved(was, [move])
        still = (Metric.unit_path == was) & (Metric.source_version == int(each.source_version))
        store.put(each, Action(each.stands_at(), condition=still))
    return Step({**work.checkpoint, "position": position}, work.done + len(held), finished=position is None)


def _records(work: Work, move: Move) -> Rewriting:
    def follow(record: Record) -> bool:
        path = record.org_unit()
        if path is None or not path.startswith(move.old):
            return False
        record.stand_in(as_moved(path, [move]))
        return True

    kinds = tuple(kinds_that(work.background.catalogue, "org_unit"))
    return Rewriting(kinds, in_unit(work.call.tenant_id, move.old), follow, RELOCATED)


def _protocols(work: Work) -> Iterator[str]:
    """What each module does about paths that it holds otherwise: one step at a time, as of a job."""
    for manifest in work.background.catalogue:
        if (target := manifest.implements.get(Protocol.ON_UNIT_MOVED)) is not None:
            yield target


def _is_quiet(now: datetime, since: str, last: str | None) -> bool:
    """Whether nobody can write the old path any more, and what follows from the last rewriting has followed."""
    begun = datetime.fromisoformat(since)
    return now - begun >= SETTLED and (last is None or now - datetime.fromisoformat(last) >= RESTED)


def _whole(work: Work) -> Store:
    """All records follow, whatever who has moved the unit can see."""
    return replace(work.call.store, scope=EVERYTHING)
