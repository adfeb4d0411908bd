"""Keys derived from a deployment's secret keys: encryption, keyed hashes, and subject keys for crypto-shredding.

A deployment holds one list of secret keys. Everything else is derived from it by HKDF-SHA256 (RFC 5869) per use, so a
token made for one purpose or tenant means nothing for another one. Rotation: put a new key in front (it writes, all
read), rewrite what is stored (`rewrap`, `MultiFernet.rotate`, a new keyed hash), then drop the old key.

Crypto-shredding: personal data that must outlive its subject's record (journals, backups) is sealed with the subject's
own key; the key is stored wrapped, and erasing the subject deletes the wrapped key (NIST SP 800-88 rev. 1, 2.5).
"""

import binascii
import hmac
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Sequence
from functools import lru_cache, partial

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_KEY_BYTES = 32  # Fernet splits 32 bytes into 128 bit AES and 128 bit HMAC keys; as HMAC key it is SHA-256's own size
_NAMESPACE = b"switchboard.v1"
_CACHED = 1024  # derived keys kept per kind: active tenants x purposes of one process, about 1 MB when full
_NO_TIME = 0  # Fernet's time stamp: nothing here reads it, and the real one would tell when a record was written


class SealError(Exception):
    """A sealed value or a wrapped key does not open: wrong key, tenant or subject, or its bytes were changed."""


class Keyring:
    """The deployment's secret keys, newest first. Immutable and safe under threads; its repr shows no key."""

    def __init__(self, secret_keys: Sequence[str]) -> None:
        """Take url-safe base64 strings of 32 random bytes each, with or without padding, newest first.

        Raises ValueError (without the key) when there is none, or one is not 32 bytes.
        """
        if not secret_keys:
            message = "at least one secret key is needed"
            raise ValueError(message)
        self._roots = tuple(_root(position, key) for position, key in enumerate(secret_keys))
        self._cached_fernet = lru_cache(maxsize=_CACHED)(self._make_fernet)
        self._cached_mac_keys = lru_cache(maxsize=_CACHED)(partial(self._derive, "mac"))

    def fernet(self, purpose: str, *context: str) -> MultiFernet:
        """Encryption for one purpose and context (a tenant id, say): encrypts with the newest key, decrypts with any.

        Cached: meant for contexts that repeat. Subjects, which are many, go through `wrap`.
        """
        return self._cached_fernet(purpose, *context)

    def mac(self, purpose: str, *context: str, data: bytes) -> str:
        """Return the keyed hash (HMAC-SHA256, 64 lower-case hex digits) of `data` by the newest key: what is stored."""
        return _hmac(self._cached_mac_keys(purpose, *context)[0], data)

    def mac_candidates(self, purpose: str, *context: str, data: bytes) -> tuple[str, ...]:
        """Return the keyed hash by every key, newest first: what to look up while keys are being rotated."""
        return tuple(_hmac(key, data) for key in self._cached_mac_keys(purpose, *context))

    def mac_matches(self, purpose: str, *context: str, data: bytes, mac: str) -> bool:
        """Tell whether `mac` is the keyed hash of `data` by any key, in time that does not depend on where it differs.

        For hashes that a caller presents. A look-up by our own keyed hash needs no such comparison.
        """
        given = mac.encode(errors="replace")
        own = self.mac_candidates(purpose, *context, data=data)
        return sum(hmac.compare_digest(given, candidate.encode()) for candidate in own) > 0  # any() would stop early

    def signing_seeds(self, purpose: str) -> tuple[bytes, ...]:
        """32 bytes for each secret key, newest first, that a private signing key of this purpose is made of."""
        return self._derive("signing", purpose)

    def wrap(self, tenant_id: str, subject_id: str, key: bytes) -> str:
        """Encrypt a subject's key for storage. Tenant and subject are bound: it opens for no other."""
        return self._wrapping(tenant_id, subject_id).encrypt_at_time(key, _NO_TIME).decode()

    def unwrap(self, tenant_id: str, subject_id: str, wrapped: str) -> bytes:
        """Return the key given to `wrap`. Raises SealError for another tenant's or subject's, or a changed one."""
        try:
            return self._wrapping(tenant_id, subject_id).decrypt(wrapped)
        except (InvalidToken, ValueError) as error:  # ValueError: not ASCII
            raise SealError from error

    def rewrap(self, tenant_id: str, subject_id: str, wrapped: str) -> str:
        """Wrap the same subject key by the newest secret key, so that an old secret key can go. Raises SealError."""
        return self.wrap(tenant_id, subject_id, self.unwrap(tenant_id, subject_id, wrapped))

    def _wrapping(self, tenant_id: str, subject_id: str) -> MultiFernet:
        """Not cached: subjects are many and would push the tenants' keys out; deriving takes microseconds."""
        return self._make_fernet("subject_key", tenant_id, subject_id)

    def _make_fernet(self, purpose: str, *context: str) -> MultiFernet:
        return MultiFernet([Fernet(urlsafe_b64encode(key)) for key in self._derive("fernet", purpose, *context)])

    def _derive(self, *parts: str) -> tuple[bytes, ...]:
        """Derive one key per secret key. Parts carry their length: ("a", "bc") and ("ab", "c") never meet.

        No salt: the secret keys are uniformly random already (RFC 5869, 3.1).
        """
        encoded = [part.encode() for part in parts]
        info = _NAMESPACE + b"".join(len(part).to_bytes(4, "big") + part for part in encoded)
        return tuple(
            HKDF(algorithm=SHA256(), length=_KEY_BYTES, salt=None, info=info).derive(root) for root in self._roots
        )


def new_subject_key() -> bytes:
    """Return a new random subject key: 44 bytes, url-safe base64 of 32, as `seal` and `Keyring.wrap` take it."""
    return Fernet.generate_key()


def seal(subject_key: bytes, plaintext: bytes) -> str:
    """Encrypt and authenticate `plaintext` by a subject's key: url-safe text, about 4/3 of the size plus 100."""
    return Fernet(subject_key).encrypt_at_time(plaintext, _NO_TIME).decode()


def unseal(subject_key: bytes, sealed: str) -> bytes:
    """Return what was sealed. Raises SealError for another subject's key or a changed value."""
    fernet = Fernet(subject_key)
    try:
        return fernet.decrypt(sealed)
    except (InvalidToken, ValueError) as error:  # ValueError: not ASCII
        raise SealError from error


def _root(position: int, key: str) -> bytes:
    try:
        root = b64decode(key.rstrip("=") + "=", altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        root = b""
    if len(root) != _KEY_BYTES:
        message = f"secret key number {position + 1} is not the url-safe base64 of {_KEY_BYTES} bytes"
        raise ValueError(message)
    return root


def _hmac(key: bytes, data: bytes) -> str:
    return hmac.digest(key, data, "sha256").hex()
