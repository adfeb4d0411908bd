"""A whole deployment in this process: every unit, the real control plane, moto for the store, tokens signed here."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qs
from uuid import uuid4

from joserfc import jws
from joserfc.jwk import RSAKey
from moto.core import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.table import Table

import tenants
from chalicelib.access.crypto import Keyring
from chalicelib.access.gate import Gate
from chalicelib.access.jwks import JwksCache
from chalicelib.modules import build_catalogue
from chalicelib.settings import settings
from chalicelib.store.connection import connection, table_name, table_shape
from chalicelib.web.app import Application
from chalicelib.web.routes import Route
from chalicelib.web.sources import collect_routes
from tenants.directory import CoreDirectory
from tenants.routes import ROUTES as ROUTES_OF_CORE
from tests.support.application import Answer, MovableClock, deployed
from tests.support.light_moto import Items, items_of, light_moto
from tests.support.limits import unhurried

ISSUER: Final = "https://id.example.com/"
OPERATOR: Final = "operator-1"
SIGNING_KEY: Final = RSAKey.generate_key(2048)
CATALOGUE: Final = build_catalogue(tenants.MANIFEST)
ROUTES: Final[tuple[Route, ...]] = tuple(collect_routes(ROUTES_OF_CORE, CATALOGUE))
"""Every registered route; test_coverage.py holds that it is what app.py serves."""
ENVIRONMENT: Final = {
    "SWITCHBOARD_PLATFORM_ISSUER": ISSUER,
    "SWITCHBOARD_PLATFORM_JWKS_URL": f"{ISSUER}jwks",
    "SWITCHBOARD_PLATFORM_OPERATORS": json.dumps([OPERATOR]),
}


_addresses: Final = count(1)


def _address() -> str:
    """Another site's (RFC 3849): nobody here is slowed down by what others have tried."""
    number = next(_addresses)
    return f"2001:db8:{number >> 16:x}:{number & 0xFFFF:x}::1"


class Snapshot(NamedTuple):
    """What is stored: items by table and key, files by path (None for a directory)."""

    tables: dict[str, Items]
    files: dict[Path, bytes | None]


class Ticks:
    """A monotonic clock that hardly moves by itself, so that what is warm stays warm however slow the machine is."""

    def __init__(self) -> None:
        """Begin somewhere."""
        self._ahead = 1000.0
        self._asked = count(1)

    def __call__(self) -> float:
        """A microsecond later at each call."""
        return self._ahead + next(self._asked) * 1e-6

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._ahead += seconds


@dataclass
class Deployment:
    """One process of the product and the people outside. Make it inside ``running``."""

    clock: MovableClock = field(default_factory=MovableClock)
    ticks: Ticks = field(default_factory=Ticks)
    application: Application = field(init=False)
    keyring: Keyring = field(init=False)
    published: dict[str, RSAKey] = field(default_factory=lambda: {f"{ISSUER}jwks": SIGNING_KEY})
    fetched: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Create the tables and the application."""
        for manifest in CATALOGUE:
            # Without a stream: moto would keep every record of it, and nobody reads it here.
            connection().client.create_table(**table_shape(table_name(manifest.name)), BillingMode="PAY_PER_REQUEST")
        self.application = self.process()

    def process(self) -> Application:
        """Another process of the same deployment: the same store, memories of its own."""
        self.keyring = Keyring([key.get_secret_value() for key in settings().secret_keys])
        jwks = JwksCache(self._fetch, self.clock)
        directory = CoreDirectory(settings(), self.keyring, CATALOGUE, jwks, self.clock, self.ticks)
        return Application(settings(), CATALOGUE, Gate(directory, self.keyring, jwks, self.clock, unhurried()), ROUTES)

    def _fetch(self, url: str) -> bytes:
        self.fetched.append(url)
        return json.dumps({"keys": [{**self.published[url].as_dict(private=False), "kid": "k"}]}).encode()

    def later(self, **span: float) -> None:
        """Let time pass, on both clocks."""
        self.clock.advance(**span)
        self.ticks.advance(timedelta(**span).total_seconds())

    def token(
        self, subject: str, *, key: RSAKey = SIGNING_KEY, header: dict[str, Any] | None = None, **claims: Any
    ) -> str:
        """An access token of the platform's issuer; claims and header as given, None leaves one out."""
        now = int(self.clock().timestamp())
        said = {"iss": ISSUER, "sub": subject, "aud": "switchboard", "iat": now, "exp": now + 3600} | claims
        said = {name: value for name, value in said.items() if value is not None}
        head = {"alg": "RS256", "kid": "k", "typ": "JWT"} | (header or {})
        head = {name: value for name, value in head.items() if value is not None}
        return jws.serialize_compact(head, json.dumps(said).encode(), key)

    @property
    def operator(self) -> str:
        """A platform operator's token."""
        return self.token(OPERATOR)

    def call(
        self, method: str, path: str, body: Any = None, *, by: str = "", source: str = "", **headers: str
    ) -> Answer:
        """One request: ``by`` is a bearer token, ``body`` JSON (text and bytes as they are), ``If_Match`` a header.

        It comes from an address of its own unless ``source`` names one.
        """
        path, _, query = path.partition("?")
        given = {"Content-Type": "application/json"} | {each.replace("_", "-"): text for each, text in headers.items()}
        if by:
            given.setdefault("Authorization", f"Bearer {by}")
        event = {
            "httpMethod": method,
            "path": path,
            "headers": given,
            "multiValueQueryStringParameters": parse_qs(query, keep_blank_values=True) or None,
            "body": body if body is None or isinstance(body, str) else json.dumps(body),
            "isBase64Encoded": False,
            "stageVariables": None,
            "requestContext": {"requestId": uuid4().hex, "identity": {"sourceIp": source or _address()}},
        }
        answer = self.application(event, None)
        return Answer(answer["statusCode"], dict(answer["headers"]), str(answer["body"] or ""))

    def forget(self) -> None:
        """Empty the process's memories, as a new process would have them."""
        self.application = self.process()

    def snapshot(self) -> Snapshot:
        """All items of all tables, and all files, as they are."""
        return Snapshot({name: items_of(table) for name, table in _tables().items()}, _files())

    def restore(self, saved: Snapshot) -> bool:
        """Put a snapshot back, with a process that remembers nothing; False when nothing has changed since."""
        found = self.snapshot()
        if found == saved:
            return False
        for name, table in _tables().items():
            table.items = defaultdict(dict, {pk: dict(items) for pk, items in saved.tables[name].items()})
        if found.files != saved.files:
            _restore_files(saved.files)
        self.forget()
        return True

    def now(self) -> datetime:
        """The deployment's present."""
        return self.clock()


@contextmanager
def running() -> Iterator[Deployment]:
    """A fresh deployment on moto."""
    with (
        light_moto(),
        TemporaryDirectory() as files,
        deployed(None, "security-", SWITCHBOARD_FILES_DIR=files, **ENVIRONMENT),
    ):
        yield Deployment()


def _files() -> dict[Path, bytes | None]:
    found = sorted(Path(settings().files_dir).rglob("*"))
    return {each: each.read_bytes() if each.is_file() else None for each in found}


def _restore_files(saved: dict[Path, bytes | None]) -> None:
    for each in Path(settings().files_dir).iterdir():
        rmtree(each)
    for place, content in saved.items():
        if content is None:
            place.mkdir()
        else:
            place.write_bytes(content)


def _tables() -> dict[str, Table]:
    found: dict[str, Table] = dynamodb_backends[DEFAULT_ACCOUNT_ID][settings().region].tables
    return found
