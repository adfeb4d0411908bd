"""Routes of clocks."""

from typing import TYPE_CHECKING

from chalicelib.call import Call
from chalicelib.late import Late
from chalicelib.modules import Listing
from chalicelib.store.lists import ListQuery
from chalicelib.web.results import Listed
from chalicelib.web.routes import Routes
from modules.service_analysis.clocks.schemas import ClockExplained, ClockOut
from modules.service_analysis.kinds import READ, SLA

if TYPE_CHECKING:
    from modules.service_analysis.clocks import service
else:
    service = Late("modules.service_analysis.clocks.service")

routes = Routes("service_analysis")


@routes.get("/requests/{request_id}/clocks", needs=READ, feature=SLA, listing=Listing())
def list_request_clocks(call: Call, request_id: str, query: ListQuery) -> Listed[ClockOut]:
    """Read a request's clocks as they stand now: what is promised, what has counted, and when it is due."""
    return service.list_clocks(call, request_id, query)


@routes.get("/requests/{request_id}/clocks/{clock}", needs=READ, feature=SLA)
def explain_request_clock(call: Call, request_id: str, clock: str) -> ClockExplained:
    """Explain a clock line by line: each start, pause, new promise, warning and stop, with what counted in between."""
    return service.explain_clock(call, request_id, clock)
