"""Cells as text: names compared, and what a spreadsheet would run kept from running. Pure."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import Final

# OWASP, CSV Injection: cells that begin with these are run as formulas. A plain number or phone number is none.
_RUNS: Final = re.compile(r"'*[=+\-@\t\r]")
_QUOTED: Final = re.compile(r"'+[=+\-@\t\r]")
_NUMBER: Final = re.compile(r"[+-]?\d+(\.\d+)?")
_WORDS: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
LONGEST_NAME: Final = 59  # of the 64 of a custom field's name; the rest tells columns of one name apart


def escaped(cell: str) -> str:
    """The cell with an apostrophe in front if a spreadsheet would run it."""
    return f"'{cell}" if _RUNS.match(cell) and not _NUMBER.fullmatch(cell) else cell


def unescaped(cell: str) -> str:
    """The cell without the apostrophe that ``escaped`` has put in front: what we wrote comes back as it was."""
    return cell[1:] if cell[:1] == "'" and _QUOTED.match(cell) else cell


def csv_text(rows: Iterable[Sequence[str]]) -> str:
    """The rows as CSV (RFC 4180), safe to open in a spreadsheet."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows([escaped(cell) for cell in row] for row in rows)
    return text.getvalue()


def same(name: str) -> str:
    """What two spellings of a name have in common: letters and digits of any script, in lower case."""
    return "".join(each for each in name.casefold() if each.isalnum())


def snake_case(name: str) -> str:
    """«MultipleLines» → multiple_lines, «Zip Code » → zip_code; a name without Latin letters gives an empty text."""
    words = re.sub(r"[^a-z0-9]+", "_", _WORDS.sub("_", name.strip()).lower()).strip("_")
    return words[:LONGEST_NAME] if words[:1].isalpha() else ""
