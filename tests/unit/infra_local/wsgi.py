"""Call a WSGI app without a server."""

import io
from dataclasses import dataclass
from typing import Any
from wsgiref.types import WSGIApplication


@dataclass(frozen=True)
class Reply:
    """What an app answered."""

    status: int
    headers: dict[str, str]
    body: bytes


def call(app: WSGIApplication, method: str, target: str, body: bytes = b"", **environ: Any) -> Reply:
    """The answer of `app` to one request, with the environ that waitress makes."""
    path, _, query = target.partition("?")
    seen: list[Any] = []
    full = {
        "REQUEST_METHOD": method,
        "REQUEST_URI": target,
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "CONTENT_LENGTH": str(len(body)) if body else "",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.input": io.BytesIO(body),
        **environ,
    }

    def start(status: str, headers: list[tuple[str, str]], _error: object = None, /) -> Any:
        seen.extend([status, headers])

    content = b"".join(app(full, start))
    return Reply(int(seen[0].split()[0]), dict(seen[1]), content)
