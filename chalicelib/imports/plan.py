"""From a mapping to what is done with each row: which cell is which value, and what is wrong with it. Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from chalicelib.imports.dates import ISO, TIME, instant
from chalicelib.imports.suggest import CUSTOM
from chalicelib.imports.target import Field, OwnField
from chalicelib.imports.values import CellRefused, FieldType, Meaning, is_negative
from chalicelib.modules import Text
from chalicelib.problems import FieldError

NEGATIVE: Final = "negative"
_NEGATIVE_TEXT: Final = Text("This is below zero.", "该值为负数。")
_PLACES: Final = re.compile(r"/\d+(?=/|$)")


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong, or worth a look, in a row: its column (None: the row), a stable code and what it is."""

    column: str | None
    code: str
    detail: Text


@dataclass(frozen=True, slots=True)
class PlannedColumn:
    """One column that is loaded."""

    place: int
    column: str
    field: str
    meaning: Meaning
    warn_if_negative: bool = False
    new: bool = False

    def written(self) -> dict[str, Any]:
        """The column in JSON values."""
        meaning = self.meaning
        return {
            "place": self.place,
            "column": self.column,
            "field": self.field,
            "type": meaning.type.value,
            "words": dict(meaning.words),
            "options": list(meaning.options),
            "form": meaning.form,
            "swapped": meaning.swapped,
            "warn": self.warn_if_negative,
            "new": self.new,
        }

    @classmethod
    def read(cls, written: Mapping[str, Any]) -> "PlannedColumn":
        """The column that was written so."""
        form, swapped = written.get("form", ISO), written.get("swapped", False)
        meaning = Meaning(FieldType(written["type"]), written["words"], tuple(written["options"]), form, swapped)
        return cls(written["place"], written["column"], written["field"], meaning, written["warn"], written["new"])


@dataclass(slots=True)
class Parsed:
    """A row's values by field, and what was found in it. An empty cell gives no value: it leaves what is there."""

    values: dict[str, Any] = field(default_factory=dict)
    errors: list[Finding] = field(default_factory=list)
    warnings: list[Finding] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Plan:
    """All that a row's fate depends on beside the store."""

    columns: tuple[PlannedColumn, ...]
    mode: str
    key: str | None
    system: str
    currency: str
    constants: Mapping[str, Any] = field(default_factory=dict)
    """Values by field, the same for each row."""
    zone: str = "UTC"
    """Where the clocks of the file hang: the tenant's time zone."""
    instants: tuple[str, ...] = ()
    """The fields that hold one; a time of day in another column is joined to it."""

    def parse(self, cells: Sequence[str]) -> Parsed:
        """The row's values; cells are taken without the blanks around them."""
        parsed = Parsed(dict(self.constants))
        for each in self.columns:
            cell = cells[each.place].strip()
            if not cell:
                continue
            try:
                value = each.meaning.value(cell, self.currency)
            except CellRefused as refused:
                parsed.errors.append(Finding(each.column, refused.code, refused.detail))
                continue
            parsed.values[each.field] = value
            if each.warn_if_negative and is_negative(value):
                parsed.warnings.append(Finding(each.column, NEGATIVE, _NEGATIVE_TEXT))
        for name in self.instants:
            at = parsed.values.pop(name + TIME, None)
            if name in parsed.values:
                parsed.values[name] = instant(parsed.values[name], at, self.zone)
        if self.key and self.key not in parsed.values and not parsed.errors:
            text = Text(f"This row has no {self.key} to be found by.", f"该行缺少用于匹配的 {self.key}。")
            parsed.errors.append(Finding(self.column_of(self.key), "missing_key", text))
        return parsed

    def column_of(self, name: str) -> str | None:
        """The column that fills the field."""
        return next((each.column for each in self.columns if each.field == name), None)

    def located(self, error: FieldError) -> Finding:
        """A use case's error as one of the row's: «/addresses/0/city» is what fills «addresses.city»."""
        path = _PLACES.sub("", error.pointer).strip("/").replace("/", ".")
        return Finding(self.column_of(path), error.code, error.detail)


def meaning_of(target: Field, values: Mapping[str, Any], form: str = ISO, *, swapped: bool = False) -> Meaning:
    """What cells mean in a field of the module's own."""
    known = {cell.casefold(): value for value, cells in target.words.items() for cell in (value, *cells)}
    return Meaning(target.type, known | _folded(values), tuple(target.words), form, swapped)


def own_meaning(own: OwnField, values: Mapping[str, Any], form: str = ISO, *, swapped: bool = False) -> Meaning:
    """What cells mean in a field of the tenant's own."""
    return Meaning(own.type, _folded(values), own.options, form, swapped)


def _folded(values: Mapping[str, Any]) -> dict[str, Any]:
    return {cell.casefold(): value for cell, value in values.items()}


def is_own(name: str) -> bool:
    """Whether the field is one that tenants declare."""
    return name.startswith(CUSTOM)


def without_new(columns: Iterable[PlannedColumn], values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of fields that there are already."""
    new = {each.field for each in columns if each.new}
    return {name: value for name, value in values.items() if name not in new}
