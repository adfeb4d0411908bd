"""Switchboard as a stranger has it: `python -m infra.local` in a process of its own, reached by HTTP alone."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any

import boto3
import httpx

from chalicelib.store import keys
from infra.local import processes
from infra.local.engine import REGION, reserved_port
from infra.local.environment import Secrets
from infra.local.issuer import Issuer
from infra.local.private_files import read_json

ROOT = Path(__file__).resolve().parents[2]
LOADER = ROOT / "examples" / "load_customers.py"
READY = "ready after"
START_SECONDS = 120  # 5 s on an idle machine; the suite keeps every core busy
CALL_SECONDS = 60
WAIT_SECONDS = 300  # what happens after the write, on a machine that does ten other things

Json = dict[str, Any]


@dataclass(slots=True)
class LocalRun:
    """The running product on a data directory, which survives its kills."""

    data: Path
    port: int = 0
    http: httpx.Client = field(init=False, repr=False)
    _process: subprocess.Popen[bytes] | None = None
    _engine: int = 0

    @property
    def base_url(self) -> str:
        """Where it is."""
        return f"http://localhost:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """What every process here is started with. All on this machine, nothing of a test's own store."""
        of_tests = ("SWITCHBOARD_", "DYNAMODB_")
        outside = {name: value for name, value in os.environ.items() if not name.startswith(of_tests)}
        return {**outside, "PORT": str(self.port), "DATA": str(self.data), "NO_PROXY": "localhost,127.0.0.1"}

    def start(self) -> None:
        """Start it and wait until it is ready; the same port each time, as its clients go on calling it."""
        if not self.port:
            with reserved_port(0) as self.port:
                pass
        log = self.data.with_suffix(".log")
        with log.open("wb") as stream:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "infra.local"],
                cwd=ROOT,
                env={**self.environment, "SWITCHBOARD_DEMO": "off"},
                stdout=stream,
                stderr=subprocess.STDOUT,
            )
        deadline = time.monotonic() + START_SECONDS
        while READY not in log.read_text(encoding="utf-8", errors="replace"):
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(log.read_text(encoding="utf-8", errors="replace"))
            time.sleep(0.1)
        # No proxy and no connection from before a kill.
        self.http = httpx.Client(base_url=self.base_url, timeout=CALL_SECONDS, trust_env=False)
        self._engine = int(read_json(self.data / "engine.pid")["pid"])

    def kill(self) -> None:
        """End runner and engine by SIGKILL, as `kill -9` does."""
        if self._process is not None:
            self.http.close()
            os.kill(self._process.pid, signal.SIGKILL)
            with contextlib.suppress(ProcessLookupError):  # on Linux it dies with the runner
                os.kill(self._engine, signal.SIGKILL)
            self._process.wait()

    def stop(self) -> None:
        """As Ctrl-C does."""
        if self._process is not None and self._process.poll() is None:
            self.http.close()
            self._process.terminate()
            self._process.wait()

    def wait_until(self, done: Callable[[], bool]) -> None:
        """Ask until it is so; a bound for what never comes, not a measure."""
        deadline = time.monotonic() + WAIT_SECONDS
        while not done():
            assert time.monotonic() < deadline, "it did not come"
            time.sleep(0.2)

    def send(self, upload: Json, content: bytes) -> None:
        """Put a file's parts to their signed URLs."""
        start = 0
        for part in upload["parts"]:
            answer = self.http.put(part["url"], content=content[start : start + part["size"]])
            assert answer.status_code == HTTPStatus.OK, answer.text
            start += part["size"]

    def operator_token(self) -> str:
        """What the README takes from demo.json."""
        return str(read_json(self.data / "demo.json")["platform_operator_token"])

    def issuer(self) -> Issuer:
        """Its own issuer, which signs for whoever a test needs."""
        return Issuer(Secrets.load(self.data, self.base_url).issuer, self.data / "issuer-key.json")

    def events(self, tenant: str) -> list[str]:
        """The types of all event items of a tenant in the contacts table: past the API, which shows none so far."""
        found = re.search(r"-port (\d+)", processes.command_line(self._engine))
        assert found
        store = boto3.client(
            "dynamodb",
            endpoint_url=f"http://127.0.0.1:{found[1]}",
            region_name=REGION,
            aws_access_key_id=(self.data / "engine-key").read_text().strip(),
            aws_secret_access_key="local",
        )
        types = []
        for day in (datetime.now(UTC) - timedelta(days=1), datetime.now(UTC)):  # midnight may pass meanwhile
            pages = store.get_paginator("query").paginate(
                TableName="switchboard-contacts",
                KeyConditionExpression="pk = :p",
                ExpressionAttributeValues={":p": {"S": str(keys.event(tenant, day, "").pk)}},
            )
            types += [item["type"]["S"] for page in pages for item in page["Items"]]
        store.close()
        return types


@dataclass(slots=True)
class Caller:
    """Calls with one credential."""

    run: LocalRun
    credential: str = field(repr=False)

    def call(self, method: str, path: str, body: Json | None = None, *, expect: int = 200, **query: str) -> Json:
        """The JSON of an answer that has the expected status."""
        headers = {"Authorization": f"Bearer {self.credential}"} if self.credential else {}
        answer = self.run.http.request(method, path, json=body, params=query, headers=headers)
        assert answer.status_code == expect, answer.text[:1000]
        return answer.json() if answer.content else {}

    def pages(self, path: str, **query: str) -> Iterator[Json]:
        """Every item of a list, by cursor to the end."""
        cursor: dict[str, str] = {}
        while True:
            page = self.call("GET", path, **query, **cursor)
            yield from page["items"]
            if page["next_cursor"] is None:
                return
            cursor = {"cursor": page["next_cursor"]}


@dataclass(slots=True)
class Tenant:
    """A tenant and its first admin's API key."""

    id: str
    api_key: str = field(repr=False)
    api: Caller
    invitation: str = field(repr=False)


def onboard(run: LocalRun, name: str) -> Tenant:
    """Onboard a tenant as the operator and exchange its invitation, as the README does."""
    operator = Caller(run, run.operator_token())
    body = {
        "name": name,
        "region": "US",
        "default_phone_region": "US",
        "locale": "en",
        "time_zone": "America/Los_Angeles",
        "currency": "USD",
        "admin": {"name": "Ada Admin", "email": "ada@example.com"},
    }
    made = operator.call("POST", "/v1/tenants", body, expect=201)
    link = made["invitation"]["link"]
    shown = Caller(run, "").call("POST", f"/v1/invitations/{link}/api-key", {"name": "first"}, expect=201)
    return Tenant(made["id"], shown["api_key"], Caller(run, shown["api_key"]), link)


def loader(run: LocalRun, tenant: Tenant, file: Path, *more: str) -> subprocess.Popen[str]:
    """Start the example client on a file."""
    where = ["--base-url", run.base_url, "--api-key", tenant.api_key]
    return subprocess.Popen(
        [sys.executable, str(LOADER), *where, *more, str(file)],
        env=run.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def load(run: LocalRun, tenant: Tenant, file: Path, *more: str, exit_code: int = 0) -> str:
    """Run the example client to its end; what it said."""
    with loader(run, tenant, file, *more) as running:
        said, _ = running.communicate()
    assert running.returncode == exit_code, said
    return said
