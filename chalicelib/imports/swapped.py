"""Whether day and month changed places in a column of dates, and how they go back. Pure.

A program that expects the month first reads 4 August as 8 April when it meets 04-08; 22-04 has one reading only. So in
a file that went through it, the day and the month of every date are swapped whose day is 12 or less, and of no other.
Days above 12 then say in which months the file really lies, and those of 12 or less are strewn over the whole year,
with days that are month numbers there:

    22-04, 23-05, 29-06  …  stand where they happened: April to June
    04-08, 05-01, 06-12  …  stand in August, January and December, and only on the 4th, 5th and 6th

Put back, they fall between the others. What is claimed is what chance can't have done; a file over all months of a year
has no gap to fall into, and nothing is claimed of it. Ticket numbers that rise with the date are further evidence, and
those that would no longer rise are evidence against it.
"""

import re
from bisect import bisect_left, bisect_right, insort
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from chalicelib.modules import Text

MONTHS: Final = 12

# Fewer dates are looked at by a person faster than they are explained to one.
LEAST_ROWS: Final = 50
# Some dates of a file are mistyped: so many may lie apart.
APART: Final = 0.01
# In ten months, the longest range that can be told, every sixth date of day 12 or less lies outside it.
LEAST_OUTSIDE: Final = 0.1
# That the days of dates which lie anyhow are all numbers of the same few months: one in a million is no chance.
CHANCE: Final = 1e-6
# Numbers that contradict a quarter of the dates either way do not count up with them.
NO_ORDER: Final = 0.25
# Pairs of rows, of a hundred, whose dates are not in the order of their numbers: so many are disorder, so few are none.
DISORDER: Final = 0.02
ORDER: Final = 0.005

# As many digits as a cell's number has (values.py).
_NUMBER: Final = re.compile(r"[0-9]{1,15}")

BY_GAPS: Final = 0.9
BY_GAPS_AND_ORDER: Final = 0.99


@dataclass(frozen=True, slots=True)
class Swapped:
    """That day and month are swapped wherever the day is 12 or less, and why we think so.

    ``share``: of the readable dates, how many the repair changes (0 to 1); ``rows`` is their number. ``first`` and
    ``last`` are where the dates lie once repaired, but for what lies apart. ``confidence`` is from 0 to 1.
    """

    rows: int
    share: float
    first: date
    last: date
    evidence: tuple[Text, ...]
    confidence: float


def repaired(day: date) -> date:
    """The date with day and month put back; one whose day is above 12 was not touched. Twice, it is the date again."""
    return date(day.year, day.day, day.month) if day.day <= MONTHS else day


def read(cells: Sequence[str], form: str) -> list[date | None]:
    """The dates of a column's cells in a format of ``datetime.strptime`` (``%d-%m-%y``); None for what is none."""
    known = {cell: _read(cell, form) for cell in set(cells)}
    return [known[cell] for cell in cells]


def find(days: Sequence[date | None], numbers: Sequence[str] | None = None) -> Swapped | None:
    """Whether day and month of a column's dates are swapped where the day is 12 or less; None: nothing says so.

    ``days`` are as the file has them, ``numbers`` the cells of a column that counts up, row by row the same; cells that
    are no date or no number are passed over.
    """
    found = [day for day in days if day is not None]
    sure = sorted(day for day in found if day.day > MONTHS)
    doubtful = [day for day in found if day.day <= MONTHS]
    if len(found) < LEAST_ROWS or not sure or not doubtful:
        return None
    span = _Span.of(sure)
    outside = [day for day in doubtful if not span.holds(day)]
    back = [repaired(day) for day in doubtful]
    if not _falls_into(span, sure, doubtful, back) or len(outside) < LEAST_OUTSIDE * len(doubtful):
        return None
    before, after = _disorder(days, numbers) if numbers is not None else (0.0, 0.0)
    if after > max(before, ORDER) and before <= NO_ORDER:
        return None
    ordered = before >= DISORDER and after <= ORDER
    whole = sorted(day for day in (*sure, *back) if span.holds(day))
    changed = sum(day.day != day.month for day in doubtful)
    return Swapped(
        rows=changed,
        share=changed / len(found),
        first=whole[0],
        last=whole[-1],
        evidence=(
            *_said(whole, doubtful, sum(not span.holds(day) for day in back)),
            *([_said_of_order(before, after)] if ordered else []),
        ),
        confidence=BY_GAPS_AND_ORDER if ordered else BY_GAPS,
    )


