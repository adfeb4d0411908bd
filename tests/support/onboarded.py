"""A tenant as the real control plane makes it, in tables of a DynamoDB Local: what a process of its own can be given.

with onboarded(engine.endpoint) as house:
    house.environment       # a process with these variables, and no others, serves the tenant
    house.api_key           # its admin's
    house.application       # serves it in this process
    house.person("area_manager", "Ann")    # somebody's access token
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from time import monotonic, time
from typing import Any, Final
from uuid import uuid4

from joserfc import jws
from joserfc.jwk import RSAKey

import tenants
from chalicelib.access.crypto import Keyring
from chalicelib.access.gate import Gate
from chalicelib.access.jwks import JwksCache
from chalicelib.clock import utc_now
from chalicelib.modules import build_catalogue
from chalicelib.settings import Settings
from chalicelib.web.app import Application
from chalicelib.web.sources import collect_routes
from tenants.directory import CoreDirectory
from tenants.routes import ROUTES as ROUTES_OF_CORE
from tests.conftest import AWS_ENVIRONMENT
from tests.support.application import SECRET_KEY, deployed
from tests.support.engine import fresh_tables
from tests.support.limits import unhurried

ISSUER: Final = "https://id.example.com/"
OPERATOR: Final = "operator-1"
PLATFORM: Final = {
    "SWITCHBOARD_PLATFORM_ISSUER": ISSUER,
    "SWITCHBOARD_PLATFORM_JWKS_URL": f"{ISSUER}jwks",
    "SWITCHBOARD_PLATFORM_OPERATORS": json.dumps([OPERATOR]),
}
NEW_TENANT: Final = {
    "name": "North Coast Telecom",
    "region": "US",
    "default_phone_region": "US",
    "locale": "en",
    "time_zone": "America/Los_Angeles",
    "currency": "USD",
    "admin": {"name": "Ada Admin", "email": "ada@example.com"},
}
REFUSED: Final = 400
"""Statuses from here on are refusals (RFC 9110, 15.5)."""


class MadeUpIssuer:
    """Signs access tokens that the platform trusts."""

    def __init__(self) -> None:
        self._key = RSAKey.generate_key(2048)

    def token(self, subject: str) -> str:
        """An hour's access token of a person."""
        now = int(time())
        claims = {"iss": ISSUER, "sub": subject, "aud": "switchboard", "iat": now, "exp": now + 3600}
        header = {"alg": "RS256", "kid": "k", "typ": "JWT"}
        return jws.serialize_compact(header, json.dumps(claims).encode(), self._key)

    def key_set(self, _: str) -> bytes:
        """What it publishes."""
        return self._published

    @cached_property
    def _published(self) -> bytes:
        return json.dumps({"keys": [{**self._key.as_dict(private=False), "kid": "k"}]}).encode()


@dataclass(frozen=True, slots=True)
class Onboarded:
    """The tenant, an API key of its admin, and the environment of a process that serves it; and one that does."""

    tenant_id: str
    api_key: str = field(repr=False)
    environment: dict[str, str] = field(repr=False)
    application: Application = field(repr=False)
    issuer: MadeUpIssuer = field(repr=False)

    def call(self, method: str, path: str, body: Any = None, *, by: str = "", **query: str) -> dict[str, Any]:
        """What this process answers to somebody (default: the admin's API key), decoded."""
        return _answer(self.application, proxy_event(method, path, body, by=by or self.api_key, **query))

    def person(self, role: str, name: str) -> str:
        """The access token of a new user of the tenant."""
        invited = {"name": name, "email": f"{name.lower()}@example.com", "role": role}
        link = self.call("POST", "/v1/users", invited)["invitation"]["link"]
        token = self.issuer.token(name)
        self.call("POST", f"/v1/invitations/{link}/sign-in", {"token": token})
        return token


def proxy_event(method: str, path: str, body: Any = None, *, by: str = "", **query: str) -> dict[str, Any]:
    """What API Gateway hands a function for a request with the bearer token ``by`` (REST API, proxy integration)."""
    headers = {"Accept": "application/json", "Content-Type": "application/json"}
    if by:
        headers["Authorization"] = f"Bearer {by}"
    return {
        "resource": "/{proxy+}",
        "path": path,
        "httpMethod": method,
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": query or None,
        "multiValueQueryStringParameters": {name: [value] for name, value in query.items()} or None,
        "pathParameters": {"proxy": path.lstrip("/")},
        "stageVariables": None,
        "requestContext": {
            "resourcePath": "/{proxy+}",
            "httpMethod": method,
            "path": f"/live{path}",
            "stage": "live",
            "requestId": uuid4().hex,
            "identity": {"sourceIp": "192.0.2.1", "userAgent": "test"},
        },
        "body": None if body is None else json.dumps(body, ensure_ascii=False),
        "isBase64Encoded": False,
    }


@contextmanager
def onboarded(endpoint: str, ticks: Callable[[], float] = monotonic) -> Iterator[Onboarded]:
    """A tenant with the module contacts enabled; tables of its own, dropped in the end.

    ``ticks`` are the seconds by which the application lets what it keeps in memory grow old.
    """
    catalogue = build_catalogue(tenants.MANIFEST)
    names = [manifest.name for manifest in catalogue]
    with fresh_tables(endpoint, names) as prefix, deployed(endpoint, prefix, **PLATFORM) as settings:
        issuer = MadeUpIssuer()
        application = _platform(settings, issuer, ticks)

        def call(method: str, path: str, body: Any, by: str) -> dict[str, Any]:
            return _answer(application, proxy_event(method, path, body, by=by))

        tenant = call("POST", "/v1/tenants", NEW_TENANT, issuer.token(OPERATOR))
        key = call("POST", f"/v1/invitations/{tenant['invitation']['link']}/api-key", {"name": "proof"}, "")["api_key"]
        for module in (each.name for each in catalogue if not each.always_on):
            call("PUT", f"/v1/modules/{module}/subscription", {"plan": "basic"}, key)
        environment = {
            **AWS_ENVIRONMENT,
            "DYNAMODB_ENDPOINT": endpoint,
            "SWITCHBOARD_TABLE_PREFIX": prefix,
            "SWITCHBOARD_SECRET_KEYS": json.dumps([SECRET_KEY]),
        }
        yield Onboarded(tenant["id"], key, environment, application, issuer)


def _answer(application: Application, event: dict[str, Any]) -> dict[str, Any]:
    answer = application(event, None)
    assert answer["statusCode"] < REFUSED, answer["body"]
    found: dict[str, Any] = json.loads(answer["body"] or "{}")
    return found


def _platform(settings: Settings, issuer: MadeUpIssuer, ticks: Callable[[], float]) -> Application:
    """The application of the real control plane, which trusts the issuer."""
    catalogue = build_catalogue(tenants.MANIFEST)
    keyring = Keyring([key.get_secret_value() for key in settings.secret_keys])
    jwks = JwksCache(issuer.key_set, utc_now)
    gate = Gate(CoreDirectory(settings, keyring, catalogue, jwks, utc_now, ticks), keyring, jwks, utc_now, unhurried())
    return Application(settings, catalogue, gate, collect_routes(ROUTES_OF_CORE, catalogue))
