"""Issuers' public keys (JWKS, RFC 7517), cached by URL, with a bounded number of fetches whatever callers present.

A token with an unknown `kid` may be the first after a key rotation, or an attack. So it may cause one fetch, and then
none from that URL for the cool-down, failed fetches included:

    fresh, kid known ------------------------------------------> key
    fresh, kid unknown --+
    older than an hour --+--> tried within 60 s? -- no --> fetch, look again
                                    +-- yes --> copy under two hours with that kid? -- yes --> key
                                                                                    -- no ---> refused
"""

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING

from joserfc.errors import JoseError
from joserfc.util import base64_to_int

from chalicelib.access.errors import CredentialError, Reason

if TYPE_CHECKING:  # at run time only when a key set comes: see signatures.py
    from chalicelib.access.signatures import SigningKey

_FRESH = timedelta(hours=1)  # how long a key withdrawn by its issuer may still work
_USABLE = timedelta(hours=2)  # while refreshes fail: an issuer's outage of up to an hour locks nobody out
_COOL_DOWN = timedelta(seconds=60)
_MAX_URLS = 1024  # issuers per process; ours come from a registry, so this only bounds memory
_RSA_BITS = range(2048, 4097)  # from: NIST SP 800-131A rev. 2; to: cost of verifying keys that a tenant's issuer chose
_RSA_EXPONENT_BITS = 32  # 65537 has 17; a long one makes each verification slow
_NEVER = datetime.min.replace(tzinfo=UTC)

ALGORITHM_OF = MappingProxyType({"RSA": "RS256", "EC": "ES256"})  # `kty` to the only `alg` that we let it verify


class FetchError(Exception):
    """A key set could not be fetched: no connection, time-out, wrong status, too large, or a URL that we refuse."""


@dataclass(frozen=True, slots=True)
class _State:
    """One URL's keys by (kid, alg). Replaced as a whole, so that readers need no lock."""

    keys: "Mapping[tuple[str, str], SigningKey]" = field(default_factory=dict)
    loaded_at: datetime = _NEVER
    tried_at: datetime = _NEVER


class _Slot:
    """The state of one URL, and the lock that its single fetch holds."""

    def __init__(self) -> None:
        self.state = _State()
        self.refreshing = threading.Lock()


class JwksCache:
    """Public keys by JWKS URL. One per process; safe under threads, at most one fetch per URL at a time."""

    def __init__(self, fetch: Callable[[str], bytes], clock: Callable[[], datetime]) -> None:
        """Take what fetches a URL's body (raises FetchError; bounds size and time itself) and the aware UTC clock."""
        self._fetch = fetch
        self._clock = clock
        self._slots: dict[str, _Slot] = {}
        self._slots_lock = threading.Lock()

    def key(self, url: str, kid: str, alg: str) -> "SigningKey":
        """Return the key that `url` publishes under `kid` for `alg`; blocks while its keys are being fetched.

        Only RSA keys are found for RS256 and only P-256 keys for ES256, so a header can't pair an algorithm with the
        other kind of key (RFC 8725, 3.1). Raises CredentialError: unknown_key or keys_unavailable.
        """
        slot = self._slot(url)
        now = self._clock()
        found = _find(slot.state, kid, alg, now, _FRESH)
        if found is not None:
            return found
        usable = _find(slot.state, kid, alg, now, _USABLE)
        # With a usable copy nobody waits for somebody else's fetch; without one, waiting is all there is to do.
        if slot.refreshing.acquire(blocking=usable is None):
            try:
                self._refresh(url, slot)
            finally:
                slot.refreshing.release()
        found = _find(slot.state, kid, alg, self._clock(), _USABLE)
        if found is not None:
            return found
        has_copy = self._clock() - slot.state.loaded_at < _USABLE
        raise CredentialError(Reason.UNKNOWN_KEY if has_copy else Reason.KEYS_UNAVAILABLE)

    def _slot(self, url: str) -> _Slot:
        with self._slots_lock:
            slot = self._slots.get(url)
            if slot is None:
                if len(self._slots) >= _MAX_URLS:
                    del self._slots[next(iter(self._slots))]  # the oldest; it is simply fetched again when needed
                slot = self._slots[url] = _Slot()
            return slot

    def _refresh(self, url: str, slot: _Slot) -> None:
        """Fetch, unless the cool-down runs: another thread may just have done so. Called with the slot's lock held."""
        now = self._clock()
        if now - slot.state.tried_at < _COOL_DOWN:
            return
        slot.state = replace(slot.state, tried_at=now)  # before the fetch: whatever it raises, the cool-down holds
        try:
            keys = read_key_set(self._fetch(url))
        except FetchError:
            return  # the old copy stays as long as it is usable
        slot.state = replace(slot.state, keys=keys, loaded_at=now)


def read_key_set(body: bytes) -> "Mapping[tuple[str, str], SigningKey]":
    """Return a key set's signature keys by (kid, alg); unsuitable keys are left out (RFC 7517, 5), the first kid wins.

    Raises FetchError when the body is not a JSON object with a list of keys.
    """
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        message = "the key set is not JSON"
        raise FetchError(message) from error
    members = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(members, list):
        message = "the key set has no list of keys"
        raise FetchError(message)
    keys: dict[tuple[str, str], SigningKey] = {}
    for member in members:
        key = _signing_key(member) if isinstance(member, dict) else None
        if key is not None:
            keys.setdefault((member["kid"], ALGORITHM_OF[key.key_type]), key)
    return keys


def _signing_key(member: Mapping[str, object]) -> "SigningKey | None":
    """Import one key if it has a `kid`, may verify signatures, and is RSA of 2048 to 4096 bits or on P-256.

    Only its public numbers are taken over, so that nothing else in the document takes part in a decision of joserfc's.
    """
    if not isinstance(member.get("kid"), str) or not _may_verify(member):
        return None
    try:
        return _rsa_key(member) if member["kty"] == "RSA" else _ec_key(member)
    except (JoseError, ValueError):  # ValueError: not base64url, even exponent, or a point that is not on the curve
        return None


def _may_verify(member: Mapping[str, object]) -> bool:
    kty, operations = member.get("kty"), member.get("key_ops", ["verify"])
    algorithm = ALGORITHM_OF.get(kty) if isinstance(kty, str) else None
    for_verifying = member.get("use", "sig") == "sig" and isinstance(operations, list) and "verify" in operations
    return algorithm is not None and member.get("alg", algorithm) == algorithm and for_verifying


def _rsa_key(member: Mapping[str, object]) -> "SigningKey | None":
    from chalicelib.access.signatures import rsa_key  # noqa: PLC0415 - see there

    n, e = str(member.get("n")), str(member.get("e"))
    fits = base64_to_int(n).bit_length() in _RSA_BITS and base64_to_int(e).bit_length() <= _RSA_EXPONENT_BITS
    return rsa_key(n, e) if fits else None


def _ec_key(member: Mapping[str, object]) -> "SigningKey | None":
    from chalicelib.access.signatures import p256_key  # noqa: PLC0415 - see there

    return p256_key(str(member.get("x")), str(member.get("y"))) if member.get("crv") == "P-256" else None


def _find(state: _State, kid: str, alg: str, now: datetime, max_age: timedelta) -> "SigningKey | None":
    return state.keys.get((kid, alg)) if now - state.loaded_at < max_age else None
