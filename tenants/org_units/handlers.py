"""The job by which records follow a moved branch of the tree.

    records of all kinds in the old place → what modules hold otherwise → once more until nothing is found → the note
    of the move goes

Until the note is gone every read maps old paths to new ones, so no order of these steps shows anything wrong.
"""

from dataclasses import replace
from datetime import datetime
from typing import Final

from chalicelib.after_write import RELOCATED
from chalicelib.changes.rewriting import Rewriting, in_unit, kinds_that, pass_on, protocols_of
from chalicelib.jobs.work import Step, Work
from chalicelib.modules import Index, Protocol
from chalicelib.store import keys
from chalicelib.store.commit import Action
from chalicelib.store.records import Record
from chalicelib.store.scope import EVERYTHING, Move, as_moved
from chalicelib.store.store import Store
from chalicelib.work.kinds import METRIC
from chalicelib.work.records import Metric
from tenants.directory import forget_when_done
from tenants.org_units.rules import KNOWN, is_quiet
from tenants.org_units.service import keep_moves, moves_of

A_PAGE: Final = 40


def move_step(work: Work) -> Step:
    """One page of a pass through the old place; the pass that has found nothing ends the move."""
    store = _whole(work)
    known = moves_of(store)
    entry = next((each for each in known.listed() if each["job_id"] == work.job_id), None)
    if entry is None:  # another job has taken the move up
        return Step(work.checkpoint, work.done, finished=True, result={"records": work.done})
    if work.call.now - datetime.fromisoformat(entry["since"]) < KNOWN:
        return Step(work.checkpoint, work.done, paused=True)
    protocols = tuple(protocols_of(work.background.catalogue, Protocol.ON_UNIT_MOVED))
    passed = pass_on(work, store, _records(work), protocols)
    if not passed.over:
        return Step(passed.checkpoint, passed.done)
    if passed.found or not is_quiet(work.call.now, entry["since"], passed.last):
        return Step(passed.begin_again(), passed.done, paused=True)
    keep_moves(store, known, [each for each in known.listed() if each["job_id"] != work.job_id])
    forget_when_done(work.call, store.boundary)
    return Step({}, passed.done, finished=True, result={"records": passed.done})


def metrics_step(work: Work) -> Step:
    """Metrics are no records, and few: all are looked through (Protocol.ON_UNIT_MOVED of core)."""
    store, move = _whole(work), _move(work)
    pk = keys.by_kind(store.boundary, METRIC.name)
    found, position = store.query(pk, index=Index.CREATION, limit=A_PAGE, start=work.checkpoint.get("position"))
    held = [each for each in found if isinstance(each, Metric) and each.unit_path.startswith(move.old)]
    for each in held:
        was = str(each.unit_path)
        each.unit_path = as_moved(was, [move])
        still = (Metric.unit_path == was) & (Metric.source_version == int(each.source_version))
        store.put(each, Action(each.stands_at(), condition=still))
    return Step({"position": position}, work.done + len(held), finished=position is None)


def _records(work: Work) -> Rewriting:
    move = _move(work)

    def follow(record: Record) -> bool:
        path = record.org_unit()
        if path is None or not path.startswith(move.old):
            return False
        record.stand_in(as_moved(path, [move]))
        return True

    kinds = tuple(kinds_that(work.background.catalogue, "org_unit"))
    return Rewriting(kinds, in_unit(work.call.tenant_id, move.old), follow, RELOCATED)


def _move(work: Work) -> Move:
    return Move(work.params["old"], work.params["new"])


def _whole(work: Work) -> Store:
    """All records follow, whatever who has moved the unit can see."""
    return replace(work.call.store, scope=EVERYTHING)
