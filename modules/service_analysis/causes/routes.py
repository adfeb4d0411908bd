"""Routes of causes and of complaints by the thousand customers."""

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from chalicelib.call import Call
from chalicelib.late import Late
from chalicelib.problems import TotalNotAvailable
from chalicelib.web.results import Plain
from chalicelib.web.routes import Routes
from modules.service_analysis.analysis.errors import NoSuchFigures
from modules.service_analysis.analysis.rules import By
from modules.service_analysis.analysis.schemas import Depth, When
from modules.service_analysis.causes.schemas import CausesOut, ComplaintRateOut
from modules.service_analysis.kinds import READ

if TYPE_CHECKING:
    from modules.service_analysis.analysis import service as asking
    from modules.service_analysis.causes import service
else:
    asking = Late("modules.service_analysis.analysis.service")
    service = Late("modules.service_analysis.causes.service")

routes = Routes("service_analysis")

From = Annotated[When | None, Field(alias="from")]


@routes.get("/service/analysis/causes", needs=READ, feature="analysis", refuses=(NoSuchFigures, TotalNotAvailable))
def get_causes(
    call: Call, from_: From = None, to: When | None = None, depth: Depth | None = None, complaints: bool = False
) -> CausesOut:
    """Read what requests are about, the most frequent first, and which few make four fifths (Pareto).

    By months, each whole; `complaints` counts complaints alone. What no category was said of is in no share.
    """
    return service.causes(call, asking.span(call, By.MONTH, from_, to), depth, complaints=complaints)


@routes.get(
    "/service/analysis/causes/csv",
    needs=READ,
    feature="analysis",
    produces=("text/csv",),
    refuses=(NoSuchFigures, TotalNotAvailable),
)
def get_causes_csv(
    call: Call, from_: From = None, to: When | None = None, depth: Depth | None = None, complaints: bool = False
) -> Plain:
    """Read the same causes as a table for spreadsheets: CSV (RFC 4180) in UTF-8."""
    return service.causes_csv(get_causes(call, from_, to, depth, complaints))


@routes.get(
    "/service/analysis/complaint-rate", needs=READ, feature="analysis", refuses=(NoSuchFigures, TotalNotAvailable)
)
def get_complaint_rate(call: Call, from_: From = None, to: When | None = None) -> ComplaintRateOut:
    """Read complaints by the month for each thousand customers.

    Of as many customers as there are now in the caller's reach; who may not see customers gets no rate.
    """
    return service.complaint_rate(call, asking.span(call, By.MONTH, from_, to))
