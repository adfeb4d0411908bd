"""From a cell to a value of a type, and from a column's cells to the type that fits them. Pure."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from chalicelib.imports.dates import ISO, date_of, moment, time_of_day
from chalicelib.modules import Text


class FieldType(StrEnum):
    """What a field holds."""

    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    DATETIME = "datetime"
    """An instant; a field ``<name>.time`` may have its time of day."""
    TIME = "time"
    """A time of day, of the field before ``.time``."""
    ENUM = "enum"
    MULTI_ENUM = "multi_enum"
    MONEY = "money"
    LIST = "list"
    REFERENCE = "reference"


DATED: Final = frozenset({FieldType.DATE, FieldType.DATETIME})
# Not 00501, which is a code, nor more digits than a double holds.
_NUMBER: Final = re.compile(r"-?(0|[1-9]\d{0,14})(\.\d{1,15})?")
_CURRENCY: Final = re.compile(r"[A-Z]{3}")
YES: Final = frozenset({"yes", "y", "true", "1", "是", "有"})
NO: Final = frozenset({"no", "n", "false", "0", "否", "无"})
SEPARATOR: Final = ";"
"""Between several values of one cell, in exports too."""

NO_NUMBER: Final = "number_expected"
NO_BOOLEAN: Final = "boolean_expected"
NO_DATE: Final = "date_expected"
NO_TIME: Final = "time_expected"
UNKNOWN_VALUE: Final = "unknown_value"

# An enum has few words, each of them often: otherwise it is free text.
MOST_WORDS: Final = 20
LEAST_USES: Final = 5
LONGEST_WORD: Final = 60
# In a part of the file a word that was seen thrice or less may be one of many that were not.
_RARE: Final = 3


class CellRefused(ValueError):
    """A cell that is no value of its field: a stable code and what is wrong."""

    def __init__(self, code: str, detail: Text) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a column's cells mean. ``words`` are cells, case-folded, and the values that they stand for.

    ``form`` is how its dates are written (dates.py), ``swapped`` whether day and month changed places in them where the
    day is 12 or less (swapped.py).
    """

    type: FieldType
    words: Mapping[str, Any]
    options: tuple[str, ...] = ()
    form: str = ISO
    swapped: bool = False

    def value(self, cell: str, currency: str) -> Any:  # noqa: PLR0911 - one return per type reads best
        """The value of a cell that is not empty. Raises CellRefused."""
        if (known := self.words.get(cell.casefold())) is not None:
            return known
        match self.type:
            case FieldType.NUMBER:
                return _number(cell)
            case FieldType.MONEY:
                return _money(cell, currency)
            case FieldType.BOOLEAN:
                return _boolean(cell)
            case FieldType.DATE | FieldType.DATETIME | FieldType.TIME:
                return self._in_time(cell)
            case FieldType.ENUM:
                return _option(cell, self.options)
            case FieldType.MULTI_ENUM:
                return [_option(each, self.options) for each in several(cell)]
            case FieldType.LIST:
                return several(cell)
            case _:
                return cell

    def _in_time(self, cell: str) -> str:
        if self.type is FieldType.TIME:
            return _readable(time_of_day(cell), _NO_TIME)
        if self.type is FieldType.DATETIME:
            return _readable(moment(cell, self.form, swapped=self.swapped), _no_date(self.form))
        # A date in ISO has all its zeros.
        day = date_of(cell, self.form, swapped=self.swapped) if self.form != ISO or is_date(cell) else None
        return _readable(day.isoformat() if day else None, _no_date(self.form))


def several(cell: str) -> list[str]:
    """The values of a cell that holds several."""
    return [part for each in cell.split(SEPARATOR) if (part := each.strip())]


def _number(cell: str) -> int | float:
    if not _NUMBER.fullmatch(cell):
        raise CellRefused(NO_NUMBER, Text("A number, like 12 or -3.5.", "应为数字，例如 12 或 -3.5。"))
    return float(cell) if "." in cell else int(cell)


def _money(cell: str, currency: str) -> dict[str, str]:
    amount, _, own = cell.partition(" ")
    _number(amount if not own or _CURRENCY.fullmatch(own) else cell)
    return {"amount": amount, "currency": own or currency}


def _boolean(cell: str) -> bool:
    word = cell.casefold()
    if word not in YES | NO:
        raise CellRefused(NO_BOOLEAN, Text("Yes or no.", "应为是或否。"))
    return word in YES


_NO_TIME: Final = (NO_TIME, Text("A time of day, like 15:53 or 3:53:50 PM.", "应为时刻，例如 15:53 或 3:53:50 PM。"))


def _no_date(form: str) -> tuple[str, Text]:
    known = form.replace("%Y", "YYYY").replace("%y", "YY").replace("%m", "MM").replace("%d", "DD")
    known = known.replace("%b", "Mon").replace("%B", "Month")
    return NO_DATE, Text(f"A date, {known}.", f"应为日期 {known}。")


def _readable(value: str | None, wanted: tuple[str, Text]) -> str:
    if value is None:
        raise CellRefused(*wanted)
    return value


def _option(cell: str, options: tuple[str, ...]) -> str:
    if cell in options:
        return cell
    found = [each for each in options if each.casefold() == cell.casefold()]
    if len(found) != 1:
        few = ", ".join(options[:MOST_WORDS])
        raise CellRefused(UNKNOWN_VALUE, Text(f"One of: {few}.", f"应为以下之一：{few}。"))
    return found[0]


def is_negative(value: Any) -> bool:
    """Whether a number, or an amount of money, is below zero."""
    if isinstance(value, dict):
        return str(value.get("amount", "")).startswith("-")
    return isinstance(value, int | float) and value < 0


def inferred(cells: Sequence[str], *, whole: bool) -> tuple[FieldType, tuple[str, ...]]:
    """The type that all cells of a column fit (empty ones fit every type), and an enum's options.

    ``whole``: these are all cells of the file, so that no other word will come.
    """
    seen = Counter(cell for cell in cells if cell)
    filled = sum(seen.values())
    if not filled:
        return FieldType.TEXT, ()
    if all(_NUMBER.fullmatch(cell) for cell in seen):
        return FieldType.NUMBER, ()
    if all(cell.casefold() in (YES | NO) - {"1", "0"} for cell in seen):
        return FieldType.BOOLEAN, ()
    if all(is_date(cell) for cell in seen):
        return FieldType.DATE, ()
    few = (
        len(seen) <= MOST_WORDS
        and filled >= LEAST_USES * len(seen)
        and len({each.casefold() for each in seen}) == len(seen)
    )
    wordy = all(len(cell) <= LONGEST_WORD for cell in seen) and not all(cell.isdigit() for cell in seen)
    if few and wordy and (whole or min(seen.values()) > _RARE):
        return FieldType.ENUM, tuple(sorted(seen))
    return FieldType.TEXT, ()


def is_date(cell: str) -> bool:
    """Whether a cell is a date, YYYY-MM-DD."""
    day = date_of(cell, ISO)
    return day is not None and day.isoformat() == cell
