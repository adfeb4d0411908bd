"""An object as a file that can be read at any place: for formats whose table of contents stands at the end."""

import os
from io import BufferedReader, RawIOBase
from typing import Any

from chalicelib.files.paths import ObjectPath
from chalicelib.files.protocol import CHUNK_BYTES, Storage


class _Object(RawIOBase):
    """Opens the object anew where it is read on elsewhere."""

    def __init__(self, storage: Storage, path: ObjectPath, size: int) -> None:
        super().__init__()
        self._storage, self._path = storage, path
        self._size = size
        self._at = 0
        self._open: BufferedReader | None = None

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        place = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        if place < 0:
            raise OSError(place)
        if place != self._at:
            self._let_go()
            self._at = place
        return place

    def readinto(self, buffer: Any, /) -> int:
        if self._at >= self._size:
            return 0
        if self._open is None:
            self._open = self._storage.open(self._path, self._at)
        read = int(self._open.readinto(buffer))
        self._at += read
        return read

    def close(self) -> None:
        self._let_go()
        super().close()

    def _let_go(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None


def open_seekable(storage: Storage, path: ObjectPath, size: int) -> BufferedReader:
    """A seekable stream of an object of so many bytes, to be closed.

    Reading raises FileMissingError, StorageUnavailableError.
    """
    return BufferedReader(_Object(storage, path, size), CHUNK_BYTES)
