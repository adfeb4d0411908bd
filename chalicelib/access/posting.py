"""A POST to a URL that somebody else has chosen: bounded in time, to a checked address, without redirects.

resolve once → judge every address → connect to a judged one, with the name for TLS → status, and nothing more

The answer's body is not read: nothing depends on it, and so nothing of a network that we can see and the caller can't
comes back to him.
"""

import http.client
import socket
import ssl
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from chalicelib.access.addresses import AddressRefusedError, Resolve, Target, checked_address, target_of

# The whole exchange: Standard Webhooks, «Timeouts», suggests 15 to 30 s; we ask for less, since a worker waits.
TOTAL_S: Final = 10.0
_OK: Final = range(200, 300)
_REDIRECT: Final = range(300, 400)


class Failure(StrEnum):
    """Why a POST has not been taken."""

    STATUS = "status"
    REDIRECT = "redirect"
    TIMEOUT = "timeout"
    CONNECTION = "connection"
    ADDRESS = "address"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a POST: no failure for any 2xx. ``retry_after`` is that header as it was sent."""

    status: int | None = None
    failure: Failure | None = None
    retry_after: str = ""


@dataclass(frozen=True, slots=True)
class Poster:
    """Posts; made with how names are resolved, and whether http to this machine is allowed (local runs)."""

    resolve: Resolve
    allow_local: bool = False
    total_s: float = TOTAL_S
    trust: ssl.SSLContext = field(default_factory=ssl.create_default_context)

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Outcome:
        """Send it once; every failure is an outcome."""
        try:
            target = target_of(url, allow_local=self.allow_local)
            address = checked_address(target, self.resolve)
        except AddressRefusedError:
            return Outcome(failure=Failure.ADDRESS)
        except OSError:
            return Outcome(failure=Failure.CONNECTION)
        connection = Pinned(target, address, self.total_s, self.trust)
        # A socket's time-out is for each silence; somebody who sends a byte a second would never end it.
        ended = threading.Event()
        watch = threading.Timer(self.total_s, connection.end, (ended,))
        watch.daemon = True
        watch.start()
        try:
            connection.request("POST", target.path, body, dict(headers))
            answer = connection.getresponse()
            if ended.is_set():  # http.client takes headers that were cut off for whole ones
                return Outcome(failure=Failure.TIMEOUT)
            return _outcome(answer.status, answer.getheader("Retry-After") or "")
        except TimeoutError:
            return Outcome(failure=Failure.TIMEOUT)
        except (OSError, http.client.HTTPException, ValueError):
            return Outcome(failure=Failure.TIMEOUT if ended.is_set() else Failure.CONNECTION)
        finally:
            watch.cancel()
            connection.close()


def _outcome(status: int, retry_after: str) -> Outcome:
    if status in _OK:
        return Outcome(status)
    return Outcome(status, Failure.REDIRECT if status in _REDIRECT else Failure.STATUS, retry_after)


class Pinned(http.client.HTTPConnection):
    """A connection to one checked address, which presents itself by the URL's own name."""

    def __init__(self, target: Target, address: str, timeout: float, trust: ssl.SSLContext) -> None:
        super().__init__(target.host, target.port, timeout=timeout)
        # What stands in the Host header: without the port where it is the scheme's own.
        self.default_port = 443 if target.secure else 80
        self._target, self._address, self._trust = target, address, trust

    def connect(self) -> None:
        """Connect to the checked address; the name is for the certificate alone."""
        plain = socket.create_connection((self._address, self._target.port), self.timeout)
        self.sock = plain
        if self._target.secure:
            self.sock = self._trust.wrap_socket(plain, server_hostname=self._target.host)

    def end(self, ended: threading.Event) -> None:
        """Break the exchange off, from another thread."""
        ended.set()
        if (sock := self.sock) is not None:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
