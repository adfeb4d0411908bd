"""Log lines as the product writes them: captured, made up, and what is stored of them."""

from __future__ import annotations

import json
import logging
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import count
from typing import Any, Final

from chalicelib.counters.postings import Number
from tenants.usage.rules import Bucket, exact
from tests.support.backstage import Backstage

SORTS: Final = ("request.served", "event.handled", "job.step", "errand.run", "messages.sent")


@contextmanager
def captured(log: logging.Logger) -> Iterator[list[str]]:
    """The lines that are written while the block runs, as their formatter writes them."""
    found: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            found.append(self.format(record))

    keep = Keep()
    keep.setFormatter(log.handlers[0].formatter)
    log.addHandler(keep)
    try:
        yield found
    finally:
        log.removeHandler(keep)


def random_lines(chance: random.Random, tenants: Sequence[str], until: datetime, number: int) -> list[str]:
    """Lines of four processes about some tenants' work in the week before, in the order in which they were written."""
    numbers = {f"{chance.getrandbits(128):032x}": count(1) for _ in range(4)}
    return [
        json.dumps(
            {
                "message": chance.choice(SORTS),
                "at": (until - timedelta(hours=chance.choice([0, 0, 0, 1, 5, 30, 150]))).isoformat(),
                "source": (source := chance.choice(list(numbers))),
                "line": next(numbers[source]),
                "tenant": chance.choice([*tenants, "", "platform"]),
                "unit": chance.choice(["contacts", "core", ""]),
                "status": chance.choice([200, 201, 404, 402, 429, 503]),
                "events": chance.randint(1, 9),
                "import_rows": chance.randint(0, 400),
                "messages": chance.randint(1, 50),
                "compute_ms": chance.randint(1, 900),
                "read_units": chance.randint(0, 40) / 2,
                "write_units": chance.randint(0, 20) / 2,
            }
        )
        for _ in range(number)
    ]


def buckets(behind: Backstage, grain: str = "day") -> dict[Any, dict[str, Number]]:
    """All sums by day (or month) that are stored, of all tenants."""
    found = {}
    for raw in behind.of("core", "usage"):
        period, module = raw["period"]["S"], raw["module"]["S"]
        amounts = {name: exact(float(value["N"])) for name, value in raw.items() if "N" in value and name != "ttl"}
        tenant = raw["pk"]["S"].partition(SEPARATOR)[0]
        if len(period) == len("2026-03-01") and grain == "day":
            found[Bucket(tenant, module, datetime.fromisoformat(period).date())] = amounts
        elif len(period) == len("2026-03") and grain == "month":
            found[tenant, module, period] = amounts
    return found


SEPARATOR: Final = chr(35)
