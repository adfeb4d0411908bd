"""What happens behind a house: its streams, its worker and its clock, driven by the test, step by step."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from http import HTTPStatus
from queue import Empty
from typing import Any

import tenants
from chalicelib.changes.entry import handle_stream
from chalicelib.clock import Clock
from chalicelib.jobs import positions, queue
from chalicelib.jobs.scheduler import OPEN, SCHEDULER, Scheduler
from chalicelib.jobs.worker import Worker
from tenants.jobs.routes import routes as job_routes
from tenants.journal.routes import routes as journal_routes
from tenants.upkeep.routes import routes as upkeep_routes
from tests.support.application import Client, House, deployed
from tests.support.control_plane import RealHouse
from tests.support.engine import engine_client, fresh_tables

Raw = dict[str, Any]


class Backstage:
    """A house with the control plane's jobs, journal and upkeep, and everything behind it."""

    def __init__(self, engine: str, prefix: str, clock: Clock, house: House | RealHouse | None = None) -> None:
        """Build it; `engine` is the engine's own address, past every proxy."""
        routes = (job_routes, journal_routes, upkeep_routes)
        self.house: Any = house or House(clock, tenants.MANIFEST, routes)
        self.background = self.house.background
        self.units = tuple(each.name for each in self.house.catalogue)
        self.engine, self.prefix = engine, prefix
        self._delivered: set[str] = set()

    def table(self, unit: str) -> str:
        """The name of a unit's table."""
        return f"{self.prefix}{unit}"

    def items(self, unit: str) -> list[Raw]:
        """All items of a unit's table."""
        client = engine_client(self.engine)
        pages = client.get_paginator("scan").paginate(TableName=self.table(unit), ConsistentRead=True)
        found = [item for page in pages for item in page["Items"]]
        client.close()
        return found

    def of(self, unit: str, *kinds: str) -> list[Raw]:
        """The items of some kinds."""
        return [item for item in self.items(unit) if item["kind"]["S"] in kinds]

    def events(self) -> list[Raw]:
        """All event items of all units, in the order of their ids."""
        found = [item for unit in self.units for item in self.of(unit, "event")]
        return sorted(found, key=lambda item: str(item["id"]["S"]))

    def undelivered(self) -> list[Raw]:
        """The events that have not been given to `deliver` yet."""
        return [item for item in self.events() if item["id"]["S"] not in self._delivered]

    def give(self, events: Iterable[Raw]) -> Any:
        """Give event items to the changes function in one batch, as its event source mapping does; its answer."""
        records = [
            {"eventName": "INSERT", "dynamodb": {"NewImage": dict(item), "SequenceNumber": str(number)}}
            for number, item in enumerate(events)
        ]
        return handle_stream(self.background, {"Records": records})

    def deliver(self, events: Iterable[Raw], size: int = 50, tries: int = 1) -> None:
        """Give event items in batches, each again until it is taken (AWS repeats a batch that fails)."""
        waiting = list(events)
        for start in range(0, len(waiting), size):
            batch = waiting[start : start + size]
            answers = (self.give(batch) for _ in range(tries))
            assert any(answer == {"batchItemFailures": []} for answer in answers), batch
            self._delivered |= {item["id"]["S"] for item in batch}

    def catch_up(self) -> None:
        """Deliver what has not been delivered, until nothing new comes of it."""
        while waiting := self.undelivered():
            self.deliver(waiting)

    def deliver_badly(self, seed: int, times: int = 3, tries: int = 1) -> None:
        """Deliver everything several times, shuffled, in batches of any size; see `deliver`."""
        chance = random.Random(seed)
        everything = [item for item in self.events() for _ in range(times)]
        chance.shuffle(everything)
        while everything:
            size = chance.randint(1, 30)
            self.deliver(everything[:size], size, tries)
            everything = everything[size:]

    def work(self) -> int:
        """Run the jobs that were woken, to their ends; how many there were."""
        done = 0
        while True:
            with suppress(Empty):
                tenant, job = queue.LOCAL.get_nowait()
                Worker(self.background).run(tenant, job)
                done += 1
                continue
            return done

    def settle(self) -> None:
        """Let all happen that is to happen by now: what is due, what follows from it, and the jobs that were woken."""
        self.catch_up()
        while self.strike() + self.work():
            self.catch_up()

    def strike(self) -> int:
        """Let the clock strike: fire what is due. Minutes in which no timer waits are passed over, not looked at."""
        return Scheduler(self.background).run(tuple(unit for unit in self.units if self._is_due(unit)))

    def _is_due(self, unit: str) -> bool:
        """Whether a timer of a unit is due; the scheduler's position is taken to it."""
        now = self.background.clock()
        waiting = [datetime.fromisoformat(item["at"]["S"]) for item in self.of(unit, "due")]
        position = positions.load(self.background, unit, SCHEDULER)
        # The scheduler's first run looks back two minutes, whatever waits.
        minute = min([now - OPEN, *(waiting if position else ())]).replace(second=0, microsecond=0).isoformat()
        if position is None or minute > position:
            positions.save(self.background, unit, SCHEDULER, minute)
        return any(at <= now for at in waiting)

    def job(self, client: Client, answer: Any) -> Any:
        """Run the job that a 202 tells of, and read it."""
        assert answer.status == HTTPStatus.ACCEPTED, answer
        self.work()
        return client.call("GET", answer.headers["Location"]).body


@contextmanager
def backstage(store: str, engine: str, units: Iterable[str], clock: Clock) -> Iterator[Backstage]:
    """A backstage on fresh tables; `store` is where the product finds the engine (a proxy, perhaps)."""
    with fresh_tables(engine, units) as prefix, deployed(store, prefix):
        with suppress(Empty):
            while True:
                queue.LOCAL.get_nowait()
        yield Backstage(engine, prefix, clock)
