"""API keys are refused by their form alone: every mistyping, truncation and foreign alphabet, without any store."""

import string
import zlib

import pytest
from cryptography.fernet import Fernet
from hypothesis import example, given
from hypothesis import strategies as st
from ulid import ULID

from chalicelib.access.api_keys import ParsedKey, mint, parse, stored_form, stored_form_candidates
from chalicelib.access.crypto import Keyring
from chalicelib.access.errors import CredentialError, Reason

TENANT = "tnt_01J9ZQ6V7C8D9E0F1G2H3J4K5M"
KEY = mint(TENANT)
BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
ULIDS = st.integers(0, 2**128 - 1).map(lambda number: "tnt_" + str(ULID.from_int(number)))


def reason_of(key):
    with pytest.raises(CredentialError) as refused:
        parse(key)
    return refused.value.reason_code


def with_checksum(body):
    """The checksum by another route than the module's: digits by repeated powers."""
    value = zlib.crc32(body.encode())
    return body + "".join(BASE62[value // 62**power % 62] for power in (5, 4, 3, 2, 1, 0))


def test_parse__any_one_character_changed__is_refused():
    changed = [
        KEY[:at] + other + KEY[at + 1 :] for at in range(69) for other in BASE62 + "_- +/=\n\0é" if other != KEY[at]
    ]
    assert len(changed) > 4_500
    for key in changed:
        assert reason_of(key) in {Reason.PREFIX, Reason.ALPHABET, Reason.CHECKSUM}


def test_parse__truncated_extended_or_swapped__is_refused():
    for length in range(69):
        assert reason_of(KEY[:length]) in {Reason.PREFIX, Reason.LENGTH}
    for key in (KEY + "0", KEY + "\n", " " + KEY, KEY * 2, "sbk_" + "A" * 1_000_000):
        assert reason_of(key) in {Reason.PREFIX, Reason.LENGTH}
    swapped = [KEY[:at] + KEY[at + 1] + KEY[at] + KEY[at + 2 :] for at in range(68)]
    for key in swapped:
        assert key == KEY or reason_of(key)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("sbk_81J9ZQ6V7C8D9E0F1G2H3J4K5M_" + "a" * 32, Reason.ALPHABET),  # above 128 bits
        ("sbk_01j9zq6v7c8d9e0f1g2h3j4k5m_" + "a" * 32, Reason.ALPHABET),  # a second spelling of one tenant
        ("sbk_01J9ZQ6V7C8D9E0F1G2H3J4K5U_" + "a" * 32, Reason.ALPHABET),  # U is not in Crockford's alphabet
        ("sbk_01J9ZQ6V7C8D9E0F1G2H3J4K5M-" + "a" * 32, Reason.ALPHABET),
        ("sbk_01J9ZQ6V7C8D9E0F1G2H3J4K5M_" + "a" * 31 + "-", Reason.ALPHABET),
        ("sbk_01J9ZQ6V7C8D9E0F1G2H3J4K5M_" + "a" * 31 + "٣", Reason.ALPHABET),  # a digit, but not ASCII
        ("SBK_01J9ZQ6V7C8D9E0F1G2H3J4K5M_" + "a" * 32, Reason.PREFIX),
        ("ghp_01J9ZQ6V7C8D9E0F1G2H3J4K5M_" + "a" * 32, Reason.PREFIX),
    ],
)
def test_parse__right_checksum_over_a_wrong_form__is_refused(body, reason):
    assert reason_of(with_checksum(body)) == reason


@given(st.text(max_size=80))
@example("")
def test_parse__any_text__is_refused_and_never_fails_otherwise(text):
    assert reason_of(text)
    assert reason_of("sbk_" + text)


def test_parse__key_with_known_checksum__is_accepted():
    body = "sbk_01J9ZQ6V7C8D9E0F1G2H3J4K5M_" + "a" * 32
    assert parse(with_checksum(body)) == ParsedKey(TENANT, "a" * 32)


@given(ULIDS)
def test_mint__any_tenant__parses_back(tenant):
    key = mint(tenant)
    parsed = parse(key)
    assert (parsed.tenant_id, len(key)) == (tenant, 69)
    assert parsed.secret in key
    assert parsed.secret not in repr(parsed)


@pytest.mark.parametrize(
    "bad", ["", "tnt_", TENANT.lower(), TENANT[4:], TENANT + "\n", "usr_" + TENANT[4:], "tnt_8" + TENANT[5:]]
)
def test_mint__not_a_tenant_id__is_a_mistake_of_ours(bad):
    with pytest.raises(ValueError, match="tenant id"):
        mint(bad)


def test_mint__thousand_keys__are_all_different():
    assert len({mint(TENANT) for _ in range(1000)}) == 1000


def test_stored_form__other_key_or_other_secret_key__differs_and_shows_nothing():
    ring = Keyring([Fernet.generate_key().decode()])
    stored = stored_form(ring, KEY)
    assert stored != stored_form(ring, mint(TENANT))
    assert stored != stored_form(Keyring([Fernet.generate_key().decode()]), KEY)
    assert len(stored) == 64
    assert KEY[31:63] not in stored


def test_stored_form_candidates__secret_key_rotated__hold_the_old_form():
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    candidates = stored_form_candidates(Keyring([new, old]), KEY)
    assert candidates == (stored_form(Keyring([new]), KEY), stored_form(Keyring([old]), KEY))


def test_stored_form__badly_formed_key__is_refused_before_any_hash():
    with pytest.raises(CredentialError):
        stored_form_candidates(Keyring([Fernet.generate_key().decode()]), KEY[:-1])
