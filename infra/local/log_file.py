"""The product's log on one machine: lines that survive, files that do not grow without bound, and their reader.

    log.jsonl (being written) → full → log-00000001.jsonl, log-00000002.jsonl, …   read in this order, then dropped

It stands for a log group and its subscription (tenants/usage): a line is with the operating system before its request
is answered, so kill -9 loses none, and on the disk within a second, so a power cut loses that second at most.
"""

import logging
import os
import threading
from pathlib import Path
from typing import IO, Any, Final

NAME: Final = "log.jsonl"
# A line has some 500 bytes: 100,000 requests. Small enough to look into, and few files for a busy day.
FULL_BYTES: Final = 50 * 1024 * 1024
# Files that have been read are kept so many, to look into and to recount from: 500 MB at most.
KEPT: Final = 10
SYNCED_EVERY_S: Final = 1.0
# Lines a read: a batch of a log subscription has about as many.
BATCH: Final = 1000


class LogFile(logging.Handler):
    """Writes lines and gives them out again in order. A place is {"file": its number, "offset": bytes read of it}."""

    def __init__(self, folder: Path, full_bytes: int = FULL_BYTES) -> None:
        """Open the file, behind what a killed process may have left half written."""
        super().__init__()
        self._folder, self._full = folder, full_bytes
        self._number = max(self._numbers(), default=0) + 1
        self._stream = self._open()
        self._dirty = False
        self._stopped = threading.Event()
        self._syncing = threading.Thread(target=self._sync, name="log", daemon=True)
        self._syncing.start()

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line, whole, and hand it to the operating system."""
        line = self.format(record).replace("\n", " ").encode("utf-8", "backslashreplace") + b"\n"
        with self._guarded():
            if self._stream.tell() + len(line) > self._full and self._stream.tell():
                self._rotate()
            self._stream.write(line)
            self._stream.flush()
            self._dirty = True

    def read(self, place: dict[str, int] | None) -> tuple[list[str], dict[str, int]]:
        """The next whole lines behind a place, and the place behind them; no lines when there are none yet."""
        with self._guarded():
            numbers = [*self._numbers(), self._number]
            number, offset = (place["file"], place["offset"]) if place else (numbers[0], 0)
            if number not in numbers:  # dropped by somebody, or another data directory's
                number, offset = next((each for each in numbers if each > number), self._number), 0
            lines, offset = _lines_of(self._path(number), offset)
            while not lines and number < self._number:
                number, offset = next(each for each in numbers if each > number), 0
                lines, offset = _lines_of(self._path(number), offset)
            return lines, {"file": number, "offset": offset}

    def drop_before(self, place: dict[str, int]) -> None:
        """Drop the oldest files that have been read, all but some."""
        with self._guarded():
            read = [each for each in self._numbers() if each < place["file"]]
            for number in read[:-KEPT]:
                self._path(number).unlink(missing_ok=True)

    def close(self) -> None:
        """Put all on the disk and end."""
        self._stopped.set()
        self._syncing.join(timeout=5)
        with self._guarded():
            if not self._stream.closed:
                os.fsync(self._stream.fileno())
                self._stream.close()
        super().close()

    # -- inside

    def _guarded(self) -> Any:
        # logging's own lock, which emit is called with, is re-entrant.
        return self.lock

    def _numbers(self) -> list[int]:
        return sorted(int(each.stem.partition("-")[2]) for each in self._folder.glob("log-[0-9]*.jsonl"))

    def _path(self, number: int) -> Path:
        return self._folder / (NAME if number == self._number else f"log-{number:08d}.jsonl")

    def _open(self) -> IO[bytes]:
        path = self._folder / NAME
        stream = path.open("ab")
        path.chmod(0o600)
        if stream.tell():
            with path.open("rb") as reading:
                reading.seek(-1, os.SEEK_END)
                if reading.read() != b"\n":
                    stream.write(b"\n")
                    stream.flush()
        return stream

    def _rotate(self) -> None:
        os.fsync(self._stream.fileno())
        self._stream.close()
        (self._folder / NAME).rename(self._folder / f"log-{self._number:08d}.jsonl")
        self._number += 1
        self._stream = self._open()

    def _sync(self) -> None:
        while not self._stopped.wait(SYNCED_EVERY_S):
            with self._guarded():
                handle = os.dup(self._stream.fileno()) if self._dirty and not self._stream.closed else None
                self._dirty = False
            if handle is not None:  # outside of the lock: a slow disk holds up no request
                os.fsync(handle)
                os.close(handle)


def _lines_of(path: Path, offset: int) -> tuple[list[str], int]:
    lines: list[str] = []
    with path.open("rb") as stream:
        stream.seek(offset)
        while len(lines) < BATCH and (line := stream.readline()).endswith(b"\n"):
            lines.append(line.decode("utf-8", "replace"))
            offset += len(line)
    return lines, offset
