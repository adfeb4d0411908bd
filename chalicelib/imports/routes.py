"""The routes of a module's imports, inside the module's own path: ``import_routes(target, routes)``."""

from functools import partial
from typing import TYPE_CHECKING, Final

from chalicelib.call import Call
from chalicelib.imports.errors import AlreadyReverted, RevertExpired
from chalicelib.imports.schemas import ImportIn, ImportOut, ImportPlan, PreviewOut
from chalicelib.imports.target import ImportTarget
from chalicelib.late import Late
from chalicelib.modules import Listing
from chalicelib.problems import Invalid, NotFound, Problem, StateConflict
from chalicelib.store.lists import ListQuery
from chalicelib.web.results import Accepted, Created, Listed, Patch
from chalicelib.web.routes import Routes, named_after

if TYPE_CHECKING:
    from chalicelib.imports import service
else:
    service = Late("chalicelib.imports.service")

_PLAN: Final = {
    "mapping": {
        "Customerstatus": {"field": "status", "values": {"Stayed": "active"}},
        "Offer": {"field": "custom.offer", "new": {"type": "text", "title": "Offer"}},
        "Latitude": None,
    }
}


def import_routes(target: ImportTarget) -> Routes:
    """Draft, list, look, change, preview and commit; revert, where the target can."""
    routes = Routes(target.unit)
    path, one = f"/{target.name}/imports", f"/{target.name}/imports/{{import_id}}"
    options = {"needs": target.permission, "feature": target.feature}

    def draft(call: Call, body: ImportIn) -> Created[ImportOut]:
        return service.draft(call, target, body)

    def page(call: Call, query: ListQuery) -> Listed[ImportOut]:
        return service.page(call, target, query)

    def look(call: Call, import_id: str) -> ImportOut:
        return service.look(call, target, import_id)

    def change(call: Call, import_id: str, body: Patch[ImportPlan]) -> ImportOut:
        return service.change(call, target, import_id, body)

    def preview(call: Call, import_id: str) -> PreviewOut:
        return service.preview(call, target, import_id)

    def commit(call: Call, import_id: str) -> Accepted[ImportOut]:
        return service.commit(call, target, import_id)

    def revert(call: Call, import_id: str) -> Accepted[ImportOut]:
        return service.revert(call, target, import_id)

    named = partial(named_after, noun=target.noun, titles=target.titles.en.lower())

    routes.post(path, refuses=(NotFound, StateConflict), **options)(named(draft, "create_{noun}_import", _DRAFT))
    routes.get(path, listing=Listing(), **options)(named(page, "list_{noun}_imports", "List imports of {titles}."))
    routes.get(one, **options)(named(look, "get_{noun}_import", "Read an import of {titles}, and how its job is."))
    change = named(change, "update_{noun}_import", _CHANGE)
    routes.patch(one, examples={"mapping": _PLAN}, refuses=(StateConflict,), **options)(change)
    routes.post(f"{one}/preview", refuses=(Invalid, StateConflict), **options)(
        named(preview, "preview_{noun}_import", _PREVIEW)
    )
    refusals: tuple[type[Problem], ...] = (Invalid, StateConflict)
    routes.post(f"{one}/commit", refuses=refusals, **options)(named(commit, "commit_{noun}_import", _COMMIT))
    if target.undoing:
        refusals = (StateConflict, AlreadyReverted, RevertExpired)
        routes.post(f"{one}/revert", refuses=refusals, **options)(named(revert, "revert_{noun}_import", _REVERT))
    return routes


_DRAFT: Final = """Begin to import {titles} from a file.

    Answers a draft with a suggested mapping of columns and values; nothing is loaded before it is committed.
    """
_CHANGE: Final = """Change the mapping, the mode or the key of a draft.

    A column that is set to null, or to no field, is kept out.
    """
_PREVIEW: Final = """See what would become of the first 1,000 rows.

    Counts, problems by column, and the first rows as they would be loaded. Nothing is written.
    """
_REVERT: Final = """Take an import back, within 7 days of its end: a job does it.

    Records that it created are deleted, those that it updated get their former values back. What was changed since
    stays as it is, and is listed in a file: record, field, value before, as imported, and now. So are records that
    have gained something of their own meanwhile. Custom fields that the import declared stay.
    """
_COMMIT: Final = """Load the file: a job does it.

    Custom fields that the mapping declares are made first, which needs the permission for that. Rows act in the order
    of the file, each on what the ones before it left. An empty cell leaves the field as it is.
    """
