"""Calls to the API: one credential, repeats where they are safe, problems as they were said (api.md, Errors)."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import uuid4

import httpx

Json = dict[str, Any]

REPEATED: Final = frozenset({429, 502, 503, 504})
# A call waits for at most so long in all while the server asks to come later, or is not there.
PATIENCE_S: Final = 60.0
# Uploads and long lists on a slow line; the API itself answers within 29 s (API Gateway's limit).
TIMEOUT_S: Final = 60.0
PAGE: Final = 200


class CallRefusedError(Exception):
    """The server's final no, or no server: what a person is told, and the problem document if there is one."""

    def __init__(self, said: str, problem: Json | None = None) -> None:
        super().__init__(said)
        self.problem = problem or {}


@dataclass
class Api:
    """The API as one caller sees it. ``transport`` is another way to the server than the network (tests)."""

    base_url: str
    credential: str
    language: str = "en"
    transport: httpx.BaseTransport | None = None
    _client: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        """Open the connection's pool; nothing is sent."""
        headers = {"Accept-Language": self.language}
        if self.credential:
            headers["Authorization"] = f"Bearer {self.credential}"
        self._client = httpx.Client(
            base_url=self.base_url.rstrip("/"), headers=headers, timeout=TIMEOUT_S, transport=self.transport
        )

    def get(self, path: str, **query: Any) -> Json:
        """A record or a page. Raises CallRefusedError."""
        return self._json("GET", path, params={name: value for name, value in query.items() if value is not None})

    def every(self, path: str, **query: Any) -> Iterator[Json]:
        """The items of a list, page by page. Raises CallRefusedError."""
        cursor: str | None = None
        while True:
            page = self.get(path, limit=PAGE, cursor=cursor, **query)
            yield from page["items"]
            cursor = page.get("next_cursor")
            if not cursor:
                return

    def post(self, path: str, body: Json | None = None) -> Json:
        """Create or do; a repeat carries the same Idempotency-Key, so it is done once. Raises CallRefusedError."""
        return self._json("POST", path, json=body or {}, headers={"Idempotency-Key": str(uuid4())})

    def put(self, path: str, body: Json, **query: Any) -> Json:
        """Replace or upsert. Raises CallRefusedError."""
        return self._json("PUT", path, json=body, params=query)

    def delete(self, path: str) -> None:
        """End something. Raises CallRefusedError."""
        self._json("DELETE", path)

    def download(self, url: str) -> Iterator[bytes]:
        """The bytes behind a signed URL, which needs no credential, in pieces. Raises CallRefusedError."""
        try:
            # A client of its own: the credential is for the API alone.
            with (
                httpx.Client(timeout=TIMEOUT_S, transport=self.transport) as client,
                client.stream("GET", url) as answer,
            ):
                if answer.is_error:
                    message = f"{url.partition('?')[0]} answered {answer.status_code}"
                    raise CallRefusedError(message)
                yield from answer.iter_bytes()
        except httpx.TransportError as error:
            message = f"no answer from {url.partition('?')[0]} ({error})"
            raise CallRefusedError(message) from error

    def _json(self, method: str, path: str, **options: Any) -> Json:
        answer = self._send(method, path, **options)
        if not answer.is_error:
            return dict(answer.json()) if answer.content else {}
        problem = _problem(answer)
        said = problem.get("detail") or problem.get("title") or f"{method} {path} answered {answer.status_code}"
        raise CallRefusedError(said, problem | {"status": answer.status_code})

    def _send(self, method: str, path: str, **options: Any) -> httpx.Response:
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                answer = self._client.request(method, path, **options)
            except httpx.TransportError as error:
                pause, found = 1.0, None
                if time.monotonic() + pause > deadline or isinstance(error, httpx.UnsupportedProtocol):
                    message = f"no answer from {self.base_url} ({error})"
                    raise CallRefusedError(message) from error
            else:
                after = answer.headers.get("Retry-After", "")
                pause, found = float(after) if after.isdigit() else 1.0, answer
                if answer.status_code not in REPEATED or time.monotonic() + pause > deadline:
                    return found
            time.sleep(pause)


def _problem(answer: httpx.Response) -> Json:
    try:
        found = answer.json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
