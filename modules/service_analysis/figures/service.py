"""Use cases of figures: read sums, make figures of them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from typing import Final

from chalicelib.after_write import Fact
from chalicelib.call import Call
from chalicelib.counters.postings import COUNT
from chalicelib.imports.cells import csv_text
from chalicelib.web.results import Plain
from modules.service_analysis.analysis import errors
from modules.service_analysis.analysis.rules import ENDED, FACTS, OPEN, OPENED, By, Period, period_of, periods, reach_of
from modules.service_analysis.analysis.service import (
    Asked,
    Read,
    Values,
    by_months,
    read,
    read_stock,
    today,
    working_days,
)
from modules.service_analysis.comparisons.rules import references
from modules.service_analysis.figures.rules import (
    BACKLOG,
    ERROR,
    SHOWN,
    Figures,
    backlogs,
    comparison,
    figures_of,
    gone_by,
    months_compared,
)
from modules.service_analysis.figures.schemas import ComparedOut, FigureRow, ServiceFiguresOut

BACK: Final = 24
"""Months that the backlog is reckoned back from now; of what ended before, none is told."""
BOM: Final = "\ufeff"  # spreadsheets take a file without it for one of their own code page
FLOWS: Final = (OPENED, ENDED)
_FACTS: Final[Mapping[str, Fact]] = {each.name: each for each in FACTS}


def wanted_figures(show: str | None) -> tuple[str, ...]:
    """The figures that are named, in their own order; all without a name. Raises InvalidParameter."""
    named = {each.strip() for each in show.split(",")} if show else set(SHOWN)
    if not named <= set(SHOWN):
        raise errors.no_figure(tuple(SHOWN))
    return tuple(each for each in SHOWN if each in named)


def figures(call: Call, asked: Asked, show: str | None, *, compare: bool = False) -> ServiceFiguresOut:
    """The figures of the asked periods. Raises InvalidParameter.

    One query for each fact and month; the backlog needs those of the months since as well, and one for what is open
    now; a comparison those of the months that are compared with.
    """
    wanted = wanted_figures(show)
    if compare and asked.by is not By.MONTH:
        raise errors.only_by_month()
    found = Read()
    facts = list(dict.fromkeys(each.name for name in wanted for each in SHOWN[name]))
    read(call.store, asked, map(_FACTS.__getitem__, facts), found)
    if compare:
        read(call.store, by_months(asked, months_compared(asked.periods)), map(_FACTS.__getitem__, facts), found)
    open_then = _backlog(call, asked, found) if BACKLOG in wanted else {}
    seen = {values for fact, _, values in found.sums} if asked.over else {()}
    answer = _Answer(call, found, wanted, open_then)
    rows = []
    for period in asked.periods:
        for values in sorted(seen):
            made = answer.figures(period.name, values)
            if not asked.over or any(made.values()):
                rows.append(answer.row(period, values, made, compare=compare))
    return ServiceFiguresOut(
        by=asked.by.value,
        over=list(asked.over),
        time_zone=call.tenant.time_zone,
        percentile_error=ERROR,
        counted_at=found.counted_at,
        items=rows,
    )


def figures_csv(answer: ServiceFiguresOut, show: str | None) -> Plain:
    """The figures as a table: RFC 4180, in UTF-8 as spreadsheets know it."""
    shown = wanted_figures(show)
    compared_with = ("before", "year_before") if any(each.before is not None for each in answer.items) else ()
    columns = [f"{name}_{side}_{part}" for side in compared_with for name in shown for part in ("base", "percent")]
    rows = [["period", "first", "last", *answer.over, *shown, *columns]]
    for each in answer.items:
        beside: dict[str, Mapping[str, ComparedOut]] = {
            "before": each.before or {},
            "year_before": each.year_before or {},
        }
        rows.append(
            [
                each.period,
                each.first.isoformat(),
                each.last.isoformat(),
                *(value or "" for value in each.values),
                *(_cell(each.figures.get(name)) for name in shown),
                *(
                    _cell(getattr(beside[side].get(name), part, None))
                    for side in compared_with
                    for name in shown
                    for part in ("base", "percent")
                ),
            ]
        )
    return as_csv(rows, "figures")


def as_csv(rows: Sequence[Sequence[str]], name: str) -> Plain:
    """Rows as a file that spreadsheets open, and run nothing of."""
    disposition = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return Plain(BOM + csv_text(rows), "text/csv; charset=utf-8", disposition)


@dataclass(frozen=True, slots=True)
class _Answer:
    """What has been read, and which figures are wanted of it."""

    call: Call
    found: Read
    wanted: tuple[str, ...]
    open_then: Mapping[tuple[str, Values], int]

    def figures(self, period: str, values: Values) -> Figures:
        """The figures of one period and one set of values."""
        sums = self.found.sums
        made = figures_of({each: sums[each, period, values] for each in _FACTS if (each, period, values) in sums})
        return {name: self.open_then.get((period, values)) if name == BACKLOG else made[name] for name in self.wanted}

    def row(self, period: Period, values: Values, made: Figures, *, compare: bool) -> FigureRow:
        """They, beside those of the months that they are compared with."""
        sides = (
            [self.against(period, values, made, each) for each in references(period.name)] if compare else [None] * 2
        )
        return FigureRow(
            period=period.name,
            first=period.first,
            last=period.last,
            values=[each or None for each in values],
            figures=made,
            before=sides[0],
            year_before=sides[1],
        )

    def against(self, period: Period, values: Values, made: Figures, month: str) -> dict[str, ComparedOut]:
        """Each figure against another month's, for the same number of working days."""
        other = period_of(date.fromisoformat(f"{month}-01"), By.MONTH)
        now = gone_by(period, today(self.call))
        days = [working_days(self.call, each.first, each.last) for each in (now, other)]
        told = comparison(made, self.figures(month, values), *days)
        return {name: ComparedOut(**asdict(each)) for name, each in told.items()}


