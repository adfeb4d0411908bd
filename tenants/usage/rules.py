"""What a log line adds to which bucket, and which lines have been counted. Pure.

Days and months are those of UTC, like the clock of the platform's bill: a tenant may change its time zone, and a line
may be counted twice by two zones' days, but not by UTC's.
"""

import json
import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final, NamedTuple

from chalicelib.modules import CORE

FLOWS: Final = (
    "api_requests",
    "events_handled",
    "messages_sent",
    "import_rows",
    "compute_ms",
    "read_units",
    "write_units",
)
"""What is summed up from lines."""
STOCKS: Final = ("records", "storage_bytes")
"""What is held: of a day and of a month the most that was found counts."""
METERS: Final = (*FLOWS, *STOCKS)

# A line may come so late and still go to its day; after that its source's note may be gone, and it is dropped.
LATE: Final = timedelta(days=7)
# A source is remembered for so long after its last line: longer than any of its lines may come late.
KNOWN: Final = timedelta(days=14)

Number = int | Decimal
Amounts = dict[str, Number]
Range = tuple[int, int]

_SOURCE: Final = re.compile(r"[0-9a-f]{32}")
_TENANT: Final = re.compile(r"tnt_[0-9A-HJKMNP-TV-Z]{26}")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_REFUSED: Final = frozenset({402, 429})
_FAILED: Final = 500
# What each sort of line counts by itself, from the field of that name; the rest is in all of them.
_LINES: Final[Mapping[str, Mapping[str, str]]] = {
    "request.served": {},
    "event.handled": {"events_handled": "events"},
    "job.step": {"import_rows": "import_rows"},
    "errand.run": {},
    "messages.sent": {"messages_sent": "messages"},
}
_SHARED: Final = ("compute_ms", "read_units", "write_units")


class Bucket(NamedTuple):
    """Whose usage, of which module, on which day."""

    tenant: str
    module: str
    day: date


@dataclass(frozen=True, slots=True)
class Line:
    """A metered log line: its identity (process and number in it), its bucket, and what it adds."""

    source: str
    number: int
    at: datetime
    bucket: Bucket
    amounts: Mapping[str, Number]


def read_line(text: str) -> Line | None:
    """The usage that a log line tells of; None for a line of another sort, of nobody, or that is damaged."""
    try:
        said = json.loads(text, parse_float=Decimal)
        own = _LINES[said["message"]]
        source, tenant = str(said["source"]), str(said["tenant"])
        if not _SOURCE.fullmatch(source) or not _TENANT.fullmatch(tenant):
            return None
        at = datetime.fromisoformat(said["at"]).astimezone(UTC)
        amounts: dict[str, Any] = {meter: said[meter] for meter in _SHARED}
        amounts |= {meter: said.get(name, 0) for meter, name in own.items()}
        if said["message"] == "request.served":
            amounts["api_requests"] = int(_is_served(int(said["status"])))
        if any(isinstance(each, bool) or not isinstance(each, int | Decimal) or each < 0 for each in amounts.values()):
            return None
        kept = {meter: amount for meter, amount in amounts.items() if amount}
        return Line(source, int(said["line"]), at, Bucket(tenant, str(said["unit"]) or CORE, at.date()), kept)
    except (ValueError, KeyError, TypeError, ArithmeticError):
        return None


def _is_served(status: int) -> bool:
    """Nobody pays for being turned away by a limit, nor for a failure of ours."""
    return status not in _REFUSED and status < _FAILED


def sums(lines: Iterable[Line]) -> dict[Bucket, Amounts]:
    """What lines add up to."""
    found: dict[Bucket, Amounts] = {}
    for line in lines:
        bucket = found.setdefault(line.bucket, {})
        for meter, amount in line.amounts.items():
            bucket[meter] = bucket.get(meter, 0) + amount
    return found


def recount(texts: Iterable[str]) -> dict[Bucket, Amounts]:
    """What raw log lines add up to, each counted once, however often and in whatever order it comes.

    The buckets must say the same, to the unit (all lines being in time).
    """
    distinct = {(line.source, line.number): line for text in texts if (line := read_line(text))}
    return sums(distinct.values())


# -- which numbers of a source have been counted


def holds(ranges: list[Range], number: int) -> bool:
    """Whether sorted, separate ranges hold the number."""
    place = bisect_right(ranges, (number, float("inf"))) - 1
    return place >= 0 and ranges[place][0] <= number <= ranges[place][1]


def joined(ranges: Iterable[Range], numbers: Iterable[int]) -> list[Range]:
    """Ranges with some numbers more: sorted, and as few as possible."""
    found: list[Range] = []
    for first, last in sorted([*ranges, *((each, each) for each in numbers)]):
        if found and first <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(found[-1][1], last))
        else:
            found.append((first, last))
    return found


# -- periods


def written_day(text: str) -> str:
    """A day as it is written, ``2026-03-01``. Raises ValueError for other ways to write one."""
    if not _DAY.fullmatch(text):
        raise ValueError(text)
    return text


def month_of(day: date) -> str:
    """The month of a day, ``2026-03``."""
    return day.strftime("%Y-%m")


def month_days(month: str) -> list[date]:
    """All days of a month. Raises ValueError for a text that is none."""
    first = datetime.strptime(month, "%Y-%m").replace(tzinfo=UTC).date()
    after = next_month(first)
    return [first + timedelta(days=number) for number in range((after.date() - first).days)]


def next_month(day: date) -> datetime:
    """The instant at which the month after a day's begins."""
    first = day.replace(day=1)
    after = (first + timedelta(days=32)).replace(day=1)
    return datetime(after.year, after.month, after.day, tzinfo=UTC)


# -- quotas

NEARLY: Final = 80
WHOLLY: Final = 100


def threshold(used: Number, limit: int) -> int:
    """The percentage of a quota that has been passed: 100, 80, or 0 below that."""
    if used >= limit:
        return WHOLLY
    return NEARLY if used * 100 >= limit * NEARLY else 0


def exact(stored: float) -> Number:
    """A number as the store gives it: capacity units come in halves, which floats hold."""
    return int(stored) if int(stored) == stored else Decimal(str(stored))


def plain(values: Mapping[str, Any]) -> dict[str, int | float]:
    """Amounts as JSON numbers: whole ones without a point."""
    return {name: int(value) if int(value) == value else float(value) for name, value in values.items()}
