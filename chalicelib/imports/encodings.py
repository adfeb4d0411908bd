"""Which encoding a text file has: said by its mark, or found by what its first lines decode as. Pure.

GB18030 holds GBK and GB2312. None of its bytes behind a first one is a line end, a quote, a comma or a semicolon
(GB 18030-2022: 0x30-0x39, 0x40-0x7E, 0x80-0xFE), so its lines end where those of ASCII do; a bar can be half a
character, so cells are told apart behind decoding.
"""

from collections.abc import Iterable
from enum import StrEnum
from io import BufferedReader
from typing import Final


class Encoding(StrEnum):
    """How a file's text is written, by Python's names."""

    UTF_8 = "utf-8"
    GB18030 = "gb18030"
    UTF_16_LE = "utf-16-le"
    UTF_16_BE = "utf-16-be"


BOM: Final = b"\xef\xbb\xbf"
MARKS: Final = {BOM: Encoding.UTF_8, b"\xff\xfe": Encoding.UTF_16_LE, b"\xfe\xff": Encoding.UTF_16_BE}
# In this many bytes a customer file of Chinese names shows one; reading them takes a request milliseconds.
LOOKED_AT: Final = 8 * 1024 * 1024
# Two hundred lines that are not ASCII say what a file is.
ENOUGH: Final = 200
_PIECE: Final = 64 * 1024
# The rows of GB2312, in which nearly all characters of a Chinese text stand. Western letters with accents that are
# read as GB18030 make pairs outside of them («é» and the letter behind it), or none.
_LEADS: Final = range(0xA1, 0xF8)
_TRAILS: Final = range(0xA1, 0xFF)


def mark_of(head: bytes) -> tuple[Encoding, int] | None:
    """The encoding that a byte-order mark says, and its length."""
    return next(((encoding, len(mark)) for mark, encoding in MARKS.items() if head.startswith(mark)), None)


def detected(stream: BufferedReader) -> Encoding:
    """The encoding of a file, from its beginning on; UTF-8 when nothing speaks against it."""
    if marked := mark_of(stream.peek(len(BOM))[: len(BOM)]):
        return marked[0]
    return decided(_lines(stream))


def decided(lines: Iterable[bytes]) -> Encoding:
    """GB18030 when more of the lines that are not ASCII are Chinese in it than can be read as UTF-8."""
    seen = utf_8 = gb18030 = 0
    for line in lines:
        if line.isascii():
            continue
        seen += 1
        utf_8 += _decodes(line, Encoding.UTF_8)
        gb18030 += _is_chinese(line)
        if seen == ENOUGH:
            break
    return Encoding.GB18030 if gb18030 > utf_8 else Encoding.UTF_8


def _lines(stream: BufferedReader) -> Iterable[bytes]:
    looked_at = 0
    while looked_at < LOOKED_AT and (line := stream.readline(_PIECE)):
        looked_at += len(line)
        yield line


def _decodes(line: bytes, encoding: Encoding) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _is_chinese(line: bytes) -> bool:
    if not _decodes(line, Encoding.GB18030):
        return False
    characters = [each.encode(Encoding.GB18030) for each in line.decode(Encoding.GB18030) if not each.isascii()]
    common = sum(len(each) == 2 and each[0] in _LEADS and each[1] in _TRAILS for each in characters)  # noqa: PLR2004
    return common * 2 > len(characters)
