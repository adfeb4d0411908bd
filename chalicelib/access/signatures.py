"""The part of tokens that needs joserfc's keys and signatures: imported when the first token comes.

An API key's request never needs it, and with it come cryptography's X.509 and serialisation: a tenth of a cold start.
"""

from joserfc.jwk import ECKey, RSAKey
from joserfc.jws import JWSRegistry, deserialize_compact

from chalicelib.access.jwks import ALGORITHM_OF

SigningKey = RSAKey | ECKey
# Unknown header members are ignored, as RFC 7515, 4 wants it; `crit` and `b64` are refused before joserfc sees them.
_REGISTRIES = {alg: JWSRegistry(algorithms=[alg], strict_check_header=False) for alg in ALGORITHM_OF.values()}


def rsa_key(n: str, e: str) -> RSAKey:
    """The public key of modulus and exponent (base64url, RFC 7518, 6.3.1); raises JoseError or ValueError."""
    return RSAKey.import_key({"kty": "RSA", "n": n, "e": e})


def p256_key(x: str, y: str) -> ECKey:
    """The public key of a point on P-256 (base64url, RFC 7518, 6.2.1); raises JoseError or ValueError."""
    return ECKey.import_key({"kty": "EC", "crv": "P-256", "x": x, "y": y})


def verified_payload(token: str, key: SigningKey, alg: str) -> bytes:
    """The payload of a compact JWS that ``key`` has signed with ``alg`` (RS256 or ES256) and nothing else.

    Raises BadSignatureError, another JoseError or ValueError.
    """
    return deserialize_compact(token, key, registry=_REGISTRIES[alg]).payload
