"""The HTTP server: waitress, which hands on the request target undecoded (granian does not, stack-facts.md 5)."""

import logging
import socket
import threading
import uuid
from collections.abc import Mapping
from typing import Any
from wsgiref.types import WSGIApplication

from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.server import create_server
from waitress.task import ErrorTask

from infra.local.errors import LocalError
from infra.local.gateway import Handler, gateway, problem

READ_BYTES = 10 * 1024 * 1024  # API Gateway's payload limit: up to here a body is read, so that its 413 arrives
HEADER_BYTES = 16 * 1024  # API Gateway allows 10,240 of request line and header values; names come on top here
CONNECTIONS = 1000  # waitress's default of 100 is one load generator
CHANNEL_SECONDS = 60  # an idle keep-alive connection is closed after it
LOOP_SECONDS = 1.0  # the longest that a stop can go unnoticed if its wake-up is lost


class _ProblemTask(ErrorTask):  # type: ignore[misc]  # waitress has no types
    """A request that waitress itself refuses (too long, malformed) is answered in the API's form too."""

    def execute(self) -> None:
        error = self.request.error
        code = {413: "body_too_large", 431: "headers_too_large"}.get(error.code, "malformed_request")
        detail = "The gateway could not take this request."
        status, headers, body = problem(error.code, code, detail, str(uuid.uuid4()))
        self.status = f"{status} {error.reason}"
        self.response_headers.extend(headers)
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


class _Channel(HTTPChannel):  # type: ignore[misc]
    error_task_class = _ProblemTask


class Server:
    """A bound server: connections queue from the start, and are answered while `run` runs."""

    def __init__(self, application: WSGIApplication, host: str, port: int, threads: int) -> None:
        """Bind. Raises LocalError when the port is taken."""
        self._sockets: dict[int, Any] = {}
        self._stopped = threading.Event()
        self._server = create_server(
            application,
            map=self._sockets,
            sockets=[_listen(host, port)],
            threads=threads,
            max_request_body_size=READ_BYTES,
            max_request_header_size=HEADER_BYTES,
            connection_limit=CONNECTIONS,
            channel_timeout=CHANNEL_SECONDS,
            asyncore_use_poll=True,  # select() breaks above 1,024 open files
            ident=None,  # no Server header: the gateway in the cloud has none of waitress's either
        )
        self._server.channel_class = _Channel
        self.port = int(self._server.effective_port)

    def run(self) -> None:
        """Serve until `close`, or until the thread is interrupted."""
        try:
            while not self._stopped.is_set():
                wasyncore.loop(timeout=LOOP_SECONDS, use_poll=True, map=self._sockets, count=1)
        finally:
            self._server.task_dispatcher.shutdown()
            wasyncore.close_all(self._sockets)

    def close(self) -> None:
        """Make `run` end, from any thread. Running requests get up to 5 s (waitress's own)."""
        self._stopped.set()
        self._server.pull_trigger()


def serve(
    handler: Handler,
    *,
    host: str = "127.0.0.1",
    port: int,
    threads: int = 32,
    mounts: Mapping[str, WSGIApplication] | None = None,
) -> Server:
    """Bind `handler` as an HTTP API; port 0 takes a free one (see `.port`). Call `.run()` to serve.

    Raises:
        LocalError: the port is taken; says how to choose another.
    """
    # waitress says «task queue depth» for each request that waits for a thread: normal under load.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    return Server(gateway(handler, mounts=mounts), host, port, threads)


def check_port(host: str, port: int) -> None:
    """Say early that a port is taken, before anything slow is started.

    Raises:
        LocalError: it is.
    """
    _listen(host, port).close()
    try:  # something on [::1] alone would answer to http://localhost in our place
        socket.create_connection(("localhost", port), timeout=1).close()
    except OSError:
        return
    if port:
        raise LocalError(port_message(port, None))


def _listen(host: str, port: int) -> socket.socket:
    # Ours rather than waitress's: it would leave threads and open files behind when the port is taken.
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # else a restart waits for TIME_WAIT to pass
        listener.bind((host, port))
        listener.listen(CONNECTIONS)  # with SO_REUSEADDR only this tells of another listener
    except OSError as error:
        listener.close()
        raise LocalError(port_message(port, error)) from error
    return listener


def port_message(port: int, error: OSError | None) -> str:
    """What to tell a user whose port can't be had."""
    if isinstance(error, PermissionError):
        return f"Port {port} needs rights that you don't have here. Choose one above 1023: PORT=8001 make run"
    other = port + 1 if port < 65535 else 8001  # noqa: PLR2004 - the highest port
    return f"Port {port} is already in use by another program. Choose another: PORT={other} make run"
