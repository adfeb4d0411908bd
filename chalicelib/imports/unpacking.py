"""A workbook's sheet as text that can be read from any byte on: written once, in parts, by the first steps of the job.

Each row stands with its number in front, since blank rows are left out and people look for the number. The parts go
with the job's others when it has ended.
"""

import bisect
from collections.abc import Iterator, Mapping, Sequence
from io import BufferedReader, RawIOBase
from itertools import accumulate, islice
from typing import Any, Final

from chalicelib.files.protocol import CHUNK_BYTES
from chalicelib.imports.cells import csv_text
from chalicelib.imports.errors import UnreadableError
from chalicelib.imports.opening import READER, Content, sheet_rows
from chalicelib.imports.reader import Layout, Row, fitted
from chalicelib.jobs.parts import Parts
from chalicelib.modules import Text
from chalicelib.spreadsheets.sheet import Place, SheetRow

PART: Final = "sheet"
# Some 20,000 rows of 40 columns, in seconds: half a worker's lease is left on a slow machine.
PART_BYTES: Final = 4 * 1024 * 1024
# Of empty rows there is nothing to write; a step ends all the same.
READ_BYTES: Final = 64 * 1024 * 1024
# Cells that point to one long string a million times unpack to more than the sheet.
MOST_BYTES: Final = 4 * 1024 * 1024 * 1024
_BATCH: Final = 200


def unpack_some(content: Content, layout: Layout, parts: Parts, at: Mapping[str, Any]) -> tuple[dict[str, Any], bool]:
    """Write the next part; where the next step begins, and whether the sheet has ended. Raises UnreadableError."""
    sizes, rows = list(at.get("sizes", [])), int(at.get("rows", 0))
    place = Place(*at["place"]) if "place" in at else None
    begun = place.byte if place else 0
    text = bytearray()
    with sheet_rows(content, layout, place) as found:
        while len(text) < PART_BYTES and (place is None or place.byte - begun < READ_BYTES):
            batch = list(islice(found, _BATCH))
            if not batch:
                break
            place = batch[-1].place
            told = [each for each in batch if each.cells]
            text += csv_text(_numbered(each, len(layout.columns)) for each in told).encode("utf-8", "replace")
            rows += len(told)
        ended = next(found, None) is None
    if text:
        parts.write(len(sizes), bytes(text))
        sizes.append(len(text))
    if sum(sizes) > MOST_BYTES:
        raise UnreadableError(Text("This sheet holds too much: save it as CSV.", "该工作表内容过多：请另存为 CSV。"))
    kept: dict[str, Any] = {"sizes": sizes, "rows": rows}
    if place:
        kept["place"] = [place.byte, place.row, place.head]
    return kept, ended


def unpacked_rows(parts: Parts, sizes: Sequence[int], layout: Layout, start: int, line: int) -> Iterator[Row]:
    """The rows from byte ``start`` of all parts on; ``line`` is the sheet's row behind the one before."""
    plain = Layout(",", ("", *layout.columns), 0, 1)
    with _stream(parts, sizes, start) as stream:
        for row in READER.rows(stream, plain, start, line):
            number = int(row.cells[0]) if row.cells and row.cells[0].isdecimal() else line
            line = number + 1
            found = Row(number, row.cells[1:], row.end, line, row.fault)
            yield found if row.fault else fitted(found, len(layout.columns))


def _numbered(row: SheetRow, width: int) -> list[str]:
    return [str(row.number), *row.cells, *[""] * (width - len(row.cells))]


def _stream(parts: Parts, sizes: Sequence[int], start: int) -> BufferedReader:
    return BufferedReader(_Unpacked(parts, sizes, start), CHUNK_BYTES)


class _Unpacked(RawIOBase):
    """The parts one behind the other, from a byte on."""

    def __init__(self, parts: Parts, sizes: Sequence[int], start: int) -> None:
        super().__init__()
        ends = list(accumulate(sizes))
        self._parts, self._count = parts, len(sizes)
        self._number = bisect.bisect_right(ends, start)
        self._skipped = start - (ends[self._number - 1] if self._number else 0)
        self._open: BufferedReader | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        while self._number < self._count:
            if self._open is None:
                self._open = self._parts.open(self._number, self._skipped)
                self._skipped = 0
            if read := self._open.readinto(buffer):
                return read
            self._open.close()
            self._open = None
            self._number += 1
        return 0

    def close(self) -> None:
        if self._open is not None:
            self._open.close()
        super().close()
