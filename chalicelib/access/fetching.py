"""The default way to fetch an issuer's key set: bounded in time and size, https only, no redirects."""

import time
from urllib.parse import urlsplit

from urllib3 import PoolManager, Timeout
from urllib3.exceptions import HTTPError

from chalicelib.access.jwks import FetchError

_CONNECT_S = 2.0
_READ_S = 3.0  # of silence
_TOTAL_S = 5.0  # for the body, so that a server dripping bytes can't hold a thread
_MAX_BYTES = 256 * 1024  # a key set has a few keys of 0.5 to 3 KB
_CHUNK = 16 * 1024
_OK = 200
_LOCAL = frozenset({"localhost", "127.0.0.1"})


def fetch_https(url: str, *, allow_http_localhost: bool = False) -> bytes:
    """Return the body at `url`, at most 256 KB. Raises FetchError for every failure, and for any URL but https.

    `allow_http_localhost` also permits http to localhost and 127.0.0.1: for the built-in issuer of local runs.
    Redirects are refused: the URL was registered, its target was not. Whether the host may be reached at all (API7) is
    settled when an issuer is registered.
    """
    _check(url, allow_http_localhost=allow_http_localhost)
    deadline = time.monotonic() + _TOTAL_S
    headers = {"Accept": "application/json", "Accept-Encoding": "identity"}  # uncompressed: 256 KB are 256 KB
    try:
        with PoolManager(num_pools=1, timeout=Timeout(connect=_CONNECT_S, read=_READ_S), retries=False) as pool:
            response = pool.request("GET", url, headers=headers, redirect=False, preload_content=False)
            if response.status != _OK:
                message = f"the key set answers with status {response.status}"
                raise FetchError(message)
            body = b""
            while chunk := response.read1(_CHUNK, decode_content=False):
                body += chunk
                if len(body) > _MAX_BYTES or time.monotonic() > deadline:
                    message = "the key set is too large or too slow"
                    raise FetchError(message)
            return body
    except (HTTPError, OSError) as error:
        message = f"the key set can't be fetched: {type(error).__name__}"
        raise FetchError(message) from error


def _check(url: str, *, allow_http_localhost: bool) -> None:
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError as error:
        message = "the key set's URL can't be read"
        raise FetchError(message) from error
    local = allow_http_localhost and parts.scheme == "http" and host in _LOCAL
    if not host or parts.username is not None or not (parts.scheme == "https" or local):
        message = "a key set is fetched by https only"
        raise FetchError(message)
