"""The default way to fetch an issuer's key set: bounded in time and size, https only, public hosts, no redirects."""

import http.client
import threading
import time
from collections.abc import Collection
from typing import Final
from urllib.parse import urlsplit

from chalicelib.access.addresses import AddressRefusedError, Target, checked_address, resolve_by_system, target_of
from chalicelib.access.jwks import FetchError

_READ_S: Final = 3.0  # of silence, and to connect
_TOTAL_S = 5.0  # for all of it, so that a server dripping bytes can't hold a thread
_MAX_BYTES: Final = 256 * 1024  # a key set has a few keys of 0.5 to 3 KB
_CHUNK: Final = 16 * 1024
_OK: Final = 200
_LOCAL: Final = frozenset({"localhost", "127.0.0.1"})
_HEADERS: Final = {"Accept": "application/json", "Accept-Encoding": "identity"}  # uncompressed: 256 KB are 256 KB


def fetch_https(url: str, *, allow_http_localhost: bool = False, trusted: Collection[str] = ()) -> bytes:
    """Return the body at `url`, at most 256 KB. Raises FetchError for every failure, and for any URL but https.

    Tenants register issuers: what the host resolves to is judged here, at each fetch, and connected to (OWASP API7);
    only URLs that are `trusted`, the platform's own, may lead into a private network. `allow_http_localhost` also
    permits http to localhost and 127.0.0.1: for the built-in issuer of local runs. Redirects are refused: the URL was
    registered, its target was not.
    """
    target, address = _checked(url, allow_http_localhost=allow_http_localhost, is_trusted=url in trusted)
    # ssl is loaded with the first fetch, and a request by API key makes none.
    from ssl import create_default_context  # noqa: PLC0415

    from chalicelib.access.posting import Pinned  # noqa: PLC0415

    connection = Pinned(target, address, _READ_S, create_default_context())
    ended, deadline = threading.Event(), time.monotonic() + _TOTAL_S
    watch = threading.Timer(_TOTAL_S, connection.end, (ended,))
    watch.daemon = True
    watch.start()
    try:
        connection.request("GET", target.path, headers=_HEADERS)
        response = connection.getresponse()
        if response.status != _OK:
            message = f"the key set answers with status {response.status}"
            raise FetchError(message)
        return _body(response, deadline)
    except (OSError, http.client.HTTPException, ValueError) as error:
        slow = ended.is_set()
        message = "the key set is too slow" if slow else f"the key set can't be fetched: {type(error).__name__}"
        raise FetchError(message) from error
    finally:
        watch.cancel()
        connection.close()


def _body(response: http.client.HTTPResponse, deadline: float) -> bytes:
    body = b""
    while chunk := response.read1(_CHUNK):
        body += chunk
        if len(body) > _MAX_BYTES or time.monotonic() > deadline:
            message = "the key set is too large or too slow"
            raise FetchError(message)
    return body


def _checked(url: str, *, allow_http_localhost: bool, is_trusted: bool) -> tuple[Target, str]:
    """Where to connect to, and as whom."""
    try:
        target = _trusted_target(url) if is_trusted else target_of(url, allow_local=allow_http_localhost)
        if is_trusted:
            return target, resolve_by_system(target.host, target.port)[0]
        return target, checked_address(target, resolve_by_system)
    except AddressRefusedError as error:
        message = "a key set is fetched by https only, from a public host"
        raise FetchError(message) from error
    except (OSError, ValueError, IndexError) as error:
        message = f"the key set can't be fetched: {type(error).__name__}"
        raise FetchError(message) from error


def _trusted_target(url: str) -> Target:
    parts = urlsplit(url)
    host, secure = parts.hostname or "", parts.scheme == "https"
    if not host or parts.username is not None or not (secure or (parts.scheme == "http" and host in _LOCAL)):
        message = "a key set is fetched by https only"
        raise FetchError(message)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(secure=secure, host=host, port=parts.port or (443 if secure else 80), path=path, local=False)
