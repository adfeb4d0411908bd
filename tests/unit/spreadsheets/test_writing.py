"""Workbooks in pieces: others read what we write, and so do we."""

import io
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from chalicelib.spreadsheets import writing
from chalicelib.spreadsheets.errors import WorkbookError
from chalicelib.spreadsheets.sheet import rows
from chalicelib.spreadsheets.workbook import Workbook
from chalicelib.spreadsheets.writing import Written, around, piece

NAME = "客户 & Co"


def written(pieces):
    content, state = b"", Written()
    for number, table in enumerate(pieces, 1):
        packed, state = piece(state, table, last=number == len(pieces))
        content, state = content + packed, Written(*state.told())
    before, behind = around(NAME, state)
    return before + content + behind


def seen(cell):
    if isinstance(cell, str):
        return cell
    return str(int(cell)) if float(cell).is_integer() else format(Decimal(repr(cell)), "f")


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\ufffe\uffff"), max_size=9)
CELL = st.one_of(TEXT, st.integers(-(10**14), 10**14), st.floats(-1e6, 1e6, allow_subnormal=False))


@settings(max_examples=60)
@given(pieces=st.lists(st.lists(st.lists(CELL, max_size=30), max_size=4), min_size=1, max_size=4))
def test_pieces__are_one_sheet(pieces):
    content = written(pieces)
    with Workbook(io.BufferedReader(io.BytesIO(content))) as book:
        assert book.sheet(None).name == NAME
        found = [row.cells for row in rows(book, book.sheet(None))]
    expected = [[seen(cell) for cell in row] for table in pieces for row in table]
    assert len(found) == len(expected)
    for ours, texts in zip(found, expected, strict=True):
        assert [*ours, *[""] * (len(texts) - len(ours))] == texts
    assert load_workbook(io.BytesIO(content)).sheetnames == [NAME]


def test_what_looks_like_a_formula__is_text__and_the_same_rows_make_the_same_bytes():
    cells = ["=1+1", "+cmd", "-2+3", "@SUM(A1)", "\tx", "_x0041_", "a\x00b", "\r\n", "00123", 10**20]
    content = written([[cells]])
    read = next(load_workbook(io.BytesIO(content)).active.iter_rows())
    assert {cell.data_type for cell in read} <= {"s", "inlineStr"}
    assert content == written([[cells]])


def test_columns__are_named_as_in_spreadsheets():
    sheet = load_workbook(io.BytesIO(written([[list(range(1, 800))]]))).active
    assert [cell.value for cell in next(sheet.iter_rows())] == list(range(1, 800))


def test_more_than_a_sheet_holds__refused(monkeypatch):
    monkeypatch.setattr(writing, "MOST_ROWS", 2)
    with pytest.raises(WorkbookError, match="more than one sheet"):
        piece(Written(rows=1, size=10), [["a"], ["b"]], last=False)
    monkeypatch.setattr(writing, "_MOST", 50)
    with pytest.raises(WorkbookError, match="more than one sheet"):
        piece(Written(), [["a"]], last=False)
