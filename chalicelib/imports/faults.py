"""What is wrong with rows that could not be read as such."""

from collections.abc import Mapping
from typing import Final

from chalicelib.imports.plan import Finding
from chalicelib.imports.reader import MALFORMED, NOT_IN_ENCODING, ROW_TOO_LARGE
from chalicelib.modules import Text

_TEXTS: Final[Mapping[str, Text]] = {
    MALFORMED: Text("The row's quotes do not match.", "该行的引号不匹配。"),
    NOT_IN_ENCODING: Text("The row is not in the file's encoding.", "该行不符合文件的编码。"),
    ROW_TOO_LARGE: Text("A row has at most 64 KB.", "单行最多 64 KB。"),
    "row_too_short": Text("The row has fewer cells than there are columns.", "该行的单元格少于列数。"),
    "row_too_long": Text("The row has more cells than there are columns.", "该行的单元格多于列数。"),
}


def fault_of(code: str) -> Finding:
    """A fault of the reader's as a finding of the whole row."""
    return Finding(None, code, _TEXTS[code])
