"""The CPU of a warm request outside the store, in bare botocore calls.

The product answers a request, then a plain boto3 client makes the same call with the same arguments to the same
engine: by turns, so that a busy neighbour slows both alike. The measure is this process's own CPU time (the engine is
another process), least of many: noise only ever adds. A write's transaction goes to a second set of tables, since it
can be made once only.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import Any, Final
from uuid import uuid4

import boto3
from botocore import xform_name

from bench.errors import BenchError
from bench.house import UNIT, Answer, House, listening
from tests.support.engine import fresh_tables

ROUNDS: Final = 150
WARM_UP: Final = 20
Calls = list[tuple[str, dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Overhead:
    """CPU seconds of a request and of the calls to the store that it makes, made bare."""

    name: str
    request: float
    bare: float

    @property
    def on_top(self) -> float:
        """What the product adds, in bare calls."""
        return (self.request - self.bare) / self.bare


def measure(house: House, endpoint: str, requests: dict[str, Callable[[int], dict[str, Any]]]) -> Iterator[Overhead]:
    """Each named request's overhead; a request is made anew for each round, from its number."""
    calls: Calls = []

    def note(params: Answer, model: Any, **_: Any) -> None:
        calls.append((model.name, params))

    with fresh_tables(endpoint, [UNIT]) as other, listening(note):
        client = boto3.client("dynamodb", endpoint_url=endpoint)
        for name, request in requests.items():
            yield _one(house, client, calls, other, name, request)


def _one(
    house: House, client: Any, calls: Calls, other: str, name: str, request: Callable[[int], dict[str, Any]]
) -> Overhead:
    house.ticks.expire_all()
    requests, bares = [], []
    for number in count(-WARM_UP):
        if number == ROUNDS:
            break
        event = request(number)
        calls.clear()
        took, answer = _cpu(partial(house.tenant.application, event, None))
        if answer["statusCode"] >= 300:  # noqa: PLR2004 - RFC 9110, 15.3
            message = f"{name}: {answer['statusCode']} {answer['body']}"
            raise BenchError(message)
        again = [partial(getattr(client, xform_name(name)), **_again(params, other)) for name, params in calls]
        bare, _ = _cpu(lambda: [call() for call in again])  # noqa: B023 - called at once
        if number >= 0:
            requests.append(took)
            bares.append(bare)
    return Overhead(name, min(requests), min(bares))


def _cpu(run: Callable[[], Any]) -> tuple[float, Any]:
    start = time.process_time()
    answer = run()
    return time.process_time() - start, answer


def _again(params: dict[str, Any], other: str) -> dict[str, Any]:
    """The same call; a transaction with a new token, on the second set of tables."""
    if "TransactItems" not in params:
        return params
    items = [
        {kind: body | {"TableName": f"{other}{UNIT}"} for kind, body in action.items()}
        for action in params["TransactItems"]
    ]
    return params | {"TransactItems": items, "ClientRequestToken": uuid4().hex}
