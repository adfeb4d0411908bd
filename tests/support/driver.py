"""A server that can be killed at any step: `python -m tests.support.driver`, spoken to in JSON lines.

It builds nothing before it is asked; for each request it forks a process, which connects, builds its own application,
answers and ends. So the test knows the process id to kill, and a kill costs milliseconds instead of a start of Python.
The test's own process, which shares nothing with it but the table, is the server that comes up after the crash.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

import chalicelib
import tenants
from chalicelib.changes.entry import handle_stream
from chalicelib.jobs.worker import Worker
from chalicelib.modules import build_catalogue, import_records, module_packages
from chalicelib.web.sources import collect_routes
from tenants.audit.handlers import seal_next
from tests.support.application import Client, House, MovableClock, deployed
from tests.support.control_plane import RealHouse
from tests.support.faults import FaultProxy
from tests.support.visits import with_visits

ROOT = Path(__file__).resolve().parent.parent.parent
_GONE_WITHIN = 10.0  # seconds for a killed process to be reaped


def main() -> None:
    """Fork a server for each line of standard input."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel reaps
    with with_visits():
        collect_routes((), build_catalogue(tenants.MANIFEST))  # imports what every server needs, once
        import_module("modules.visits.handlers")
        for package in (chalicelib, tenants, *module_packages()):
            import_records(package)
    for line in sys.stdin:
        if child := os.fork():
            _say({"pid": child})
            continue
        try:
            _say(_serve(json.loads(line)))
        finally:
            os._exit(0)


def _serve(asked: dict[str, Any]) -> dict[str, Any]:
    files = {"SWITCHBOARD_FILES_DIR": asked["files"]} if asked.get("files") else {}
    with with_visits(), deployed(asked["endpoint"], asked["prefix"], **files):
        clock = MovableClock()
        clock.advance(seconds=asked["ahead"])
        if asked.get("whole"):
            return {"status": 0, "text": str(Worker(RealHouse(clock).background).run(asked["tenant"], asked["job"]))}
        if "method" not in asked:
            return _behind(House(clock, tenants.MANIFEST), asked)
        if asked["tenant"]:
            client = House(clock).client(asked["tenant"], key=asked["key"])
        else:  # an operator, of the real control plane
            client = Client(RealHouse(clock).application, "", asked["key"])
        answer = client.call(asked["method"], asked["path"], asked["body"], **asked["headers"])
        return {"status": answer.status, "text": answer.text}


def _behind(house: House, asked: dict[str, Any]) -> dict[str, Any]:
    """What happens after a write: a batch of the stream, a job that was woken, or a seal of the audit."""
    house.directory.add_tenant(asked["tenant"])
    if "job" in asked:
        done = Worker(house.background).run(asked["tenant"], asked["job"])
        return {"status": 0, "text": str(done)}
    if "events" not in asked:
        return {"status": 0, "text": str(seal_next(house.background, asked["tenant"]))}
    records = [
        {"eventName": "INSERT", "dynamodb": {"NewImage": item, "SequenceNumber": str(number)}}
        for number, item in enumerate(asked["events"])
    ]
    return {"status": 0, "text": json.dumps(handle_stream(house.background, {"Records": records}))}


def _say(document: dict[str, Any]) -> None:
    os.write(1, f"{json.dumps(document)}\n".encode())  # one write: lines of two processes do not mix


class Place(NamedTuple):
    """Where the server finds its tables, by how many seconds its clock is ahead, and where it keeps files."""

    endpoint: str
    prefix: str
    ahead: float
    files: str = ""


class Driver:
    """The test's end of it. A context manager; one request at a time."""

    def __enter__(self) -> Self:
        """Start it."""
        command = [sys.executable, "-m", "tests.support.driver"]
        self._process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        """Stop it."""
        self._process.kill()
        self._process.communicate()

    def begin(self, place: Place, client: Client, method: str, path: str, body: Any = None, **headers: str) -> int:
        """Send a request as `client`; return the process that serves it."""
        asked = {**place._asdict(), "tenant": client.tenant_id, "key": client.key}
        return self._start(asked | {"method": method, "path": path, "body": body, "headers": headers})

    def deliver(self, place: Place, tenant: str, events: list[dict[str, Any]]) -> int:
        """Hand event items over as the stream does, in a house with the module visits; return the process."""
        return self._start({**place._asdict(), "tenant": tenant, "events": events})

    def work(self, place: Place, tenant: str, job: str, *, whole: bool = False) -> int:
        """Wake a worker for a job, in such a house (``whole``: with the real control plane); return the process."""
        return self._start({**place._asdict(), "tenant": tenant, "job": job, "whole": whole})

    def seal(self, place: Place, tenant: str, files: Path) -> int:
        """Seal a chunk of the tenant's audit, in such a house; return the process."""
        return self._start({**place._asdict(), "tenant": tenant, "files": str(files)})

    def _start(self, asked: dict[str, Any]) -> int:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{json.dumps(asked)}\n")
        self._process.stdin.flush()
        while "pid" not in (line := self._read()):  # the answer of one that was not killed
            pass
        return int(line["pid"])

    def answer(self) -> dict[str, Any]:
        """What a server that was left alone has answered: status and text."""
        while "status" not in (line := self._read()):
            pass
        return line

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if line.startswith(('{"pid"', '{"status"')):
            return dict(json.loads(line))
        assert line, "the driver has ended"
        return {}  # the application's log


def is_there(pid: int) -> bool:
    """Whether the process lives."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def kill(pid: int) -> None:
    """Kill -9, and wait until the process is gone and its connections are closed."""
    os.kill(pid, signal.SIGKILL)
    give_up = time.monotonic() + _GONE_WITHIN
    while time.monotonic() < give_up:
        if not is_there(pid):
            return
        time.sleep(0.002)
    message = f"process {pid} is still there"
    raise TimeoutError(message)


def killed_there(proxy: FaultProxy, pid: int) -> bool:
    """Kill -9 a process at the call to the store at which the proxy pauses it; False if it has ended before that."""
    while not proxy.paused.wait(0.02):
        if not is_there(pid):
            proxy.release()
            return False
    kill(pid)
    proxy.release()
    return True


if __name__ == "__main__":
    main()
