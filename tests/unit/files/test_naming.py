"""What a caller typed never becomes a path or a header of its own."""

import pytest

from chalicelib.files.naming import OCTETS, clean_name, disposition, served_type
from chalicelib.files.paths import ObjectPath, PathError, object_path, prefix


@pytest.mark.parametrize(
    "text",
    [
        "",
        "t1",
        "t1/uploads/fil_1",
        "/t1/uploads/fil_1/content",
        "t1/uploads/fil_1/content/",
        "t1//fil_1/content",
        "t1/uploads/../t2/content",
        "t1/uploads/./content",
        "t1/uploads/fil_1/.hidden",
        "t1/uploads/fil_1/con\\tent",
        "t1/uploads/fil_1/con%2ftent",
        "t1/uploads/fil_1/con\x00tent",
        "t1/uploads/fil_1/content~parts",
        "t1/uploads/fil_1/contént",
        "t1/uploads/fil_1/content\n",
        f"t1/uploads/{'x' * 129}/content",
        "/".join("abcdefghi"),
    ],
)
def test_path__anything_that_we_do_not_spell__is_refused(text):
    with pytest.raises(PathError):
        ObjectPath.parse(text)


@pytest.mark.parametrize("segment", ["", "..", "a/b", "a\\b", ".a", "a b"])
def test_path__a_segment_that_could_leave_its_place__is_refused(segment):
    with pytest.raises(PathError):
        object_path("t1", "uploads", segment, "content")
    with pytest.raises(PathError):
        prefix("t1", segment)


def test_path__starts_with_its_tenant__and_a_prefix_meets_no_neighbour():
    path = object_path("tnt_1", "uploads", "fil_1", "content")
    assert path == "tnt_1/uploads/fil_1/content"
    assert path.tenant == "tnt_1"
    assert prefix("tnt_1", "uploads") == "tnt_1/uploads/"
    assert not object_path("tnt_10", "uploads", "fil_1", "content").startswith(prefix("tnt_1"))


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("customers.csv", "customers.csv"),
        ("客户名单.csv", "客户名单.csv"),
        ("C:\\fakepath\\customers.csv", "customers.csv"),
        ("../../etc/passwd", "passwd"),
        ("..", "file"),
        ("/", "file"),
        ("\x00\x1f", "file"),
        ('a"b\r\nSet-Cookie: x.csv', "a_bSet-Cookie_ x.csv"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        (" . ", "file"),
        ("x" * 300, "x" * 255),
    ],
)
def test_name__is_one_that_a_file_may_have(typed, kept):
    assert clean_name(typed) == kept


@pytest.mark.parametrize("typed", ['a"; filename="b.exe', "a\r\nX-Evil: 1", "名单;.csv", 'a\\"b', "\ud800.csv"[1:]])
def test_disposition__is_one_header_that_says_attachment_and_nothing_else(typed):
    value = disposition(typed)
    assert value.isascii()
    assert value.isprintable()
    assert value.startswith('attachment; filename="')
    assert value.count('"') == 2
    assert value.count(";") == 2


def test_disposition__brings_the_real_name_too():
    assert disposition("客户 1.csv") == "attachment; filename=\"__ 1.csv\"; filename*=UTF-8''%E5%AE%A2%E6%88%B7%201.csv"


@pytest.mark.parametrize("alive", ["text/html", "image/svg+xml", "application/javascript", "text/xml", "x/y"])
def test_served_type__what_a_browser_might_run__is_octets(alive):
    assert served_type(alive) == OCTETS


def test_served_type__data__is_what_it_is():
    assert served_type("Text/CSV") == "text/csv"
