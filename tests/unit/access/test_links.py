"""Signed links: forged, expired and re-purposed ones are refused, and there is one spelling of each."""

import string
from base64 import b64decode
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from itertools import count

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.access.crypto import Keyring
from chalicelib.access.errors import CredentialError, Reason
from chalicelib.access.links import LinkToken, new_nonce, read, sign

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()
RING = Keyring([NEW, OLD])
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
EXPIRY = NOW + timedelta(days=14)
SURVEY = LinkToken(
    "survey", "tnt_01J9ZQ6V7C8D9E0F1G2H3J4K5M", "srv_01J9ZQ6V7C8D9E0F1G2H3J4K5N", EXPIRY, "abcdefgh01234567"
)
TOKEN = sign(RING, SURVEY)
TEXTS = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=128)


def reason_of(token, purpose="survey", now=NOW, ring=RING):
    with pytest.raises(CredentialError) as refused:
        read(ring, token, purpose, now)
    return refused.value.reason_code


@pytest.mark.parametrize("purpose", ["invitation", "Survey", "survey ", "", "calendar"])
def test_read__other_purpose__is_refused(purpose):
    assert reason_of(TOKEN, purpose=purpose) == Reason.SIGNATURE


def test_read__signed_by_another_deployment__is_refused():
    assert reason_of(sign(Keyring([Fernet.generate_key().decode()]), SURVEY)) == Reason.SIGNATURE


def test_read__encrypted_for_another_use_of_the_same_secret_key__is_refused():
    other = RING.fernet("survey").encrypt(b'["t","r",9999999999,"n"]').decode().rstrip("=")
    assert reason_of("lnk_" + other) == Reason.SIGNATURE


def test_read__any_one_character_changed__is_refused():
    alphabet = string.ascii_letters + string.digits + "-_"
    for at in range(len(TOKEN)):
        for other in (*alphabet[at % 7 :: 7], "=", "+", "/", ".", "\n", "é", "\ud800"):
            if other != TOKEN[at]:
                assert reason_of(TOKEN[:at] + other + TOKEN[at + 1 :])


def test_read__any_last_character_but_the_signed_one__is_refused():
    for last in string.ascii_letters + string.digits + "-_":
        assert last == TOKEN[-1] or reason_of(TOKEN[:-1] + last)


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        ("", Reason.PREFIX),
        (TOKEN[4:], Reason.PREFIX),
        ("lnk_", Reason.SIGNATURE),
        ("lnk_" + "A" * 3000, Reason.LENGTH),
        (TOKEN + "=", Reason.MALFORMED),
        (TOKEN + "====", Reason.MALFORMED),
        (TOKEN[:-1], None),
        (TOKEN + "A", None),
        (TOKEN + "\n", Reason.MALFORMED),
    ],
    ids=count(),  # the tokens differ from run to run
)
def test_read__truncated_extended_or_bare__is_refused(token, reason):
    assert reason_of(token) == reason or reason is None


def test_read__at_and_after_the_expiry__is_refused_and_just_before_accepted():
    assert reason_of(TOKEN, now=EXPIRY) == Reason.EXPIRED
    assert reason_of(TOKEN, now=EXPIRY + timedelta(days=1)) == Reason.EXPIRED
    assert read(RING, TOKEN, "survey", EXPIRY - timedelta(microseconds=1)) == SURVEY


@given(st.text(max_size=300))
def test_read__any_text__is_refused_and_never_fails_otherwise(text):
    assert reason_of(text)
    assert reason_of("lnk_" + text)


@given(TEXTS, TEXTS, TEXTS, TEXTS, st.datetimes(datetime(2027, 1, 1), datetime(2099, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_sign__any_link__reads_back_with_the_expiry_cut_to_seconds(purpose, tenant, record, nonce, expiry):
    link = LinkToken(purpose, tenant, record, expiry, nonce)
    token = sign(RING, link)
    assert read(RING, token, purpose, NOW) == replace(link, expires_at=expiry.replace(microsecond=0))
    assert len(token) <= 1200
    assert set(token) <= set(string.ascii_letters + string.digits + "-_")


def test_sign__expiry_in_another_time_zone__is_the_same_instant():
    shanghai = EXPIRY.astimezone(timezone(timedelta(hours=8)))
    assert read(RING, sign(RING, replace(SURVEY, expires_at=shanghai)), "survey", NOW) == SURVEY


def test_sign__token__shows_neither_tenant_nor_record_nor_time_of_signing():
    assert SURVEY.tenant_id not in TOKEN
    sealed = b64decode(TOKEN[4:] + "=" * (-len(TOKEN[4:]) % 4), altchars=b"-_")
    assert SURVEY.record_id.encode() not in sealed
    assert sealed[1:9] == bytes(8)  # Fernet's time stamp


@pytest.mark.parametrize(
    "change",
    [
        {"expires_at": EXPIRY.replace(tzinfo=None)},
        {"tenant_id": ""},
        {"purpose": ""},
        {"record_id": "é"},
        {"record_id": "\0"},
        {"nonce": "n" * 129},
    ],
)
def test_sign__unfit_link__is_a_mistake_of_ours(change):
    with pytest.raises(ValueError, match="a link needs"):
        sign(RING, replace(SURVEY, **change))


def test_read__secret_key_rotated__accepts_old_links_until_the_old_key_goes():
    token = sign(Keyring([OLD]), SURVEY)
    assert read(RING, token, "survey", NOW) == SURVEY
    assert reason_of(token, ring=Keyring([NEW])) == Reason.SIGNATURE


def test_new_nonce__thousand__are_all_different_and_url_safe():
    nonces = {new_nonce() for _ in range(1000)}
    assert len(nonces) == 1000
    assert all(len(nonce) == 16 for nonce in nonces)
