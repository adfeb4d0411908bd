"""Documents that outsiders can verify: Ed25519 (RFC 8032) over the one canonical form of a JSON document.

A private key is a seed of 32 bytes that follows from the deployment's secret keys (``Keyring.derived``); public keys
and signatures are base64 texts.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any


def canonical(document: Mapping[str, Any]) -> bytes:
    """The one way to write a document: UTF-8, sorted names, no space (as RFC 8785, for texts and whole numbers)."""
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def public_key_of(seed: bytes) -> str:
    """The public key of a seed."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415 - no request signs

    return b64encode(Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()).decode()


def signature_of(document: Mapping[str, Any], seed: bytes) -> str:
    """The document's signature by the key that the seed makes."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415 - no request signs

    return b64encode(Ed25519PrivateKey.from_private_bytes(seed).sign(canonical(document))).decode()


def is_signed(document: Mapping[str, Any], signature: str, public_key: str) -> bool:
    """Whether the signature is that of the document by the public key; False for texts that are neither."""
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - no request signs
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415 - the same

    try:
        key = Ed25519PublicKey.from_public_bytes(b64decode(public_key, validate=True))
        key.verify(b64decode(signature, validate=True), canonical(document))
    except (InvalidSignature, ValueError):
        return False
    return True
