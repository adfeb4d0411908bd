"""Workbooks as others write them, and as somebody might who means harm."""

import io
import zipfile
from datetime import date, datetime, time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook as Written

from chalicelib.spreadsheets import package
from chalicelib.spreadsheets.errors import NoSuchSheetError, WorkbookError
from chalicelib.spreadsheets.sheet import MOST_ROW_TEXT, rows
from chalicelib.spreadsheets.values import AS_IS, Shown, number, shown_as
from chalicelib.spreadsheets.workbook import Workbook

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PARTS = {
    "_rels/.rels": f'<Relationships><Relationship Id="a" Type="{RELATIONS}/officeDocument" Target="xl/workbook.xml"/>'
    "</Relationships>",
    "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}"><sheets>'
    '<sheet name="One" sheetId="1" r:id="s1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'<Relationships><Relationship Id="s1" Type="{RELATIONS}/worksheet" '
    'Target="worksheets/sheet1.xml"/></Relationships>',
}


def made(sheet_data="", **parts):
    """A workbook of these rows, or parts, as bytes."""
    sheet = f'<worksheet xmlns="{MAIN}"><sheetData>{sheet_data}</sheetData></worksheet>'
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in (PARTS | {"xl/worksheets/sheet1.xml": sheet} | parts).items():
            archive.writestr(name, text)
    return content.getvalue()


def written(table, **more):
    book = Written()
    for row in table:
        book.active.append(row)
    for name in more.get("sheets", ()):
        book.create_sheet(name)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def opened(content):
    return Workbook(io.BufferedReader(io.BytesIO(content)))


def read(content, name=None):
    book = opened(content)
    return [(row.number, row.cells) for row in rows(book, book.sheet(name))]


# -- what is refused, and takes no memory


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK\x03\x04",
        b"PK\x03\x04" + b"\0" * 100,
        made()[:-30],
        made("<row><c><v>1</c></row>"),
        made('<row><c r="A1" t="s"><v>7</v></c></row>'),
        made('<row><c r="A1" t="s"><v>x</v></c></row>'),
        made('<row r="0"><c r="A1"><v>1</v></c></row>'),
        made('<row r="1"><c r="B1"><v>1</v></c><c r="A1"><v>1</v></c></row>'),
        made('<row r="1"><c r="AAAA1"><v>1</v></c></row>'),
        made('<row r="1"><c r="ZZZ1"><v>1</v></c></row>'),
        made('<row r="2000000"><c r="A1"><v>1</v></c></row>'),
        made(f'<row r="{"1" * 3_000_000}"/>'),
        made(**{"_rels/.rels": "<Relationships/>"}),
        made(**{"xl/workbook.xml": "<workbook/>"}),
    ],
    # A workbook's bytes hold the time at which it was made: as a name it would be another one in each process.
    ids=[
        "nothing",
        "four bytes",
        "no directory",
        "cut short",
        "a cell without place",
        "a text that is not there",
        "a text without number",
        "row 0",
        "cells out of order",
        "column AAAA",
        "column ZZZ",
        "row two million",
        "a row without end",
        "no relations",
        "no sheets",
    ],
)
def test_damaged_or_no_workbook__refused_with_what_to_do(content):
    with pytest.raises(WorkbookError) as refused:
        read(content)
    assert refused.value.detail.en.endswith((".", "!"))


def test_entities__refused():
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>'
    sheet = f'{bomb}<worksheet xmlns="{MAIN}"><sheetData><row><c><v>&b;</v></c></row></sheetData></worksheet>'
    with pytest.raises(WorkbookError, match="entities"):
        read(made(**{"xl/worksheets/sheet1.xml": sheet}))


def test_bomb__refused_before_it_is_unpacked(monkeypatch):
    monkeypatch.setattr(package, "ALWAYS_FINE", 1024 * 1024)
    with pytest.raises(WorkbookError, match="unpacks to too much"):
        opened(made(" " * 3_000_000))


@pytest.mark.parametrize(
    ("limit", "value", "text"),
    [
        ("MOST_PACKED", 100, "at most"),
        ("MOST_UNPACKED", 100, "too much"),
        ("MOST_ENTRIES", 2, "too many parts"),
        ("MOST_SMALL", 100, "too large"),
    ],
)
def test_beyond_a_cap__refused(monkeypatch, limit, value, text):
    monkeypatch.setattr(package, limit, value)
    monkeypatch.setattr(f"chalicelib.spreadsheets.workbook.{limit}", value, raising=False)
    with pytest.raises(WorkbookError, match=text):
        opened(made())


def test_row_of_many_megabytes__is_cut():
    strings = f'<sst xmlns="{MAIN}"><si><t>{"x" * 30_000}</t></si></sst>'
    relations = PARTS["xl/_rels/workbook.xml.rels"].replace(
        "</Relationships>",
        f'<Relationship Id="s" Type="{RELATIONS}/sharedStrings" Target="/xl/strings.xml"/></Relationships>',
    )
    parts = {"xl/strings.xml": strings, "xl/_rels/workbook.xml.rels": relations}
    cell = '<c t="s"><v>0</v></c>'
    ((_, cells),) = read(made(f"<row>{cell * 5000}</row>", **parts))
    assert MOST_ROW_TEXT < sum(map(len, cells)) < 2 * 1024 * 1024


# -- what people see


