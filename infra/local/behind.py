"""What runs behind the API on one machine: poller, worker, scheduler and log reader, by the entries Lambda calls."""

import json
import logging
import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from infra.local import product
from infra.local.log_file import LogFile
from infra.local.log_reader import follow
from infra.local.streams import poll

STRIKES_EVERY_S: Final = 2.0  # in the cloud a minute: here somebody is waiting
WORKERS: Final = 2


@contextmanager
def running(log: LogFile) -> Iterator[None]:
    """Run all four while the block runs; what is being done is finished or, at a crash, begun again."""
    stopped = threading.Event()
    loops: list[tuple[str, Callable[[threading.Event], None]]] = [
        ("poller", lambda stop: poll(product.streams(), stop)),
        ("scheduler", _strike),
        ("usage", lambda stop: follow(product.log_reader(log), stop)),
        *((f"worker-{number}", _work) for number in range(WORKERS)),
    ]
    threads = [threading.Thread(target=loop, args=(stopped,), name=name, daemon=True) for name, loop in loops]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stopped.set()
        for thread in threads:
            thread.join(timeout=5)  # a step that takes longer is done again at the next start


def _work(stopped: threading.Event) -> None:
    waiting = product.wake_ups()
    worker = product.entry("worker")
    while not stopped.is_set():
        try:
            tenant, job = waiting.get(timeout=0.5)
        except queue.Empty:
            continue
        body = json.dumps({"tenant": tenant, "job": job})
        _call(worker, {"Records": [{"messageId": job, "body": body}]}, _Until(stopped))


def _strike(stopped: threading.Event) -> None:
    scheduler = product.entry("scheduler")
    while not stopped.wait(STRIKES_EVERY_S):
        _call(scheduler, {}, None)


def _call(entry: Callable[[dict[str, Any], Any], Any], event: dict[str, Any], context: Any) -> None:
    try:
        entry(event, context)
    except Exception as error:  # noqa: BLE001 - as Lambda does: the loop goes on, the sweeper brings it again
        logging.getLogger(__name__).warning("%s: %s", getattr(entry, "__name__", "entry"), type(error).__name__)


class _Until:
    """A Lambda context whose time is up when the process is told to stop."""

    def __init__(self, stopped: threading.Event) -> None:
        self._stopped = stopped

    def get_remaining_time_in_millis(self) -> int:
        """A long time, or none."""
        return 0 if self._stopped.is_set() else 900_000
