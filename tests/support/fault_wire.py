"""DynamoDB's wire, as far as the fault proxy needs it: calls, answers, refusals and the way to the engine.

Refusals are rendered by microburst from botocore's own service model (namespaced `__type`, the message member as the
shape spells it, content type), so the SDK parses them as it parses the real ones.
"""

from __future__ import annotations

import difflib
import http.client
import json
import re
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final, NamedTuple

from microburst.models import get_service_model
from microburst.protocols import render_error

Body = dict[str, Any]
"""A decoded JSON document of DynamoDB's low-level API: attribute values are `{"S": …}` and so on."""

TRANSACTIONS: Final = frozenset({"TransactWriteItems", "TransactGetItems"})
SINGLE_WRITES: Final = frozenset({"PutItem", "UpdateItem", "DeleteItem"})
BATCHES: Final = frozenset({"BatchGetItem", "BatchWriteItem"})
WRITES: Final = SINGLE_WRITES | {"TransactWriteItems", "BatchWriteItem"}
PARTIQL: Final = frozenset({"ExecuteStatement", "BatchExecuteStatement", "ExecuteTransaction"})
DATA: Final = WRITES | TRANSACTIONS | BATCHES | PARTIQL | {"GetItem", "Query", "Scan"}
"""The data plane: what faults strike unless they name their operations."""

_KEEP_ALIVE: Final = 5.0  # seconds; the engine's server hangs up on idle connections, and no call may meet that
_TIMEOUT: Final = 60.0  # seconds; the engine answers in milliseconds, so this only ends a hung test
_NOT_FORWARDED: Final = frozenset({"connection", "keep-alive", "host", "content-length", "transfer-encoding", "expect"})
_ACCESS_KEY: Final = re.compile(r"Credential=([^/,\s]+)/\d+/([^/]+)/")


class FaultProxyError(RuntimeError):
    """The proxy was used wrongly or could not do its work; the message says how."""


class EngineRefusedError(FaultProxyError):
    """The engine refused a call which the proxy made on its own account."""

    def __init__(self, operation: str, answer: Body) -> None:
        """Keep the refusal's code, such as `ResourceNotFoundException`, in `code`."""
        self.code = str(answer.get("__type", "")).rpartition("#")[2]
        super().__init__(f"{operation} for the fault proxy was refused: {answer}")


class EngineGoneError(FaultProxyError):
    """Nothing (or nothing that speaks HTTP) answers at the engine's address."""


class Call(NamedTuple):
    """One call as the client sent it."""

    operation: str
    body: Body


@dataclass(frozen=True)
class Answer:
    """An HTTP answer: from the engine, or made up."""

    status: int
    headers: Mapping[str, str]
    payload: bytes

    def json(self) -> Body:
        """Return the decoded payload.

        Raises:
            EngineGoneError: if it is not a JSON object, so that whatever answers is no DynamoDB.
        """
        try:
            decoded = json.loads(self.payload)
        except ValueError as error:
            message = f"no DynamoDB at the target: it answered {self.status} {self.payload[:200]!r}"
            raise EngineGoneError(message) from error
        return dict(decoded)

    def with_body(self, body: Body) -> Answer:
        """Return this answer with another body, and without the checksum that belonged to the old one."""
        headers = {name: value for name, value in self.headers.items() if name.lower() != "x-amz-crc32"}
        return Answer(self.status, headers, json.dumps(body).encode())


@dataclass(frozen=True)
class Refusal:
    """An error of DynamoDB: `code` as in botocore's model, `fields` are further members of its shape."""

    code: str
    message: str
    status: int = 400
    fields: Body = field(default_factory=dict)

    def answer(self) -> Answer:
        """Render it as DynamoDB puts it on the wire."""
        status, headers, payload = render_error(
            "dynamodb", self.code, self.message, self.status, protocol="json", fields=self.fields
        )
        return Answer(status, headers, payload)


@cache
def _all_operations() -> frozenset[str]:
    return frozenset(name for api in ("dynamodb", "dynamodbstreams") for name in get_service_model(api).operation_names)


def known_operations(names: str | Collection[str]) -> frozenset[str]:
    """Return `names` (one or several) as a set.

    Raises:
        ValueError: if DynamoDB and DynamoDB Streams have no operation of such a name: a fault for a misspelt operation
            would never strike, and its test would prove nothing.
    """
    given = frozenset({names} if isinstance(names, str) else names)
    for name in sorted(given - _all_operations()):
        near = difflib.get_close_matches(name, _all_operations(), n=1)
        message = f"DynamoDB has no operation {name!r}" + (f"; did you mean {near[0]}?" if near else "")
        raise ValueError(message)
    return given


def database_of(headers: Mapping[str, str]) -> str:
    """Return access key id and region of a signed call: DynamoDB Local's name for a database without `-sharedDb`."""
    found = _ACCESS_KEY.search(_header(headers, "authorization"))
    return f"{found[1]}/{found[2]}" if found else ""


def in_database(headers: Mapping[str, str], access_key: str) -> dict[str, str]:
    """Return the headers of a call with another access key id; DynamoDB Local verifies no signature."""
    signed = _header(headers, "authorization")
    changed = re.sub(r"Credential=[^/,\s]+/", f"Credential={access_key}/", signed, count=1)
    rest = {name: value for name, value in headers.items() if name.lower() != "authorization"}
    return {**rest, "Authorization": changed}


def _header(headers: Mapping[str, str], wanted: str) -> str:
    return next((value for name, value in headers.items() if name.lower() == wanted), "")


class Link:
    """One keep-alive connection to the engine. Belongs to one thread."""

    def __init__(self, host: str, port: int) -> None:
        """Connect on the first call."""
        self._host, self._port = host, port
        self._connection: http.client.HTTPConnection | None = None
        self._used = 0.0

    def send(self, headers: Mapping[str, str], payload: bytes) -> Answer:
        """Forward one call and return the answer, whatever its status.

        Raises:
            EngineGoneError: if the engine does not answer. The call is not repeated: it may have been committed.
        """
        if time.monotonic() - self._used > _KEEP_ALIVE:
            self.close()
        if self._connection is None:
            self._connection = http.client.HTTPConnection(self._host, self._port, timeout=_TIMEOUT)
        kept = {name: value for name, value in headers.items() if name.lower() not in _NOT_FORWARDED}
        try:
            self._connection.request("POST", "/", body=payload, headers=kept)
            response = self._connection.getresponse()
            answer = Answer(response.status, dict(response.getheaders()), response.read())
        except (OSError, http.client.HTTPException) as error:
            self.close()
            message = f"the engine at {self._host}:{self._port} does not answer: {error!r}"
            raise EngineGoneError(message) from error
        self._used = time.monotonic()
        return answer

    def ask(self, operation: str, body: Body, headers: Mapping[str, str]) -> Body:
        """Make a call of the proxy's own with the credentials in `headers`; return the decoded answer.

        Raises:
            EngineRefusedError: if the engine refuses it.
            EngineGoneError: if it does not answer.
        """
        kept = {name: value for name, value in headers.items() if name.lower() != "x-amz-target"}
        target = {"X-Amz-Target": f"DynamoDB_20120810.{operation}"}
        answer = self.send({**kept, **target}, json.dumps(body).encode())
        if answer.status != http.client.OK:
            raise EngineRefusedError(operation, answer.json())
        return answer.json()

    def close(self) -> None:
        """Hang up; the next call connects anew."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