def test_values__as_people_see_them():
    table = [
        ["00123", 12345678901, 80.0, 65.6, -0.5, 1e20, 0.125],
        [True, False, date(2026, 3, 1), datetime(2026, 3, 1, 8, 30), time(8, 30), None, "张三丰"],  # noqa: DTZ001
        ["=1+1", "@x", "a\nb", " padded ", "_x0041_", "é"],
    ]
    content = io.BytesIO()
    book = Written()
    for row in table[:2]:
        book.active.append(row)
    for column, cell in enumerate(table[2], 1):
        book.active.cell(4, column).value = cell
        book.active.cell(4, column).data_type = "s"
    book.active.cell(5, 1, 501).number_format = "00000"
    book.save(content)
    assert read(content.getvalue()) == [
        (1, ["00123", "12345678901", "80", "65.6", "-0.5", "100000000000000000000", "0.125"]),
        (2, ["TRUE", "FALSE", "2026-03-01", "2026-03-01T08:30:00", "08:30:00", "", "张三丰"]),
        (4, ["=1+1", "@x", "a\nb", " padded ", "A", "é"]),
        (5, ["00501"]),
    ]


def test_formula__its_kept_value__and_reading_aids_are_left_out():
    cells = '<c r="A1"><f>1+1</f><v>2</v></c><c r="B1" t="str"><f>A1&amp;""</f><v>two</v></c><c t="e"><v>#N/A</v></c>'
    aided = '<c r="E1" t="inlineStr"><is><r><t>東</t></r><r><t>京</t></r><rPh><t>とうきょう</t></rPh></is></c>'
    assert read(made(f"<row>{cells}{aided}</row>")) == [(1, ["2", "two", "#N/A", "", "東京"])]


def test_names_with_a_prefix__rows_and_cells_without_places():
    sheet = (
        f'<x:worksheet xmlns:x="{MAIN}"><x:sheetData><x:row><x:c><x:v>1</x:v></x:c><x:c/><x:c><x:v>3</x:v></x:c>'
        "</x:row>"
        "<x:row/><x:row><x:c><x:v>4</x:v></x:c></x:row></x:sheetData></x:worksheet>"
    )
    assert read(made(**{"xl/worksheets/sheet1.xml": sheet})) == [(1, ["1", "", "3"]), (2, []), (3, ["4"])]


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("General", AS_IS),
        ("0.00", AS_IS),
        ("[h]:mm:ss", AS_IS),
        ('0" days"', AS_IS),
        ("00000", Shown(digits=5)),
        ('yyyy"年"m"月"d"日"', Shown(day=True)),
        ("[$-804]mmm-yy", Shown(day=True)),
        ("d/m/yyyy h:mm", Shown(day=True, time=True)),
        ("mm:ss", Shown(time=True)),
        ("#,##0.00\\ [$¥-804]", AS_IS),
    ],
)
def test_number_format__says_how_a_number_is_seen(code, shown):
    assert shown_as(164, {164: code}) == shown


@pytest.mark.parametrize(
    ("text", "shown", "from_1904", "seen"),
    [
        ("1", Shown(day=True), False, "1900-01-01"),
        ("61", Shown(day=True), False, "1900-03-01"),
        ("0", Shown(day=True), True, "1904-01-01"),
        ("-1", Shown(day=True), False, "-1"),
        ("1e9", Shown(day=True), False, "1000000000"),
        ("46082.999999999", Shown(day=True, time=True), False, "2026-03-02"),
        ("nan", AS_IS, False, "nan"),
        ("inf", AS_IS, False, "inf"),
        ("1E-7", AS_IS, False, "0.0000001"),
        ("65.599999999999994", AS_IS, False, "65.6"),
    ],
)
def test_numbers(text, shown, from_1904, seen):
    assert number(text, shown, from_1904=from_1904) == seen


def test_sheets__the_first_that_people_see__or_by_name():
    book = Written()
    book.active.title, book.active.sheet_state = "Hidden", "hidden"
    for name in ("客户", "Others"):
        book.create_sheet(name).append([name])
    content = io.BytesIO()
    book.save(content)
    assert read(content.getvalue()) == [(1, ["客户"])]
    assert read(content.getvalue(), "Others") == [(1, ["Others"])]
    assert read(content.getvalue(), "Hidden") == []
    with pytest.raises(NoSuchSheetError) as refused:
        read(content.getvalue(), "others")
    assert "'Hidden', '客户', 'Others'" in refused.value.detail.zh


TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=9).filter(
    lambda text: "_x" not in text and not text.startswith("=")  # an escape, and a formula without its result
)
CELL = st.one_of(st.none(), TEXT, st.integers(-(10**9), 10**9), st.booleans())


@settings(max_examples=60)
@given(table=st.lists(st.lists(CELL, max_size=4), max_size=8), at=st.integers(0, 7))
def test_what_openpyxl_writes__is_read__and_read_on_from_any_row(table, at):
    content = written(table)
    book = opened(content)
    through = list(rows(book, book.sheet(None)))

    def seen(cell):
        return "" if cell is None else str(cell).upper() if isinstance(cell, bool) else str(cell)

    expected = {number: [seen(cell) for cell in row] for number, row in enumerate(table, 1)}
    found = {row.number: row.cells for row in through}
    for row_number, cells in expected.items():
        stripped = cells
        while stripped and not stripped[-1]:
            stripped = stripped[:-1]
        assert found.get(row_number, []) == stripped
    if through:
        place = through[min(at, len(through) - 1)].place
        assert list(rows(book, book.sheet(None), place)) == [each for each in through if each.number > place.row]
