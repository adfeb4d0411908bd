"""Routes of imports of requests (chalicelib/imports/routes.py)."""

from chalicelib.imports.routes import import_routes
from modules.service_analysis.imports.service import REQUESTS

routes = import_routes(REQUESTS)
