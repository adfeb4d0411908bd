"""The one seam between the runner and the product: nothing else here knows the product's modules (files.py aside).

They are imported late, by name: their settings are read from the environment, which the runner sets first.
"""

import importlib
import logging
import queue
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from wsgiref.types import WSGIApplication

import boto3

from infra.local.gateway import Handler
from infra.local.log_file import LogFile
from infra.local.log_reader import LogReader
from infra.local.streams import Checkpoint, TableStream


def create_tables() -> None:
    """Make the tables of all units that are not there yet."""
    app = importlib.import_module("app")
    tables = importlib.import_module("chalicelib.store.tables")
    tables.create_all(app.units)


def log_to(folder: Path) -> LogFile:
    """Send the product's log lines to a file: in the terminal they would bury what the runner says."""
    importlib.import_module("app")
    log = logging.getLogger("switchboard")
    file = LogFile(folder)
    for before in list(log.handlers):
        file.setFormatter(before.formatter)
        for each in before.filters:
            file.addFilter(each)
        log.removeHandler(before)
    log.addHandler(file)
    return file


def log_reader(file: LogFile) -> LogReader:
    """What reads the log for usage, with its checkpoint in core's table."""
    app = importlib.import_module("app")
    positions = importlib.import_module("chalicelib.jobs.positions")
    load = partial(positions.load, app.background, "core", "usage")
    save = partial(positions.save, app.background, "core", "usage")
    return LogReader(file, entry("usage"), Checkpoint(load, save))


def handler() -> Handler:
    """The entry that Lambda calls: `handler(event, context)`."""
    return entry("handler")


def entry(name: str) -> Handler:
    """One of the entries that Lambda calls: handler, changes, worker, scheduler, usage."""
    found: Handler = getattr(importlib.import_module("app"), name)
    return found


def wake_ups() -> "queue.Queue[tuple[str, str]]":
    """The queue that stands for SQS in this process."""
    found: queue.Queue[tuple[str, str]] = importlib.import_module("chalicelib.jobs.queue").LOCAL
    return found


def streams() -> list[TableStream]:
    """The streams of all units' tables, each with its checkpoint in its own table."""
    app = importlib.import_module("app")
    connection = importlib.import_module("chalicelib.store.connection")
    settings = importlib.import_module("chalicelib.settings").settings()
    positions = importlib.import_module("chalicelib.jobs.positions")
    client = boto3.client("dynamodbstreams", endpoint_url=settings.dynamodb_endpoint, region_name=settings.region)
    found = []
    for unit in app.units:
        table = connection.connection().client.describe_table(TableName=connection.table_name(unit))["Table"]
        load = partial(positions.load, app.background, unit, "stream")
        save = partial(positions.save, app.background, unit, "stream")
        stream = TableStream(client, table["LatestStreamArn"], unit, entry("changes"), Checkpoint(load, save))
        found.append(stream)
    return found


def files() -> Mapping[str, WSGIApplication]:
    """What answers the URLs of the disk store, by where it is mounted."""
    found = importlib.import_module("chalicelib.files.storage")
    server = importlib.import_module("infra.local.files").FileServer(found.storage())
    return {found.MOUNT: server.wsgi}
