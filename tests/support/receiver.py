"""A webhook's receiver on this machine that answers what a test tells it to."""

from __future__ import annotations

import json
import ssl
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

OK = 200


@dataclass
class Got:
    """One POST as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def document(self) -> dict[str, Any]:
        """The body, read."""
        found: dict[str, Any] = json.loads(self.body)
        return found


@dataclass
class Receiver:
    """What has come, and what to answer: by subject if told, else in general.

    An answer is a status, or (status, headers), or ``reset``, ``silent`` (until the test ends) or ``dripping``.
    """

    port: int = 0
    got: list[Got] = field(default_factory=list)
    always: Any = OK
    of: dict[str, Any] = field(default_factory=dict)
    next: deque[Any] = field(default_factory=deque)
    ended: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}/hooks?token=t"

    def answer_to(self, got: Got) -> Any:
        """What it answers to this one."""
        self.got.append(got)
        if self.next:
            return self.next.popleft()
        return self.of.get(got.document["subject"], self.always)

    def told(self) -> list[tuple[str, int]]:
        """(subject, version) of all that came, in the order of arrival."""
        return [(each.document["subject"], each.document["version"]) for each in self.got]


class _Handler(BaseHTTPRequestHandler):
    receiver: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        answer = self.receiver.answer_to(Got(self.path, headers, body))
        if answer == "reset":
            return
        if answer == "silent":
            self.receiver.ended.wait()
            return
        if answer == "dripping":
            self._drip()
            return
        status, more = answer if isinstance(answer, tuple) else (answer, {})
        self.send_response(status)
        for name, value in more.items():
            self.send_header(name, value)
        self.end_headers()

    def _drip(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\n")
        while not self.receiver.ended.is_set():
            try:
                self.wfile.write(b"X-Slow: 1\r\n")
            except OSError:
                return
            time.sleep(0.05)

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def receiving(tls: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """A receiver that listens until the block ends."""
    receiver = Receiver()

    handler = type("Handler", (_Handler,), {"receiver": receiver})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    receiver.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.ended.set()
        server.shutdown()
        server.server_close()
