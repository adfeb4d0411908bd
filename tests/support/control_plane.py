"""The whole product with its real control plane, where a test onboards tenants as operators do."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Final

import tenants
from chalicelib.access.crypto import Keyring
from chalicelib.access.gate import Gate
from chalicelib.access.jwks import JwksCache
from chalicelib.access.limits import Limiter
from chalicelib.access.principal import Grant, Principal, PrincipalKind, Reach
from chalicelib.background import Background
from chalicelib.clock import Clock
from chalicelib.modules import build_catalogue
from chalicelib.problems import Unauthenticated
from chalicelib.settings import settings
from chalicelib.web.app import Application
from chalicelib.web.sources import collect_routes
from tenants.directory import CoreDirectory
from tenants.routes import ROUTES
from tests.support.application import Client
from tests.support.limits import unhurried

OPERATOR: Final = "Bearer operator"
PERSON: Final = "Bearer person "


class _OpenGate(Gate):
    """A gate that knows an operator by a word and people by their ids; everybody else it checks as always."""

    def authenticate(self, authorization: str) -> Principal:
        """The operator, or whom the real gate finds."""
        if authorization == OPERATOR:
            everything = Grant(frozenset({"platform:tenants", "platform:switches"}), Reach.ALL)
            return Principal(PrincipalKind.PLATFORM, "platform:operator", grants=(everything,))
        if authorization.startswith(PERSON):
            tenant, user = authorization.removeprefix(PERSON).split()
            assert isinstance(self.directory, CoreDirectory)
            if (found := self.directory.member(tenant, user)) is None:
                raise Unauthenticated
            return found
        return Gate.authenticate(self, authorization)


class RealHouse:
    """An Application with the control plane's own directory. Make it inside `deployed`."""

    def __init__(self, clock: Clock, limiter: Limiter | None = None) -> None:
        """Build it out of the folders under modules/."""
        self.catalogue = build_catalogue(tenants.MANIFEST)
        self.keyring = Keyring([key.get_secret_value() for key in settings().secret_keys])
        jwks = JwksCache(_no_network, clock)
        self.directory = tenants.directory.CoreDirectory(
            settings(), self.keyring, self.catalogue, jwks, clock, lambda: clock().timestamp()
        )
        gate = _OpenGate(self.directory, self.keyring, jwks, clock, limiter or unhurried())
        routes = collect_routes(ROUTES, self.catalogue)
        self.application = Application(settings(), self.catalogue, gate, routes)
        self.background = Background.of(gate, self.catalogue, self.application.log)

    def operator(self) -> Client:
        """One of the platform's operators."""
        return Client(self.application, "", "operator")

    def onboard(self, modules: Iterable[str]) -> Client:
        """A new tenant's first admin, by API key."""
        operator = self.operator()
        wanted = {
            "name": f"North {time.monotonic_ns()}",
            "region": "US",
            "default_phone_region": "US",
            "locale": "en",
            "time_zone": "UTC",
            "currency": "USD",
            "admin": {"name": "Ann", "email": "ann@example.com"},
            "modules": list(modules),
        }
        tenant = operator.call("POST", "/v1/tenants", wanted)
        assert tenant.status == 201, tenant  # noqa: PLR2004 - RFC 9110
        key = operator.call(
            "POST", f"/v1/invitations/{tenant.body['invitation']['link']}/api-key", {"name": "first"}, Authorization=""
        )
        assert key.status == 201, key  # noqa: PLR2004 - RFC 9110
        return Client(self.application, tenant.body["id"], key.body["api_key"])


def person(house: RealHouse, tenant_id: str, user_id: str) -> Client:
    """A caller signed in as a user of the tenant."""
    return Client(house.application, tenant_id, f"person {tenant_id} {user_id}")


def _no_network(url: str) -> bytes:
    message = f"a test asked for {url}"
    raise AssertionError(message)
