import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.imports.cells import csv_text, escaped, same, snake_case, unescaped
from chalicelib.imports.encodings import BOM, Encoding, decided, detected
from chalicelib.imports.reader import MOST_ROW_BYTES, CsvReader, Layout

READER = CsvReader()


def stream(content):
    return io.BufferedReader(io.BytesIO(content))


def read(content):
    layout = READER.layout(stream(content), detected(stream(content)))
    rows = list(READER.rows(stream(content[layout.start :]), layout, layout.start, layout.line))
    return layout, rows


@pytest.mark.parametrize("content", [b"", b"\n", b"a,b" + b",c" * 400, b'"a\n' + b"x\n" * 40_000])
def test_layout__no_header_that_can_be_read__refused(content):
    with pytest.raises(ValueError, match=r".*"):
        READER.layout(stream(content), Encoding.UTF_8)


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"a,b\n1\n3,4\n", "row_too_short"),
        (b"a,b\n1,2,3\n3,4\n", "row_too_long"),
        (b"a,b\n1,\xff\n3,4\n", "not_in_encoding"),
        (b'a,b\n1,"2\n3,4\n' + b"x,y\n" * 20_000, "malformed_row"),
        (b"a,b\n1," + b"x" * (MOST_ROW_BYTES * 2) + b"\n3,4\n", "row_too_large"),
        (b"a,b\n1,2\rx\n3,4\n", "malformed_row"),
    ],
)
def test_row_that_cannot_be_read__has_a_fault__and_the_next_one_is_whole(content, fault):
    _, rows = read(content)
    assert (rows[0].line, rows[0].fault) == (2, fault)
    assert (rows[1].line, rows[1].cells, rows[1].fault) == (3, ("3", "4"), None)


@pytest.mark.parametrize("head", [b"", BOM])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_layout__of_the_usual_dialects(head, delimiter, end):
    text = delimiter.join(["Customerid ", "City"]) + end + delimiter.join(["1", '"Ojai\r\nCA"']) + end
    layout, rows = read(head + text.encode())
    assert (layout.delimiter, layout.columns, layout.line) == (delimiter, ("Customerid", "City"), 2)
    assert [(row.line, row.cells, row.next_line) for row in rows] == [(2, ("1", "Ojai\r\nCA"), 4)]


LINE_ENDS_INSIDE = "上ਕ਀"  # their UTF-16 has 0x0A in it


@pytest.mark.parametrize(
    ("python_name", "encoding"),
    [
        ("gb18030", "gb18030"),
        ("gbk", "gb18030"),
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
    ],
)
@pytest.mark.parametrize("delimiter", [",", "\t", "|"])
def test_encoding__found_or_said_by_the_mark__and_read_on_from_any_row(python_name, encoding, delimiter):
    names = [
        "张三丰",
        "欧阳芷若",
        "朱镕基",
        "镕|镕",
        'a "b" 中',
        "x\r\ny",
        *("" if "gb" in python_name else LINE_ENDS_INSIDE),
    ]
    names = [each for each in names if delimiter not in each]
    table = [["编号", "姓名"], *([str(number), name] for number, name in enumerate(names))]
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter).writerows(table)
    mark = "﻿" if "16" in python_name else ""
    content = (mark + text.getvalue()).encode(python_name)
    layout, rows = read(content)
    assert (layout.encoding, layout.columns, layout.delimiter) == (encoding, ("编号", "姓名"), delimiter)
    assert [list(row.cells) for row in rows] == table[1:]
    for row in rows:
        on = list(READER.rows(stream(content[row.end :]), layout, row.end, row.next_line))
        assert on == [each for each in rows if each.line > row.line]


@pytest.mark.parametrize("trail", [*range(0x30, 0x3A), *range(0x40, 0x7F)])
def test_gb18030__no_byte_behind_a_first_one_ends_a_line_or_a_cell(trail):
    assert bytes([trail]) not in {b"\n", b"\r", b'"', b",", b";", b"\t"}


