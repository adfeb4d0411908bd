"""The rows of a sheet as a stream: from its beginning, or on from a place that an earlier reading has come to.

A place is the byte of the unpacked part at which a row begins. Reading on unpacks what stands before without looking
at it (a hundred times as fast as reading), and gives expat the part's head in front of the row.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Final

from chalicelib.modules import Text
from chalicelib.spreadsheets import values
from chalicelib.spreadsheets.errors import WorkbookError, corrupt
from chalicelib.spreadsheets.package import part
from chalicelib.spreadsheets.workbook import Sheet, Workbook
from chalicelib.spreadsheets.xml import CHUNK, MOST_TOKEN, Parser, local

# Excel specifications and limits.
MOST_ROWS: Final = 1_048_576
MOST_COLUMNS: Final = 16_384
# A row that holds more is no record (chalicelib/imports/reader.py says 64 KB): its further cells are left out.
MOST_ROW_TEXT: Final = 128 * 1024


@dataclass(frozen=True, slots=True)
class Place:
    """Where a reading has come to: the byte at which the last row begins, its number, and the length of the head."""

    byte: int
    row: int
    head: int


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A row with its number as people see it, its cells as text up to the last one that is not empty."""

    number: int
    cells: list[str]
    place: Place


def rows(book: Workbook, sheet: Sheet, place: Place | None = None) -> Iterator[SheetRow]:
    """The rows behind a place, or all. Rows without any text come without cells. Raises WorkbookError."""
    with part(book.package, sheet.path) as stream:
        reading = _Reading(book)
        if place is not None:
            reading.resume(stream, place)
        while chunk := stream.read(CHUNK):
            reading.parser.feed(chunk)
            while reading.found:
                row = reading.found.popleft()
                if place is None or row.number > place.row:
                    yield row


class _Reading:
    """What expat tells, made rows. It is asked millions of times: what is known of a cell stands in plain fields."""

    def __init__(self, book: Workbook) -> None:
        self._book = book
        self.parser = Parser(self._start, self._end, self._text)
        self.found: deque[SheetRow] = deque()
        self._head = 0
        self._shift = 0
        self._number = 0
        self._begun = 0
        self._cells: list[str] = []
        self._size = 0
        self._column = self._next_column = self._style = 0
        self._kind = "n"
        self._texts: list[str] = []
        self._names: dict[str, str] = {}
        self._taking = self._reading_aid = False
        self._columns: dict[str, int] = {}

    def resume(self, stream: IO[bytes], place: Place) -> None:
        """Go to a place: expat is given the part's head, and what follows stands behind it."""
        if place.head > MOST_TOKEN:
            raise corrupt()
        self.parser.feed(stream.read(place.head))
        left = place.byte - place.head
        while left > 0 and (skipped := len(stream.read(min(left, CHUNK)))):
            left -= skipped
        self._head, self._shift = place.head, place.byte - place.head
        self._number = place.row - 1

    def _start(self, name: str, given: dict[str, str]) -> None:
        kind = self._names.get(name) or self._names.setdefault(name, local(name))
        if kind == "c":
            self._begin_cell(given)
        elif kind == "v":
            self._taking = True
        elif kind == "t":
            self._taking = not self._reading_aid
        elif kind == "rPh":
            self._reading_aid = True
        elif kind == "row":
            self._begun = self.parser.at + self._shift
            self._head = self._head or self._begun
            self._number = _number(given["r"]) if "r" in given else self._number + 1
            if not 0 < self._number <= MOST_ROWS:
                raise corrupt()
            self._cells, self._size, self._next_column = [], 0, 0

    def _end(self, name: str) -> None:
        kind = self._names[name]
        if kind == "c":
            self._end_cell()
        elif kind in {"v", "t"}:
            self._taking = False
        elif kind == "rPh":
            self._reading_aid = False
        elif kind == "row":
            place = Place(self._begun, self._number, self._head)
            self.found.append(SheetRow(self._number, self._cells, place))
            self._cells = []

    def _text(self, text: str) -> None:
        if self._taking and self._size <= MOST_ROW_TEXT:
            self._size += len(text)
            self._texts.append(text)

    def _begin_cell(self, given: dict[str, str]) -> None:
        reference = given.get("r")
        self._column = self._column_of(reference) if reference else self._next_column
        if self._column >= MOST_COLUMNS:
            raise WorkbookError(Text("This sheet has too many columns.", "该工作表的列过多。"))
        self._next_column = self._column + 1
        self._kind = given.get("t", "n")
        style = given.get("s")
        self._style = _number(style) if style else 0

    def _end_cell(self) -> None:
        if not self._texts:
            return
        text = self._value("".join(self._texts))
        self._texts.clear()
        if self._kind == "s":
            self._size += len(text)
        if not text or self._size > MOST_ROW_TEXT + MOST_TOKEN:
            return
        cells, column = self._cells, self._column
        if column == len(cells):
            cells.append(text)
        elif column > len(cells):
            cells.extend([""] * (column - len(cells)))
            cells.append(text)
        else:
            raise corrupt()

    def _value(self, text: str) -> str:
        if self._kind == "s":
            return self._book.strings[_number(text)]
        if self._kind == "n":
            formats = self._book.formats
            shown = formats[self._style] if self._style < len(formats) else values.AS_IS
            return values.number(text.strip(), shown, from_1904=self._book.from_1904)
        if self._kind == "b":
            return "TRUE" if text.strip() == "1" else "FALSE"
        return values.unescaped(text)

    def _column_of(self, reference: str) -> int:
        letters = reference.rstrip("0123456789")
        known = self._columns.get(letters)
        if known is None:
            if not letters.isascii() or not letters.isalpha() or len(letters) > 3:  # noqa: PLR2004 - XFD is the last
                raise corrupt()
            known = -1
            for each in letters.upper():
                known = (known + 1) * 26 + ord(each) - ord("A")
            self._columns[letters] = known
        return known


def _number(text: str) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise corrupt() from error