@dataclass(frozen=True, slots=True)
class _Span:
    """From when until when a file lies, as the days say that have one reading."""

    first: date
    last: date

    @classmethod
    def of(cls, sure: Sequence[date]) -> "_Span":
        """Whole months: before the 13th nothing is sure, nor between the last month's end and the next one's 13th."""
        apart = int(len(sure) * APART / 2)
        first, last = sure[apart], sure[-1 - apart]
        year, month = divmod(last.year * MONTHS + last.month, MONTHS)
        return cls(first.replace(day=1), date(year, month + 1, MONTHS) if year <= date.max.year else date.max)

    def holds(self, day: date) -> bool:
        return self.first <= day <= self.last


def _falls_into(span: _Span, sure: Sequence[date], doubtful: Sequence[date], back: Sequence[date]) -> bool:
    """Whether the dates, put back, lie among the sure ones, and neither chance nor a habit of dates explains that."""
    inside = [day for day in back if span.holds(day)]
    if len(back) - len(inside) > APART * len(back):
        return False
    different = len(set(doubtful))
    # A month has three days above 12 for every two below: a file of first days of months is not of this kind.
    if len(set(sure)) < different:
        return False
    months = {day.month for day in (*sure, *inside) if span.holds(day)}
    return (len(months) / MONTHS) ** different <= CHANCE


def _disorder(days: Sequence[date | None], numbers: Sequence[str]) -> tuple[float, float]:
    """The share of pairs of rows whose dates contradict their numbers, as they stand and put back."""
    rows = sorted(
        (int(number), day)
        for day, number in zip(days, numbers, strict=True)
        if day is not None and _NUMBER.fullmatch(number)
    )
    return _contradicting([day for _, day in rows]), _contradicting([repaired(day) for _, day in rows])


def _contradicting(days: Sequence[date]) -> float:
    """Of the pairs of different dates, the share of those whose later one comes first; of falling numbers the rest."""
    seen: list[date] = []
    rising = falling = 0
    for day in days:
        rising += bisect_left(seen, day)
        falling += len(seen) - bisect_right(seen, day)
        insort(seen, day)
    return min(rising, falling) / (rising + falling) if rising + falling else 0.0


def _said(whole: Sequence[date], doubtful: Sequence[date], apart: int) -> tuple[Text, ...]:
    first, last = f"{whole[0]:%Y-%m}", f"{whole[-1]:%Y-%m}"
    outside = [day for day in doubtful if not first <= f"{day:%Y-%m}" <= last]
    seen = Counter(day.day for day in outside)
    usual = sorted(day for day, count in seen.items() if count > APART * len(outside))
    days = ", ".join(map(str, usual))
    rest = (
        Text("all dates lie", "全部日期都落")
        if not apart
        else Text(f"all dates but {apart} lie", f"除 {apart} 个外全部日期都落")
    )
    return (
        Text(
            f"Days above 12 occur from {first} to {last} only; {len(outside)} dates with days to 12 lie outside.",
            f"大于 12 的日只出现在 {first} 至 {last}；另有 {len(outside)} 个日不大于 12 的日期落在此范围之外。",
        ),
        Text(
            f"Outside, the days are only {days}: the numbers of the months inside.",
            f"范围之外的日只有 {days}，正是范围之内的月份数。",
        ),
        Text(
            f"With day and month put back, {rest.en} between {whole[0]} and {whole[-1]}.",
            f"日月对调还原后，{rest.zh}在 {whole[0]} 至 {whole[-1]} 之间。",
        ),
    )


def _said_of_order(before: float, after: float) -> Text:
    return Text(
        f"Of pairs of numbers, {before:.1%} contradict their dates as they stand, and {after:.1%} once put back.",
        f"按现有日期，{before:.1%} 的编号对与日期先后矛盾；还原后为 {after:.1%}。",
    )


def _read(cell: str, form: str) -> date | None:
    try:
        return datetime.strptime(cell.strip(), form).date()  # noqa: DTZ007 - a day has no time zone
    except ValueError:
        return None
