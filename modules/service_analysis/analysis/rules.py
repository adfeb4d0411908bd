"""What is counted of requests, under which coordinates, and how values of trees are cut. Pure.

**A value of a tree** (category, area) names either a branch or a node: ``/Georgia/`` is Georgia with all below it,
``/Georgia`` is what was said of Georgia and of nothing narrower. So a value that a figure shows asks for exactly what
the figure counts. An empty value is what nothing was said of.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import combinations
from typing import Final

from chalicelib.after_write import Fact, Grain

DIMENSIONS: Final = ("category", "area", "channel", "product", "agent", "customer_level")
TREES: Final = frozenset({"category", "area"})
PAIRS: Final = tuple(combinations(DIMENSIONS, 2))

_WEEK: Final = timedelta(days=7)
_SATURDAY: Final = 5


class Of(StrEnum):
    """What a request may be counted for."""

    OPENED = "opened"
    ANSWERED = "answered"
    ENDED = "ended"
    RESOLVED = "resolved"
    REOPENED = "reopened"
    RATED = "rated"


def _flow(
    of: Of, watches: frozenset[str], measures: tuple[str, ...] = (), histograms: tuple[str, ...] = (), shards: int = 1
) -> Fact:
    return Fact(
        f"request_{of}",
        "request",
        f"modules.service_analysis.analysis.derived:{of}",
        dimensions=DIMENSIONS,
        pairs=PAIRS,
        measures=(*measures, *histograms),
        histograms=histograms,
        grains=(Grain.DAY, Grain.MONTH),
        watches=watches,
        shards=shards,
    )


_PLACED: Final = frozenset({"category", "area", "channel", "product", "customer_level", "handler_id", "unit_path"})
_ENDED: Final = frozenset({"opened_at", "status", "resolved_at", "closed_at", "merged_into"})
_FIRST: Final = frozenset({"replies", "messages", "handovers", "reopened"})

OPENED: Final = _flow(
    Of.OPENED,
    _PLACED | {"opened_at", "type", "response_in_time"},
    ("complaints", "with_target", "in_time"),
    shards=4,
)
ANSWERED: Final = _flow(
    Of.ANSWERED, _PLACED | {"opened_at", "responded_at", "first_responder_id"}, histograms=("response_seconds",)
)
ENDED: Final = _flow(
    Of.ENDED,
    _PLACED | _ENDED | _FIRST | {"resolution_in_time", "rated_at"},
    ("resolved", "with_target", "in_time", "first_contact", "reopened", "closed", "rated"),
    ("resolution_seconds",),
    shards=4,
)
REOPENED: Final = _flow(Of.REOPENED, _PLACED | {"reopened_at"})
RATED: Final = _flow(
    Of.RATED,
    _PLACED | {"rated_at", "rating", "recommends"},
    ("rating", "marked", "satisfied", "recommending", "promoters", "detractors"),
)
OPEN: Final = Fact(
    "request_open",
    "request",
    "modules.service_analysis.analysis.derived:still_open",
    dimensions=DIMENSIONS,
    pairs=PAIRS,
    watches=_PLACED | {"status"},
    shards=4,
)
"""The stock of open requests: what the backlog of a day is reckoned from, backwards."""
FACTS: Final = (OPENED, ANSWERED, ENDED, REOPENED, RATED, OPEN)

COUNTED_IN: Final[Mapping[Of, tuple[Fact, str | None]]] = {
    Of.OPENED: (OPENED, None),
    Of.ANSWERED: (ANSWERED, None),
    Of.ENDED: (ENDED, None),
    Of.RESOLVED: (ENDED, "resolved"),
    Of.REOPENED: (REOPENED, None),
    Of.RATED: (RATED, None),
}
"""The fact that counts it, and the measure that tells it from what else the fact counts."""


class By(StrEnum):
    """How long a period is."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Period:
    """A day, an ISO week (Monday to Sunday) or a month, by its name and its first and last day."""

    name: str
    first: date
    last: date


def period_of(day: date, by: By) -> Period:
    """The period that a day belongs to."""
    if by is By.DAY:
        return Period(day.isoformat(), day, day)
    if by is By.WEEK:
        monday = day - timedelta(days=day.weekday())
        year, week, _ = day.isocalendar()
        return Period(f"{year:04}-W{week:02}", monday, monday + timedelta(days=6))
    following = (day.replace(day=28) + timedelta(days=4)).replace(day=1)
    return Period(day.strftime("%Y-%m"), day.replace(day=1), following - timedelta(days=1))


def periods(first: date, last: date, by: By) -> Iterator[Period]:
    """The periods, each whole, from the one of a day to the one of another."""
    each = period_of(first, by)
    while each.first <= last:
        yield each
        each = period_of(each.last + timedelta(days=1), by)


def reach_of(day: date, months: int) -> date:
    """The first day of the month so many months before a day's."""
    for _ in range(months):
        day = period_of(day, By.MONTH).first - timedelta(days=1)
    return period_of(day, By.MONTH).first


def weekdays(first: date, last: date) -> int:
    """The days from Monday to Friday of a period."""
    days = (last - first).days + 1
    rest = sum((first + timedelta(days=each)).weekday() < _SATURDAY for each in range(days % _WEEK.days))
    return days // _WEEK.days * _SATURDAY + rest


def cut(name: str, value: str, level: int | None) -> str:
    """What a posted value is shown as: a tree's node, or at a level the branch that it belongs to."""
    if name not in TREES or not value:
        return value
    parts = value.strip("/").split("/")
    return f"/{'/'.join(parts[:level])}/" if level is not None and len(parts) >= level else value.rstrip("/")


def matches(name: str, posted: str, wanted: str) -> bool:
    """Whether a posted value is the one, or in the branch, that is asked for."""
    if name in TREES and wanted:
        return posted.startswith(wanted) if wanted.endswith("/") else posted == f"{wanted}/"
    return posted == wanted


def begins(name: str, wanted: str | None) -> str:
    """What all posted values of what is asked for begin with."""
    if not wanted:
        return ""
    return wanted if name not in TREES or wanted.endswith("/") else f"{wanted}/"


def combined(names: Iterator[str] | tuple[str, ...]) -> tuple[str, ...]:
    """Dimensions in the order in which their cells have them."""
    return tuple(sorted(set(names), key=DIMENSIONS.index))
