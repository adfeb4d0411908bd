"""The certificate of an erasure: what it says, and how it is signed and verified. Pure.

Ed25519 (RFC 8032) by a key that follows from the deployment's secret key: whoever has the public key can verify it
without asking us. The signature is over the certificate's JSON with sorted keys and no spaces, in UTF-8.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any

from chalicelib.access.crypto import Keyring

ALGORITHM = "Ed25519"
_PURPOSE = "erasure_certificate"


def canonical(certificate: Mapping[str, Any]) -> bytes:
    """What is signed."""
    return json.dumps(certificate, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def sign(keyring: Keyring, certificate: Mapping[str, Any]) -> tuple[str, str]:
    """The signature and the public key that verifies it, both in base64."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415 - here alone

    key = Ed25519PrivateKey.from_private_bytes(keyring.derived(_PURPOSE)[0])
    public = key.public_key().public_bytes_raw()
    return b64encode(key.sign(canonical(certificate))).decode(), b64encode(public).decode()


def is_genuine(keyring: Keyring, certificate: Mapping[str, Any], signature: str) -> bool:
    """Whether this deployment has signed exactly this, with a secret key that it still has."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415 - here alone

    seeds = keyring.derived(_PURPOSE)
    publics = [Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw() for seed in seeds]
    return any(verifies(certificate, signature, b64encode(public).decode()) for public in publics)


def verifies(certificate: Mapping[str, Any], signature: str, public_key: str) -> bool:
    """Whether the signature is that of the certificate by the public key; False for texts that are neither."""
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - here alone
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415 - here alone

    try:
        key = Ed25519PublicKey.from_public_bytes(b64decode(public_key, validate=True))
        key.verify(b64decode(signature, validate=True), canonical(certificate))
    except (InvalidSignature, ValueError):
        return False
    return True
