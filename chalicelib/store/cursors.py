"""Cursors: opaque, authentic, bound to tenant and query, short-lived (api.md, Reading).

A last evaluated key holds the tenant's partition (stack-facts 7), so it travels encrypted; a forged, foreign or
stale cursor is refused before anything is read.
"""

import hashlib
import json
from typing import Any

from cryptography.fernet import InvalidToken

from chalicelib.access.crypto import Keyring
from chalicelib.store.errors import CursorError


def query_digest(*parts: object) -> str:
    """What a cursor is bound to besides the tenant: the route, the filters and the sort."""
    return hashlib.sha256(json.dumps(parts, default=str, sort_keys=True).encode()).hexdigest()[:16]


def write_cursor(keyring: Keyring, tenant: str, digest: str, position: dict[str, Any]) -> str:
    """The cursor that goes on behind ``position``."""
    text = json.dumps([digest, position], separators=(",", ":"))
    return keyring.fernet("cursor", tenant).encrypt(text.encode()).decode().rstrip("=")


def read_cursor(keyring: Keyring, tenant: str, digest: str, cursor: str, hours: int = 24) -> dict[str, Any]:
    """The position in a cursor of this tenant and query, at most so many hours old; raises CursorError."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        bound, position = json.loads(keyring.fernet("cursor", tenant).decrypt(padded, ttl=hours * 3600))
    except (InvalidToken, ValueError, TypeError) as error:
        raise CursorError from error
    if bound != digest or not isinstance(position, dict):
        raise CursorError
    return position
