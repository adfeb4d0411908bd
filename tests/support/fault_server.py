"""The fault proxy's HTTP side: one thread per connection, keep-alive, connections reset on demand."""

from __future__ import annotations

import json
import socket
import struct
import sys
import threading
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from tests.support.fault_wire import Answer, Call, EngineGoneError, Link, Refusal

Here = Callable[[], bool]
"""Tells whether the caller is still connected."""
Serve = Callable[[Link, Call, Mapping[str, str], bytes, Here], Answer | None]
"""Takes a call, its headers and undecoded body; returns the answer, None to reset the connection."""

_STOP_LIMIT: Final = 5.0  # seconds for the handlers to end once their connections are shut
_RESET_ON_CLOSE: Final = struct.pack("ii", 1, 0)  # SO_LINGER on, 0 s: close() sends RST instead of FIN
_NOT_PASSED_ON: Final = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length"})


class Server(ThreadingHTTPServer):
    """One thread per connection; knows its open connections, to shut them at the end."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128  # the default of 5 refuses a burst of 50 clients

    def __init__(self, link: Callable[[], Link], serve: Serve, errors: list[BaseException]) -> None:
        """Listen on a free port; `link` makes a connection to the engine, `errors` receives what should not happen."""
        self.link, self.serve, self.errors = link, serve, errors
        self._open: set[socket.socket] = set()
        self._changed = threading.Condition()
        super().__init__(("127.0.0.1", 0), _Handler)

    def get_request(self) -> tuple[socket.socket, Any]:
        """Accept a connection and keep it in mind."""
        client, address = super().get_request()
        with self._changed:
            self._open.add(client)
        return client, address

    def shutdown_request(self, request: Any) -> None:
        """Close a connection whose handler has ended."""
        super().shutdown_request(request)
        with self._changed:
            self._open.discard(request)
            self._changed.notify_all()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - typeshed's signature
        """Say nothing of a client that went away: killing clients is what the proxy is for."""
        error = sys.exception()
        if error is not None and not isinstance(error, OSError):
            self.errors.append(error)

    def stop(self) -> None:
        """Stop listening, shut what is open, and wait for the handlers."""
        self.shutdown()
        self.server_close()
        with self._changed:
            for client in self._open:
                try:
                    client.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue
            self._changed.wait_for(lambda: not self._open, timeout=_STOP_LIMIT)


class _Handler(BaseHTTPRequestHandler):
    """Reads calls off one client's connection and writes the answers."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server

    def setup(self) -> None:
        super().setup()
        self._link = self.server.link()

    def finish(self) -> None:
        self._link.close()
        super().finish()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - typeshed's signature
        """Write no access log."""

    def do_POST(self) -> None:
        payload = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        operation = self.headers.get("X-Amz-Target", "").rpartition(".")[2]
        try:
            call = Call(operation, json.loads(payload))
            answer = self.server.serve(self._link, call, dict(self.headers.items()), payload, self._here)
        except EngineGoneError as error:
            answer = Refusal("EngineGone", str(error), HTTPStatus.BAD_GATEWAY).answer()
        except Exception as error:  # noqa: BLE001 - whatever it is, the test must hear of it when the proxy stops
            self.server.errors.append(error)
            answer = Refusal("FaultProxyError", repr(error), HTTPStatus.INTERNAL_SERVER_ERROR).answer()
        if answer is None:
            self._reset()
        else:
            self._write(answer)

    def _write(self, answer: Answer) -> None:
        names = {name: value for name, value in answer.headers.items() if name.lower() not in _NOT_PASSED_ON}
        names["Content-Length"] = str(len(answer.payload))
        head = f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}\r\n"
        lines = "".join(f"{name}: {value}\r\n" for name, value in names.items())
        self.wfile.write(f"{head}{lines}\r\n".encode("latin-1") + answer.payload)

    def _reset(self) -> None:
        """Close the connection so that the client sees a reset and no answer."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        self.rfile.close()  # it shares the socket, which closes with the last of its owners
        self.connection.close()

    def _here(self) -> bool:
        """Tell whether the caller's end is open: that of a killed process is not, once it has been waited for."""
        try:
            return bool(self.connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT))
        except BlockingIOError:
            return True
        except OSError:
            return False
