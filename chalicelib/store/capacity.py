"""The capacity meter: what a request really cost, in round trips and capacity units, by table and operation.

PynamoDB asks for consumed capacity and then throws it away (stack-facts 0.3); the connection reports it here.
The meter of the running request is a context variable, so threads do not see each other's.
"""

import math
import time
from collections import Counter
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any, Final
from uuid import uuid4

from chalicelib.cached import Once

READS: Final = frozenset({"GetItem", "BatchGetItem", "Query", "TransactGetItems"})


@dataclass(slots=True)
class Meter:
    """Round trips and units of one request, handler or job step, by unit, tenant and operation."""

    tenant: str = ""
    unit: str = ""
    operation: str = ""
    actor: str = ""
    round_trips: int = 0
    read_units: float = 0.0
    write_units: float = 0.0
    by_operation: Counter[str] = field(default_factory=Counter)
    started: float = field(default_factory=time.perf_counter)

    def told(self) -> dict[str, Any]:
        """Whose work it was and what it took: the raw usage in a log line (control-plane.md, Metering).

        Each call is another line: its identity is the process that wrote it and a number that this counts up, which no
        caller has a hand in (a request id may be the caller's). ``compute_ms`` is the time since the meter was
        started, in whole milliseconds begun, as Lambda bills them.
        """
        return {
            "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "source": _process(),
            "line": next(_lines),
            "compute_ms": math.ceil((time.perf_counter() - self.started) * 1000),
            "tenant": self.tenant,
            "unit": self.unit,
            "operation": self.operation,
            "round_trips": self.round_trips,
            "read_units": self.read_units,
            "write_units": self.write_units,
        }

    def count(self, operation: str, answer: dict[str, Any]) -> None:
        """Add one call's consumption as the engine reported it."""
        self.round_trips += 1
        self.by_operation[operation] += 1
        consumed = answer.get("ConsumedCapacity") or []
        units = sum(each.get("CapacityUnits", 0.0) for each in (consumed if isinstance(consumed, list) else [consumed]))
        if operation in READS:
            self.read_units += units
        else:
            self.write_units += units


_lines = count(1)


@Once
def _process() -> str:
    """This process among all that ever write lines; taken with the first line, behind any snapshot of the start."""
    return uuid4().hex


_current: ContextVar[Meter | None] = ContextVar("capacity_meter", default=None)


def start_meter() -> Meter:
    """Begin to count for this context and return the meter."""
    meter = Meter()
    _current.set(meter)
    return meter


def current_meter() -> Meter:
    """The context's meter; one is started when there is none."""
    return _current.get() or start_meter()
