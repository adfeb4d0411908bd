"""Routes of exports of contacts (chalicelib/exports/routes.py)."""

from chalicelib.exports.routes import export_routes
from modules.contacts.exports.service import CONTACTS

routes = export_routes(CONTACTS)
