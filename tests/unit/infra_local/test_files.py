"""The HTTP side of the disk store: a URL does what it says, and nothing else."""

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.access.crypto import Keyring
from chalicelib.files.disk import DiskStorage
from chalicelib.files.paths import object_path, prefix
from infra.local.files import FileServer
from tests.unit.infra_local.wsgi import call

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
BASE = "http://localhost:8000/files"
PATH = object_path("tnt_1", "uploads", "fil_1", "content")
SOON = timedelta(minutes=5)
CONTENT = b"0123456789"


@pytest.fixture
def storage(tmp_path):
    keyring = Keyring([base64.urlsafe_b64encode(bytes(32)).decode()])
    made = DiskStorage(tmp_path, BASE, keyring, lambda: NOW)
    made.write(PATH, [CONTENT], "text/csv")
    return made


@pytest.fixture
def ask(storage):
    server = FileServer(storage)
    return lambda method, url, body=b"", **environ: call(server.wsgi, method, url.removeprefix(BASE), body, **environ)


@pytest.fixture
def part_url(storage):
    upload = storage.begin(object_path("tnt_1", "uploads", "fil_2", "content"), "text/csv")
    return storage.part_url(upload, 1, 3, SOON)


def get_url(storage, **more):
    return storage.download_url(PATH, **{"name": "a.csv", "content_type": "text/csv", "lifetime": SOON, **more})


def code(reply):
    return json.loads(reply.body)["code"]


def test_forged__403_and_nothing_is_shown_or_written(ask, storage, part_url):
    url = get_url(storage)
    forged = [
        ("GET", f"/{PATH}", b""),
        ("GET", url.replace("fil_1", "fil_2"), b""),
        ("GET", url.replace("tnt_1", "tnt_2"), b""),
        ("GET", part_url, b""),
        ("PUT", url, b"abc"),
        ("PUT", part_url.replace("part=1", "part=2"), b"abc"),
        ("PUT", part_url.replace("size=3", "size=4"), b"abcd"),
        ("GET", "/../../etc/passwd?signature=x&expires=1", b""),
        ("GET", f"/tnt_1/uploads/../../etc/passwd?{url.partition('?')[2]}", b""),
        ("GET", "/", b""),
    ]
    for method, target, body in forged:
        reply = ask(method, target, body)
        assert (reply.status, code(reply)) == (403, "url_refused"), target
        assert CONTENT not in reply.body
    assert len(list(storage.find(prefix("tnt_1")))) == 1


def test_expired__403_that_says_so(ask, storage):
    reply = ask("GET", get_url(storage, lifetime=timedelta(0)))
    assert (reply.status, code(reply)) == (403, "url_expired")


def test_deleted__404(ask, storage):
    url = get_url(storage)
    storage.delete(PATH)
    assert ask("GET", url).status == 404


@pytest.mark.parametrize("method", ["POST", "DELETE", "PATCH", "OPTIONS"])
def test_other_methods__405(ask, storage, method):
    reply = ask(method, get_url(storage))
    assert (reply.status, reply.headers["Allow"]) == (405, "GET, HEAD, PUT")


@pytest.mark.parametrize("body", [b"", b"ab", b"abcd"])
def test_put__another_size__400(ask, part_url, body):
    reply = ask("PUT", part_url, body)
    assert (reply.status, code(reply)) == (400, "part_size")


def test_put__a_body_that_ends_early__400(ask, part_url):
    assert ask("PUT", part_url, b"ab", CONTENT_LENGTH="3").status == 400


def test_put__its_size__200_with_an_etag(ask, part_url):
    replies = [ask("PUT", part_url, body) for body in (b"abc", b"abc", b"abd")]
    assert [each.status for each in replies] == [200] * 3
    first, same, other = (each.headers["ETag"] for each in replies)
    assert first == same != other


def test_get__is_a_file_to_save_whatever_is_in_it(ask, storage):
    reply = ask("GET", get_url(storage, name="<b>.html", content_type="text/html"))
    assert (reply.status, reply.body) == (200, CONTENT)
    assert reply.headers["Content-Type"] == "application/octet-stream"
    assert reply.headers["Content-Disposition"] == "attachment; filename=\"_b_.html\"; filename*=UTF-8''_b_.html"
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in reply.headers["Content-Security-Policy"]
    assert reply.headers["Content-Length"] == "10"


def test_head__the_same_headers_and_no_body(ask, storage):
    url = get_url(storage)
    reply = ask("HEAD", url)
    assert (reply.status, reply.body, reply.headers) == (200, b"", ask("GET", url).headers)


@pytest.mark.parametrize(
    ("wanted", "given"),
    [
        ("bytes=0-0", (0, 1)),
        ("bytes=2-4", (2, 5)),
        ("bytes=7-", (7, 10)),
        ("bytes=7-99", (7, 10)),
        ("bytes=-3", (7, 10)),
        ("bytes=-99", (0, 10)),
    ],
)
def test_range__206_with_that_part(ask, storage, wanted, given):
    start, end = given
    reply = ask("GET", get_url(storage), HTTP_RANGE=wanted)
    assert (reply.status, reply.body) == (206, CONTENT[start:end])
    assert reply.headers["Content-Range"] == f"bytes {start}-{end - 1}/10"
    assert reply.headers["Content-Length"] == str(end - start)


@pytest.mark.parametrize("wanted", ["bytes=10-", "bytes=10-20", "bytes=-0"])
def test_range__outside__416(ask, storage, wanted):
    reply = ask("GET", get_url(storage), HTTP_RANGE=wanted)
    assert (reply.status, reply.headers["Content-Range"]) == (416, "bytes */10")


@pytest.mark.parametrize(
    "wanted", ["bytes=-", "bytes=4-2", "bytes=0-1,3-4", "lines=1-2", "bytes=x-", f"bytes={'9' * 16}-"]
)
def test_range__none_that_can_be_read__is_the_whole(ask, storage, wanted):
    reply = ask("GET", get_url(storage), HTTP_RANGE=wanted)
    assert (reply.status, reply.body) == (200, CONTENT)


def test_range__if_something_that_is_not_known_here__is_the_whole(ask, storage):
    reply = ask("GET", get_url(storage), HTTP_RANGE="bytes=0-1", HTTP_IF_RANGE='"x"')
    assert (reply.status, reply.body) == (200, CONTENT)
