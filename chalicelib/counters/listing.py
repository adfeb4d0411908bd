"""From a cell to its records: what was posted of a flow, by month and day (chalicelib/counters/records.py)."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from chalicelib.counters.postings import Posting
from chalicelib.counters.reading import visible
from chalicelib.counters.records import Posted
from chalicelib.modules import Index
from chalicelib.store import keys
from chalicelib.store.keys import Key
from chalicelib.store.store import Store

# As a list that no index answers (chalicelib/store/lists.py): at most so many notes are read for one page.
MAX_SCANNED: Final = 1000
CHUNK: Final = 250
MONTHS: Final = 12


@dataclass(frozen=True, slots=True)
class Asked:
    """The postings of a fact from one day to another for which ``holds``, ``limit`` a page."""

    fact: str
    first: date
    last: date
    holds: Callable[[Posting], bool]
    limit: int


@dataclass(frozen=True, slots=True)
class PostedPage:
    """The keys of the records that posted, by day; where to go on; and whether the reading ended before the page."""

    places: list[Key]
    position: dict[str, Any] | None
    truncated: bool = False


def posted(store: Store, asked: Asked, start: Mapping[str, Any] | None = None) -> PostedPage:
    """A page of the records whose postings a cell counts, in what the store's scope shows.

    Read from the same notes as cells are made of, so a record is in the list exactly if it is in the cell.
    """
    found: list[Key] = []
    months = [each for each in months_between(asked.first, asked.last) if not start or each >= start["month"]]
    scanned = 0
    for month in months:
        within: Mapping[str, Any] | None = start.get("at") if start and start["month"] == month else None
        while True:
            items, within = store.query(
                keys.posted(store.boundary, asked.fact, month),
                between=keys.between_days(asked.first.isoformat(), asked.last.isoformat()),
                index=Index.STATE,
                limit=CHUNK,
                start=within,
            )
            for item in items:
                scanned += 1
                posting = item.posting() if isinstance(item, Posted) else None
                if posting is not None and visible(store.scope, posting.unit_path) and asked.holds(posting):
                    found.append(keys.headed(item.stands_at()))
                if len(found) == asked.limit:
                    return PostedPage(found, {"month": month, "at": _position(item)})
            if within is None:
                break
            if scanned >= MAX_SCANNED:
                return PostedPage(found, {"month": month, "at": dict(within)}, truncated=True)
    return PostedPage(found, None)


def months_between(first: date, last: date) -> Iterator[str]:
    """The months (YYYY-MM) from the one of a day to the one of another."""
    for at in range(first.year * MONTHS + first.month - 1, last.year * MONTHS + last.month):
        yield f"{at // MONTHS:04}-{at % MONTHS + 1:02}"


def _position(item: Any) -> dict[str, Any]:
    raw = item.raw()
    return {name: raw[name] for name in ("pk", "sk", f"{Index.STATE}pk", f"{Index.STATE}sk")}
