"""The entries of the queue and of the clock."""

import json
from typing import Any, Final

from chalicelib.background import Background
from chalicelib.jobs.scheduler import Scheduler
from chalicelib.jobs.worker import Worker
from chalicelib.store.errors import StoreBusyError, StoreUnavailableError

# A step takes seconds at most; what is left of a function's time must hold one.
ENOUGH_MS: Final = 60_000


def handle_wake_ups(background: Background, event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Run the jobs that a batch of messages names, as long as the function has time; the rest is woken again."""
    failures = []
    left = getattr(context, "get_remaining_time_in_millis", None)
    for record in event.get("Records", []):
        asked = json.loads(record["body"])
        try:
            Worker(background).run(asked["tenant"], asked["job"], lambda: left is None or left() > ENOUGH_MS)
        except (StoreUnavailableError, StoreBusyError) as error:
            background.report("worker.stopped", error, job=asked["job"])
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}


def handle_minute(background: Background, units: tuple[str, ...]) -> dict[str, Any]:
    """Fire what is due in the units that this process serves."""
    return {"fired": Scheduler(background).run(units)}
