"""Routes of imports of usage (chalicelib/imports/routes.py)."""

from chalicelib.imports.routes import import_routes
from modules.contacts.usage_imports.service import USAGE

routes = import_routes(USAGE)
