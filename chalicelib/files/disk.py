"""The storage of one machine: a directory, with signed URLs that the local runner answers (infra/local/files.py).

``root/{tenant}/{area}/{id}/…/data`` is an object written in one go, ``data~parts`` one that was uploaded: a directory
of its parts, which are never copied together. ``data~upl_…`` is an upload that is open. A path has no tilde, so these
never meet. Whatever counts comes into being by one rename, so a kill at any step leaves the old state or the new one.
"""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO, Final

from chalicelib.access.crypto import Keyring
from chalicelib.clock import Clock, first_id_at, new_id, utc_now
from chalicelib.files import signing
from chalicelib.files.errors import FileMissingError, PartSizeError, PartsMissingError
from chalicelib.files.naming import served_type
from chalicelib.files.paths import ObjectPath, Prefix
from chalicelib.files.protocol import CHUNK_BYTES, Stored, Upload, Written
from chalicelib.files.segments import Segments

_PARTS: Final = "~parts"
_OPEN: Final = "~upl"
_UNFINISHED: Final = "~tmp"
_PRIVATE: Final = 0o700  # what customers uploaded is for nobody else on the machine


class DiskStorage:
    """Objects in a directory. ``base_url`` is where its URLs are answered. Safe under threads and several processes."""

    def __init__(self, root: Path, base_url: str, keyring: Keyring, clock: Clock = utc_now) -> None:
        """Make the directory, for its owner alone, if it is not there."""
        self._root = root.resolve()
        self._base_url = base_url.rstrip("/")
        self._keyring = keyring
        self._clock = clock
        self._unfinished = self._root / _UNFINISHED
        _make_directory(self._unfinished)

    # -- uploads

    def begin(self, path: ObjectPath, content_type: str) -> Upload:
        """Begin an upload. The type is said again by whoever downloads: a file has none."""
        del content_type
        upload = Upload(path, new_id("upl", self._clock()))
        _make_directory(self._upload(upload))
        return upload

    def part_url(self, upload: Upload, number: int, size: int, lifetime: timedelta) -> str:
        """A URL for ``put_part``."""
        says = {"upload": upload.id, "part": str(number), "size": str(size)}
        return self._url("PUT", upload.path, says, lifetime)

    def put_part(self, upload: Upload, number: int, size: int, content: BinaryIO) -> str:
        """Keep one part, in the place of an earlier one of its number; returns its ETag.

        Raises FileMissingError when the upload has ended, PartSizeError when ``content`` gives fewer or more bytes.
        """
        digest, taken = hashlib.sha256(), 0
        with self._installing(self._upload(upload) / _part_name(number)) as stream:
            while taken <= size and (chunk := content.read(min(CHUNK_BYTES, size + 1 - taken))):
                taken += len(chunk)
                digest.update(chunk)
                stream.write(chunk)
            if taken != size:
                raise PartSizeError
        return digest.hexdigest()

    def complete(self, upload: Upload, sizes: Sequence[int]) -> None:
        """Make the upload's directory the object, by a rename; what else came into it is no part of the sizes."""
        opened, done = self._upload(upload), self._parts(upload.path)
        held = {number: _size(opened / _part_name(number)) for number in range(1, len(sizes) + 1)}
        if missing := tuple(number for number, size in enumerate(sizes, 1) if held[number] != size):
            if _size_of_parts(done) == sum(sizes):
                return
            if not opened.is_dir():
                raise FileMissingError
            raise PartsMissingError(missing)
        with _missing_is_known():
            opened.rename(done)
        _sync(done.parent)

    def abort(self, upload: Upload) -> None:
        """End an upload."""
        self._discard(self._upload(upload))

    def abort_uploads(self, prefix: Prefix, begun_before: datetime) -> None:
        """End old uploads; an upload's id tells when it was begun."""
        bound = first_id_at("upl", begun_before)
        for opened in self._under(prefix).rglob(f"*{_OPEN}_*"):
            if opened.name.rpartition("~")[2] < bound:
                self._discard(opened)

    # -- objects

    def open(self, path: ObjectPath, start: int = 0) -> BufferedReader:
        """A stream of a file, or of its parts one behind the other."""
        with _missing_is_known():
            if (parts := self._parts(path)).is_dir():
                return BufferedReader(Segments(sorted(parts.iterdir()), start), CHUNK_BYTES)
            stream = self._object(path).open("rb")
        stream.seek(start)
        return stream

    def size_of(self, path: ObjectPath) -> int:
        """An object's bytes. Raises FileMissingError."""
        size = _size_of_parts(self._parts(path))
        size = _size(self._object(path)) if size is None else size
        if size is None:
            raise FileMissingError
        return size

    def write(self, path: ObjectPath, chunks: Iterable[bytes], content_type: str) -> Written:
        """Store a stream as one file."""
        del content_type
        digest, size = hashlib.sha256(), 0
        target = self._object(path)
        _make_directory(target.parent)
        with self._installing(target) as stream:
            for chunk in chunks:
                size += len(chunk)
                digest.update(chunk)
                stream.write(chunk)
        self._discard(self._parts(path))
        return Written(size, digest.hexdigest())

    def delete(self, path: ObjectPath) -> None:
        """Drop an object."""
        self._object(path).unlink(missing_ok=True)
        self._discard(self._parts(path))
        with suppress(OSError):  # there is more of the same id, or it was gone before
            self._object(path).parent.rmdir()

    def delete_all(self, prefix: Prefix) -> None:
        """Drop a directory with all that is in it."""
        self._discard(self._under(prefix))

    def find(self, prefix: Prefix) -> Iterator[Stored]:
        """Walk a directory."""
        found: list[ObjectPath] = []
        for directory, inside, files in os.walk(self._under(prefix)):
            relative = Path(directory).relative_to(self._root)
            names = [*files, *(name.removesuffix(_PARTS) for name in inside if name.endswith(_PARTS))]
            found += [ObjectPath.parse((relative / name).as_posix()) for name in names]
            inside[:] = [name for name in inside if "~" not in name]
        for path in sorted(found):
            with suppress(FileMissingError):  # deleted meanwhile
                yield Stored(path, self.size_of(path))

    def download_url(self, path: ObjectPath, name: str, content_type: str, lifetime: timedelta) -> str:
        """A URL that the local runner answers with the object."""
        return self._url("GET", path, {"name": name, "type": served_type(content_type)}, lifetime)

    def allowed(self, method: str, path: str, query: str) -> signing.Allowed:
        """What a URL that somebody presents allows. Raises UrlRefusedError."""
        return signing.read(self._keyring, method, path, query, self._clock())

    # -- inside

    def _url(self, method: str, path: ObjectPath, says: dict[str, str], lifetime: timedelta) -> str:
        return f"{self._base_url}/{signing.sign(self._keyring, method, path, says, self._clock() + lifetime)}"

    def _object(self, path: ObjectPath) -> Path:
        return self._root / path

    def _parts(self, path: ObjectPath) -> Path:
        return self._root / f"{path}{_PARTS}"

    def _upload(self, upload: Upload) -> Path:
        return self._root / f"{upload.path}~{upload.id}"

    def _under(self, prefix: Prefix) -> Path:
        return self._root / prefix

    @contextmanager
    def _installing(self, target: Path) -> Iterator[BinaryIO]:
        """A file that becomes ``target`` when it was written to the end; a failure leaves what was there."""
        descriptor, temporary = tempfile.mkstemp(dir=self._unfinished)  # mkstemp lets the owner alone read it
        try:
            with os.fdopen(descriptor, "wb") as stream:
                yield stream
                stream.flush()
                os.fsync(stream.fileno())
            with _missing_is_known():
                Path(temporary).replace(target)
            _sync(target.parent)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise

    def _discard(self, place: Path) -> None:
        """Take a directory out of the way by one rename, then remove it."""
        if not place.is_dir():
            return
        away = tempfile.mkdtemp(dir=self._unfinished)
        with suppress(FileNotFoundError):  # somebody else was faster
            place.rename(Path(away) / "discarded")
        shutil.rmtree(away)


def _part_name(number: int) -> str:
    return f"{number:05}"  # so that names sort as the parts follow each other


def _size(file: Path) -> int | None:
    try:
        return file.stat().st_size
    except FileNotFoundError:
        return None


def _size_of_parts(directory: Path) -> int | None:
    try:
        return sum(file.stat().st_size for file in directory.iterdir())
    except FileNotFoundError:
        return None


@contextmanager
def _missing_is_known() -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise FileMissingError from error


def _make_directory(place: Path) -> None:
    """Make a directory and those above it, each for its owner alone and each noted on the disk."""
    missing = [each for each in (place, *place.parents) if not each.exists()]
    for each in reversed(missing):
        each.mkdir(mode=_PRIVATE, exist_ok=True)
        _sync(each.parent)


def _sync(directory: Path) -> None:
    """Have the disk note what was renamed or made in a directory (fsync(2), Notes)."""
    with suppress(FileNotFoundError):  # deleted with all that is in it, meanwhile
        descriptor = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
