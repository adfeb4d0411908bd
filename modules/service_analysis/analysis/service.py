"""What is asked of the figures, and the sums that answer it: as many queries as facts and months, never more."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from chalicelib.after_write import Fact
from chalicelib.call import Call
from chalicelib.counters.listing import months_between
from chalicelib.counters.postings import Number
from chalicelib.counters.reading import Stretch, cells, countable
from chalicelib.modules import Text
from chalicelib.store.store import Store
from modules.service_analysis.analysis import errors
from modules.service_analysis.analysis.rules import (
    DIMENSIONS,
    By,
    Period,
    begins,
    combined,
    cut,
    matches,
    period_of,
    periods,
    weekdays,
)

MOST: Final[Mapping[By, int]] = {By.DAY: 400, By.WEEK: 104, By.MONTH: 24}
DEFAULT: Final[Mapping[By, timedelta]] = {
    By.DAY: timedelta(days=29),
    By.WEEK: timedelta(weeks=12),
    By.MONTH: timedelta(days=334),
}
_UNITS: Final = {By.DAY: Text("days", "天"), By.WEEK: Text("weeks", "周"), By.MONTH: Text("months", "个月")}
MOST_ROWS: Final = 10_000
"""Of sums that are held at once: an answer of 6 MB (AWS, Lambda) has room for as many."""
_A_MONTH: Final = len("2015-04")
_MOST_DIMENSIONS: Final = 2

Values = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """Which periods, over which dimensions, and of which values alone. ``depth`` is how far trees are told apart."""

    by: By
    periods: tuple[Period, ...]
    over: tuple[str, ...] = ()
    where: Mapping[str, str] = field(default_factory=dict)
    depth: int | None = None

    @property
    def first(self) -> date:
        """The first day."""
        return self.periods[0].first

    @property
    def last(self) -> date:
        """The last day."""
        return self.periods[-1].last

    @property
    def names(self) -> tuple[str, ...]:
        """The dimensions of the cells that are read."""
        return combined((*self.over, *self.where))

    def group(self, values: Values) -> Values | None:
        """What a cell of these values is shown under; None for one that is not asked for."""
        of = dict(zip(self.names, values, strict=True))
        if not all(matches(name, of[name], wanted) for name, wanted in self.where.items()):
            return None
        return tuple(cut(name, of[name], self.depth) for name in self.over)


@dataclass(slots=True)
class Read:
    """Sums by fact, period and values, and when the last of them was posted."""

    sums: dict[tuple[str, str, Values], dict[str, Number]] = field(default_factory=dict)
    counted_at: datetime | None = None

    def add(self, at: tuple[str, str, Values], amounts: Mapping[str, Number], counted_at: datetime) -> None:
        """Add a cell. Raises InvalidParameter when there are more sums than an answer has room for."""
        found = self.sums.setdefault(at, {})
        for name, amount in amounts.items():
            found[name] = found.get(name, 0) + amount
        self.counted_at = max(self.counted_at, counted_at) if self.counted_at else counted_at
        if len(self.sums) > MOST_ROWS:
            raise errors.too_many_rows(MOST_ROWS)


def today(call: Call) -> date:
    """The tenant's day."""
    return call.now.astimezone(ZoneInfo(call.tenant.time_zone)).date()


def working_days(call: Call, first: date, last: date) -> int:
    """The working days of a period: Monday to Friday."""
    del call
    return weekdays(first, last)


def span(call: Call, by: By, first: str | None, last: str | None) -> tuple[Period, ...]:
    """The periods from a month or day to another one, each whole; by default the latest. Raises InvalidParameter."""
    end = _day(last, ending=True) if last else max(today(call), _day(first) if first else today(call))
    start = _day(first) if first else end - min(DEFAULT[by], end - date.min)
    if start > end:
        raise errors.backwards()
    # Asked first: who wants a thousand years of days is refused before they are made.
    if (end - start).days > MOST[By.DAY] * 2:
        raise errors.too_long(MOST[by], _UNITS[by])
    found = tuple(periods(start, end, by))
    if len(found) > MOST[by]:
        raise errors.too_long(MOST[by], _UNITS[by])
    return found


def ask(
    call: Call, wanted: tuple[Period, ...], by: By, over: str, where: Mapping[str, str | None], depth: int | None
) -> Asked:
    """The question, checked. Raises InvalidParameter, TotalNotAvailable for who sees nothing but their own."""
    be_countable(call)
    names = tuple(each.strip() for each in over.split(",")) if over else ()
    if len(set(names)) < len(names) or not set(names) <= set(DIMENSIONS):
        raise errors.no_dimension(DIMENSIONS)
    asked = Asked(by, wanted, names, {name: each for name, each in where.items() if each is not None}, depth)
    if len(asked.names) > _MOST_DIMENSIONS:
        raise errors.too_many_dimensions()
    if len(asked.names) == _MOST_DIMENSIONS and by is not By.MONTH:
        raise errors.only_by_month()
    return asked


def be_countable(call: Call) -> None:
    """Refuse who sees nothing but their own. Raises TotalNotAvailable."""
    if not countable(call.store.scope):
        raise errors.no_totals()


def read(store: Store, asked: Asked, facts: Iterable[Fact], into: Read | None = None) -> Read:
    """The sums of these facts in the asked periods: a query for each fact and month."""
    found = into or Read()
    for fact in facts:
        for stretch in _stretches(fact, asked):
            for each in cells(store, stretch):
                values = asked.group(each.values)
                if values is not None:
                    name = period_of(date.fromisoformat(each.day), asked.by).name if each.day else stretch.period
                    found.add((fact.name, name, values), each.amounts, each.counted_at)
    return found


def read_stock(store: Store, asked: Asked, fact: Fact, into: Read) -> None:
    """The sums of a stock as it is now, under no period: one query."""
    for each in cells(store, Stretch(fact.name, asked.names, begins=_begins(asked))):
        values = asked.group(each.values)
        if values is not None:
            into.add((fact.name, "", values), each.amounts, each.counted_at)


def by_months(asked: Asked, months: Iterable[str]) -> Asked:
    """The same question of these months."""
    found = tuple(period_of(date.fromisoformat(f"{each}-01"), By.MONTH) for each in months)
    return replace(asked, by=By.MONTH, periods=found)


def _stretches(fact: Fact, asked: Asked) -> Iterable[Stretch]:
    if asked.by is By.MONTH:
        for each in asked.periods:
            yield Stretch(fact.name, asked.names, each.name, begins=_begins(asked))
        return
    days = asked.first.isoformat(), asked.last.isoformat()
    for month in months_between(asked.first, asked.last):
        yield Stretch(fact.name, asked.names, month, days, _begins(asked))


def _begins(asked: Asked) -> str:
    return begins(asked.names[0], asked.where.get(asked.names[0])) if asked.names else ""


def _day(text: str, *, ending: bool = False) -> date:
    try:
        if len(text) > _A_MONTH:
            return date.fromisoformat(text)
        month = period_of(date.fromisoformat(f"{text}-01"), By.MONTH)
    except (ValueError, OverflowError) as error:
        raise errors.no_day(text) from error
    return month.last if ending else month.first
