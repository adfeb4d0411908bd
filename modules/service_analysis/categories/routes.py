"""Routes of categories."""

from typing import TYPE_CHECKING

from chalicelib.call import Call
from chalicelib.late import Late
from chalicelib.problems import StateConflict
from chalicelib.store.lists import ListQuery
from chalicelib.web.results import Created, Listed, Patch
from chalicelib.web.routes import Routes
from modules.service_analysis.categories.schemas import CategoryIn, CategoryList, CategoryOut
from modules.service_analysis.kinds import CATEGORY, CONFIGURE, READ

if TYPE_CHECKING:
    from modules.service_analysis.categories import service
else:
    service = Late("modules.service_analysis.categories.service")

routes = Routes("service_analysis")


@routes.post("/service/categories", needs=CONFIGURE, refuses=(StateConflict,))
def create_category(call: Call, body: CategoryIn) -> Created[CategoryOut]:
    """Declare a category of requests.

    Until a tenant declares its first one, requests have the standard ones: `/billing/`, `/speed/`, `/data_caps/`…
    """
    return service.create_category(call, body)


@routes.post("/service/categories/standard", needs=CONFIGURE)
def adopt_standard_categories(call: Call) -> CategoryList:
    """Make the standard categories the tenant's own, to change them; answers those that it had not."""
    return service.adopt_standard(call)


@routes.get("/service/categories", needs=READ, listing=CATEGORY.listing)
def list_categories(call: Call, query: ListQuery) -> Listed[CategoryOut]:
    """List the tenant's own categories."""
    return service.list_categories(call, query)


@routes.get("/service/categories/{category_id}", needs=READ)
def get_category(call: Call, category_id: str) -> CategoryOut:
    """Read a category."""
    return service.category_out(service.get_category(call, category_id))


@routes.patch("/service/categories/{category_id}", needs=CONFIGURE, examples={"retired": {"retired": True}})
def update_category(call: Call, category_id: str, body: Patch[CategoryIn]) -> CategoryOut:
    """Change a category's titles, words or rank, or retire it."""
    return service.update_category(call, category_id, body)