def test_gb18030__four_bytes_and_ascii_second_bytes__stay_one_character():
    cells = ["𠀀", "€", *(bytes([0x8E, each]).decode("gb18030") for each in range(0x40, 0x7F))]
    content = "\n".join(["编号|姓名", *(f"{number}|张{cell}" for number, cell in enumerate(cells))]).encode("gb18030")
    layout, rows = read(content)
    assert (layout.encoding, [row.cells[1] for row in rows]) == ("gb18030", [f"张{cell}" for cell in cells])


@pytest.mark.parametrize(
    ("lines", "encoding"),
    [
        ([], "utf-8"),
        ([b"plain"], "utf-8"),
        (["Núñez, José, Café".encode("latin-1")] * 3, "utf-8"),
        (["Müller straße".encode("cp1252")], "utf-8"),
        (["张三".encode(), b"\xff\xff"], "utf-8"),
        (["张三".encode("gbk"), b"\xff\xff"], "gb18030"),
        (["张三".encode("gbk"), "é".encode()], "gb18030"),
        ([b"plain"] * 300 + ["张三".encode("gbk")], "gb18030"),
    ],
)
def test_encoding__by_what_most_lines_are(lines, encoding):
    assert decided(lines) == encoding


def test_utf_16__a_row_that_is_too_long__is_lost_alone():
    content = "﻿a,b\n1,{}\n3,上\n".format("上" * MOST_ROW_BYTES).encode("utf-16-le")
    _, rows = read(content)
    assert [(row.line, row.fault) for row in rows] == [(2, "row_too_large"), (3, None)]
    assert rows[1].cells == ("3", "上")


def test_layout__of_an_import_from_before_there_were_encodings():
    old = {"delimiter": ",", "columns": ["a"], "start": 2, "line": 2}
    assert Layout.read(old) == Layout(",", ("a",), 2, 2, Encoding.UTF_8, None)


def test_layout__names_each_column_once():
    layout, _ = read(b"a,,a,b\n")
    assert layout.columns == ("a", "column 2", "a (2)", "b")


def test_layout__written_and_read__is_the_same():
    layout, _ = read(b"a;b\n1;2\n")
    assert Layout.read(layout.written()) == layout


def test_blank_lines__are_no_rows():
    _, rows = read(b"a,b\n\n1,2\n\n")
    assert [(row.line, row.cells) for row in rows] == [(3, ("1", "2"))]


CELL = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00\r"), max_size=12)


@settings(max_examples=150)
@given(rows=st.lists(st.lists(CELL, min_size=3, max_size=3), max_size=12), at=st.integers(0, 12))
def test_reading_on_from_any_row__gives_what_reading_through_gives(rows, at):
    content = csv_text([["a", "b", "c"], *rows]).encode()
    layout, through = read(content)
    at = min(at, len(through))
    start, line = (through[at - 1].end, through[at - 1].next_line) if at else (layout.start, layout.line)
    assert list(READER.rows(stream(content[start:]), layout, start, line)) == through[at:]
    assert [list(row.cells) for row in through if row.fault is None] == rows


@pytest.mark.parametrize("cell", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\tx", "\rx", "'=1"])
def test_cell_that_a_spreadsheet_would_run__is_kept_from_it(cell):
    assert escaped(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["", "-4", "+8613800000000", "-118.25", "O'Neil", "a=b", "'quoted'"])
def test_cell_that_is_harmless__stays(cell):
    assert escaped(cell) == cell


@given(cell=CELL)
def test_escaped_and_read_again__is_what_it_was(cell):
    assert unescaped(escaped(cell)) == cell


@pytest.mark.parametrize(
    ("header", "word", "name"),
    [
        ("Customerid ", "customerid", "customerid"),
        ("MultipleLines", "multiplelines", "multiple_lines"),
        ("Zip Code", "zipcode", "zip_code"),
        ("套餐", "套餐", ""),
        ("5G plan", "5gplan", ""),
    ],
)
def test_names(header, word, name):
    assert (same(header), snake_case(header)) == (word, name)
