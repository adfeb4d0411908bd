"""Finding a person in texts and files: beside what only looks alike, however it is written or packed."""

import gzip
import io
import zipfile

import pytest

from chalicelib.holdings import sought
from chalicelib.holdings.sought import Sought

ESCAPED = '"Jos\\u00e9 N\\u00fa\\u00f1ez"'
SOUGHT = Sought.of(["EXT-9 z", "0002", "7", "zyx@example.com"], ["415 555-0101"], ["李雷雷", "José Núñez", "Al"])


@pytest.mark.parametrize(
    "text", ["", "10002", "00023", "141555501019", "ext-9 zz", "7", "Al", "jose nunez", "azyx@example.com"]
)
def test_what_only_looks_alike__is_not_the_person(text):
    assert not SOUGHT.in_text(text)
    assert not SOUGHT.in_stream(io.BytesIO(text.encode()))


@pytest.mark.parametrize(
    "text", ["x,0002,y", "Ext-9 Z", "call (415) 555-0101 now", "1.415.555.0101", "+14155550101 9", "ZYX@EXAMPLE.COM;"]
)
def test_numbers_addresses_and_ids__are_found_however_they_are_written(text):
    assert SOUGHT.in_text(text)
    for encoding in ("utf-8", "gb18030"):
        assert SOUGHT.in_stream(io.BytesIO(text.encode(encoding)))


@pytest.mark.parametrize("text", ["im 李雷雷 da", "客户李雷雷，女", "JOSÉ NÚÑEZ", "a,José Núñez", ESCAPED])
def test_names__tell_of_files_and_not_of_texts(text):
    assert not SOUGHT.in_text(text)
    for content in (text.encode(), text.encode("gb18030"), gzip.compress(text.encode()), zipped(text.encode())):
        assert SOUGHT.in_stream(io.BytesIO(content))


def zipped(content):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.xml", b"<r/>")
        archive.writestr("sharedStrings.xml", content)
    return out.getvalue()


def test_a_word_across_two_chunks__is_found(monkeypatch):
    monkeypatch.setattr(sought, "CHUNK", 16)
    monkeypatch.setattr(sought, "OVERLAP", 24)
    for shift in range(60):
        assert not SOUGHT.in_stream(io.BytesIO(b"." * shift + b" 00023 10002 "))
        assert SOUGHT.in_stream(io.BytesIO(b"x" * shift + b" zyx@example.com "))
        assert SOUGHT.in_part(io.BytesIO(b"." * shift + b" zyx@example.com "), 80)


def test_what_unpacks_without_end__is_taken_to_hold_anybody(monkeypatch):
    monkeypatch.setattr(sought, "UNPACKED", 1000)
    assert SOUGHT.in_stream(io.BytesIO(gzip.compress(b"." * 3_000_000)))


def test_written_and_read__is_the_same():
    assert Sought.read(SOUGHT.written()) == SOUGHT
    assert (Sought() | SOUGHT) == SOUGHT
