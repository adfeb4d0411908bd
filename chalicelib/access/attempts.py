"""Failed authentications, counted in this process: who keeps guessing is refused before anything is read for him.

Counted by where they come from, and by source and claimed tenant together: whoever guesses at a tenant's keys slows
himself down and nobody else. What has been let in here lately stays let in, from the same address too, so that a
guesser behind a customer's own router can't lock the customer out. Counts belong to a process: their purpose is that
guessing costs the guesser and not us (190 random bits protect the keys themselves).
"""

import hashlib
import ipaddress
import math
import secrets
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from chalicelib.access.errors import CredentialError, Reason
from chalicelib.problems import TooManyAttempts

WINDOW: Final = timedelta(minutes=1)
# A person or a program with a wrong key tries a few times a minute; NIST SP 800-63B, 5.2.2, allows 100 in all.
FROM_A_SOURCE_FOR_A_TENANT: Final = 20
# An office behind one address, in which several have something wrong at a time.
FROM_A_SOURCE: Final = 100
# Windows and let-in credentials that are remembered, about 150 bytes each: some 3 MB when full.
REMEMBERED: Final = 10_000
_KEY_PREFIX: Final = "sbk_"
_TENANT_PART: Final = 26
# An IPv6 site gets a /64 at least: its addresses are as good as one.
_SITE_BITS: Final = 64
# No guesses: the signature was good, or the issuer's key set was out of reach.
_NO_GUESS: Final = frozenset({Reason.EXPIRED, Reason.KEYS_UNAVAILABLE})

Counted = tuple[str, str | None]


@dataclass(slots=True)
class _Window:
    """Failures since ``began``."""

    began: datetime
    failures: int = 0


@dataclass(slots=True)
class Attempts:
    """One process's counts, bounded in number and safe under threads."""

    size: int = REMEMBERED
    _windows: OrderedDict[Counted, _Window] = field(default_factory=OrderedDict)
    _let_in: OrderedDict[bytes, None] = field(default_factory=OrderedDict)
    _salt: bytes = field(default_factory=lambda: secrets.token_bytes(16), repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def check(self, source: str, authorization: str, now: datetime) -> None:
        """Raise TooManyAttempts while the source has failed too often, unless the credential was let in before.

        ``source`` is the caller's IP address; without one nothing is counted or refused.
        """
        if not source or not authorization:
            return
        with self._lock:
            waits = [self._wait(counted, most, now) for counted, most in _counted(source, authorization)]
            if not any(waits) or self._digest(authorization) in self._let_in:
                return
        raise TooManyAttempts(headers={"Retry-After": str(math.ceil(max(waits)))})

    def failed(self, source: str, authorization: str, now: datetime, error: BaseException | None) -> None:
        """Count a refused credential; ``error`` says why it was refused, None that nobody holds it."""
        if not source or not authorization:
            return
        with self._lock:
            self._let_in.pop(self._digest(authorization), None)
            if isinstance(error, CredentialError) and error.reason_code in _NO_GUESS:
                return
            for counted, _ in _counted(source, authorization):
                window = self._windows.get(counted)
                if window is None or now - window.began >= WINDOW:
                    window = self._windows[counted] = _Window(now)
                window.failures += 1
                self._windows.move_to_end(counted)
            while len(self._windows) > self.size:
                self._windows.popitem(last=False)

    def succeeded(self, authorization: str) -> None:
        """Remember that the credential was let in."""
        digest = self._digest(authorization)
        with self._lock:
            self._let_in[digest] = None
            self._let_in.move_to_end(digest)
            while len(self._let_in) > self.size:
                self._let_in.popitem(last=False)

    def _wait(self, counted: Counted, most: int, now: datetime) -> float:
        """The seconds until it may try again; 0 when it may now."""
        window = self._windows.get(counted)
        if window is None or window.failures < most:
            return 0.0
        return max((window.began + WINDOW - now).total_seconds(), 0.0)

    def _digest(self, authorization: str) -> bytes:
        return hashlib.blake2b(authorization.encode("utf-8", "replace"), digest_size=16, key=self._salt).digest()


def _counted(source: str, authorization: str) -> tuple[tuple[Counted, int], ...]:
    site = _site(source)
    claimed = authorization.partition(" ")[2].strip()
    # What is no key of a tenant's is counted together: a token's issuer and subject are for the taking.
    tenant = claimed[len(_KEY_PREFIX) :][:_TENANT_PART] if claimed.startswith(_KEY_PREFIX) else ""
    return ((site, tenant), FROM_A_SOURCE_FOR_A_TENANT), ((site, None), FROM_A_SOURCE)


def _site(source: str) -> str:
    try:
        address = ipaddress.ip_address(source)
    except ValueError:
        return source[:64]
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is None:
        return str(ipaddress.ip_network((address, _SITE_BITS), strict=False))
    return str(address)
