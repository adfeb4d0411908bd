"""Rows out of a file, as a stream: from any row's first byte on, with memory for one row, whatever the file's size.

RFC 4180 with the delimiters of real feeds. A row that can't be read is a row with a fault and never an exception.
"""

import csv
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from io import BufferedReader
from typing import Any, Final

from chalicelib.imports.cells import unescaped
from chalicelib.imports.encodings import BOM, Encoding, mark_of

DELIMITERS: Final = ",;\t|"
# A record holds at most 64 KB (architecture.md, Data): a longer row can't become one.
MOST_ROW_BYTES: Final = 64 * 1024
# An exporter's header; a line of 64 KB holds no more columns that anybody could map.
MOST_COLUMNS: Final = 200
_LINE_ENDS: Final = {Encoding.UTF_16_LE: b"\n\0", Encoding.UTF_16_BE: b"\0\n"}

MALFORMED, NOT_IN_ENCODING, ROW_TOO_LARGE = "malformed_row", "not_in_encoding", "row_too_large"


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the line it begins in (1 is the header's), its cells, the byte behind it, and what is wrong with it."""

    line: int
    cells: tuple[str, ...]
    end: int
    next_line: int
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class Layout:
    """How a file is to be read: its columns in order, each name once; text, or a ``sheet`` of a workbook.

    ``start`` is the byte behind a text's header, ``line`` the line behind it.
    """

    delimiter: str
    columns: tuple[str, ...]
    start: int
    line: int
    encoding: Encoding = Encoding.UTF_8
    sheet: str | None = None

    def written(self) -> dict[str, Any]:
        """The layout in JSON values."""
        return {
            "delimiter": self.delimiter,
            "columns": list(self.columns),
            "start": self.start,
            "line": self.line,
            "encoding": self.encoding.value,
            "sheet": self.sheet,
        }

    @classmethod
    def read(cls, written: Mapping[str, Any]) -> "Layout":
        """The layout that was written so; one from before there were others is a text's in UTF-8."""
        encoding = Encoding(written.get("encoding", Encoding.UTF_8))
        columns = tuple(written["columns"])
        return cls(written["delimiter"], columns, written["start"], written["line"], encoding, written.get("sheet"))


class CsvReader:
    """Delimited text in any of our encodings, quoted as RFC 4180 says, quoted line ends too."""

    def layout(self, stream: BufferedReader, encoding: Encoding) -> Layout:
        """The header's columns: named once each, an empty one by its place. Raises ValueError."""
        marked = mark_of(stream.peek(len(BOM))[: len(BOM)])
        skipped = marked[1] if marked else 0
        stream.read(skipped)
        first = stream.peek(MOST_ROW_BYTES)[:MOST_ROW_BYTES].decode(encoding, "replace").split("\n", 1)[0]
        delimiter = max(DELIMITERS, key=lambda each: (first.count(each), -DELIMITERS.index(each)))
        header = next(self._read(stream, delimiter, encoding, skipped, 1), None)
        if header is None or header.fault or len(header.cells) > MOST_COLUMNS:
            raise ValueError(header.fault if header else "empty")
        return Layout(delimiter, named_once(header.cells), header.end, header.next_line, encoding)

    def rows(self, stream: BufferedReader, layout: Layout, start: int, line: int) -> Iterator[Row]:
        """The rows from byte ``start`` on, where ``stream`` stands and ``line`` begins. Blank lines are no rows.

        One with another number of cells than the header has is malformed.
        """
        for row in self._read(stream, layout.delimiter, layout.encoding, start, line):
            yield row if row.fault else fitted(row, len(layout.columns))

    def _read(self, stream: BufferedReader, delimiter: str, encoding: Encoding, start: int, line: int) -> Iterator[Row]:
        lines = _Lines(stream, encoding)
        while True:
            table = csv.reader(lines, delimiter=delimiter)
            try:
                cells = next(table)
            except StopIteration:
                return
            except csv.Error:
                # An open quote has swallowed what follows: only its own line is lost.
                fault: str | None = MALFORMED
                cells = [lines.keep_first()]
            else:
                fault = lines.fault
            start, begun, line = start + lines.bytes, line, line + lines.count
            lines.settle()
            if cells or fault:
                yield Row(begun, tuple(map(unescaped, cells)), start, line, fault)


class _Lines:
    """Gives csv.reader one line at a time, and knows which ones its last record took."""

    def __init__(self, stream: BufferedReader, encoding: Encoding) -> None:
        self._stream = stream
        self._encoding = encoding
        self._readline = _two_bytes(stream, encoding) if encoding in _LINE_ENDS else stream.readline
        self._line_end = _LINE_ENDS.get(encoding, b"\n")
        self._taken: list[bytes] = []
        self._back: deque[bytes] = deque()
        self.bytes = self.count = 0
        self.fault: str | None = None

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        raw = self._back.popleft() if self._back else self._readline(MOST_ROW_BYTES)
        if not raw:
            raise StopIteration
        if self.bytes + len(raw) > MOST_ROW_BYTES and self._taken:
            self._back.appendleft(raw)
            raise csv.Error
        self._taken.append(raw)
        self.bytes += len(raw)
        self.count += 1
        if len(raw) >= MOST_ROW_BYTES and not raw.endswith(self._line_end):
            self._skip_line()
            return ""
        try:
            return raw.decode(self._encoding)
        except UnicodeDecodeError:
            self.fault = NOT_IN_ENCODING
            return raw.decode(self._encoding, "replace")

    def keep_first(self) -> str:
        """Give back all lines of the record but the first one, whose text this is."""
        self._back.extendleft(reversed(self._taken[1:]))
        self._taken = self._taken[:1]
        self.bytes, self.count = len(self._taken[0]), 1
        return self._taken[0].decode(self._encoding, "replace").rstrip("\r\n")

    def settle(self) -> None:
        """The record has been dealt with."""
        self._taken = []
        self.bytes = self.count = 0
        self.fault = None

    def _skip_line(self) -> None:
        self.fault = ROW_TOO_LARGE
        more = b" "
        while more and not more.endswith(self._line_end):
            more = self._readline(MOST_ROW_BYTES)
            self.bytes += len(more)


def _two_bytes(stream: BufferedReader, encoding: Encoding) -> Callable[[int], bytes]:
    """``readline`` for text of two bytes a unit: 0x0A is half of many a character."""
    last = _LINE_ENDS[encoding].index(b"\n")

    def readline(most: int) -> bytes:
        line = bytearray()
        while len(line) < most:
            line += stream.readline(most - len(line))
            if len(line) % 2 == 1 and last == 0:
                line += stream.read(1)
            if len(line) % 2 == 0 and line.endswith(_LINE_ENDS[encoding]):
                break
            if not stream.peek(1):
                break
        return bytes(line)

    return readline


def fitted(row: Row, width: int) -> Row:
    """The row, with a fault when it has another number of cells than the header has."""
    if len(row.cells) == width:
        return row
    return replace(row, fault="row_too_short" if len(row.cells) < width else "row_too_long")


def named_once(cells: Iterable[str]) -> tuple[str, ...]:
    """The columns of a header, each name once; one that has none is named by its place."""
    names: list[str] = []
    for number, cell in enumerate(cells, 1):
        name = wanted = cell.strip() or f"column {number}"
        again = 1
        while name in names:
            again += 1
            name = f"{wanted} ({again})"
        names.append(name)
    return tuple(names)
