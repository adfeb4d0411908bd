"""A small OIDC issuer with demo users, for local runs only: discovery, keys and a password grant.

Tokens are JWTs as api.md («Credentials») wants them: RS256, with iss, sub, aud, iat, exp, jti and kid.
"""

import hashlib
import hmac
import json
import os
import time
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs
from wsgiref.types import StartResponse, WSGIEnvironment

from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from infra.local.errors import LocalError
from infra.local.private_files import read_json, write_private_json

MOUNT = "/local-issuer"
AUDIENCE = "switchboard"
LIFETIME_SECONDS = 12 * 3600  # a working day with the demo, without signing in again
ALGORITHM = "RS256"
RSA_BITS = 2048  # RFC 7518, section 3.3: at least
FORM_BYTES = 10_000  # a user name and a password are far shorter

_Reply = tuple[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class DemoUser:
    """Someone who can sign in here. `subject` is the user name too."""

    subject: str
    name: str
    password: str = field(repr=False)


class Issuer:
    """Signs tokens for demo users. Mount `wsgi` under MOUNT."""

    def __init__(
        self,
        issuer: str,
        key_file: Path,
        users: Iterable[DemoUser] = (),
        *,
        lifetime: int = LIFETIME_SECONDS,
        url: str | None = None,
    ) -> None:
        """Take the key from `key_file`, made if missing.

        issuer: its name, the `iss` of its tokens. lifetime: of tokens, in seconds. url: where it is mounted now, if
        that is not its name.
        """
        self.issuer = issuer.rstrip("/")
        self._url = (url or issuer).rstrip("/")
        self._key = _signing_key(key_file)
        self._lifetime = lifetime
        self._salt = os.urandom(16)
        self._users = {user.subject: (user.name, self._hash(user.password)) for user in users}

    def issue(self, subject: str, lifetime: int | None = None) -> str:
        """An access token for `subject`, valid for `lifetime` seconds from now."""
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "sub": subject,
            "aud": AUDIENCE,
            "iat": now,
            "exp": now + (self._lifetime if lifetime is None else lifetime),
            "jti": str(uuid.uuid4()),
        }
        if subject in self._users:
            claims["name"] = self._users[subject][0]
        header = {"alg": ALGORITHM, "kid": self._key.kid, "typ": "at+jwt"}  # RFC 9068, section 2.1
        return jwt.encode(header, claims, self._key, algorithms=[ALGORITHM])

    def jwks(self) -> Mapping[str, Any]:
        """The public keys, as at `/jwks`."""
        return KeySet([self._key]).as_dict(private=False)

    def configuration(self) -> dict[str, Any]:
        """The discovery document (OpenID Connect Discovery 1.0, section 3)."""
        return {
            "issuer": self.issuer,
            "jwks_uri": f"{self._url}/jwks",
            "token_endpoint": f"{self._url}/token",
            "grant_types_supported": ["password"],
            "token_endpoint_auth_methods_supported": ["none"],
            "response_types_supported": [],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": [ALGORITHM],
        }

    def wsgi(self, environ: WSGIEnvironment, start_response: StartResponse) -> Sequence[bytes]:
        """The WSGI face."""
        status, content = self._reply(environ)
        body = json.dumps(content).encode()
        headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
        allowed = "POST" if environ.get("PATH_INFO") == "/token" else "GET"
        extra = [("Allow", allowed)] if status.startswith("405") else [("Cache-Control", "no-store")]
        start_response(status, [*headers, *extra])
        return [body]

    def _reply(self, environ: WSGIEnvironment) -> _Reply:
        method, path = environ["REQUEST_METHOD"], environ.get("PATH_INFO", "")
        documents = {"/.well-known/openid-configuration": self.configuration, "/jwks": self.jwks}
        if path in documents:
            return ("200 OK", dict(documents[path]())) if method == "GET" else _method_not_allowed()
        if path == "/token":
            return self._token(environ) if method == "POST" else _method_not_allowed()
        return "404 Not Found", {"error": "not_found"}

    def _token(self, environ: WSGIEnvironment) -> _Reply:
        form = _form(environ)
        if form is None:
            return "400 Bad Request", _error("invalid_request", "Send username and password, as a form or as JSON.")
        if form.get("grant_type", "password") != "password":
            return "400 Bad Request", _error("unsupported_grant_type", "Only grant_type=password.")
        username, password = form.get("username", ""), form.get("password", "")
        # An unknown user costs one hash too: the time does not tell who exists.
        _, expected = self._users.get(username, ("", b""))
        if not hmac.compare_digest(self._hash(password), expected):
            return "400 Bad Request", _error("invalid_grant", "User name or password is wrong.")
        token = self.issue(username)
        return "200 OK", {"access_token": token, "token_type": "Bearer", "expires_in": self._lifetime}

    def _hash(self, password: str) -> bytes:
        # n=2**14, r=8, p=1: 16 MB and some 50 ms (RFC 7914, section 2: the values for interactive sign-in).
        return hashlib.scrypt(password.encode(), salt=self._salt, n=2**14, r=8, p=1)


def _signing_key(path: Path) -> RSAKey:
    stored = read_json(path)
    if stored is None:
        key = RSAKey.generate_key(RSA_BITS, auto_kid=True)
        write_private_json(path, {**key.as_dict(private=True), "kid": key.kid})
        return key
    try:
        return RSAKey.import_key(stored)
    except Exception as error:  # joserfc raises several kinds for a key that is none
        message = f"{path} holds no usable key. Remove it: a new one is made, and tokens issued before stop to work."
        raise LocalError(message) from error


def _form(environ: WSGIEnvironment) -> dict[str, str] | None:
    length = environ.get("CONTENT_LENGTH") or "0"
    if not length.isdigit() or int(length) > FORM_BYTES:
        return None
    text = environ["wsgi.input"].read(int(length))
    try:
        if "json" in environ.get("CONTENT_TYPE", ""):
            found = json.loads(text)
        else:
            found = {name: values[-1] for name, values in parse_qs(text.decode()).items()}
    except ValueError:
        return None
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        return None
    return found


def _error(code: str, description: str) -> dict[str, Any]:
    return {"error": code, "error_description": description}  # RFC 6749, section 5.2


def _method_not_allowed() -> _Reply:
    return "405 Method Not Allowed", {"error": "method_not_allowed"}
