"""Rows out of a file, as a stream: from any row's first byte on, with memory for one row, whatever the file's size.

RFC 4180 with the delimiters of real feeds. A row that can't be read is a row with a fault and never an exception.
"""

import csv
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BufferedReader
from typing import Any, Final, Protocol

from chalicelib.imports.cells import unescaped

BOM: Final = b"\xef\xbb\xbf"
DELIMITERS: Final = ",;\t|"
# A record holds at most 64 KB (architecture.md, Data): a longer row can't become one.
MOST_ROW_BYTES: Final = 64 * 1024
# An exporter's header; a line of 64 KB holds no more columns that anybody could map.
MOST_COLUMNS: Final = 200

MALFORMED, NOT_UTF8, ROW_TOO_LARGE = "malformed_row", "not_utf8", "row_too_large"


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
    """How a file is to be read: its format, and its columns in order, each name once."""

    delimiter: str
    columns: tuple[str, ...]
    start: int
    line: int

    def written(self) -> dict[str, Any]:
        """The layout in JSON values."""
        return {"delimiter": self.delimiter, "columns": list(self.columns), "start": self.start, "line": self.line}

    @classmethod
    def read(cls, written: Mapping[str, Any]) -> "Layout":
        """The layout that was written so."""
        return cls(written["delimiter"], tuple(written["columns"]), written["start"], written["line"])


class Reader(Protocol):
    """A format. TSV, XLSX and GB18030 get one each beside CsvReader."""

    def layout(self, stream: BufferedReader) -> Layout:
        """How the file is to be read, from its beginning. Raises ValueError for one without a header."""
        ...

    def rows(self, stream: BufferedReader, layout: Layout, start: int, line: int) -> Iterator[Row]:
        """The rows from byte ``start`` on, where ``stream`` stands and ``line`` begins. Blank lines are no rows."""
        ...


class CsvReader:
    """Delimited text in UTF-8, with or without a byte-order mark, quoted as RFC 4180 says, quoted line ends too."""

    def layout(self, stream: BufferedReader) -> Layout:
        """The header's columns: named once each, an empty one by its place. Raises ValueError."""
        head = stream.peek(len(BOM))[: len(BOM)]
        skipped = len(BOM) if head == BOM else 0
        stream.read(skipped)
        first = stream.peek(MOST_ROW_BYTES)[:MOST_ROW_BYTES].split(b"\n", 1)[0].decode("utf-8", "replace")
        delimiter = max(DELIMITERS, key=lambda each: (first.count(each), -DELIMITERS.index(each)))
        header = next(self._read(stream, delimiter, skipped, 1), None)
        if header is None or header.fault or len(header.cells) > MOST_COLUMNS:
            raise ValueError(header.fault if header else "empty")
        return Layout(delimiter, _named_once(header.cells), header.end, header.next_line)

    def rows(self, stream: BufferedReader, layout: Layout, start: int, line: int) -> Iterator[Row]:
        """The rows from byte ``start`` on. One with another number of cells than the header has is malformed."""
        width = len(layout.columns)
        for row in self._read(stream, layout.delimiter, start, line):
            if row.fault is None and len(row.cells) != width:
                fault = "row_too_short" if len(row.cells) < width else "row_too_long"
                yield Row(row.line, row.cells, row.end, row.next_line, fault)
            else:
                yield row

    def _read(self, stream: BufferedReader, delimiter: str, start: int, line: int) -> Iterator[Row]:
        lines = _Lines(stream)
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

    def __init__(self, stream: BufferedReader) -> None:
        self._stream = stream
        self._taken: list[bytes] = []
        self._back: deque[bytes] = deque()
        self.bytes = self.count = 0
        self.fault: str | None = None

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        raw = self._back.popleft() if self._back else self._stream.readline(MOST_ROW_BYTES)
        if not raw:
            raise StopIteration
        if self.bytes + len(raw) > MOST_ROW_BYTES and self._taken:
            self._back.appendleft(raw)
            raise csv.Error
        self._taken.append(raw)
        self.bytes += len(raw)
        self.count += 1
        if len(raw) == MOST_ROW_BYTES and not raw.endswith(b"\n"):
            self._skip_line()
            return ""
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError:
            self.fault = NOT_UTF8
            return raw.decode("utf-8", "replace")

    def keep_first(self) -> str:
        """Give back all lines of the record but the first one, whose text this is."""
        self._back.extendleft(reversed(self._taken[1:]))
        self._taken = self._taken[:1]
        self.bytes, self.count = len(self._taken[0]), 1
        return self._taken[0].decode("utf-8", "replace").rstrip("\r\n")

    def settle(self) -> None:
        """The record has been dealt with."""
        self._taken = []
        self.bytes = self.count = 0
        self.fault = None

    def _skip_line(self) -> None:
        self.fault = ROW_TOO_LARGE
        more = b" "
        while more and not more.endswith(b"\n"):
            more = self._stream.readline(MOST_ROW_BYTES)
            self.bytes += len(more)


def _named_once(cells: tuple[str, ...]) -> tuple[str, ...]:
    names: list[str] = []
    for number, cell in enumerate(cells, 1):
        name = wanted = cell.strip() or f"column {number}"
        again = 1
        while name in names:
            again += 1
            name = f"{wanted} ({again})"
        names.append(name)
    return tuple(names)
