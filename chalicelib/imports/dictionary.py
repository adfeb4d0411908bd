"""The description of a file's columns that often comes with it: another CSV, in whatever encoding. Pure."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from chalicelib.imports.cells import same

# A dictionary describes some hundred columns in a line each; what is longer is none.
MOST_BYTES: Final = 256 * 1024
_NAMES: Final = frozenset(
    {"field", "fieldname", "column", "columnname", "name", "variable", "attribute", "字段", "列名"}
)
_DESCRIPTIONS: Final = frozenset({"description", "meaning", "definition", "comment", "说明", "描述", "含义"})


@dataclass(frozen=True, slots=True)
class Entry:
    """What a dictionary says of one column: its name written out, and its meaning."""

    name: str
    description: str


def entries(content: bytes) -> Mapping[str, Entry]:
    """The entries by ``same`` of their names; the first one of a name counts. No bytes raise anything.

    What is not UTF-8 is read as Windows-1252: only quotes and accents of descriptions can come out wrong.
    """
    try:
        rows = list(csv.reader(io.StringIO(_decoded(content), newline="")))
    except csv.Error:
        return {}
    header = [same(cell) for cell in rows[0]] if rows else []
    name_at, text_at = _place(header, _NAMES, 0), _place(header, _DESCRIPTIONS, len(header) - 1)
    found: dict[str, Entry] = {}
    for row in rows[1:]:
        if len(row) > max(name_at, text_at) and (key := same(row[name_at])):
            found.setdefault(key, Entry(row[name_at].strip(), row[text_at].strip()))
    return found


def _place(header: Sequence[str], names: frozenset[str], otherwise: int) -> int:
    return next((place for place, cell in enumerate(header) if cell in names), max(otherwise, 0))


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")
