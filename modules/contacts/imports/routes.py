"""Routes of imports of contacts (chalicelib/imports/routes.py)."""

from chalicelib.imports.routes import import_routes
from modules.contacts.imports.service import CONTACTS

routes = import_routes(CONTACTS)
