"""Standard Webhooks 1.0: secrets, and the signature of a message by every secret that counts.

By the specification and not by its Python library (1.1.0, stack-facts 0.9): that takes one secret an object, signs
another instant when the time is not in UTC, and has no constant-time end for a malformed token. The tests let the
library verify what stands here.
"""

import binascii
import hmac
import secrets
from base64 import b64decode, b64encode
from collections.abc import Sequence
from typing import Final

PREFIX: Final = "whsec_"
SECRET_BYTES: Final = 32  # «between 24 bytes (192 bits) and 64 bytes (512 bits)»
SCHEME: Final = "v1"


def new_secret() -> str:
    """A new secret as receivers keep it."""
    return PREFIX + b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def headers_of(message_id: str, at: int, body: bytes, keys: Sequence[str]) -> dict[str, str]:
    """The three headers of a message that is sent at ``at`` (Unix seconds), signed by each of the secrets.

    A receiver takes a message when any of the signatures is right, so that a secret can be changed without a pause.
    Raises ValueError for a secret that is none.
    """
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(at),
        "webhook-signature": " ".join(_signature(message_id, at, body, each) for each in keys),
    }


def _signature(message_id: str, at: int, body: bytes, secret: str) -> str:
    try:
        key = b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error as error:
        message = "a webhook secret is base64"
        raise ValueError(message) from error
    signed = b".".join((message_id.encode(), str(at).encode(), body))
    return f"{SCHEME},{b64encode(hmac.digest(key, signed, 'sha256')).decode()}"
