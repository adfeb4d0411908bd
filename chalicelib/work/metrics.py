"""Metrics: numbers that modules report for org units and periods, for market plans and account managers to read."""

from dataclasses import dataclass
from typing import Any, Final

from chalicelib.changes.handling import Doors
from chalicelib.changes.projections import put_in_place
from chalicelib.modules import Index, Port
from chalicelib.store import keys
from chalicelib.store.lists import ListQuery
from chalicelib.store.store import Store
from chalicelib.work.asked import check_texts, unit_of
from chalicelib.work.kinds import METRIC
from chalicelib.work.records import Metric, in_period

_LIMITS: Final = {"name": 100, "period": 20}


@dataclass(frozen=True, slots=True)
class MetricPost:
    """A number. ``period`` is a day, month, quarter or year as ISO 8601 writes it (2026-03-01, 2026-03, 2026-Q1, 2026).

    ``value`` counts for the unit at ``unit_path`` itself, without the units below it.
    """

    name: str
    period: str
    unit_path: str
    value: float


def post_metric(doors: Doors, source_id: str, version: int, post: MetricPost) -> bool:
    """Stage a metric, one for each writing module, source, name and period; False when as much is known.

    Raises ValueError for what does not fit.
    """
    return _put(doors, source_id, version, post, gone=False)


def withdraw_metric(doors: Doors, source_id: str, version: int, post: MetricPost) -> bool:
    """Stage the end of a metric; its value does not matter. False when as much is known."""
    return _put(doors, source_id, version, post, gone=True)


def read_metrics(store: Store, query: ListQuery) -> tuple[list[Metric], dict[str, Any] | None]:
    """Metrics of the org units that the caller reaches, and where to go on: one round trip, so a page may be short.

    Those of one name and period stand together; without these all are read, and what does not fit is left out.
    """
    given = {each.name: str(each.values[0]) for each in query.terms}
    index = None
    if given.keys() == {"name", "period"}:
        pk = keys.collection(store.boundary, METRIC.name, in_period(given["name"], given["period"]))
    else:
        pk, index = keys.by_kind(store.boundary, METRIC.name), str(Index.CREATION)
    found, position = store.query(pk, index=index, limit=query.limit, start=query.cursor)
    shown = [each for each in found if isinstance(each, Metric) and not each.gone]
    held = [each for each in shown if all(term.holds(each) for term in query.terms)]
    return [each for each in held if store.scope.reaches(str(each.unit_path))], position


def _put(doors: Doors, source_id: str, version: int, post: MetricPost, *, gone: bool) -> bool:
    check_texts(post, _LIMITS)
    unit_of(post.unit_path)
    store = doors.port(Port.METRIC)
    metric = Metric(
        name=post.name,
        period=post.period,
        unit_path=post.unit_path,
        value=None if gone else post.value,
        module=doors.module,
        source_id=source_id,
        source_version=version,
    )
    return put_in_place(store, metric.place(store.boundary), version, gone=gone)
