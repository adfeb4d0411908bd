"""A workbook of one sheet, written in pieces that may be made by different processes and are put together at the end.

A piece is compressed for itself and ends at a byte (RFC 1951, 3.2.4; zlib's full flush), so pieces one behind the other
are one deflate stream. What the archive has to say of it (CRC-32, sizes) goes from piece to piece. Text is text
whatever it begins with: only what follows ``<f>`` is a formula, and there is none.
"""

import re
import struct
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass
from typing import Any, Final
from xml.sax.saxutils import escape

from chalicelib.modules import Text
from chalicelib.spreadsheets.errors import WorkbookError
from chalicelib.spreadsheets.sheet import MOST_ROWS

Cell = str | int | float

_DECLARED: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006"
_TYPES: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_SHEET: Final = "xl/worksheets/sheet1.xml"
_BEGIN: Final = f'{_DECLARED}<worksheet xmlns="{_MAIN}"><sheetData>'
_END: Final = "</sheetData></worksheet>"
_PARTS: Final = {
    "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPES}.sheet.main+xml"/>'
    f'<Override PartName="/{_SHEET}" ContentType="{_TYPES}.worksheet+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="r1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="r1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
}
# What XML 1.0 has not (2.2, Char), and what would be read as such an escape (ECMA-376 part 1, 22.9.2.19).
_HIDDEN: Final = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff\ud800-\udfff]|_(?=x[0-9A-Fa-f]{4}_)")
_EXACT: Final = 10**15  # spreadsheets keep 15 digits
# Sizes of more bytes need ZIP64, which not every reader knows.
_MOST: Final = 0xFFFF_FFFF
_LOCAL: Final = struct.Struct("<4s5H3L2H")  # APPNOTE.TXT 4.3.7
_CENTRAL: Final = struct.Struct("<4s6H3L5H2L")  # 4.3.12
_LAST: Final = struct.Struct("<4s4H2LH")  # 4.3.16
_VERSION, _UTF_8, _DEFLATED = 20, 0x800, 8
_NEW_YEAR_1980: Final = 0x21  # the earliest date that an archive knows: the same records make the same bytes


@dataclass(frozen=True, slots=True)
class Written:
    """What has been written of the sheet so far."""

    rows: int = 0
    size: int = 0
    crc: int = 0
    packed: int = 0

    def told(self) -> list[int]:
        """It in JSON values: ``Written(*told)``."""
        return list(astuple(self))


def piece(before: Written, rows: Iterable[Sequence[Cell]], *, last: bool) -> tuple[bytes, Written]:
    """The next rows of the sheet, compressed; the first row of the first piece is the header.

    Raises WorkbookError when there are more than a sheet holds.
    """
    texts = [] if before.size else [_BEGIN]
    count = before.rows
    for row in rows:
        count += 1
        texts.append(_row(count, row))
    if last:
        texts.append(_END)
    content = "".join(texts).encode()
    if count > MOST_ROWS or before.size + len(content) > _MOST:
        what = Text("This is more than one sheet holds.", "数据量超出单个工作表的上限。")
        raise WorkbookError(what, Text("Take CSV, or a filter.", "请改用 CSV，或缩小筛选范围。"))
    pack = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    packed = pack.compress(content) + pack.flush(zlib.Z_FINISH if last else zlib.Z_FULL_FLUSH)
    crc = zlib.crc32(content, before.crc)
    return packed, Written(count, before.size + len(content), crc, before.packed + len(packed))


def around(name: str, sheet: Written) -> tuple[bytes, bytes]:
    """What stands before the sheet's pieces, and what behind them. ``name`` is what people call the sheet."""
    book = (
        f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
        f'<sheet name="{escape(name)}" sheetId="1" r:id="r1"/></sheets></workbook>'
    )
    before, directory = bytearray(), bytearray()
    entries = 0
    for path, text in (_PARTS | {"xl/workbook.xml": book}).items():
        content = (_DECLARED + text).encode()
        pack = zlib.compressobj(wbits=-zlib.MAX_WBITS)
        packed = pack.compress(content) + pack.flush()
        sizes = (zlib.crc32(content), len(packed), len(content))
        directory += _listed(path, sizes, len(before))
        before += _headed(path, sizes) + packed
        entries += 1
    sizes = (sheet.crc, sheet.packed, sheet.size)
    directory += _listed(_SHEET, sizes, len(before))
    before += _headed(_SHEET, sizes)
    begins = len(before) + sheet.packed
    end = _LAST.pack(b"PK\x05\x06", 0, 0, entries + 1, entries + 1, len(directory), begins, 0)
    return bytes(before), bytes(directory + end)


def _headed(path: str, sizes: tuple[int, int, int]) -> bytes:
    name = path.encode()
    fixed = (b"PK\x03\x04", _VERSION, _UTF_8, _DEFLATED, 0, _NEW_YEAR_1980)
    return _LOCAL.pack(*fixed, *sizes, len(name), 0) + name


def _listed(path: str, sizes: tuple[int, int, int], place: int) -> bytes:
    name = path.encode()
    fixed = (b"PK\x01\x02", _VERSION, _VERSION, _UTF_8, _DEFLATED, 0, _NEW_YEAR_1980)
    return _CENTRAL.pack(*fixed, *sizes, len(name), 0, 0, 0, 0, 0, place) + name


def _row(number: int, cells: Sequence[Cell]) -> str:
    told = "".join(_cell(f"{_letters(place)}{number}", cell) for place, cell in enumerate(cells) if cell != "")
    return f'<row r="{number}">{told}</row>'


def _cell(reference: str, cell: Any) -> str:
    if not isinstance(cell, str) and abs(cell) < _EXACT:
        return f'<c r="{reference}"><v>{cell!r}</v></c>'
    text = escape(_HIDDEN.sub(lambda found: f"_x{ord(found[0]):04X}_", str(cell)))
    return f'<c r="{reference}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'


def _letters(place: int) -> str:
    """A column's name: A to Z, AA and so on."""
    letters = ""
    while place >= 0:
        place, letter = place // 26 - 1, place % 26
        letters = chr(ord("A") + letter) + letters
    return letters
