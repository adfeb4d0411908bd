"""Cursors: authentic, secret, and bound to tenant and query."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.access.crypto import Keyring
from chalicelib.store.cursors import query_digest, read_cursor, write_cursor
from chalicelib.store.errors import CursorError

OLD, NEW = (base64.urlsafe_b64encode(bytes([n]) * 32).decode() for n in (1, 2))
KEYRING = Keyring([NEW, OLD])
POSITION = {"pk": {"S": "tnt_1#contact#cnt_1"}, "sk": {"S": "contact"}}
DAY_S = 24 * 3600
DIGEST = query_digest("GET", "/v1/contacts", [("status", ["active"])])


def test_what_is_written_is_read():
    assert read_cursor(KEYRING, "tnt_1", DIGEST, write_cursor(KEYRING, "tnt_1", DIGEST, POSITION)) == POSITION


def test_a_cursor_of_the_secret_before_is_still_read_and_of_another_deployment_is_not():
    assert read_cursor(KEYRING, "tnt_1", DIGEST, write_cursor(Keyring([OLD]), "tnt_1", DIGEST, POSITION)) == POSITION
    with pytest.raises(CursorError):
        read_cursor(Keyring([OLD]), "tnt_1", DIGEST, write_cursor(Keyring([NEW]), "tnt_1", DIGEST, POSITION))


@pytest.mark.parametrize(("tenant", "digest"), [("tnt_2", DIGEST), ("tnt_1", query_digest("GET", "/v1/contacts", []))])
def test_another_tenants_and_another_querys_cursor_is_refused(tenant, digest):
    with pytest.raises(CursorError):
        read_cursor(KEYRING, tenant, digest, write_cursor(KEYRING, "tnt_1", DIGEST, POSITION))


def test_a_cursor_is_good_for_a_day(monkeypatch):
    cursor = write_cursor(KEYRING, "tnt_1", DIGEST, POSITION)
    from cryptography import fernet  # noqa: PLC0415

    now = fernet.time.time()
    monkeypatch.setattr(fernet.time, "time", lambda: now + DAY_S - 5)
    assert read_cursor(KEYRING, "tnt_1", DIGEST, cursor) == POSITION
    monkeypatch.setattr(fernet.time, "time", lambda: now + DAY_S + 5)
    with pytest.raises(CursorError):
        read_cursor(KEYRING, "tnt_1", DIGEST, cursor)


@given(st.text(max_size=300))
def test_any_other_text_is_refused_and_nothing_else_happens(text):
    with pytest.raises(CursorError):
        read_cursor(KEYRING, "tnt_1", DIGEST, text)
