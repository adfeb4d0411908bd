"""The routes of a module's exports, inside the module's own path: ``export_routes(target)``."""

from functools import partial
from typing import TYPE_CHECKING, Final

from chalicelib.call import Call
from chalicelib.exports.schemas import ExportIn, ExportOut
from chalicelib.exports.target import ExportTarget
from chalicelib.late import Late
from chalicelib.modules import Listing
from chalicelib.store.lists import ListQuery
from chalicelib.web.results import Accepted, Listed
from chalicelib.web.routes import Routes, named_after

if TYPE_CHECKING:
    from chalicelib.exports import service
else:
    service = Late("chalicelib.exports.service")

_ASK: Final = """Export {titles} to a file: a job does it.

    The records that the list would show to you with these filters, masked as it would mask them, in the order of their
    creation. What changes while the job runs may be in the file as it was or as it is.
    """


def export_routes(target: ExportTarget) -> Routes:
    """Ask, list, look."""
    routes = Routes(target.name)
    path = f"/{target.name}/exports"
    options = {"needs": target.permission, "feature": target.feature}

    def ask(call: Call, body: ExportIn) -> Accepted[ExportOut]:
        return service.ask(call, target, body)

    def page(call: Call, query: ListQuery) -> Listed[ExportOut]:
        return service.page(call, target, query)

    def look(call: Call, export_id: str) -> ExportOut:
        return service.look(call, target, export_id)

    named = partial(named_after, noun=target.noun, titles=target.titles.en.lower())

    routes.post(path, examples={"all": {"format": "csv"}}, **options)(named(ask, "create_{noun}_export", _ASK))
    routes.get(path, listing=Listing(), **options)(named(page, "list_{noun}_exports", "List exports of {titles}."))
    routes.get(f"{path}/{{export_id}}", **options)(named(look, "get_{noun}_export", "Read an export of {titles}."))
    return routes
