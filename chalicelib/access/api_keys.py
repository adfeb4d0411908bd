"""API keys of machines: `sbk_<tenant ULID>_<32 random><6 checksum>`, 69 characters.

The design is GitHub's ("Behind GitHub's new authentication token formats", github.blog, 5 April 2021): a prefix that
secret scanners know, `_` so that a double click selects the whole key, and a CRC-32 in base62 that tells a mistyped or
truncated key, offline and before any read of the store. Ours covers the prefix and the tenant too. The checksum is no
secret and protects nothing: the 190 random bits do, and the keyed hash under which the key is stored.
"""

import re
import secrets
import string
from dataclasses import dataclass, field
from zlib import crc32

from chalicelib.access.crypto import Keyring
from chalicelib.access.errors import CredentialError, Reason

_PREFIX = "sbk_"
_TENANT_PREFIX = "tnt_"
_BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
_RANDOM = 32  # characters: 32 x log2(62) = 190 bits
_CHECKSUM = 6  # characters: the fewest that hold 32 bits (62^5 < 2^32 < 62^6)
_ULID = r"[0-7][0-9A-HJKMNP-TV-Z]{25}"  # 128 bits in Crockford's base32, upper case: github.com/ulid/spec
_TENANT_ID = re.compile(_TENANT_PREFIX + _ULID)
_BODY = re.compile(rf"({_ULID})_([0-9A-Za-z]{{{_RANDOM}}})([0-9A-Za-z]{{{_CHECKSUM}}})")
_LENGTH = len(_PREFIX) + 26 + 1 + _RANDOM + _CHECKSUM


@dataclass(frozen=True, slots=True)
class ParsedKey:
    """An API key that is well formed; whether it was ever given out, only the store knows."""

    tenant_id: str  # as `tnt_01J…`
    secret: str = field(repr=False)  # the 32 random characters


def mint(tenant_id: str) -> str:
    """Return a new API key for a tenant, given as `tnt_` and 26 characters. Show it once, store `stored_form` only.

    Raises ValueError when the tenant id has another shape: that is a mistake of ours, not of a caller.
    """
    if not _TENANT_ID.fullmatch(tenant_id):
        message = "a tenant id is tnt_ and a ULID in upper case"
        raise ValueError(message)
    random = "".join(secrets.choice(_BASE62) for _ in range(_RANDOM))
    body = f"{_PREFIX}{tenant_id.removeprefix(_TENANT_PREFIX)}_{random}"
    return body + _checksum(body)


def parse(key: str) -> ParsedKey:
    """Read a key without any store. Raises CredentialError: prefix, length, alphabet or checksum, in that order."""
    if not key.startswith(_PREFIX):
        raise CredentialError(Reason.PREFIX)
    if len(key) != _LENGTH:
        raise CredentialError(Reason.LENGTH)
    found = _BODY.fullmatch(key, len(_PREFIX))
    if found is None:
        raise CredentialError(Reason.ALPHABET)
    ulid, random, checksum = found.groups()
    if checksum != _checksum(key[:-_CHECKSUM]):
        raise CredentialError(Reason.CHECKSUM)
    return ParsedKey(tenant_id=_TENANT_PREFIX + ulid, secret=random)


def stored_form(keyring: Keyring, key: str) -> str:
    """Return what is stored instead of the key: its keyed hash, bound to the tenant. Raises CredentialError as parse.

    A look-up by this value needs no constant-time comparison: without the secret key nobody can steer what is compared.
    """
    return keyring.mac("api_key", parse(key).tenant_id, data=key.encode())


def stored_form_candidates(keyring: Keyring, key: str) -> tuple[str, ...]:
    """Return every form under which the key may be stored, newest secret key first. Raises CredentialError as parse."""
    return keyring.mac_candidates("api_key", parse(key).tenant_id, data=key.encode())


def _checksum(body: str) -> str:
    """CRC-32 in base62, left-padded with `0`. It finds every change within 32 bits, so of any single character."""
    value = crc32(body.encode())
    digits = ""
    for _ in range(_CHECKSUM):
        value, digit = divmod(value, len(_BASE62))
        digits = _BASE62[digit] + digits
    return digits
