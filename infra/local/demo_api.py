"""A few lines of HTTP client for the demo: the standard library is enough."""

import json
import time
import urllib.error
import urllib.request
from typing import Any

from infra.local.errors import DemoError

CALL_SECONDS = 60
TRIES = 5  # of a call that the API asks to repeat later
LONGEST_WAIT = 5.0  # seconds; a Retry-After above it is not for a demo

Json = dict[str, Any]
# No proxy: the calls go to this machine.
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Api:
    """Calls to the API at `base_url` (without a slash at the end)."""

    def __init__(self, base_url: str) -> None:
        """Remember where it is."""
        self.base_url = base_url

    def call(self, method: str, path: str, credential: str, body: Json | None = None, *, key: str = "") -> Json:
        """The JSON answer of one call. `credential`: token, API key or none; `key`: an Idempotency-Key.

        Raises:
            DemoError: the API refused it or is not there.
        """
        headers = {"Accept": "application/json"}
        if credential:
            headers["Authorization"] = f"Bearer {credential}"
        if key:
            headers["Idempotency-Key"] = key
        if body is not None:
            headers["Content-Type"] = "application/json"
        data = json.dumps(body).encode() if body is not None else None
        for attempt in range(TRIES):
            request = urllib.request.Request(f"{self.base_url}{path}", data, headers, method=method)  # noqa: S310
            try:
                with _opener.open(request, timeout=CALL_SECONDS) as answer:
                    return _json(answer.read())
            except urllib.error.HTTPError as error:
                problem = _json(error.read())
                if error.code not in {429, 503} or attempt == TRIES - 1:
                    said = f"{problem.get('code', '')}: {problem.get('detail', '')}"
                    message = f"{method} {_shown(path)} answered {error.code} {said}"
                    raise DemoError(message, error.code) from error
                time.sleep(min(_seconds(error.headers.get("Retry-After")), LONGEST_WAIT))
            except OSError as error:
                message = f"{method} {_shown(path)} got no answer ({error})"
                raise DemoError(message) from error
        raise AssertionError  # the last try answers or raises


def _shown(path: str) -> str:
    """The path for a message: an invitation's link is a credential."""
    parts = path.split("/")
    return "/".join("…" if before == "invitations" else part for before, part in zip(["", *parts], parts, strict=False))


def _json(body: bytes) -> Json:
    try:
        found = json.loads(body or b"{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _seconds(retry_after: str | None) -> float:
    return float(retry_after) if retry_after and retry_after.isdigit() else 1.0
