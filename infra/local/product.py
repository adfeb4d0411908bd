"""The one seam between the runner and the product: nothing else here knows the product's modules (files.py aside).

They are imported late, by name: their settings are read from the environment, which the runner sets first.
"""

import importlib
import logging
from collections.abc import Mapping
from pathlib import Path
from wsgiref.types import WSGIApplication

from infra.local.gateway import Handler


def create_tables() -> None:
    """Make the tables of all units that are not there yet."""
    app = importlib.import_module("app")
    tables = importlib.import_module("chalicelib.store.tables")
    tables.create_all(app.units)


def log_to(file: Path) -> None:
    """Send the product's log lines to a file: in the terminal they would bury what the runner says."""
    importlib.import_module("app")
    log = logging.getLogger("switchboard")
    for before in list(log.handlers):
        instead = logging.FileHandler(file, encoding="utf-8")
        instead.setFormatter(before.formatter)
        for each in before.filters:
            instead.addFilter(each)
        log.removeHandler(before)
        log.addHandler(instead)


def handler() -> Handler:
    """The entry that Lambda calls: `handler(event, context)`."""
    found: Handler = importlib.import_module("app").handler
    return found


def files() -> Mapping[str, WSGIApplication]:
    """What answers the URLs of the disk store, by where it is mounted."""
    found = importlib.import_module("chalicelib.files.storage")
    server = importlib.import_module("infra.local.files").FileServer(found.storage())
    return {found.MOUNT: server.wsgi}
