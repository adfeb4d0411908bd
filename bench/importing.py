"""Importing a file: how much of the engine's own rate is left, and how much memory it takes.

The import runs in a process of its own (`python -m bench.importing`), on tables of its own, and keeps a log of its
transactions. The same transactions, in the same order, are then made bare by a boto3 client on fresh tables: every
condition holds again. What follows the import, search and counters, is timed apart.
"""

import argparse
import csv
import json
import pickle
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import IO, Any, Final
from uuid import uuid4

import boto3

from bench.customers import rows
from bench.errors import BenchError
from bench.house import Answer, listening
from chalicelib.changes.entry import handle_stream
from chalicelib.clock import new_id, utc_now
from chalicelib.files.records import FILE, KEPT
from chalicelib.files.service import keep_result
from chalicelib.files.storage import storage
from tests.conftest import AWS_ENVIRONMENT
from tests.support.desk import Desk, desk_on
from tests.support.engine import fresh_tables
from tests.support.units import UNITS

KB: Final = 1024
BATCH: Final = 100
CHUNK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Imported:
    """An import of so many rows: seconds of it, of its transactions made bare, of what follows; peak memory in MB."""

    rows: int
    actions: int
    seconds: float
    bare: float
    drain: float
    peak_mb: float
    before_mb: float

    @property
    def share(self) -> float:
        """Items committed a second, as a share of the engine's bare rate for the same transactions."""
        return self.bare / self.seconds


def measure(endpoint: str, count: int, *, drained: bool) -> Imported:
    """Import `count` rows of the real file, or of the sample that stands for it. Raises BenchError."""
    with tempfile.TemporaryDirectory(prefix="switchboard-bench-") as name:
        source, log = Path(name) / "customers.csv", Path(name) / "transactions"
        _write(source, count)
        with fresh_tables(endpoint, UNITS) as prefix:
            told = _run(endpoint, prefix, source, log, drained=drained)
        actions, bare = _replay(endpoint, prefix, log)
    if told["rows"] != count:
        message = f"{told['rows']} of {count} rows were imported"
        raise BenchError(message)
    return Imported(count, actions, told["seconds"], bare, told["drain"], told["peak_mb"], told["before_mb"])


def _write(path: Path, count: int) -> None:
    """A file of `count` customers: the rows there are, again and again with other ids."""
    every = rows()
    key = next(iter(every[0]))
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        table = csv.DictWriter(stream, every[0])
        table.writeheader()
        for number, row in enumerate(islice(cycle(every), count)):
            again = number // len(every)
            table.writerow(row | {key: f"{row[key]}-{again}" if again else row[key]})


def _run(endpoint: str, prefix: str, source: Path, log: Path, *, drained: bool) -> dict[str, Any]:
    command = [sys.executable, "-m", "bench.importing", endpoint, prefix, str(source), str(log)]
    done = subprocess.run(
        [*command, *(["--drained"] if drained else [])],
        env=dict(AWS_ENVIRONMENT),
        cwd=Path(__file__).resolve().parents[1],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise BenchError(done.stderr)
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def _replay(endpoint: str, prefix: str, log: Path) -> tuple[int, float]:
    """Make the logged transactions again; how many actions the import made, and the seconds that they took bare."""
    client = boto3.client("dynamodb", endpoint_url=endpoint)
    actions, seconds = 0, 0.0
    with fresh_tables(endpoint, UNITS) as other:
        for importing, kwargs in _logged(log):
            for action in kwargs["TransactItems"]:
                for body in action.values():
                    body["TableName"] = other + body["TableName"].removeprefix(prefix)
            kwargs["ClientRequestToken"] = uuid4().hex
            start = time.perf_counter()
            client.transact_write_items(**kwargs)
            if importing:
                seconds += time.perf_counter() - start
                actions += len(kwargs["TransactItems"])
    return actions, seconds


def _logged(log: Path) -> Iterator[tuple[bool, dict[str, Any]]]:
    with log.open("rb") as stream:
        while stream.peek(1):
            yield pickle.load(stream)  # noqa: S301 - our own child wrote it


# -- the child


class _Log:
    """Writes down every transaction that is made, and whether it was the import's."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._sent: Answer = {}
        self.importing = False

    def before(self, params: Answer, **_: Any) -> None:
        """A call is about to be made."""
        self._sent = params

    def after(self, parsed: Answer, model: Any, **_: Any) -> None:
        """It has been."""
        if model.name == "TransactWriteItems" and "Error" not in parsed:
            pickle.dump((self.importing, self._sent), self._stream)


def _peak_mb() -> float:
    """The most memory that this program has held; Linux counts what stood here before it in ``ru_maxrss`` too."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(status.read_text(encoding="ascii").partition("VmHWM:")[2].split()[0]) / KB
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KB / KB  # bytes on macOS


def _draft(desk: Desk, source: Path) -> dict[str, Any]:
    """A draft of the file, which is handed in a piece at a time."""
    store = desk.store()
    with source.open("rb") as stream:
        file = keep_result(
            store,
            storage(),
            file_id=new_id(FILE.prefix),
            owner_id=desk.holder,
            name=source.name,
            content_type="text/csv",
            chunks=iter(lambda: stream.read(CHUNK), b""),
            expires_at=utc_now() + KEPT,
        )
    store.commit()
    answer = desk.client.call("POST", "/v1/contacts/imports", {"file_id": file.id, "system": "billing"})
    draft: dict[str, Any] = answer.body
    return draft


def _drain(desk: Desk) -> float:
    """Seconds in which what follows the import is written."""
    events = [
        {"eventName": "INSERT", "dynamodb": {"NewImage": each.raw(), "SequenceNumber": "1"}}
        for each in desk.events("contacts")
    ]
    start = time.perf_counter()
    for first in range(0, len(events), BATCH):
        if handle_stream(desk.background, {"Records": events[first : first + BATCH]}) != {"batchItemFailures": []}:
            message = "events were not handled"
            raise BenchError(message)
    return time.perf_counter() - start


def main() -> int:
    """The child: import, and print what it took as one line of JSON, behind the product's own log lines."""
    parser = argparse.ArgumentParser()
    parser.add_argument("endpoint")
    parser.add_argument("prefix")
    parser.add_argument("source", type=Path)
    parser.add_argument("log", type=Path)
    parser.add_argument("--drained", action="store_true")
    given = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="switchboard-bench-") as files,
        desk_on(given.endpoint, given.prefix, Path(files)) as desk,
    ):
        with given.log.open("wb") as stream:
            log = _Log(stream)
            with listening(log.before, log.after):
                draft = _draft(desk, given.source)
                before = _peak_mb()
                log.importing = True
                start = time.perf_counter()
                done = desk.load(draft)
                seconds = time.perf_counter() - start
                peak = _peak_mb()
        drain = _drain(desk) if given.drained else 0.0
    created = done["counts"]["created"]
    print(json.dumps({"rows": created, "seconds": seconds, "drain": drain, "peak_mb": peak, "before_mb": before}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
