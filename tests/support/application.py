"""The real kernel and the real modules behind one entry, with a directory of made-up tenants: what tests call.

with deployed(proxy.endpoint, prefix):
house = House()
client = house.client()                        # a new tenant, and a key that may do everything
answer = client.call("POST", "/v1/contacts", {"name": "José"}, Idempotency_Key="k1")
assert answer.status == 201
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import parse_qs
from uuid import uuid4

from chalicelib.access.api_keys import mint, stored_form
from chalicelib.access.crypto import Keyring
from chalicelib.access.gate import Gate
from chalicelib.access.jwks import JwksCache
from chalicelib.access.limits import Limiter, Rate
from chalicelib.access.principal import Decision, Grant, Principal, PrincipalKind, Reach
from chalicelib.access.quotas import Spent
from chalicelib.access.tokens import Issuer
from chalicelib.background import Background
from chalicelib.clock import Clock, new_id, utc_now
from chalicelib.files.storage import storage
from chalicelib.modules import Manifest, Text, build_catalogue
from chalicelib.settings import Settings, settings
from chalicelib.store.connection import connection
from chalicelib.store.scope import Move
from chalicelib.web.app import Application
from chalicelib.web.routes import Routes
from chalicelib.web.sources import collect_routes
from tests.conftest import AWS_ENVIRONMENT
from tests.support.limits import unhurried

SECRET_KEY: Final = base64.urlsafe_b64encode(b"made up for tests, 32 bytes long").decode()
CORE: Final = Manifest("core", Text("Platform", "平台"), "0.1.0", (), (), (), always_on=True)
"""Stands for the control plane, which these tests go without."""
GENEROUS: Final = Rate(10_000, 100_000)
UNIT: Final = "ou_1"
UNIT_PATH: Final = "/ou_1/"


@contextmanager
def deployed(endpoint: str | None, prefix: str, **more: str) -> Iterator[Settings]:
    """Point this process's settings and store connection at an engine; None leaves it to moto.

    `more` are further variables of the environment. One at a time: the connection belongs to the process.
    """
    wanted = {"SWITCHBOARD_SECRET_KEYS": json.dumps([SECRET_KEY]), "SWITCHBOARD_TABLE_PREFIX": prefix, **more}
    if endpoint is not None:
        # The access key id too, to which an engine's database belongs: a moto of the same process sets another one.
        wanted = {**AWS_ENVIRONMENT, **wanted, "DYNAMODB_ENDPOINT": endpoint}
    before = {name: os.environ.get(name) for name in wanted}
    _forget()
    os.environ.update(wanted)
    try:
        yield settings()
    finally:
        connection().client.close()
        _forget()
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _forget() -> None:
    settings.cache_clear()
    connection.cache_clear()
    storage.cache_clear()


class MovableClock:
    """The real time, moved by what the test says."""

    def __init__(self) -> None:
        """Begin at the present."""
        self.ahead = timedelta()
        self._stands_at: datetime | None = None

    def __call__(self) -> datetime:
        """The moved present, in UTC."""
        return (self._stands_at or utc_now()) + self.ahead

    def stand_still(self) -> None:
        """Pass no time from now on but by `advance`: a busy machine is late by seconds."""
        self._stands_at = utc_now()

    def advance(self, **by: float) -> None:
        """Move on; arguments as timedelta takes them."""
        self.ahead += timedelta(**by)


@dataclass
class Tenant:
    """A tenant's standing, in which all is enabled but what `off` names (`module` or `module.feature`).

    The modules in `lapsed` can only be read.
    """

    tenant_id: str
    sign_in_blocked: bool = False
    changes_blocked: bool = False
    locale: str = "en"
    time_zone: str = "UTC"
    default_region: str = "US"
    currency: str = "USD"
    off: Collection[str] = ()
    lapsed: Collection[str] = ()
    units: dict[str, str] = field(default_factory=lambda: {UNIT: UNIT_PATH})
    users: set[str] = field(default_factory=set)
    moves: tuple[Move, ...] = ()
    tree: int = 0
    rate: Rate = GENEROUS
    used_up: dict[tuple[str, str], Spent] = field(default_factory=dict)

    def spent(self, module: str, meter: str, at: datetime) -> Spent | None:
        """What is named."""
        del at
        return self.used_up.get((module, meter))

    def decide(self, module: str, feature: str | None = None) -> Decision:
        """Off when it is named, or when its module is."""
        on = not {module, f"{module}.{feature}"} & set(self.off)
        return Decision(on, "active" if on else "not_subscribed", "subscription", read_only=module in self.lapsed)

    def seen_by(self, principal: Principal) -> Tenant:
        """Everybody sees the same."""
        del principal
        return self


class MadeUpDirectory:
    """Tenants and API keys in memory: no round trip, and the same answers in every process that is told the same."""

    def __init__(self, keyring: Keyring) -> None:
        """Begin with nobody."""
        self._keyring = keyring
        self._keys: dict[str, Principal] = {}
        self.tenants: dict[str, Tenant] = {}

    def add_tenant(self, tenant_id: str | None = None, **standing: Any) -> Tenant:
        """A tenant; `standing` as in `Tenant`."""
        tenant = Tenant(tenant_id or new_id("tnt"), **standing)
        self.tenants[tenant.tenant_id] = tenant
        return tenant

    def add_key(
        self,
        tenant_id: str,
        permissions: Iterable[str],
        reach: Reach = Reach.ALL,
        *,
        unit: tuple[str, str] = (UNIT, UNIT_PATH),
        key: str | None = None,
        user: str | None = None,
    ) -> str:
        """An API key of the tenant (a new one, or `key`) with these permissions; its holder's id follows from it.

        `user` is the person who made it and acts by it.
        """
        key = key or mint(tenant_id)
        mac = stored_form(self._keyring, key)
        grants = (Grant(frozenset(permissions), reach),)
        self._keys[mac] = Principal(PrincipalKind.API_KEY, f"key_{mac[:16]}", tenant_id, grants, *unit, user)
        return key

    def key_holder(self, tenant_id: str, macs: Sequence[str]) -> Principal | None:
        """The principal behind a key."""
        found = next((self._keys[mac] for mac in macs if mac in self._keys), None)
        return found if found and found.tenant_id == tenant_id else None

    def person(self, issuer: str, subject: str) -> Principal | None:
        """Nobody signs in here."""
        del issuer, subject

    def issuer(self, url: str) -> Issuer | None:
        """No issuer is trusted."""
        del url

    def standing(self, tenant_id: str) -> Tenant | None:
        """The tenant."""
        return self.tenants.get(tenant_id)

    def is_erased(self, tenant_id: str) -> bool:
        """No tenant leaves here."""
        del tenant_id
        return False

    def every_tenant(self) -> Iterator[str]:
        """All of them."""
        return iter(self.tenants)

    def unit_path(self, tenant_id: str, unit_id: str) -> str | None:
        """The path of one of the tenant's units."""
        return self.tenants[tenant_id].units.get(unit_id)

    def is_active_user(self, tenant_id: str, user_id: str) -> bool:
        """Whether the tenant has that user."""
        return user_id in self.tenants[tenant_id].users


