"""Rebuilding what follows from a module's records: from the records as they stand, never from events.

    kinds with projections or facts, page by page → the module's own rebuild → done

Everything here is written by version, so it may run beside live changes, and twice.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

from chalicelib.after_write import resolve
from chalicelib.background import Background
from chalicelib.changes.delivery import STOPS, tasks_of
from chalicelib.changes.tasks import ProjectionTask
from chalicelib.counters.task import TOGETHER, FactsTask
from chalicelib.jobs.work import Step, Work
from chalicelib.modules import Catalogue, Manifest, Protocol
from chalicelib.store import keys
from chalicelib.store.attempts import until_in
from chalicelib.store.records import Record

A_STEP: Final = 100
# A person's projection is a head and at most 12 search tokens: so many of them fit the 100 actions of a transaction.
PROJECTED_TOGETHER: Final = 7
MOST_TOLD: Final = 50

Kept = ProjectionTask | FactsTask


def can_rebuild(manifest: Manifest) -> bool:
    """Whether anything follows from the module's records."""
    return bool(manifest.projections or manifest.facts or Protocol.REBUILD in manifest.implements)


def step(work: Work) -> Step:
    """One page of one kind's records, or one step of the module's own rebuild; ``params`` name the module."""
    manifest = manifest_of(work.background.catalogue, work.params["module"])
    kinds = list(_kept_by_kind(work.background.catalogue, manifest))
    at: int = work.checkpoint.get("kind", 0)
    if at < len(kinds):
        return _page(work, manifest.name, kinds[at], at)
    if (own := manifest.implements.get(Protocol.REBUILD)) is None:
        return Step(work.checkpoint, work.done, finished=True, result=_result(work, work.done))
    inner: Step = resolve(own)(replace(work, checkpoint=work.checkpoint.get("own", {})))
    checkpoint = {**work.checkpoint, "kind": at, "own": inner.checkpoint}
    return replace(inner, checkpoint=checkpoint, result=_result(work, inner.done))


def manifest_of(catalogue: Catalogue, module: str) -> Manifest:
    """The manifest of a module that is there. Raises LookupError."""
    manifest = catalogue.get(module)
    if manifest is None:
        raise LookupError(module)
    return manifest


def _kept_by_kind(catalogue: Catalogue, manifest: Manifest) -> Iterator[tuple[str, list[Kept]]]:
    tasks = [each for each in tasks_of(catalogue) if each.module == manifest.name]
    for kind in manifest.kinds:
        kept: list[Kept] = [
            task
            for task in tasks
            if (isinstance(task, ProjectionTask) and task.projection.kind == kind.name)
            or (isinstance(task, FactsTask) and task.kind == kind.name)
        ]
        if kept:
            yield kind.name, kept


def _page(work: Work, unit: str, of_kind: tuple[str, list[Kept]], at: int) -> Step:
    kind, tasks = of_kind
    records, position = records_of(work, unit, kind, A_STEP)
    failed: list[str] = work.checkpoint.get("failed", [])
    for task in tasks:
        failed = [*failed, *_again(work.background, work.call.tenant_id, task, records)]
    checkpoint = {"kind": at, "position": position} if position else {"kind": at + 1}
    return Step({**checkpoint, "failed": failed[:MOST_TOLD]}, work.done + len(records))


def records_of(work: Work, unit: str, kind: str, limit: int) -> tuple[list[Record], dict[str, Any] | None]:
    """The next page of a kind's records behind the checkpoint, and where to go on."""
    store = work.background.store(unit, work.call.tenant_id, "rebuild", work.job_id)
    found, position = store.query(
        keys.by_kind(store.boundary, kind), index="gsi1", limit=limit, start=work.checkpoint.get("position")
    )
    return [each for each in found if isinstance(each, Record)], position


def _result(work: Work, done: int) -> dict[str, Any]:
    return {"records": done, "failed": work.checkpoint.get("failed", [])}


def _again(background: Background, tenant: str, task: Kept, records: Sequence[Record]) -> Iterator[str]:
    """Do the task for all records; one that it fails for holds up none of the others, and is named."""
    size = TOGETHER if isinstance(task, FactsTask) else PROJECTED_TOGETHER
    for start in range(0, len(records), size):
        group = records[start : start + size]
        try:
            until_in(lambda group=group: _write(background, tenant, task, group))  # type: ignore[misc] # bound now
        except STOPS:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, it is reported
            if len(group) > 1:
                for each in group:
                    yield from _again(background, tenant, task, [each])
            else:
                background.report("rebuild.failed", error, task=task.name, record=group[0].id, tenant=tenant)
                yield f"{task.name} {group[0].id}"


def _write(background: Background, tenant: str, task: Kept, records: Sequence[Record]) -> None:
    group = {record.stands_at(): int(record.version) for record in records}
    if isinstance(task, FactsTask):
        task.write(background, tenant, group, afresh=True)
        return
    store = background.store(task.module, tenant, "rebuild", task.name)
    store.prefetch([*group, *(keys.head(at, task.projection.name) for at in group)])
    for at, version in group.items():
        task.stage(background, store, at, version, afresh=True)
    store.commit()
