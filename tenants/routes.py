"""The control plane's routes, all together: imported with the first request to it."""

import importlib
from typing import Final

import tenants
from chalicelib.web import meta_routes
from chalicelib.web.rooms import rooms_of
from chalicelib.web.routes import Routes

ROOMS: Final = (meta_routes.__name__, *(name for name in rooms_of(tenants) if name != __name__))
ROUTES: Final[tuple[Routes, ...]] = tuple(importlib.import_module(name).routes for name in ROOMS)