@dataclass(frozen=True, slots=True)
class Answer:
    """What the application answered."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def body(self) -> Any:
        """The decoded body; None for an empty one, and for one that is no JSON (CSV)."""
        media_type = self.headers.get("Content-Type", "json")
        return json.loads(self.text) if self.text and "json" in media_type else None

    @property
    def code(self) -> str:
        """The problem's code; empty for an answer that is none."""
        return str(self.body.get("code", "")) if self.status >= 400 else ""  # noqa: PLR2004 - RFC 9110, 15.5


@dataclass(frozen=True, slots=True)
class Client:
    """A caller with one credential. Safe to share between threads."""

    application: Application
    tenant_id: str
    key: str

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """Make one call: `path` with its query, `body` as JSON (text as it is), `If_Match="…"` for If-Match."""
        path, _, query = path.partition("?")
        text = body if isinstance(body, str) or body is None else json.dumps(body, ensure_ascii=False)
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        event = {
            "httpMethod": method,
            "path": path,
            "stageVariables": None,
            "headers": {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json", **given},
            "multiValueQueryStringParameters": parse_qs(query, keep_blank_values=True),
            "requestContext": {"requestId": uuid4().hex, "identity": {}},
            "body": text,
            "isBase64Encoded": False,
        }
        answer = self.application(event, None)
        return Answer(answer["statusCode"], dict(answer["headers"]), str(answer["body"] or ""))


class House:
    """An Application with its directory and clock. Make it inside `deployed`."""

    def __init__(
        self,
        clock: Clock = utc_now,
        core: Manifest = CORE,
        routes: Iterable[Routes] = (),
        limiter: Limiter | None = None,
    ) -> None:
        """Build it out of the folders under modules/, and of as much of the control plane as is given."""
        wanted = settings()
        self.catalogue = build_catalogue(core)
        self.keyring = Keyring([key.get_secret_value() for key in wanted.secret_keys])
        self.directory = MadeUpDirectory(self.keyring)
        gate = Gate(self.directory, self.keyring, JwksCache(_no_network, clock), clock, limiter or unhurried())
        self.application = Application(wanted, self.catalogue, gate, collect_routes(routes, self.catalogue))
        self.background = Background.of(gate, self.catalogue, self.application.log)

    def client(
        self,
        tenant_id: str | None = None,
        *,
        permissions: Iterable[str] | None = None,
        reach: Reach = Reach.ALL,
        unit: tuple[str, str] = (UNIT, UNIT_PATH),
        key: str | None = None,
        user: str | None = None,
    ) -> Client:
        """A caller of the tenant (default: a new one) with these permissions (default: all); `user` is known then."""
        if tenant_id not in self.directory.tenants:
            tenant_id = self.directory.add_tenant(tenant_id).tenant_id
        assert tenant_id is not None
        wanted = self.catalogue.permissions() if permissions is None else permissions
        self.directory.tenants[tenant_id].users |= {user} if user else set()
        made = self.directory.add_key(tenant_id, wanted, reach, unit=unit, key=key, user=user)
        return Client(self.application, tenant_id, made)


def _no_network(url: str) -> bytes:
    message = f"a test asked for {url}"
    raise AssertionError(message)
