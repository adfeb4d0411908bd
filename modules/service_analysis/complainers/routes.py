"""Routes of customers who complain again."""

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from chalicelib.call import Call
from chalicelib.late import Late
from chalicelib.modules import Listing
from chalicelib.problems import TotalNotAvailable
from chalicelib.store.lists import ListQuery
from chalicelib.web.results import Listed
from chalicelib.web.routes import Routes
from modules.service_analysis.complainers.schemas import ComplainerOut
from modules.service_analysis.kinds import READ

if TYPE_CHECKING:
    from modules.service_analysis.complainers import service
else:
    service = Late("modules.service_analysis.complainers.service")

routes = Routes("service_analysis")

BY_NUMBER = Listing(sorts=())
MonthOrYear = Annotated[str, Field(pattern=r"^[0-9]{4}(-(0[1-9]|1[0-2]))?$", examples=["2015-04", "2015"])]


@routes.get(
    "/service/analysis/repeat-complainers",
    needs=READ,
    feature="analysis",
    listing=BY_NUMBER,
    refuses=(TotalNotAvailable,),
)
def list_repeat_complainers(
    call: Call,
    query: ListQuery,
    period: MonthOrYear | None = None,
    at_least: Annotated[int, Field(ge=2, le=1000)] = 3,
) -> Listed[ComplainerOut]:
    """List the customers who have complained several times in a month or year, the most frequent first.

    By default in this month. An answer of a caller who sees a part of the org units tells their complaints there.
    """
    return service.list_complainers(call, period, at_least, query)
