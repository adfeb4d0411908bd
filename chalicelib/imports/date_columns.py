"""In which form a column's dates are written, and whether day and month are swapped there: what a sample says. Pure.

22-04-15 can be read as day, month, year or as year, month, day. All cells together mostly have one reading; where two
are left, and nothing but the order of day and month tells them apart, a person decides.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import chain
from typing import Any, Final

from chalicelib.imports import swapped
from chalicelib.imports.dates import date_of, parted
from chalicelib.modules import Text

# A feed has its slips: so many of a column's cells are dates, and so many of those that can be read at all in any way.
MOST: Final = 0.95
ALL_BUT_SLIPS: Final = 0.99
# A reading that takes the year for a day spreads what lies together over decades.
WIDER: Final = 4
_SHAPES: Final = 3
_YEAR_DIGITS: Final = 4
_DATE: Final = re.compile(
    r"(\d{1,4}|[A-Za-z]{3,9})([-/. ,年]{1,2})(\d{1,2}|[A-Za-z]{3,9})([-/. ,月]{1,2})(\d{1,4})(日?)"
)
_SOLID: Final = re.compile(r"(?:19|20)\d{6}")


@dataclass(frozen=True, slots=True)
class Reading:
    """How many cells a form reads, and where they lie then."""

    form: str
    rows: int
    first: date
    last: date

    @property
    def span(self) -> timedelta:
        """From the first to the last day."""
        return self.last - self.first


@dataclass(frozen=True, slots=True)
class Swap:
    """What says that day and month are swapped where the day is 12 or less, and where the dates lie as they stand."""

    found: swapped.Swapped
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class DatesFound:
    """What a column of dates looks like. ``form`` is None while several ``readings`` are left: that is a question.

    ``timed`` of the ``rows`` cells that are not empty have a time of day, too. The readings come with the likeliest
    first; ``why`` says what speaks for it.
    """

    rows: int
    timed: int
    form: str | None
    readings: tuple[Reading, ...]
    why: tuple[Text, ...]
    swap: Swap | None = None


def look(cells: Sequence[str]) -> DatesFound | None:
    """What the cells of a column, without blanks around them, say of its dates; None for other columns."""
    parts = [parted(cell) for cell in cells if cell]
    days = Counter(day for day, _ in parts)
    if not days or sum(count for day, count in days.items() if _shaped(day)) < MOST * len(parts):
        return None
    readings = sorted(filter(None, (_reading(days, form) for form in _candidates(days))), key=lambda each: -each.rows)
    if not readings or readings[0].rows < MOST * len(parts):
        return None
    possible = sorted(
        (each for each in readings if each.rows >= ALL_BUT_SLIPS * readings[0].rows), key=lambda each: each.span
    )
    possible = [each for each in possible if not _same_but_spelt_out(each, possible)]
    best = possible[0]
    left = [each for each in possible if each is best or _rivals(best, each)]
    why = [_unread(each, len(parts)) for each in readings if each not in possible]
    why += [_spread(each) for each in (possible if len(possible) > 1 else ())]
    return DatesFound(
        rows=len(parts),
        timed=sum(at is not None for _, at in parts),
        form=best.form if len(left) == 1 else None,
        readings=tuple(left),
        why=tuple(why),
    )


def dates_in(columns: Mapping[str, Sequence[str]]) -> dict[str, DatesFound]:
    """What the cells of each column of dates say, by column."""
    return {name: found for name, cells in columns.items() if (found := look(cells))}


def with_swaps(
    found: Mapping[str, DatesFound], columns: Mapping[str, Sequence[str]], numbers: Sequence[str] | None
) -> dict[str, DatesFound]:
    """The same with what says that day and month are swapped; ``numbers`` are cells of a column that may count up."""
    return {name: _with_swap(each, columns[name], numbers) for name, each in found.items()}


def _with_swap(found: DatesFound, cells: Sequence[str], numbers: Sequence[str] | None) -> DatesFound:
    if found.form is None:
        return found
    days = swapped.read([parted(cell)[0] for cell in cells], found.form)
    swap = swapped.find(days, numbers)
    known = [day for day in days if day is not None]
    return replace(found, swap=Swap(swap, min(known), max(known))) if swap else found


def written(found: DatesFound) -> dict[str, Any]:
    """What was found, in JSON values."""
    kept: dict[str, Any] = {
        "rows": found.rows,
        "form": found.form,
        "readings": [
            {"form": each.form, "rows": each.rows, "first": each.first.isoformat(), "last": each.last.isoformat()}
            for each in found.readings
        ],
        "why": [[each.en, each.zh] for each in found.why],
    }
    if found.swap:
        swap = found.swap.found
        kept["swap"] = {
            "rows": swap.rows,
            "share": round(swap.share, 6),
            "first": found.swap.first.isoformat(),
            "last": found.swap.last.isoformat(),
            "first_repaired": swap.first.isoformat(),
            "last_repaired": swap.last.isoformat(),
            "confidence": swap.confidence,
            "evidence": [[each.en, each.zh] for each in swap.evidence],
        }
    return kept


def is_question(kept: Mapping[str, Any] | None) -> bool:
    """Whether several readings are left of what was found in a column."""
    return kept is not None and kept["form"] is None


def _shaped(day: str) -> bool:
    return bool(_DATE.fullmatch(day) or _SOLID.fullmatch(day))


def _candidates(days: Counter[str]) -> list[str]:
    """The forms that the commonest shapes of cells can be in."""
    shapes: Counter[tuple[str, ...]] = Counter()
    for day, count in days.items():
        shapes[_shape(day)] += count
    return list(dict.fromkeys(chain.from_iterable(_forms(shape) for shape, _ in shapes.most_common(_SHAPES))))


def _shape(day: str) -> tuple[str, ...]:
    """What stands in the three places of a date (a year of four digits, a word, a number), and what between them."""
    found = _DATE.fullmatch(day)
    if found is None:
        return ("solid",)
    one, first, two, second, three, last = found.groups()
    kinds = [
        "word" if each[0].isalpha() else "year" if len(each) == _YEAR_DIGITS else "number" for each in (one, two, three)
    ]
    return (*kinds, first, second, last)


_ORDERS: Final[Mapping[tuple[str, ...], tuple[tuple[str, str, str], ...]]] = {
    ("number", "number", "number"): (("d", "m", "y"), ("m", "d", "y"), ("y", "m", "d")),
    ("number", "number", "year"): (("d", "m", "Y"), ("m", "d", "Y")),
    ("year", "number", "number"): (("Y", "m", "d"),),
    ("number", "word", "number"): (("d", "b", "y"), ("d", "B", "y"), ("y", "b", "d"), ("y", "B", "d")),
    ("number", "word", "year"): (("d", "b", "Y"), ("d", "B", "Y")),
    ("year", "word", "number"): (("Y", "b", "d"), ("Y", "B", "d")),
    ("word", "number", "number"): (("b", "d", "y"), ("B", "d", "y")),
    ("word", "number", "year"): (("b", "d", "Y"), ("B", "d", "Y")),
}


def _forms(shape: tuple[str, ...]) -> list[str]:
    if shape == ("solid",):
        return ["%Y%m%d"]
    first, second, last = shape[3:]
    return [f"%{one}{first}%{two}{second}%{three}{last}" for one, two, three in _ORDERS.get(shape[:3], ())]


def _reading(days: Counter[str], form: str) -> Reading | None:
    found = [(known, count) for day, count in days.items() if (known := date_of(day, form))]
    if not found:
        return None
    all_days = [day for day, _ in found]
    return Reading(form, sum(count for _, count in found), min(all_days), max(all_days))


def _same_but_spelt_out(each: Reading, others: Sequence[Reading]) -> bool:
    """A May is as long in full."""
    return "%B" in each.form and any(other.form == each.form.replace("%B", "%b") for other in others)


def _rivals(best: Reading, other: Reading) -> bool:
    """Whether the other reading is left: by the order of day and month alone, or lying as close together."""
    year = best.form.casefold().index("%y")
    return other.form.casefold().index("%y") == year or other.span < WIDER * max(best.span, timedelta(days=1))


def _unread(each: Reading, rows: int) -> Text:
    missing = rows - each.rows
    return Text(
        f"{missing} of {rows} cells can't be read as {each.form}.",
        f"{rows} 个值中有 {missing} 个不能按 {each.form} 读取。",
    )


def _spread(each: Reading) -> Text:
    return Text(
        f"Read as {each.form}, the dates lie between {each.first} and {each.last}.",
        f"按 {each.form} 读取时，日期在 {each.first} 至 {each.last} 之间。",
    )
