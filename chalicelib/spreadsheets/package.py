"""The ZIP archive that a workbook is: looked at before anything of it is unpacked, so that a bomb stays packed."""

import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from typing import IO, Final
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from chalicelib.modules import Text
from chalicelib.spreadsheets.errors import WorkbookError, corrupt

MAGIC: Final = b"PK\x03\x04"
# What Excel itself opens in minutes. Larger data is a database's dump, and comes as CSV.
MOST_PACKED: Final = 256 * 1024 * 1024
MOST_UNPACKED: Final = 4 * 1024 * 1024 * 1024
# Real sheets shrink to a tenth, sheets of one repeated row to a sixtieth; a bomb to a thousandth, the most that deflate
# can do. What unpacks to little is harmless whatever it shrinks by.
MOST_RATIO: Final = 200
ALWAYS_FINE: Final = 16 * 1024 * 1024
MOST_ENTRIES: Final = 4096
# Parts that are read as a whole (the sheets' names, the formats): kilobytes in real files.
MOST_SMALL: Final = 8 * 1024 * 1024

_END: Final = struct.Struct("<4s4H2LH")  # APPNOTE.TXT 4.3.16
_END_MAGIC: Final = b"PK\x05\x06"
_MOST_COMMENT: Final = 65_535
_MOST_DIRECTORY: Final = MOST_ENTRIES * 512  # Python keeps some 500 bytes of each of its entries
_ENCRYPTED: Final = 0x1


def open_package(file: BufferedReader) -> ZipFile:
    """The archive, if it is one that can be unpacked safely. Raises WorkbookError."""
    _check_end(file)
    try:
        package = ZipFile(file)
    except (BadZipFile, RuntimeError, ValueError, struct.error) as error:
        raise corrupt() from error
    total = sum(each.file_size for each in package.infolist())
    if total > MOST_UNPACKED or any(_bomb(each) for each in package.infolist()):
        raise WorkbookError(Text("This XLSX file unpacks to too much.", "该 XLSX 文件解压后过大。"))
    return package


@contextmanager
def part(package: ZipFile, name: str, most: int = MOST_UNPACKED) -> Iterator[IO[bytes]]:
    """A part of the archive as a stream, which gives no more than its entry says. Raises WorkbookError."""
    entry = package.NameToInfo.get(name)
    if entry is None or entry.flag_bits & _ENCRYPTED or entry.compress_type not in {ZIP_STORED, ZIP_DEFLATED}:
        raise corrupt()
    if entry.file_size > most:
        raise WorkbookError(Text("This XLSX file has a part that is too large.", "该 XLSX 文件的某个部分过大。"))
    try:
        with package.open(entry) as stream:
            yield stream
    except (BadZipFile, zlib.error, EOFError, struct.error) as error:
        raise corrupt() from error


def _bomb(entry: ZipInfo) -> bool:
    return entry.file_size > ALWAYS_FINE and entry.file_size > MOST_RATIO * max(entry.compress_size, 1)


def _check_end(file: BufferedReader) -> None:
    """Look at the directory's size before anybody reads it: an entry of 50 bytes takes 500 in memory."""
    size = file.seek(0, 2)
    if size > MOST_PACKED:
        megabytes = MOST_PACKED // 1024 // 1024
        raise WorkbookError(Text(f"An XLSX file has at most {megabytes} MB.", f"XLSX 文件至多 {megabytes} MB。"))
    file.seek(max(0, size - _END.size - _MOST_COMMENT))
    tail = file.read()
    place = tail.rfind(_END_MAGIC)
    if place < 0 or place + _END.size > len(tail):
        raise corrupt()
    _, _, _, _, entries, directory, _, _ = _END.unpack_from(tail, place)
    if entries > MOST_ENTRIES or directory > _MOST_DIRECTORY:
        raise WorkbookError(Text("This XLSX file has too many parts.", "该 XLSX 文件的部件过多。"))
