"""A file that somebody sent, whatever its format: how it is to be read, and its rows from the beginning."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Final, NamedTuple

from chalicelib.files.paths import ObjectPath
from chalicelib.files.seeking import open_seekable
from chalicelib.files.storage import storage
from chalicelib.imports.encodings import Encoding, detected
from chalicelib.imports.errors import UnreadableError
from chalicelib.imports.reader import MOST_COLUMNS, CsvReader, Layout, Row, fitted, named_once
from chalicelib.modules import Text
from chalicelib.spreadsheets.errors import NoSuchSheetError, WorkbookError
from chalicelib.spreadsheets.package import MAGIC
from chalicelib.spreadsheets.sheet import Place, SheetRow, rows
from chalicelib.spreadsheets.workbook import Workbook

READER: Final = CsvReader()
# Compound files (MS-CFB): what Excel wrote before 2007, and what it still writes when a password is set.
_OLD: Final = b"\xd0\xcf\x11\xe0"
_NO_TABLE: Final = Text(
    "This is neither an XLSX file nor CSV or TSV (UTF-8, GB18030 or UTF-16) with a header of at most 200 columns.",
    "这不是 XLSX 文件，也不是带表头（至多 200 列）的 UTF-8、GB18030 或 UTF-16 编码的 CSV/TSV 文本。",
)
_OLD_TEXT: Final = Text(
    "This is an old or a protected Excel file: save it as XLSX without a password, or as CSV.",
    "这是旧版或受保护的 Excel 文件：请另存为不带密码的 XLSX 或 CSV。",
)
_NO_SHEETS: Final = Text("A text file has no sheets.", "文本文件没有工作表。")


class Content(NamedTuple):
    """A file's bytes: where they stand, and how many they are."""

    path: ObjectPath
    size: int


def layout_of(content: Content, sheet: str | None) -> Layout:
    """How the file is to be read. Raises UnreadableError, FileMissingError."""
    with storage().open(content.path) as stream:
        head = stream.peek(len(MAGIC))[: len(MAGIC)]
        encoding = Encoding.UTF_8 if head == MAGIC else detected(stream)
    if head == MAGIC:
        return _sheet_layout(content, sheet)
    if head == _OLD:
        raise UnreadableError(_OLD_TEXT)
    if sheet is not None:
        raise UnreadableError(_NO_SHEETS, pointer="/sheet", code="unknown_sheet")
    try:
        with storage().open(content.path) as stream:
            return READER.layout(stream, encoding)
    except ValueError as error:
        raise UnreadableError(_NO_TABLE) from error


@contextmanager
def opened(content: Content, layout: Layout) -> Iterator[Iterator[Row]]:
    """The rows behind the header. Reading on raises UnreadableError for a workbook that is broken further down."""
    if layout.sheet is None:
        with storage().open(content.path, layout.start) as stream:
            yield READER.rows(stream, layout, layout.start, layout.line)
    else:
        with sheet_rows(content, layout) as found:
            yield (_as_row(each, len(layout.columns)) for each in found if each.cells)


@contextmanager
def sheet_rows(content: Content, layout: Layout, place: Place | None = None) -> Iterator[Iterator[SheetRow]]:
    """The rows of a layout's sheet behind its header, or behind a place that is further down."""
    with _readable(), open_seekable(storage(), *content) as stream, Workbook(stream) as book:
        found = rows(book, book.sheet(layout.sheet), place)
        yield _readably(each for each in found if each.number >= layout.line)


def _sheet_layout(content: Content, name: str | None) -> Layout:
    with _readable(), open_seekable(storage(), *content) as stream, Workbook(stream) as book:
        sheet = book.sheet(name)
        header = next((each for each in rows(book, sheet) if each.cells), None)
    if header is None or len(header.cells) > MOST_COLUMNS:
        raise UnreadableError(
            Text("The sheet has no header of at most 200 columns.", "该工作表没有至多 200 列的表头。")
        )
    return Layout("", named_once(header.cells), 0, header.number + 1, sheet=sheet.name)


def _as_row(found: SheetRow, width: int) -> Row:
    """A sheet's row has cells up to the last one that is not empty."""
    cells = tuple(found.cells) + ("",) * (width - len(found.cells))
    return fitted(Row(found.number, cells, 0, found.number + 1), width)


def _readably(found: Iterable[SheetRow]) -> Iterator[SheetRow]:
    with _readable():
        yield from found


@contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except NoSuchSheetError as error:
        raise UnreadableError(error.detail, pointer="/sheet", code="unknown_sheet") from error
    except WorkbookError as error:
        raise UnreadableError(error.detail) from error
