"""Derived keys: what is bound to a purpose, tenant or subject opens for no other, and old secret keys still read."""

import hashlib
import hmac
from itertools import count

import pytest
from cryptography.fernet import Fernet, InvalidToken
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.access.crypto import Keyring, SealError, new_subject_key, seal, unseal

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()
OLD_ONLY, ROTATING, NEW_ONLY = Keyring([OLD]), Keyring([NEW, OLD]), Keyring([NEW])
TENANT, OTHER_TENANT = "tnt_01J9ZQ6V7C8D9E0F1G2H3J4K5M", "tnt_01J9ZQ6V7C8D9E0F1G2H3J4K5N"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (("export", TENANT), ("export", OTHER_TENANT)),
        (("export", TENANT), ("webhook", TENANT)),
        (("export", TENANT), ("export",)),
        (("export", "ab", "c"), ("export", "a", "bc")),
        (("export", "a"), ("exporta",)),
        (("export", ""), ("export",)),
    ],
)
def test_fernet__other_purpose_or_context__does_not_decrypt(written, read):
    token = ROTATING.fernet(*written).encrypt(b"x")
    with pytest.raises(InvalidToken):
        ROTATING.fernet(*read).decrypt(token)


@pytest.mark.parametrize(
    ("tenant", "subject"), [(OTHER_TENANT, "cus_1"), (TENANT, "cus_2"), (TENANT + "c", "us_1"), ("cus_1", TENANT)]
)
def test_unwrap__moved_to_another_subject_or_tenant__is_refused(tenant, subject):
    wrapped = ROTATING.wrap(TENANT, "cus_1", new_subject_key())
    with pytest.raises(SealError):
        ROTATING.unwrap(tenant, subject, wrapped)
    with pytest.raises(SealError):
        ROTATING.rewrap(tenant, subject, wrapped)


def test_unwrap__read_as_ordinary_encryption_of_the_same_words__is_refused():
    wrapped = ROTATING.fernet("subject_key", TENANT).encrypt(new_subject_key()).decode()
    with pytest.raises(SealError):
        ROTATING.unwrap(TENANT, "", wrapped)


@pytest.mark.parametrize("garbage", ["", "x", "gAAAAA", "é", "\ud800", "a" * 5000])
def test_unwrap_and_unseal__garbage__is_refused(garbage):
    with pytest.raises(SealError):
        ROTATING.unwrap(TENANT, "cus_1", garbage)
    with pytest.raises(SealError):
        unseal(new_subject_key(), garbage)


def test_unseal__key_of_another_subject__is_refused():
    with pytest.raises(SealError):
        unseal(new_subject_key(), seal(new_subject_key(), b"born 1980-01-01"))


@given(st.binary(max_size=200), st.text(max_size=20), st.text(max_size=20))
def test_subject_key__wrapped_and_sealed__gives_the_plaintext_back(plaintext, tenant, subject):
    key = new_subject_key()
    wrapped, sealed = ROTATING.wrap(tenant, subject, key), seal(key, plaintext)
    assert unseal(ROTATING.unwrap(tenant, subject, wrapped), sealed) == plaintext


def test_seal__same_plaintext_twice__differs_and_tells_no_time():
    key = new_subject_key()
    first, second = seal(key, b"same"), seal(key, b"same")
    assert first != second
    assert Fernet(key).extract_timestamp(first) == 0


def test_fernet__key_put_in_front__reads_what_the_old_one_wrote():
    token = OLD_ONLY.fernet("export", TENANT).encrypt(b"x")
    assert ROTATING.fernet("export", TENANT).decrypt(token) == b"x"
    rotated = ROTATING.fernet("export", TENANT).rotate(token)
    assert NEW_ONLY.fernet("export", TENANT).decrypt(rotated) == b"x"


def test_rewrap__old_key_dropped_afterwards__still_unwraps():
    key = new_subject_key()
    wrapped = OLD_ONLY.wrap(TENANT, "cus_1", key)
    with pytest.raises(SealError):
        NEW_ONLY.unwrap(TENANT, "cus_1", wrapped)
    assert NEW_ONLY.unwrap(TENANT, "cus_1", ROTATING.rewrap(TENANT, "cus_1", wrapped)) == key


def test_mac__while_rotating__is_by_the_newest_key_and_candidates_hold_both():
    arguments = ("api_key", TENANT)
    old, new = OLD_ONLY.mac(*arguments, data=b"k"), NEW_ONLY.mac(*arguments, data=b"k")
    assert old != new
    assert ROTATING.mac(*arguments, data=b"k") == new
    assert ROTATING.mac_candidates(*arguments, data=b"k") == (new, old)


def test_mac_matches__changed_data_context_or_hash__is_false():
    mac = OLD_ONLY.mac("cursor", TENANT, data=b"k")
    assert ROTATING.mac_matches("cursor", TENANT, data=b"k", mac=mac)
    assert not ROTATING.mac_matches("cursor", TENANT, data=b"l", mac=mac)
    assert not ROTATING.mac_matches("cursor", OTHER_TENANT, data=b"k", mac=mac)
    assert not any(ROTATING.mac_matches("cursor", TENANT, data=b"k", mac=bad) for bad in ("", mac[:-1], "é", "\ud800"))
    assert not NEW_ONLY.mac_matches("cursor", TENANT, data=b"k", mac=mac)


def test_mac__fixed_key__equals_rfc_5869_and_rfc_2104_by_hand():
    root, info = (
        bytes(range(32)),
        b"switchboard.v1" + b"".join(len(part).to_bytes(4, "big") + part for part in (b"mac", b"api_key", b"t")),
    )
    extracted = hmac.digest(b"\0" * 32, root, hashlib.sha256)
    derived = hmac.digest(extracted, info + b"\x01", hashlib.sha256)
    ring = Keyring(["AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="])
    assert ring.mac("api_key", "t", data=b"k") == hmac.digest(derived, b"k", hashlib.sha256).hex()


def test_keyring__padding_left_away__is_the_same_key():
    assert Keyring([OLD.rstrip("=")]).mac("p", data=b"") == OLD_ONLY.mac("p", data=b"")


@pytest.mark.parametrize(
    "bad", ["", "short", "A" * 42, "A" * 44, "!" * 43, OLD + "AAAA", " " + OLD[1:], "é" * 43], ids=count()
)
def test_keyring__bad_secret_key__is_refused_without_showing_it(bad):
    with pytest.raises(ValueError, match="number 2") as refused:
        Keyring([NEW, bad])
    assert len(bad) < 6 or bad not in str(refused.value)


def test_keyring__no_secret_key__is_refused():
    with pytest.raises(ValueError, match="at least one"):
        Keyring([])


def test_keyring__repr__shows_no_key():
    assert NEW not in repr(NEW_ONLY) + repr(vars(NEW_ONLY).keys())


def test_fernet__more_contexts_than_the_cache_holds__still_reads_the_first():
    token = ROTATING.fernet("export", "0").encrypt(b"x")
    for number in range(1, 1100):
        ROTATING.fernet("export", str(number))
    assert ROTATING._cached_fernet.cache_info().currsize == 1024
    assert ROTATING.fernet("export", "0").decrypt(token) == b"x"
