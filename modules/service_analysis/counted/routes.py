"""Routes from a figure to the requests that it counts."""

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from chalicelib.call import Call
from chalicelib.late import Late
from chalicelib.modules import Listing
from chalicelib.problems import TotalNotAvailable
from chalicelib.store.lists import ListQuery
from chalicelib.web.results import Listed
from chalicelib.web.routes import Routes
from modules.service_analysis.analysis.errors import NoSuchFigures
from modules.service_analysis.analysis.rules import By, Of
from modules.service_analysis.analysis.schemas import CountedFor, Grouping, Value, When
from modules.service_analysis.counted.schemas import StatusCountsOut
from modules.service_analysis.kinds import READ
from modules.service_analysis.requests.schemas import RequestOut

if TYPE_CHECKING:
    from modules.service_analysis.analysis import service as asking
    from modules.service_analysis.counted import service
else:
    asking = Late("modules.service_analysis.analysis.service")
    service = Late("modules.service_analysis.counted.service")

routes = Routes("service_analysis")

From = Annotated[When | None, Field(alias="from")]
BY_DAY = Listing(sorts=())


@routes.get("/service/analysis/statuses", needs=READ, feature="analysis", refuses=(TotalNotAvailable,))
def get_status_counts(call: Call) -> StatusCountsOut:
    """Read how many requests are open, pending, solved and closed."""
    return service.status_counts(call)


@routes.get(
    "/service/analysis/requests",
    needs=READ,
    feature="analysis",
    listing=BY_DAY,
    refuses=(NoSuchFigures, TotalNotAvailable),
)
def list_counted_requests(  # noqa: PLR0917 - the query's own parameters
    call: Call,
    query: ListQuery,
    of: CountedFor = "opened",
    by: Grouping = "month",
    from_: From = None,
    to: When | None = None,
    category: Value | None = None,
    area: Value | None = None,
    channel: Value | None = None,
    product: Value | None = None,
    agent: Value | None = None,
    customer_level: Value | None = None,
) -> Listed[RequestOut]:
    """List the requests that a figure counts, by day: with the period and the values that the figure has.

    `of=opened` lists what `opened` counts, and so on. What is open now is listed by `GET /v1/requests`.
    """
    where = {
        "category": category,
        "area": area,
        "channel": channel,
        "product": product,
        "agent": agent,
        "customer_level": customer_level,
    }
    return service.list_counted(call, Of(of), asking.span(call, By(by), from_, to), where, query)
