"""A workbook: its sheets, the strings that they share, and how their numbers are to be seen."""

from array import array
from dataclasses import dataclass
from functools import cached_property
from io import BufferedReader
from pathlib import PurePosixPath
from typing import Final, Self
from zipfile import ZipFile

from chalicelib.modules import Text
from chalicelib.spreadsheets import values
from chalicelib.spreadsheets.errors import NoSuchSheetError, WorkbookError, corrupt
from chalicelib.spreadsheets.package import MOST_SMALL, open_package, part
from chalicelib.spreadsheets.xml import CHUNK, Parser, elements, local

# Held in memory as bytes, with eight more for each string: a million of them are some 40 MB.
MOST_STRINGS: Final = 96 * 1024 * 1024
_ROOT: Final = "_rels/.rels"
_SEEN: Final = frozenset({None, "visible"})


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet of cells: its name, where it stands in the package, and whether people see it."""

    name: str
    path: str
    visible: bool


class Strings:
    """The strings that cells point to, as bytes."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._ends = array("Q", [0])

    def add(self, text: str) -> None:
        """The next one."""
        self._bytes += text.encode("utf-8", "surrogatepass")
        self._ends.append(len(self._bytes))

    def __getitem__(self, number: int) -> str:
        """One of them. Raises WorkbookError."""
        if not 0 <= number < len(self._ends) - 1:
            raise corrupt()
        found = self._bytes[self._ends[number] : self._ends[number + 1]]
        return found.decode("utf-8", "surrogatepass")


class Workbook:
    """What is needed to read its sheets. Raises WorkbookError, here and in all that it does."""

    def __init__(self, file: BufferedReader) -> None:
        """Look into a seekable stream."""
        self.package: ZipFile = open_package(file)
        self._path = _target(self._related(_ROOT, ""), "officeDocument")
        self._parts = self._related(_relations_of(self._path), str(PurePosixPath(self._path).parent))
        self.from_1904 = False
        self.sheets = tuple(self._sheets())

    def __enter__(self) -> Self:
        """To be closed."""
        return self

    def __exit__(self, *_: object) -> None:
        """The stream stays its owner's."""
        self.package.close()

    def sheet(self, name: str | None) -> Sheet:
        """The sheet of that name, or the first one that people see. Raises NoSuchSheetError."""
        for each in self.sheets:
            if each.name == name or (name is None and each.visible):
                return each
        names = ", ".join(repr(each.name) for each in self.sheets[:20])
        what = Text("There is no such sheet.", "没有该工作表。")
        raise NoSuchSheetError(what, Text(f"Sheets: {names}.", f"工作表：{names}。"))

    @cached_property
    def strings(self) -> Strings:
        """The shared strings: all of them, since cells point anywhere."""
        found = Strings()
        path = next((path for kind, path in self._parts.values() if kind == "sharedStrings"), None)
        if path is None:
            return found
        texts: list[str] = []
        state = {"text": False, "reading_aid": False}

        def start(name: str, _: dict[str, str]) -> None:
            match local(name):
                case "t":
                    state["text"] = not state["reading_aid"]
                case "rPh":
                    state["reading_aid"] = True

        def end(name: str) -> None:
            match local(name):
                case "t":
                    state["text"] = False
                case "rPh":
                    state["reading_aid"] = False
                case "si":
                    found.add(values.unescaped("".join(texts)))
                    texts.clear()

        parser = Parser(start, end, lambda text: texts.append(text) if state["text"] else None)
        with part(self.package, path, MOST_STRINGS) as stream:
            while chunk := stream.read(CHUNK):
                parser.feed(chunk)
        return found

    @cached_property
    def formats(self) -> list[values.Shown]:
        """How cells of each style are seen."""
        path = next((path for kind, path in self._parts.values() if kind == "styles"), None)
        if path is None:
            return []
        codes: dict[int, str] = {}
        styles: list[int] = []
        inside = False
        with part(self.package, path, MOST_SMALL) as stream:
            for name, given in elements(stream):
                if name == "cellXfs":
                    inside = given is not None
                elif given is not None and name == "numFmt":
                    codes[_whole(given.get("numFmtId"))] = given.get("formatCode", "")
                elif given is not None and name == "xf" and inside:
                    styles.append(_whole(given.get("numFmtId", "0")))
        return [values.shown_as(each, codes) for each in styles]

    def _sheets(self) -> list[Sheet]:
        found = []
        with part(self.package, self._path, MOST_SMALL) as stream:
            for name, given in elements(stream):
                if given is None:
                    continue
                if name == "workbookPr":
                    self.from_1904 = given.get("date1904") in {"1", "true"}
                elif name == "sheet":
                    kind, path = self._parts.get(given.get("id", ""), ("", ""))
                    if kind == "worksheet":
                        found.append(Sheet(given.get("name", ""), path, given.get("state") in _SEEN))
        return found

    def _related(self, path: str, folder: str) -> dict[str, tuple[str, str]]:
        """What a part points to: kind and path by id."""
        found = {}
        with part(self.package, path, MOST_SMALL) as stream:
            for name, given in elements(stream):
                if name == "Relationship" and given and given.get("TargetMode") != "External":
                    kind = given.get("Type", "").rpartition("/")[2]
                    found[given.get("Id", "")] = (kind, _resolved(folder, given.get("Target", "")))
        return found


def _target(related: dict[str, tuple[str, str]], wanted: str) -> str:
    found = next((path for kind, path in related.values() if kind == wanted), None)
    if found is None:
        raise WorkbookError(Text("This is no XLSX file.", "这不是 XLSX 文件。"))
    return found


def _relations_of(path: str) -> str:
    place = PurePosixPath(path)
    return str(place.parent / "_rels" / f"{place.name}.rels")


def _resolved(folder: str, target: str) -> str:
    if target.startswith("/"):
        return target[1:]
    steps: list[str] = []
    for each in [*folder.split("/"), *target.split("/")]:
        if each == ".." and steps:
            steps.pop()
        elif each not in {"", ".", ".."}:
            steps.append(each)
    return "/".join(steps)


def _whole(text: str | None) -> int:
    try:
        return int(text or "")
    except ValueError as error:
        raise corrupt() from error
