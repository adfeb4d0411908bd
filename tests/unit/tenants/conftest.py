"""A deployment in this process: the control plane's routes, two made-up modules, moto for the store."""

import base64
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs
from uuid import uuid4

import pytest
from joserfc import jws
from joserfc.jwk import RSAKey

import tenants
from chalicelib.access.crypto import Keyring
from chalicelib.access.gate import Gate
from chalicelib.access.jwks import JwksCache
from chalicelib.access.limits import Limiter
from chalicelib.call import Call
from chalicelib.files.storage import storage
from chalicelib.modules import Catalogue, Feature, Manifest, Permission, Text
from chalicelib.settings import settings
from chalicelib.store.connection import connection
from chalicelib.store.tables import create_all
from chalicelib.web.app import Application
from chalicelib.web.results import Created
from chalicelib.web.routes import Routes
from chalicelib.web.wire import Shown
from tenants.routes import ROUTES as ROUTES_OF_CORE
from tests.support.light_moto import light_moto
from tests.support.limits import unhurried

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ISSUER = "https://id.example.com/"
JWKS_URL = "https://id.example.com/jwks"
OPERATOR = "operator-1"
KEY = RSAKey.generate_key(2048)
TITLE = Text("Made up", "虚构")


def manifest(name, requires=(), features=()):
    rights = tuple(Permission(f"{name}:{right}", TITLE) for right in ("read", "write"))
    return Manifest(name, TITLE, "1.0.0", (name,), (), rights, features, requires=requires)


ALPHA = manifest("alpha", features=(Feature("bright", TITLE), Feature("dark", TITLE, default=False)))
BETA = manifest("beta", requires=("alpha",))
GAMMA = manifest("gamma", requires=("beta",))
CATALOGUE = Catalogue((tenants.MANIFEST, ALPHA, BETA, GAMMA))
alpha = Routes("alpha")


class Seen(Shown):
    caller: str


@alpha.get("/alpha", needs="alpha:read")
def see_alpha(call: Call) -> Seen:
    """See."""
    return Seen(caller=call.principal.id)


@alpha.post("/alpha", needs="alpha:write")
def do_alpha(call: Call) -> Created[Seen]:
    """Do."""
    return Created(Seen(caller=call.principal.id), location="/v1/alpha")


@alpha.get("/alpha/dark", needs="alpha:read", feature="dark")
def see_dark(call: Call) -> Seen:
    """See in the dark."""
    return Seen(caller=call.principal.id)


@dataclass
class Answer:
    status: int
    body: Any
    headers: dict[str, str]


@dataclass
class World:
    """One deployment, its clocks in the test's hand, and a caller's view of it."""

    now: datetime = NOW
    ticks: float = 1000.0
    limiter: Limiter = field(default_factory=unhurried)
    application: Application = field(init=False)

    def __post_init__(self):
        create_all(["core", "alpha"])
        self.application = self.another_process()

    def clock(self):
        return self.now

    def another_process(self):
        """The same deployment in a process of its own: other memories, same store."""
        keyring = Keyring([key.get_secret_value() for key in settings().secret_keys])
        jwks = JwksCache(
            lambda _: json.dumps({"keys": [{**KEY.as_dict(private=False), "kid": "k"}]}).encode(), self.clock
        )
        directory = tenants.directory.CoreDirectory(
            settings(), keyring, CATALOGUE, jwks, self.clock, lambda: self.ticks
        )
        gate = Gate(directory, keyring, jwks, self.clock, self.limiter)
        return Application(
            settings(), CATALOGUE, gate, [route for each in (*ROUTES_OF_CORE, alpha) for route in each.declared]
        )

    def later(self, **span):
        """Let time pass, on both clocks."""
        self.now += timedelta(**span)
        self.ticks += timedelta(**span).total_seconds()

    def token(self, subject, **claims):
        issued = int(self.now.timestamp())
        said = {"iss": ISSUER, "sub": subject, "aud": "switchboard", "iat": issued, "exp": issued + 3600} | claims
        said = {name: value for name, value in said.items() if value is not None}
        return jws.serialize_compact({"alg": "RS256", "kid": "k", "typ": "JWT"}, json.dumps(said).encode(), KEY)

    def call(self, method, path, body=None, *, by="", process=None, **headers):
        path, _, query = path.partition("?")
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if by:
            sent["authorization"] = f"Bearer {by}"
        event = {
            "httpMethod": method,
            "path": path,
            "headers": sent,
            "multiValueQueryStringParameters": parse_qs(query) or None,
            "body": None if body is None else json.dumps(body),
            "isBase64Encoded": False,
            "stageVariables": None,
            "requestContext": {"identity": {"sourceIp": "192.0.2.1"}},
        }
        answer = (process or self.application)(event, None)
        content = json.loads(answer["body"]) if answer["body"] else None
        return Answer(answer["statusCode"], content, answer["headers"])

    @property
    def operator(self):
        return self.token(OPERATOR)

    def onboard(self, name="North", modules=(), **more):
        body = {
            "name": name,
            "region": "CN",
            "default_phone_region": "CN",
            "locale": "zh-CN",
            "time_zone": "Asia/Shanghai",
            "currency": "CNY",
            "admin": {"name": "Ann Admin", "email": "ann@example.com"},
            "modules": list(modules),
        } | more
        answer = self.call("POST", "/v1/tenants", body, by=self.operator)
        assert answer.status == 201, answer.body
        return Tenant(self, answer.body)


