"""Looking at the beginning of a file before a person decides about it. Pure."""

from collections.abc import Iterable, Sequence
from typing import Final

from chalicelib.imports.reader import Row
from chalicelib.imports.suggest import Sample

# 10,000 rows of 40 columns are read in some 100 ms, and most files of a shop or a district are whole with that.
MOST_ROWS: Final = 10_000
MOST_SIZE: Final = 8 * 1024 * 1024


def sample(rows: Iterable[Row], columns: Sequence[str]) -> Sample:
    """The cells of the first rows that can be read, without the blanks around them."""
    cells: list[list[str]] = [[] for _ in columns]
    size = 0
    for seen, row in enumerate(rows):
        size += sum(map(len, row.cells))
        if seen == MOST_ROWS or size > MOST_SIZE:
            return Sample(dict(zip(columns, cells, strict=True)), whole=False)
        if row.fault is None:
            for column, cell in zip(cells, row.cells, strict=True):
                column.append(cell.strip())
    return Sample(dict(zip(columns, cells, strict=True)), whole=True)
