"""Signed URLs: every change of what one says makes it void."""

import base64
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.access.crypto import Keyring
from chalicelib.files.errors import UrlRefusedError
from chalicelib.files.paths import object_path
from chalicelib.files.signing import read, sign

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
OLD, NEW = (base64.urlsafe_b64encode(bytes([number]) * 32).decode() for number in (1, 2))
RING = Keyring([NEW])
PATH = object_path("tnt_1", "uploads", "fil_1", "content")
SAYS = {"upload": "upl_1", "part": "2", "size": "8388608"}


def signed(ring=RING, method="PUT", path=PATH, says=SAYS, lives=60):
    return sign(ring, method, path, says, NOW + timedelta(seconds=lives)).split("?")


def refused(method, path, query, now=NOW, ring=RING):
    with pytest.raises(UrlRefusedError) as caught:
        read(ring, method, path, query, now)
    return caught.value.reason


PATH_TEXT, QUERY = signed()


@pytest.mark.parametrize(
    ("method", "path", "query"),
    [
        ("GET", PATH_TEXT, QUERY),
        ("PUT", "tnt_2/uploads/fil_1/content", QUERY),
        ("PUT", "tnt_1/uploads/fil_2/content", QUERY),
        ("PUT", "tnt_1/results/fil_1/content", QUERY),
        ("PUT", PATH_TEXT, QUERY.replace("part=2", "part=3")),
        ("PUT", PATH_TEXT, QUERY.replace("size=8388608", "size=8388609")),
        ("PUT", PATH_TEXT, QUERY.replace("upl_1", "upl_2")),
        ("PUT", PATH_TEXT, QUERY.replace("expires=", "expires=9")),
        ("PUT", PATH_TEXT, QUERY.replace("upload=upl_1&", "")),
        ("PUT", PATH_TEXT, f"{QUERY}&part=3"),
        ("PUT", PATH_TEXT, f"{QUERY}&more=1"),
        ("PUT", PATH_TEXT, f"{QUERY[:-1]}{'0' if QUERY[-1] != '0' else '1'}"),
        ("PUT", PATH_TEXT, f"{QUERY}é"),
    ],
)
def test_read__any_change__is_a_bad_signature(method, path, query):
    assert refused(method, path, query) == "signature"


def test_read__another_deployments_key__is_a_bad_signature():
    assert refused("PUT", *signed(Keyring([OLD]))) == "signature"


def test_read__a_keyed_hash_for_another_purpose__is_a_bad_signature():
    mac = RING.mac("link", "tnt_1", data=b"x")
    assert refused("PUT", PATH_TEXT, f"{QUERY.rpartition('=')[0]}={mac}") == "signature"


@pytest.mark.parametrize(
    "query", ["", "expires=9999999999", "signature=ab", "expires=soon&signature=ab", "&&", "a=1&" * 20]
)
def test_read__no_query_of_ours__is_malformed(query):
    assert refused("PUT", PATH_TEXT, query) == "malformed"


@pytest.mark.parametrize("path", ["", "tnt_1/uploads/../../etc/passwd", "tnt_1/uploads/fil_1/content~parts"])
def test_read__no_path_of_ours__is_refused_before_all_else(path):
    assert refused("PUT", path, QUERY) == "path"


def test_read__at_its_end__has_expired():
    assert refused("PUT", PATH_TEXT, QUERY, NOW + timedelta(seconds=60)) == "expired"


def test_read__until_its_end__says_what_was_signed():
    allowed = read(RING, "PUT", PATH_TEXT, QUERY, NOW + timedelta(seconds=59))
    assert allowed.path == PATH
    assert {name: allowed.says[name] for name in SAYS} == SAYS


def test_read__after_a_new_key_came_in_front__still_works():
    assert read(Keyring([NEW, OLD]), "PUT", *signed(Keyring([OLD])), NOW).path == PATH


def test_sign__any_name__comes_back_as_it_was():
    name = '名单 "1"&part=9#?.csv'
    path, query = signed(method="GET", says={"name": name, "type": "text/csv"})
    assert read(RING, "GET", path, query, NOW).says["name"] == name
