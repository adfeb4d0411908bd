"""The application that the functions run, whole, on DynamoDB Local, and tenants that are onboarded through its API.

The gateway of local runs is called in this process (WSGI): what a request looks like is decided there, and no socket
slows a run of thousands of them. Only the issuer's keys go over HTTP, because that is how the product fetches them.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any, Final
from wsgiref.simple_server import WSGIRequestHandler, make_server

from werkzeug.test import Client

import tenants
from chalicelib.modules import build_catalogue
from chalicelib.settings import settings
from chalicelib.web.app import Application
from infra.local.gateway import gateway
from infra.local.issuer import AUDIENCE, Issuer
from tests.support.application import deployed
from tests.support.engine import fresh_tables
from tests.support.limits import unhurried

OPERATOR: Final = "operator"
_numbers = count(1)


class Refused(AssertionError):
    """Setting up what a test needs was refused."""


@dataclass
class WholeHouse:
    """The application behind its gateway, and the issuer that it trusts."""

    application: Application
    issuer: Issuer

    def __post_init__(self) -> None:
        """Put the gateway before it."""
        self.wsgi = gateway(self.application)
        self.modules = [each.name for each in build_catalogue(tenants.MANIFEST) if not each.always_on]
        self.operator = self.issuer.issue(OPERATOR)

    def call(self, method: str, path: str, body: Any = None, by: str = "") -> Any:
        """The answer's JSON. Raises Refused for anything but success."""
        headers = {"Authorization": f"Bearer {by}"} if by else {}
        answer = Client(self.wsgi).open(path, method=method, json=body, headers=headers)
        text = answer.get_data(as_text=True)
        if not 200 <= answer.status_code < 300:  # noqa: PLR2004 - RFC 9110, 15.3
            message = f"{method} {path}: {answer.status_code} {text}"
            raise Refused(message)
        return json.loads(text) if text else None

    def onboard(self) -> Tenant:
        """A new tenant with every module, its first key, and its admin who has signed in."""
        number = next(_numbers)
        admin = {"name": "Ann Admin", "email": f"ann{number}@example.com"}
        body = {
            "name": f"Tenant {number}",
            "region": "CN",
            "default_phone_region": "CN",
            "locale": "zh-CN",
            "time_zone": "Asia/Shanghai",
            "currency": "CNY",
            "admin": admin,
            "modules": self.modules,
        }
        made = self.call("POST", "/v1/tenants", body, by=self.operator)
        link = made["invitation"]["link"]
        key = self.call("POST", f"/v1/invitations/{link}/api-key", {"name": "first"})
        token = self.issuer.issue(f"admin-{number}")
        self.call("POST", f"/v1/invitations/{link}/sign-in", {"token": token})
        unit = self.call("GET", "/v1/me", by=token)["org_unit_id"]
        return Tenant(self, made["id"], made["admin_user_id"], unit, key["api_key"], frozenset(key["scopes"]), token)


@dataclass
class Tenant:
    """A tenant, and the credentials of its admin: a key, and a token for what keys may not."""

    house: WholeHouse
    id: str
    admin_id: str
    unit_id: str
    key: str
    scopes: frozenset[str]
    token: str
    _kept: dict[str, Any] = field(default_factory=dict)

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """As the house's, by the admin."""
        return self.house.call(method, path, body, by=self.token)

    def once(self, name: str, make: Any) -> Any:
        """What `make` gives, made at the first call."""
        if name not in self._kept:
            self._kept[name] = make()
        return self._kept[name]

    def credential(self, permission: str | None) -> str:
        """The credential with which an operation that needs the permission is called."""
        if permission is None or permission.startswith("platform:"):
            return self.house.operator if permission else self.token
        return self.key if permission in self.scopes else self.token


@contextmanager
def whole_house(endpoint: str, folder: Path) -> Iterator[WholeHouse]:
    """The application on tables of its own, as `app.py` builds it. `folder` is for the issuer's key and for files."""
    with _issuing(folder) as (issuer, url), fresh_tables(endpoint, _units()) as prefix:
        more = {
            "SWITCHBOARD_STAGE": "local",
            "SWITCHBOARD_PUBLIC_URL": "http://localhost",
            "SWITCHBOARD_PLATFORM_ISSUER": issuer.issuer,
            "SWITCHBOARD_PLATFORM_JWKS_URL": f"{url}/jwks",
            "SWITCHBOARD_PLATFORM_AUDIENCE": AUDIENCE,
            "SWITCHBOARD_PLATFORM_OPERATORS": json.dumps([OPERATOR]),
            "SWITCHBOARD_FILES_DIR": str(folder / "files"),
        }
        with deployed(endpoint, prefix, **more):
            from app import build_application  # noqa: PLC0415 - its import reads the settings

            application = build_application(settings())
            gate = replace(application.kernel.gate, limiter=unhurried())
            application.kernel = replace(application.kernel, gate=gate)
            with _quiet():
                yield WholeHouse(application, issuer)


def _units() -> list[str]:
    return [each.name for each in build_catalogue(tenants.MANIFEST)]


@contextmanager
def _issuing(folder: Path) -> Iterator[tuple[Issuer, str]]:
    issuer = Issuer("http://issuer.test", folder / "issuer.json")
    with make_server("127.0.0.1", 0, issuer.wsgi, handler_class=_Silent) as server:
        thread = threading.Thread(target=server.serve_forever, name="issuer", daemon=True)
        thread.start()
        yield issuer, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


class _Silent(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's signature
        """Nothing: the requests of the product are its own affair."""


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the line for each request: thousands of them would hide the stack traces."""
    log = logging.getLogger("switchboard")
    before = log.level
    log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        log.setLevel(before)
