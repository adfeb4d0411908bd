"""Builds the Chalice app from the units named in the settings (default: all) and binds the protocols; nothing else."""

import gc
from functools import partial
from typing import Any

# The collector rests until all is loaded: nothing of a module is garbage, and looking through it again and again took
# a fifth of a cold start. `gc.freeze` below keeps it from looking there later, too.
gc.disable()

import chalicelib
import tenants
from chalicelib.access.crypto import Keyring
from chalicelib.access.fetching import fetch_https
from chalicelib.access.gate import Gate
from chalicelib.access.jwks import JwksCache
from chalicelib.background import Background
from chalicelib.cached import Once
from chalicelib.clock import utc_now
from chalicelib.modules import build_catalogue, import_records, module_packages
from chalicelib.settings import Settings, settings
from chalicelib.web.app import Application
from chalicelib.web.routes import Routes
from chalicelib.web.sources import RouteSource


def build_application(wanted: Settings) -> Application:
    """Everything, bound together: catalogue and routes from the folders, the directory from the control plane."""
    catalogue = build_catalogue(tenants.MANIFEST)
    keyring = Keyring([key.get_secret_value() for key in wanted.secret_keys])
    platforms = frozenset({wanted.platform_jwks_url})
    fetch = partial(fetch_https, allow_http_localhost=wanted.stage == "local", trusted=platforms)
    jwks = JwksCache(fetch, utc_now)
    directory = tenants.build_directory(wanted, keyring, catalogue, jwks)
    gate = Gate(directory, keyring, jwks, utc_now)
    return Application(wanted, catalogue, gate, RouteSource.of_house(_of_control_plane, catalogue))


def _of_control_plane() -> tuple[Routes, ...]:
    from tenants.routes import ROUTES  # noqa: PLC0415 - with the first request to it

    return ROUTES


@Once
def _know_all_kinds() -> bool:
    """Changes, jobs and timers may concern records of every kind."""
    for package in (chalicelib, tenants, *module_packages()):
        import_records(package)
    return True


application = build_application(settings())
background = Background.of(application.kernel.gate, application.catalogue, application.log)
app = application.chalice
units = application.units

gc.freeze()
gc.enable()


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The one entry of the Lambda functions and of the local gateway."""
    return application(event, context)


def changes(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The entry of the tables' streams: event items to handlers."""
    from chalicelib.changes.entry import handle_stream  # noqa: PLC0415 - a request needs none of it

    _ = context
    _know_all_kinds()
    return handle_stream(background, event)


def worker(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The entry of the queue that wakes jobs."""
    from chalicelib.jobs.entry import handle_wake_ups  # noqa: PLC0415 - a request needs none of it

    _know_all_kinds()
    return handle_wake_ups(background, event, context)


def scheduler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The entry of the clock that strikes every minute: timers that are due."""
    from chalicelib.jobs.entry import handle_minute  # noqa: PLC0415 - a request needs none of it

    _ = event, context
    _know_all_kinds()
    return handle_minute(background, units)


def usage(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The entry of the log subscription: lines of what was done, to daily sums."""
    from tenants.usage.handlers import handle_log_lines  # noqa: PLC0415 - a request needs none of it

    _ = context
    return handle_log_lines(background, event)