@dataclass
class Tenant:
    """A tenant with its first admin, whose key and sign-in come when they are asked for."""

    world: World
    made: dict[str, Any]
    _key: str = ""
    _bound: set[str] = field(default_factory=set)

    @property
    def id(self):
        return self.made["id"]

    @property
    def link(self):
        return self.made["invitation"]["link"]

    @property
    def key(self):
        """The first API key."""
        if not self._key:
            answer = self.world.call("POST", f"/v1/invitations/{self.link}/api-key", {"name": "first"})
            assert answer.status == 201, answer.body
            self._key = answer.body["api_key"]
        return self._key

    @property
    def admin(self):
        """The first admin's access token."""
        return self.bound(self.link, f"{self.id}-admin")

    def bound(self, link, subject):
        token = self.world.token(subject)
        if subject not in self._bound:
            answer = self.world.call("POST", f"/v1/invitations/{link}/sign-in", {"token": token})
            assert answer.status == 200, answer.body
            self._bound.add(subject)
        return token

    def person(self, role, **more):
        """A bound user in a role: (id, token)."""
        body = {"name": role, "email": f"{role}@example.com", "role": role} | more
        answer = self.world.call("POST", "/v1/users", body, by=self.admin)
        assert answer.status == 201, answer.body
        return answer.body["id"], self.bound(answer.body["invitation"]["link"], f"{self.id}-invited-{role}")


@pytest.fixture
def world(monkeypatch, tmp_path):
    monkeypatch.setenv("SWITCHBOARD_SECRET_KEYS", json.dumps([base64.urlsafe_b64encode(bytes(range(32))).decode()]))
    monkeypatch.setenv("SWITCHBOARD_PLATFORM_ISSUER", ISSUER)
    monkeypatch.setenv("SWITCHBOARD_PLATFORM_JWKS_URL", JWKS_URL)
    monkeypatch.setenv("SWITCHBOARD_PLATFORM_OPERATORS", json.dumps([OPERATOR]))
    # Tables of its own: another test of this process may keep moto on, and with it what was stored.
    monkeypatch.setenv("SWITCHBOARD_TABLE_PREFIX", f"tenants-{uuid4().hex[:8]}-")
    monkeypatch.setenv("SWITCHBOARD_FILES_DIR", str(tmp_path / "files"))
    with light_moto():
        for each in (settings, connection, storage):
            each.cache_clear()
        yield World()
    for each in (settings, connection, storage):
        each.cache_clear()


@pytest.fixture
def north(world):
    return world.onboard("North", ["alpha"])


@pytest.fixture
def south(world):
    return world.onboard("South")
