"""What the steps of a job write beside their transactions: parts, numbered in the checkpoint, and joined at the end.

A part's number stands in the checkpoint that its step begins with. A step that runs again writes the same part again,
or, when it has nothing to say this time, leaves it for the next one to overwrite; what lies behind the last number
that was committed is no part of anything.
"""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from io import BufferedReader
from typing import Final

from chalicelib.files.errors import StorageNotConfiguredError
from chalicelib.files.paths import ObjectPath, object_path, prefix
from chalicelib.files.protocol import CHUNK_BYTES, Storage
from chalicelib.files.storage import storage

AREA: Final = "jobs"
# So many are opened in one step: at 20 ms each (S3) ten seconds.
JOINED: Final = 500
_TYPE: Final = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of one file that a job makes; those outside of the usual area outlive it."""

    storage: Storage
    tenant: str
    job_id: str
    name: str
    area: str = AREA

    def write(self, number: int, content: bytes) -> None:
        """Write a part in the place of what stood there. Raises StorageUnavailableError."""
        self.storage.write(self._path("part", number), [content], _TYPE)

    def open(self, number: int, start: int = 0) -> BufferedReader:
        """A part from byte ``start`` on, to be closed. Raises FileMissingError, StorageUnavailableError."""
        return self.storage.open(self._path("part", number), start)

    def join(self, first: int, count: int) -> None:
        """Make one segment of up to JOINED parts from ``first`` on, of ``count`` in all."""
        last = min(first + JOINED, count)
        paths = [self._path("part", number) for number in range(first, last)]
        self.storage.write(self._path("segment", first // JOINED), self._read(paths), _TYPE)

    def content(self, count: int) -> Iterator[bytes]:
        """All parts, one behind the other, by their segments when there are many."""
        if count <= JOINED:
            return self._read([self._path("part", number) for number in range(count)])
        segments = -(-count // JOINED)
        return self._read([self._path("segment", number) for number in range(segments)])

    def in_order(self, count: int) -> Iterator[bytes]:
        """All parts, one behind the other, without segments: for who has few, or does nothing else."""
        return self._read([self._path("part", number) for number in range(count)])

    def _read(self, paths: Iterable[ObjectPath]) -> Iterator[bytes]:
        for path in paths:
            with self.storage.open(path) as stream:
                while chunk := stream.read(CHUNK_BYTES):
                    yield chunk

    def _path(self, sort: str, number: int) -> ObjectPath:
        return object_path(self.tenant, self.area, self.job_id, self.name, f"{sort}-{number:09d}")


def drop_parts(tenant: str, job_id: str) -> None:
    """Drop what a job has written beside, when it has ended, however. Raises StorageUnavailableError."""
    with suppress(StorageNotConfiguredError):  # then no job has written anything
        storage().delete_all(prefix(tenant, AREA, job_id))
