"""The certificate of an erasure: signed, and verified by whoever has the public key (chalicelib/access/signed.py)."""

from collections.abc import Mapping
from typing import Any

from chalicelib.access.crypto import Keyring
from chalicelib.access.signed import is_signed, public_key_of, signature_of

ALGORITHM = "Ed25519"
_PURPOSE = "erasure_certificate"


def sign(keyring: Keyring, certificate: Mapping[str, Any]) -> tuple[str, str]:
    """The signature and the public key that verifies it."""
    seed = keyring.derived(_PURPOSE)[0]
    return signature_of(certificate, seed), public_key_of(seed)


def is_genuine(keyring: Keyring, certificate: Mapping[str, Any], signature: str) -> bool:
    """Whether this deployment has signed exactly this, with a secret key that it still has."""
    publics = map(public_key_of, keyring.derived(_PURPOSE))
    return any(is_signed(certificate, signature, public) for public in publics)