def _backlog(call: Call, asked: Asked, found: Read) -> dict[tuple[str, Values], int]:
    """What was open at the end of each asked period, under each value; nothing of periods too far back.

    ``found`` has what was opened and what ended in these periods.
    """
    now = today(call)
    known = [each for each in asked.periods if each.last >= reach_of(now, BACK) and each.first <= now]
    if not known:
        return {}
    read_stock(call.store, asked, OPEN, found)
    later = Read()
    month = period_of(known[-1].last, By.MONTH)
    if known[-1].last < min(month.last, now):
        rest = tuple(periods(known[-1].last + timedelta(days=1), month.last, By.DAY))
        read(call.store, replace(asked, by=By.DAY, periods=rest), FLOWS, later)
    if month.last < now:
        since = tuple(periods(month.last + timedelta(days=1), now, By.MONTH))
        read(call.store, replace(asked, by=By.MONTH, periods=since), FLOWS, later)
    told: dict[tuple[str, Values], int] = {}
    everything: set[Values] = set() if asked.over else {()}
    for values in everything | {values for _, _, values in (*found.sums, *later.sums)}:
        grown = sum(_grown(later, name, values) for name in {name for _, name, _ in later.sums})
        flows = [_grown(found, each.name, values) for each in known]
        left = backlogs(_count(found, OPEN.name, "", values), flows, grown)
        told |= {(each.name, values): open_ for each, open_ in zip(known, left, strict=True)}
    return told


def _grown(read_: Read, period: str, values: Values) -> int:
    return _count(read_, OPENED.name, period, values) - _count(read_, ENDED.name, period, values)


def _count(read_: Read, fact: str, period: str, values: Values) -> int:
    return int(read_.sums.get((fact, period, values), {}).get(COUNT, 0))


def _cell(value: float | None) -> str:
    if value is None:
        return ""
    return str(int(value)) if float(value).is_integer() else str(value)
