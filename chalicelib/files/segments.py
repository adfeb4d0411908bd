"""Reading an object that stands as the parts it came in: one stream over several files."""

import bisect
from collections.abc import Sequence
from io import RawIOBase
from itertools import accumulate
from pathlib import Path
from typing import Any, BinaryIO


class Segments(RawIOBase):
    """The files one behind the other, from byte ``start`` on; one of them is open at a time."""

    def __init__(self, files: Sequence[Path], start: int = 0) -> None:
        super().__init__()
        ends = list(accumulate(file.stat().st_size for file in files))
        first = bisect.bisect_right(ends, start)
        self._rest = iter(files[first:])
        self._open = self._following()
        if self._open:
            self._open.seek(start - (ends[first - 1] if first else 0))

    def readable(self) -> bool:
        """It is for reading."""
        return True

    def readinto(self, buffer: Any, /) -> int:
        """Fill some of the buffer; 0 bytes at the end of the last file."""
        while self._open:
            if read := self._open.readinto(buffer):  # type: ignore[attr-defined]  # typeshed's BinaryIO lacks it
                return int(read)
            self._open.close()
            self._open = self._following()
        return 0

    def close(self) -> None:
        """Close the file that is open."""
        if self._open:
            self._open.close()
        super().close()

    def _following(self) -> BinaryIO | None:
        file = next(self._rest, None)
        return file.open("rb") if file else None
