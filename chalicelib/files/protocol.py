"""What a storage does, whichever it is. Later parts (import, export, audit chunks, erasure) use this and no adapter."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import BufferedReader
from typing import Final, Protocol

from chalicelib.files.paths import ObjectPath, Prefix

# S3 refuses parts below 5 MB but the last one, and more than 10,000 parts («Amazon S3 multipart upload limits»); the
# local gateway takes bodies up to 10 MB (infra/local/server.py). 8 MiB fits both, and 10,000 of them are 80 GB.
PART_BYTES: Final = 8 * 1024 * 1024
# What is held of a stream at a time when it is read or hashed.
CHUNK_BYTES: Final = 256 * 1024


@dataclass(frozen=True, slots=True)
class Upload:
    """A multipart upload that was begun: where its object will stand, and its id in the storage."""

    path: ObjectPath
    id: str


@dataclass(frozen=True, slots=True)
class Written:
    """What was written: bytes, and their SHA-256 in lower-case hex digits."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Stored:
    """An object in a listing."""

    path: ObjectPath
    size: int


class Storage(Protocol):
    """Objects under tenant-prefixed paths, of any size, never whole in memory.

    Every method may raise StorageUnavailableError; what was asked for may then have been done, and all but ``begin``
    can simply be asked again.
    """

    def begin(self, path: ObjectPath, content_type: str) -> Upload:
        """Begin a multipart upload."""
        ...

    def part_url(self, upload: Upload, number: int, size: int, lifetime: timedelta) -> str:
        """A URL that takes one part (1 to 10,000) of exactly ``size`` bytes by PUT, without another credential."""
        ...

    def complete(self, upload: Upload, sizes: Sequence[int]) -> None:
        """Make the parts one object, all or nothing. ``sizes`` are the bytes of each part, the first one first.

        Done before, it does nothing. Raises PartsMissingError, and FileMissingError when the upload was aborted.
        """
        ...

    def abort(self, upload: Upload) -> None:
        """End an upload and drop its parts; URLs signed for it are refused from now on. Nothing when it is gone."""
        ...

    def abort_uploads(self, prefix: Prefix, begun_before: datetime) -> None:
        """End all uploads under a prefix that were begun before an aware instant: those that no record knows of."""
        ...

    def open(self, path: ObjectPath, start: int = 0) -> BufferedReader:
        """A stream of the object from byte ``start`` on, to be closed. Raises FileMissingError."""
        ...

    def write(self, path: ObjectPath, chunks: Iterable[bytes], content_type: str) -> Written:
        """Store what ``chunks`` give, in the place of what stood there; it is seen only when it is whole."""
        ...

    def delete(self, path: ObjectPath) -> None:
        """Drop one object; nothing when there is none."""
        ...

    def delete_all(self, prefix: Prefix) -> None:
        """Drop all objects and uploads under a prefix (an erased tenant's, a finished import's)."""
        ...

    def find(self, prefix: Prefix) -> Iterator[Stored]:
        """The objects under a prefix, in the order of their paths."""
        ...

    def download_url(self, path: ObjectPath, name: str, content_type: str, lifetime: timedelta) -> str:
        """A URL that gives the object by GET, saved under ``name``, without another credential."""
        ...
