"""Which column fills which field: by names, by synonyms, by what the cells look like, with the dictionary's help. Pure.

Every suggestion says why it was made and how sure it is; a person decides.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from chalicelib.imports.cells import same, snake_case
from chalicelib.imports.date_columns import DatesFound
from chalicelib.imports.dates import TIME
from chalicelib.imports.dictionary import Entry
from chalicelib.imports.target import Field, OwnField
from chalicelib.imports.values import DATED, MOST_WORDS, NO, YES, FieldType, inferred
from chalicelib.modules import Text

CUSTOM: Final = "custom."
# Charges are not negative; a credit that was booked as one is worth a look and no reason to lose the customer.
_MONEY: Final = ("charge", "fee", "price", "amount", "revenue", "refund", "cost", "bill", "payment", "balance", "arpu")
_MONEY_ZH: Final = ("费", "金额", "价", "收入", "账单", "余额")
# Nearly all: a feed has its slips.
_MOST: Final = 0.95
_OURS: Final = "_"  # columns of our own files of rejected rows


class Reason(StrEnum):
    """Why a column was given to a field."""

    NAME = "name"
    SYNONYM = "synonym"
    OWN_FIELD = "own_field"
    DICTIONARY = "dictionary"
    CELLS = "cells"
    NEW_FIELD = "new_field"
    KEPT_OUT = "kept_out"


REASONS: Final[Mapping[Reason, Text]] = {
    Reason.NAME: Text("The column has the field's name.", "列名与字段名相同。"),
    Reason.SYNONYM: Text("The column's name is known for this field.", "列名是该字段的常见名称。"),
    Reason.OWN_FIELD: Text("You have a custom field of this name.", "已有同名的自定义字段。"),
    Reason.DICTIONARY: Text("The dictionary calls it so.", "数据字典如此说明。"),
    Reason.CELLS: Text("The cells look like it.", "单元格内容与该字段相符。"),
    Reason.NEW_FIELD: Text("No field fits: a new custom field.", "没有匹配的字段：将新建自定义字段。"),
    Reason.KEPT_OUT: Text("Kept out.", "不导入。"),
}
_SURE: Final[Mapping[Reason, float]] = {
    Reason.NAME: 1.0,
    Reason.OWN_FIELD: 1.0,
    Reason.SYNONYM: 0.95,
    Reason.DICTIONARY: 0.8,
    Reason.NEW_FIELD: 0.7,
    Reason.CELLS: 0.6,
    Reason.KEPT_OUT: 0.5,
}


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Where a column goes (None: nowhere), what its cells mean there, and how that was found."""

    field: str | None
    reason: Reason
    values: Mapping[str, Any]
    new: OwnField | None = None
    warn_if_negative: bool = False
    date_form: str | None = None
    """How the column's dates are written, where it goes to a field of dates and one reading is left."""

    @property
    def confidence(self) -> float:
        """From 0 to 1."""
        return _SURE[self.reason]


@dataclass(frozen=True, slots=True)
class Sample:
    """The cells that were looked at, by column; ``whole`` when they are all of the file."""

    cells: Mapping[str, Sequence[str]]
    whole: bool


def suggest(
    sample: Sample,
    fields: Sequence[Field],
    own: Sequence[OwnField] | None,
    dictionary: Mapping[str, Entry],
    ignored: frozenset[str] = frozenset(),
    dates: Mapping[str, DatesFound] | None = None,
) -> dict[str, Suggestion]:
    """A suggestion for each column, in the file's order. No field is given twice: the surest column has it.

    ``own`` are the tenant's own fields, None when it can't have any; ``ignored`` columns are kept out; ``dates`` is
    what was found in columns of dates.
    """
    dates = dates or {}
    free = {each.name: each for each in fields}
    kept_out = Suggestion(None, Reason.KEPT_OUT, {})
    made = {column: kept_out for column in sample.cells if column.startswith(_OURS) or column in ignored}
    for reason in (Reason.NAME, Reason.SYNONYM, Reason.DICTIONARY, Reason.CELLS):
        for column, cells in sample.cells.items():
            if column in made:
                continue
            if reason is Reason.CELLS and _own_named(column, own, dictionary):
                continue
            if found := next((each for each in free.values() if _fits(reason, column, cells, each, dictionary)), None):
                del free[found.name]
                money = found.type is FieldType.MONEY
                form = _form(found.type, dates.get(column))
                made[column] = Suggestion(
                    found.name, reason, _words(found, cells), warn_if_negative=money, date_form=form
                )
    made = {column: each for column, each in made.items() if not _lacks_date(each, made)}
    taken: set[str] = set()
    types = {CUSTOM + each.name: each.type for each in own or ()}
    for number, (column, cells) in enumerate(sample.cells.items(), 1):
        if column not in made:
            kind = _kind(cells, dates.get(column), whole=sample.whole)
            into = _own(column, number, kind, own, dictionary, taken)
            type_there = into.new.type if into.new else types.get(into.field or "")
            made[column] = replace(into, date_form=_form(type_there, dates.get(column)))
            taken.add(made[column].field or "")
    return {column: made[column] for column in sample.cells}


