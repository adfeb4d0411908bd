"""The one error of every credential check, and the closed list of reasons it carries.

Reasons are for logs and metrics only (a closed list keeps the metric's cardinality bounded). A caller of the API always
gets the same 401: telling it which check failed would help nobody but an attacker.
"""

from enum import StrEnum


class Reason(StrEnum):
    """Why a credential was refused."""

    PREFIX = "prefix"  # not one of our prefixes (`sbk_`, `lnk_`)
    LENGTH = "length"  # too long, too short, or empty
    ALPHABET = "alphabet"  # characters that the format never produces
    CHECKSUM = "checksum"  # an API key mistyped or truncated
    MALFORMED = "malformed"  # not three base64url parts holding JSON objects, or a link that does not decode
    HEADER = "header"  # `crit`, `b64`, a missing `kid`, or a type that is not an access token's
    ALGORITHM = "algorithm"  # not on the allow-list: none, HS256, PS256, …
    ISSUER = "issuer"  # nobody we know
    UNKNOWN_KEY = "unknown_key"  # the issuer publishes no such key
    KEYS_UNAVAILABLE = "keys_unavailable"  # the issuer's key set could not be fetched, and no usable copy is left
    SIGNATURE = "signature"  # does not verify with the key that the header names, or a link that we did not sign
    CLAIM = "claim"  # a required claim is missing or not of its type
    AUDIENCE = "audience"  # meant for somebody else, or for several
    TOKEN_USE = "token_use"  # noqa: S105 - a claim's name: a Cognito token that is not an access token
    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"  # `nbf` or `iat` lies in the future


class CredentialError(Exception):
    """A credential is refused. `reason_code` is for logs and metrics; the answer is the same 401 for all."""

    def __init__(self, reason_code: Reason) -> None:
        """Take the reason; nothing of the credential itself may come in here, since errors get logged."""
        super().__init__(reason_code.value)
        self.reason_code = reason_code
