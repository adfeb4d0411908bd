"""Whether a chain of sealed chunks is whole: offline, and with nothing of the server that sealed them.

    entries of an hour, by id → one canonical JSON line each → SHA-256 ─┐
    seal n: {number, after, end, count, sha256, previous, …} ←──────────┘
      └ previous = SHA-256 of seal n−1          signature = Ed25519 over the seal (RFC 8032)

Any change of an entry changes the chunk's hash, any change of a seal its own hash and signature and the next seal's
``previous``. What is cut off at the end is found by who keeps the last seal's hash that he has seen. That canonical
form, hash and signature are written here once more is the point: a verifier that shared the sealer's code would share
its mistakes.
"""

import base64
import binascii
import gzip
import hashlib
import json
import zlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

GENESIS: Final = "0" * 64
"""What the first seal names as the hash of the one before."""
FORMAT: Final = 1
_MEMBERS: Final = frozenset(
    {"format", "tenant", "number", "after", "end", "count", "sha256", "previous", "sealed_at", "public_key"}
)

Seal = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Sealed:
    """A chunk as it is kept and handed out: its seal, the seal's signature (base64), and the packed entries.

    ``packed`` None: only the seal is to be checked.
    """

    seal: Seal
    signature: str
    packed: bytes | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it was sealed. ``number`` is the chunk's place in the chain, from 1; 0 for the whole."""

    number: int
    code: str
    detail: str


def canonical(document: Mapping[str, Any]) -> bytes:
    """The one way to write a document: UTF-8, sorted names, no space (as RFC 8785, for texts and whole numbers)."""
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def digest_of(seal: Seal) -> str:
    """A seal's hash, which the next seal names."""
    return hashlib.sha256(canonical(seal)).hexdigest()


def verify(
    chunks: Iterable[Sealed],
    *,
    trusted: Collection[str] = (),
    head: tuple[int, str] | None = None,
    behind: tuple[int, str] | None = None,
) -> list[Finding]:
    """What is wrong with a chain of chunks, given in its order; nothing for a whole one.

    ``trusted`` are public keys (base64) known from elsewhere: the last seal must be by one of them, and vouches for all
    before it by its hash, whatever keys those were signed with; without any, a chain that somebody has made up whole
    passes. ``head`` is the number and hash of a seal that the chain must hold (the last that one has seen, so that a
    cut is found); ``behind`` those of the seal that the first chunk given follows, when it is not the first.
    """
    found: list[Finding] = []
    number, previous = behind or (0, GENESIS)
    last: Sealed | None = None
    seen_head = head is None or head == behind
    for chunk in chunks:
        number += 1
        faults = list(_faults(chunk, number, previous, last))
        found += [Finding(number, code, detail) for code, detail in faults]
        if any(code == "seal_unreadable" for code, _ in faults):
            return found
        number, previous, last = int(chunk.seal["number"]), digest_of(chunk.seal), chunk
        seen_head = seen_head or (number, previous) == head
    if not seen_head and head is not None:
        found.append(Finding(head[0], "head_missing", "the chain does not hold the seal that was seen before"))
    if trusted and last is not None and last.seal["public_key"] not in trusted:
        found.append(Finding(number, "key_not_trusted", "the last seal is not by a key that is trusted"))
    return found


def _faults(chunk: Sealed, number: int, previous: str, last: Sealed | None) -> Iterable[tuple[str, str]]:
    seal = chunk.seal
    if not _readable(seal):
        yield "seal_unreadable", "the seal lacks a member, or has one too many"
        return
    if seal["number"] != number:
        yield "out_of_order", f"chunk {number} is missing or not in its place: here is {seal['number']}"
    if seal["previous"] != previous:
        yield "chain_broken", "the seal does not name the hash of the one before"
    if last is not None and seal["after"] != last.seal["end"]:
        yield "gap", "the chunk does not begin where the one before ends"
    if last is not None and seal["tenant"] != last.seal["tenant"]:
        yield "other_tenant", "the chunk is of another tenant than the one before"
    if not _signed(chunk):
        yield "signature", "the seal's signature is not by its key"
    if chunk.packed is not None:
        yield from _content_faults(seal, chunk.packed)


def _readable(seal: Seal) -> bool:
    texts = _MEMBERS - {"format", "number", "count"}
    return (
        seal.keys() == _MEMBERS
        and all(isinstance(seal[each], str) for each in texts)
        and all(type(seal[each]) is int for each in ("format", "number", "count"))
        and seal["format"] == FORMAT
    )


def _signed(chunk: Sealed) -> bool:
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(chunk.seal["public_key"], validate=True))
        key.verify(base64.b64decode(chunk.signature, validate=True), canonical(chunk.seal))
    except (InvalidSignature, ValueError, binascii.Error):
        return False
    return True


def _content_faults(seal: Seal, stored: bytes) -> Iterable[tuple[str, str]]:
    try:
        content = gzip.decompress(stored)
    except (OSError, EOFError, zlib.error):
        yield "unreadable", "the chunk's file can't be unpacked"
        return
    if hashlib.sha256(content).hexdigest() == seal["sha256"]:
        return
    lines = content.splitlines()
    yield "changed", f"the entries are not those that were sealed: {seal['count']} were, {len(lines)} are here"
    yield from _order_faults(seal, lines)


def _order_faults(seal: Seal, lines: Sequence[bytes]) -> Iterable[tuple[str, str]]:
    """Where it shows, for whoever looks for the place of a change."""
    at = seal["after"]
    for position, line in enumerate(lines, 1):
        try:
            found = json.loads(line)["id"]
        except (ValueError, TypeError, KeyError):
            yield "entry", f"line {position} is no entry"
            continue
        if not isinstance(found, str) or not at < found <= seal["end"]:
            yield "entry", f"line {position} is not in its place"
            continue
        at = found
