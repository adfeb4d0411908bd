"""People's access tokens: signed JWTs (RFC 7519) from registered issuers, verified by the rules of RFC 8725.

The order is the point: find the registered issuer by the unverified `iss`, take the key from that issuer's own key set,
verify, and only then read claims. The token never says where its key is (`jku`, `jwk`, `x5u` are ignored), which
algorithms are acceptable, or which tenant it is for: that comes from our record of (issuer, subject).
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from joserfc.errors import BadSignatureError, JoseError
from joserfc.util import urlsafe_b64decode

from chalicelib.access.errors import CredentialError, Reason
from chalicelib.access.jwks import ALGORITHM_OF, JwksCache

__all__ = ["CredentialError", "Identity", "Issuer", "Reason", "verify"]

_MAX_TOKEN = 8 * 1024  # characters; API Gateway's limit for all headers together is 10,240 bytes
_PARTS = 3  # header.payload.signature
_MAX_TEXT = 255  # characters of `sub` (OpenID Connect Core 1.0, 2); taken for `iss` and `jti` too, all become keys
_LAST_SECOND = 253_402_300_799  # 9999-12-31T23:59:59Z, the last that a datetime holds
# An access token's type, or none: a logout or security event token of the same issuer is refused (RFC 8725, 3.11).
_TYPES = frozenset({"jwt", "at+jwt", "application/at+jwt"})  # at+jwt: RFC 9068, 2.1
_ALGORITHMS = frozenset(ALGORITHM_OF.values())


@dataclass(frozen=True, slots=True)
class Issuer:
    """A registered issuer of people's tokens."""

    url: str  # exactly as in `iss`
    jwks_url: str
    kind: Literal["oidc", "cognito"]
    audience: str  # what `aud` must be; for Cognito the app client's id
    tenant_id: str | None  # the only tenant that it may speak for; None: the platform's own issuer


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a verified token speaks for. The tenant is found by (issuer.url, subject) and must fit issuer.tenant_id."""

    issuer: Issuer
    subject: str
    expires_at: datetime  # UTC, without the leeway
    token_id: str | None  # `jti`, if the issuer gives one


def verify(
    token: str, find_issuer: Callable[[str], Issuer | None], jwks: JwksCache, now: datetime, leeway_s: int = 30
) -> Identity:
    """Verify a compact JWT and return who it speaks for.

    `find_issuer` gets the unverified `iss` (printable ASCII, up to 255 characters) and returns the registered issuer of
    exactly that URL, or None. `now` is aware. `leeway_s`, in seconds, forgives clocks that differ. Raises
    CredentialError.
    """
    if not 0 < len(token) <= _MAX_TOKEN:
        raise CredentialError(Reason.LENGTH)
    parts = token.split(".")
    if len(parts) != _PARTS:
        raise CredentialError(Reason.MALFORMED)
    alg, kid = _algorithm_and_key_id(_json_object(_decode(parts[0])))
    issuer = _find(find_issuer, _text(_json_object(_decode(parts[1])), "iss"))
    key = jwks.key(issuer.jwks_url, kid, alg)
    from chalicelib.access.signatures import verified_payload  # noqa: PLC0415 - see there

    try:
        payload = verified_payload(token, key, alg)
    except BadSignatureError as error:
        raise CredentialError(Reason.SIGNATURE) from error
    except (JoseError, ValueError) as error:
        raise CredentialError(Reason.MALFORMED) from error
    claims = _json_object(payload)
    _check_audience(claims, issuer)
    return Identity(
        issuer=issuer,
        subject=_text(claims, "sub"),
        expires_at=_check_times(claims, now.timestamp(), leeway_s),
        token_id=_text(claims, "jti") if "jti" in claims else None,
    )


def _algorithm_and_key_id(header: Mapping[str, object]) -> tuple[str, str]:
    alg, kid, typ = header.get("alg"), header.get("kid"), header.get("typ", "JWT")
    if not isinstance(alg, str) or alg not in _ALGORITHMS:
        raise CredentialError(Reason.ALGORITHM)
    if "crit" in header or "b64" in header:  # we understand no extension (RFC 7515, 4.1.11)
        raise CredentialError(Reason.HEADER)
    if not isinstance(kid, str) or not kid or not isinstance(typ, str) or typ.lower() not in _TYPES:
        raise CredentialError(Reason.HEADER)
    return alg, kid


def _find(find_issuer: Callable[[str], Issuer | None], url: str) -> Issuer:
    issuer = find_issuer(url) if url.isascii() else None
    if issuer is None or issuer.url != url:
        raise CredentialError(Reason.ISSUER)
    return issuer


def _check_audience(claims: Mapping[str, object], issuer: Issuer) -> None:
    """Refuse a token that is not for us, and for us alone.

    Several audiences are refused even if we are one of them: each of the others could replay the token here.
    Cognito's access tokens name the app client and have no `aud`; one that has it was bound to another resource.
    """
    if issuer.kind == "cognito":
        if claims.get("token_use") != "access":
            raise CredentialError(Reason.TOKEN_USE)
        if "aud" in claims or claims.get("client_id") != issuer.audience:
            raise CredentialError(Reason.AUDIENCE)
    elif claims.get("aud") not in (issuer.audience, [issuer.audience]):
        raise CredentialError(Reason.AUDIENCE)


def _check_times(claims: Mapping[str, object], now_s: float, leeway_s: int) -> datetime:
    """Return the expiry. A token works strictly before `exp` (RFC 7519, 4.1.4), and not before `nbf` and `iat`."""
    expires_s, issued_s = _seconds(claims, "exp"), _seconds(claims, "iat")
    not_before_s = _seconds(claims, "nbf") if "nbf" in claims else issued_s
    if now_s >= expires_s + leeway_s:
        raise CredentialError(Reason.EXPIRED)
    if max(issued_s, not_before_s) > now_s + leeway_s:
        raise CredentialError(Reason.NOT_YET_VALID)
    return datetime.fromtimestamp(expires_s, UTC)


def _seconds(claims: Mapping[str, object], name: str) -> float:
    """Return a NumericDate (RFC 7519, 2): seconds since 1970. NaN, infinities and booleans are none."""
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _LAST_SECOND:
        raise CredentialError(Reason.CLAIM)
    return value


def _text(claims: Mapping[str, object], name: str) -> str:
    """Return a text claim that can be part of a store key: not blank, bounded, no control characters or surrogates."""
    value = claims.get(name)
    if not isinstance(value, str) or not value.strip() or len(value) > _MAX_TEXT or not value.isprintable():
        raise CredentialError(Reason.CLAIM)
    return value


def _decode(part: str) -> bytes:
    try:
        return urlsafe_b64decode(part.encode())
    except ValueError as error:  # binascii.Error, and surrogates
        raise CredentialError(Reason.MALFORMED) from error


def _json_object(data: bytes) -> dict[str, object]:
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:  # RecursionError: 8 KB hold thousands of nested brackets
        raise CredentialError(Reason.MALFORMED) from error
    if not isinstance(value, dict):
        raise CredentialError(Reason.MALFORMED)
    return value
