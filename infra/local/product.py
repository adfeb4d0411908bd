"""The one seam between the runner and the product: nothing else here knows the product's modules.

They are imported late, by name: their settings are read from the environment, which the runner sets first.
"""

import importlib

from infra.local.gateway import Handler


def create_tables() -> None:
    """Make the tables of all units that are not there yet."""
    app = importlib.import_module("app")
    tables = importlib.import_module("chalicelib.store.tables")
    tables.create_all(app.units)


def handler() -> Handler:
    """The entry that Lambda calls: `handler(event, context)`."""
    found: Handler = importlib.import_module("app").handler
    return found
