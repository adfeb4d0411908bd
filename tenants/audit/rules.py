"""What a chunk and its seal are (`switchboard audit verify` checks them, with code of its own), and who may see what.

entries of an hour, by id → one canonical JSON line each → SHA-256 ─┐
seal n: {number, after, end, count, sha256, previous, …} ←──────────┘
  └ previous = SHA-256 of seal n−1          signature = Ed25519 over the seal (chalicelib/access/signed.py)
"""

import gzip
import hashlib
import json
import zlib
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

from chalicelib.access.signed import canonical

GENESIS: Final = "0" * 64
"""What the first seal names as the hash of the one before."""
FORMAT: Final = 1
Seal = Mapping[str, Any]


def content_of(entries: Iterable[Mapping[str, Any]]) -> bytes:
    """A chunk's content: a canonical line for each entry."""
    return b"".join(canonical(each) + b"\n" for each in entries)


def packed(content: bytes) -> bytes:
    """The content as it is stored: gzip, without a time, so that the same content is the same file."""
    return gzip.compress(content, mtime=0)


def entries_in(stored: bytes) -> list[dict[str, Any]]:
    """The entries of a packed chunk. Raises ValueError for what is none."""
    try:
        return [json.loads(line) for line in gzip.decompress(stored).splitlines()]
    except (OSError, EOFError, zlib.error) as error:
        message = "not a packed chunk"
        raise ValueError(message) from error


def digest_of(seal: Seal) -> str:
    """A seal's hash, which the next seal names."""
    return hashlib.sha256(canonical(seal)).hexdigest()


def seal_of(  # noqa: PLR0913 - a seal is these facts
    *, tenant: str, number: int, after: str, end: str, count: int, content: bytes, previous: str, at: str, key: str
) -> dict[str, Any]:
    """The seal of a chunk of all that happened behind the id ``after`` up to ``end``. ``key`` is the public one."""
    return {
        "format": FORMAT,
        "tenant": tenant,
        "number": number,
        "after": after,
        "end": end,
        "count": count,
        "sha256": hashlib.sha256(content).hexdigest(),
        "previous": previous,
        "sealed_at": at,
        "public_key": key,
    }


# -- who may see what was changed

# Records of the control plane that not everybody who reads the audit may read.
_NARROWER: Final = {
    "api_key": "keys:read",
    "webhook": "webhooks:read",
    "issuer": "issuers:read",
    "user": "users:read",
}


def needed_for(unit: str, action: str, known: Collection[str]) -> tuple[str, str]:
    """The permissions to see an entry's values: any of them, and the personal ones. ``known``: all that there are."""
    if unit == "core":
        needed = _NARROWER.get(action.partition(".")[0], "audit:read")
        return needed, needed
    sensitive = f"{unit}:read_sensitive"
    return f"{unit}:read", sensitive if sensitive in known else f"{unit}:read"
