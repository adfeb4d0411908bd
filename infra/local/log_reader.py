"""Reads the log for usage, as a log subscription does in the cloud: batches of lines, gzipped, to the same entry.

Everything may be given twice: the product counts a line once (tenants/usage), so the checkpoint is only a short cut.
"""

import base64
import gzip
import json
import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from infra.local.gateway import Handler
from infra.local.log_file import LogFile
from infra.local.streams import Checkpoint

READ_EVERY_S: Final = 2.0
GROUP: Final = "/aws/lambda/switchboard-local"


@dataclass(slots=True)
class LogReader:
    """The log, who is to have it, and how far it has been given."""

    file: LogFile
    entry: Handler
    checkpoint: Checkpoint

    def turn(self) -> bool:
        """Give the next batch; whether there was one. Raises what the entry raises: the batch comes again."""
        place = self.checkpoint.load()
        lines, after = self.file.read(place)
        if lines:
            self.entry(batch_of(lines), None)  # type: ignore[arg-type] # as Lambda calls it, no Context is needed
        if after != place:
            self.checkpoint.save(after)
            self.file.drop_before(after)
        return bool(lines)


def batch_of(lines: list[str], group: str = GROUP) -> dict[str, Any]:
    """The event that CloudWatch Logs makes of lines (AWS, «Subscription filters with Lambda»)."""
    events: list[Mapping[str, Any]] = [
        {"id": f"{number:056d}", "timestamp": 0, "message": line} for number, line in enumerate(lines)
    ]
    said = {
        "messageType": "DATA_MESSAGE",
        "owner": "000000000000",
        "logGroup": group,
        "logStream": "local",
        "subscriptionFilters": ["usage"],
        "logEvents": events,
    }
    return {"awslogs": {"data": base64.b64encode(gzip.compress(json.dumps(said).encode())).decode()}}


def follow(reader: LogReader, stopped: threading.Event) -> None:
    """Read on until stopped; what fails is tried again."""
    while not stopped.wait(READ_EVERY_S):
        try:
            while reader.turn() and not stopped.is_set():
                pass
        except Exception as error:  # noqa: BLE001 - as Lambda does: the batch comes again
            logging.getLogger(__name__).warning("usage: %s", type(error).__name__)
