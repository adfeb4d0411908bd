"""XML of a workbook's parts, a chunk at a time, by the expat that Python brings.

A part declares no document type (ECMA-376 part 2, 9.1.4: «shall not»), so entities, the way to small files that grow,
don't occur; and no token is longer than a cell can be, or expat would hold it whole.
"""

from collections.abc import Callable, Iterator
from typing import IO, Any, Final
from xml.parsers import expat

from chalicelib.modules import Text
from chalicelib.spreadsheets.errors import WorkbookError, corrupt

CHUNK: Final = 64 * 1024
# A cell holds at most 32,767 characters (Excel specifications and limits), which as references are ten times as many.
MOST_TOKEN: Final = 1024 * 1024

Start = Callable[[str, dict[str, str]], None]
End = Callable[[str], None]


class Parser:
    """Expat with names without their name spaces, fed in chunks. Raises WorkbookError."""

    def __init__(self, start: Start, end: End | None = None, text: Callable[[str], None] | None = None) -> None:
        self._expat: Any = expat.ParserCreate(namespace_separator="|")
        self._expat.buffer_text = True
        self._expat.StartElementHandler = start
        self._expat.EndElementHandler = end
        self._expat.CharacterDataHandler = text
        self._expat.StartDoctypeDeclHandler = _no_document_type
        self._fed = 0

    @property
    def at(self) -> int:
        """The byte at which the element that is being told of begins."""
        return int(self._expat.CurrentByteIndex)

    def feed(self, chunk: bytes) -> None:
        """Go on with some bytes."""
        try:
            self._expat.Parse(chunk, False)
        except expat.ExpatError as error:
            raise corrupt() from error
        self._fed += len(chunk)
        if self._fed - self._expat.CurrentByteIndex > MOST_TOKEN:
            raise corrupt()


def local(name: str) -> str:
    """A name without its name space."""
    return name[name.rfind("|") + 1 :]


def elements(stream: IO[bytes]) -> Iterator[tuple[str, dict[str, str] | None]]:
    """The elements of a part, as (name, attributes) where they begin and (name, None) where they end."""
    found: list[tuple[str, dict[str, str] | None]] = []
    parser = Parser(
        lambda name, given: found.append((local(name), {local(each): value for each, value in given.items()})),
        lambda name: found.append((local(name), None)),
    )
    while chunk := stream.read(CHUNK):
        parser.feed(chunk)
        yield from found
        found.clear()


def _no_document_type(*_: Any) -> None:
    raise WorkbookError(
        Text("This XLSX file declares XML entities, which are not read.", "该 XLSX 文件声明了 XML 实体，无法读取。")
    )