def _fits(reason: Reason, column: str, cells: Sequence[str], field: Field, dictionary: Mapping[str, Entry]) -> bool:
    if field.key and field.looks_like and not _looks_like(field, [cell for cell in cells if cell]):
        return False
    titles = {same(field.titles.en), same(field.titles.zh)}
    name, names = same(column), {same(field.name), same(field.name.rpartition(".")[2])} | titles
    synonyms = {same(each) for each in field.synonyms}
    match reason:
        case Reason.NAME:
            return name in names
        case Reason.SYNONYM:
            return name in synonyms
        case Reason.DICTIONARY:
            entry = dictionary.get(name)
            return entry is not None and _leading(entry.description) in names | synonyms
        case _:
            return _looks_like(field, [cell for cell in cells if cell])


def _leading(description: str) -> str:
    """What a description says first: «The zip code of the customer's residence» → zipcode."""
    head = description.partition(" of ")[0].partition(",")[0].partition("，")[0].strip()
    return same(head.removeprefix("The ").removeprefix("A "))


def _looks_like(field: Field, filled: Sequence[str]) -> bool:
    if not filled:
        return False
    if field.looks_like is not None:
        return sum(map(field.looks_like, filled)) >= _MOST * len(filled)
    known = _known_words(field)
    distinct = {each.casefold() for each in filled}
    # One word alone says nothing; yes and no say too little.
    return len(distinct) > 1 and distinct <= known.keys() and not distinct <= YES | NO


def _known_words(field: Field) -> dict[str, Any]:
    return {cell.casefold(): value for value, cells in field.words.items() for cell in (value, *cells)}


def _words(field: Field, cells: Sequence[str]) -> dict[str, Any]:
    """The cells of this column that the field has other words for: Stayed → active."""
    known = _known_words(field)
    seen = Counter(cell for cell in cells if cell)
    return (
        {cell: known[cell.casefold()] for cell, _ in seen.most_common(MOST_WORDS) if cell.casefold() in known}
        if known
        else {}
    )


def _own_named(column: str, own: Sequence[OwnField] | None, dictionary: Mapping[str, Entry]) -> OwnField | None:
    entry = dictionary.get(same(column))
    names = {same(column.removeprefix(CUSTOM)), same(entry.name) if entry else ""} - {""}
    return next((each for each in own or () if names & {same(each.name), same(each.title)}), None)


def _own(
    column: str,
    number: int,
    kind: tuple[FieldType, tuple[str, ...]],
    own: Sequence[OwnField] | None,
    dictionary: Mapping[str, Entry],
    taken: set[str],
) -> Suggestion:
    entry = dictionary.get(same(column))
    if own is None:
        return Suggestion(None, Reason.KEPT_OUT, {})
    money = _is_money(f"{column} {entry.name if entry else ''}")
    if (there := _own_named(column, own, dictionary)) and CUSTOM + there.name not in taken:
        warned = money and there.type in {FieldType.NUMBER, FieldType.MONEY}
        return Suggestion(CUSTOM + there.name, Reason.OWN_FIELD, {}, warn_if_negative=warned)
    title = entry.name if entry else column
    name = snake_case(title) or f"column_{number}"  # no Latin letters
    if CUSTOM + name in taken or any(each.name == name for each in own):
        name = f"{name}_{number}"
    new = OwnField(name, *kind, title)
    return Suggestion(CUSTOM + name, Reason.NEW_FIELD, {}, new, money and new.type is FieldType.NUMBER)


def _lacks_date(suggestion: Suggestion, made: Mapping[str, Suggestion]) -> bool:
    """Whether it is a time of day, and no column has the date."""
    name = suggestion.field or ""
    return name.endswith(TIME) and all(each.field != name.removesuffix(TIME) for each in made.values())


def _kind(cells: Sequence[str], dates: DatesFound | None, *, whole: bool) -> tuple[FieldType, tuple[str, ...]]:
    """The type of a new field: dates in any form, if all cells are dates without a time of day."""
    if dates and dates.form and not dates.timed and dates.readings[0].rows == dates.rows:
        return FieldType.DATE, ()
    return inferred(cells, whole=whole)


def _form(kind: FieldType | None, dates: DatesFound | None) -> str | None:
    return dates.form if dates and kind in DATED else None


def _is_money(name: str) -> bool:
    return any(word in name.casefold() for word in (*_MONEY, *_MONEY_ZH))
