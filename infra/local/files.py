"""The disk store's URLs answered over HTTP, as S3 answers presigned ones: PUT a part, GET a file or a range of it.

Whoever has a URL may do what it says and nothing else; there is no other credential, so nothing here knows a tenant.
"""

import re
import uuid
from collections.abc import Iterable, Iterator
from contextlib import closing
from http import HTTPStatus
from io import BufferedReader
from typing import BinaryIO, Final, cast
from wsgiref.types import StartResponse, WSGIEnvironment

from chalicelib.files.disk import DiskStorage
from chalicelib.files.errors import FileMissingError, PartSizeError, UrlRefusedError
from chalicelib.files.naming import disposition
from chalicelib.files.paths import ObjectPath
from chalicelib.files.protocol import CHUNK_BYTES, Upload
from infra.local.gateway import problem

_METHODS: Final = "GET, HEAD, PUT"
_RANGE: Final = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")
# A stored file is for saving, whatever is in it: nothing of it may run under the product's own origin.
_SAFE: Final = (
    ("X-Content-Type-Options", "nosniff"),
    ("Content-Security-Policy", "default-src 'none'; sandbox"),
    ("Cache-Control", "private, no-store"),
    ("Referrer-Policy", "no-referrer"),
)

_Reply = tuple[str, list[tuple[str, str]], Iterable[bytes]]


class FileServer:
    """The WSGI face of a DiskStorage, mounted where its URLs point."""

    def __init__(self, storage: DiskStorage) -> None:
        """Answer for this one."""
        self._storage = storage

    def wsgi(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request; a refusal is a problem as everywhere (RFC 9457)."""
        try:
            status, headers, body = self._reply(environ)
        except UrlRefusedError as refused:
            expired = refused.reason == "expired"
            code = "url_expired" if expired else "url_refused"
            status, headers, body = _problem(
                403, code, "Ask the API for a new URL." if expired else "Not a URL of ours."
            )
        except FileMissingError:
            status, headers, body = _problem(404, "not_found", "The file, or the upload, is not there any more.")
        start_response(status, [*headers, *_SAFE])
        return body

    def _reply(self, environ: WSGIEnvironment) -> _Reply:
        method = environ["REQUEST_METHOD"]
        if method == "PUT":
            return self._put(environ)
        if method in {"GET", "HEAD"}:
            return self._get(environ, with_body=method == "GET")
        status, headers, body = _problem(405, "method_not_allowed", f"Only {_METHODS}.")
        return status, [*headers, ("Allow", _METHODS)], body

    def _put(self, environ: WSGIEnvironment) -> _Reply:
        path, says = self._allowed("PUT", environ)
        size = int(says["size"])
        # waitress has taken a chunked body apart by now and tells its length.
        if (environ.get("CONTENT_LENGTH") or "0") != str(size):
            return _problem(400, "part_size", f"This part has exactly {size} bytes.")
        content = cast("BinaryIO", environ["wsgi.input"])
        try:
            etag = self._storage.put_part(Upload(path, says["upload"]), int(says["part"]), size, content)
        except PartSizeError:
            return _problem(400, "part_size", f"This part has exactly {size} bytes.")
        return "200 OK", [("ETag", f'"{etag}"'), ("Content-Length", "0")], ()

    def _get(self, environ: WSGIEnvironment, *, with_body: bool) -> _Reply:
        path, says = self._allowed("GET", environ)
        size = self._storage.size_of(path)
        headers = [
            ("Content-Type", says["type"]),
            ("Content-Disposition", disposition(says["name"])),
            ("Accept-Ranges", "bytes"),
        ]
        # An object never changes, but what an If-Range names can't be checked here: then the whole (RFC 9110, 14.2).
        wanted = "" if "HTTP_IF_RANGE" in environ else environ.get("HTTP_RANGE", "")
        status, (start, end) = "200 OK", (0, size)
        if found := _bounds(wanted.strip(), size):
            status, (start, end) = "206 Partial Content", found
            if start >= end:
                status, refused, body = _problem(416, "range_not_satisfiable", f"The file has {size} bytes.")
                return status, [*refused, ("Content-Range", f"bytes */{size}")], body
            headers.append(("Content-Range", f"bytes {start}-{end - 1}/{size}"))
        headers.append(("Content-Length", str(end - start)))
        return status, headers, _stream(self._storage.open(path, start), end - start) if with_body else ()

    def _allowed(self, method: str, environ: WSGIEnvironment) -> tuple[ObjectPath, dict[str, str]]:
        path = environ.get("PATH_INFO", "").removeprefix("/")
        allowed = self._storage.allowed(method, path, environ.get("QUERY_STRING", ""))
        return allowed.path, dict(allowed.says)


def _bounds(wanted: str, size: int) -> tuple[int, int] | None:
    """Start and end of the one range that is asked for; they meet when nothing of it is in the file.

    None, and with it the whole file, for several ranges and for what is no range (RFC 9110, 14.1.2 and 14.2).
    """
    found = _RANGE.fullmatch(wanted)
    first, last = found.groups() if found else ("", "")
    if not first:
        return (max(0, size - int(last)), size) if last else None
    if last and int(last) < int(first):
        return None
    return int(first), min(int(last) + 1, size) if last else size


def _stream(stream: BufferedReader, length: int) -> Iterator[bytes]:
    with closing(stream):
        while length and (chunk := stream.read(min(CHUNK_BYTES, length))):
            length -= len(chunk)
            yield chunk


def _problem(status: int, code: str, detail: str) -> _Reply:
    _, headers, body = problem(status, code, detail, str(uuid.uuid4()))
    return f"{status} {HTTPStatus(status).phrase}", [*headers, ("Content-Length", str(len(body)))], (body,)
