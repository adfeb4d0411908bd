"""Routes of figures."""

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from chalicelib.call import Call
from chalicelib.late import Late
from chalicelib.problems import TotalNotAvailable
from chalicelib.web.results import Plain
from chalicelib.web.routes import Routes
from modules.service_analysis.analysis.errors import NoSuchFigures
from modules.service_analysis.analysis.rules import By
from modules.service_analysis.analysis.schemas import Depth, Grouping, Over, Show, Value, When
from modules.service_analysis.figures.schemas import ServiceFiguresOut
from modules.service_analysis.kinds import READ

if TYPE_CHECKING:
    from modules.service_analysis.analysis import service as asking
    from modules.service_analysis.figures import service
else:
    asking = Late("modules.service_analysis.analysis.service")
    service = Late("modules.service_analysis.figures.service")

routes = Routes("service_analysis")

From = Annotated[When | None, Field(alias="from")]


@routes.get("/service/analysis/figures", needs=READ, feature="analysis", refuses=(NoSuchFigures, TotalNotAvailable))
def get_service_figures(  # noqa: PLR0917 - the query's own parameters
    call: Call,
    by: Grouping = "month",
    from_: From = None,
    to: When | None = None,
    over: Over = "",
    depth: Depth | None = None,
    category: Value | None = None,
    area: Value | None = None,
    channel: Value | None = None,
    product: Value | None = None,
    agent: Value | None = None,
    customer_level: Value | None = None,
    show: Show | None = None,
    compare: bool = False,
) -> ServiceFiguresOut:
    """Read figures by day, week or month: volume, backlog, times, targets kept, what was reopened, satisfaction.

    Over the whole, or `over` one dimension, by month over any two. `category=/billing/` counts that branch alone,
    `category=/billing` what was said to be billing and nothing narrower, `category=` what no category was said of; so
    with areas, and with other dimensions their value. `compare` sets each month against the one before it and the same
    of the year before. Periods are whole; at most 24 months, 104 weeks or 400 days.
    """
    where = {
        "category": category,
        "area": area,
        "channel": channel,
        "product": product,
        "agent": agent,
        "customer_level": customer_level,
    }
    asked = asking.ask(call, asking.span(call, By(by), from_, to), By(by), over, where, depth)
    return service.figures(call, asked, show, compare=compare)


@routes.get(
    "/service/analysis/figures/csv",
    needs=READ,
    feature="analysis",
    produces=("text/csv",),
    refuses=(NoSuchFigures, TotalNotAvailable),
)
def get_service_figures_csv(  # noqa: PLR0917 - the query's own parameters
    call: Call,
    by: Grouping = "month",
    from_: From = None,
    to: When | None = None,
    over: Over = "",
    depth: Depth | None = None,
    category: Value | None = None,
    area: Value | None = None,
    channel: Value | None = None,
    product: Value | None = None,
    agent: Value | None = None,
    customer_level: Value | None = None,
    show: Show | None = None,
    compare: bool = False,
) -> Plain:
    """Read the same figures as a table for spreadsheets: CSV (RFC 4180) in UTF-8."""
    answer = get_service_figures(
        call,
        by,
        from_,
        to,
        over,
        depth,
        category,
        area,
        channel,
        product,
        agent,
        customer_level,
        show,
        compare,
    )
    return service.figures_csv(answer, show)
