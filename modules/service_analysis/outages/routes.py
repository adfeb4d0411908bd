"""Routes of outages."""

from typing import TYPE_CHECKING

from chalicelib.call import Call
from chalicelib.late import Late
from chalicelib.problems import StateConflict
from chalicelib.store.lists import ListQuery
from chalicelib.web.results import Created, Listed, Patch
from chalicelib.web.routes import Routes
from modules.service_analysis.kinds import MANAGE_OUTAGES, OUTAGE, OUTAGE_AFFECTED, READ
from modules.service_analysis.outages.schemas import (
    AnnouncementIn,
    ClosingIn,
    OutageChanges,
    OutageCustomer,
    OutageIn,
    OutageOut,
)

if TYPE_CHECKING:
    from modules.service_analysis.outages import service
else:
    service = Late("modules.service_analysis.outages.service")

routes = Routes("service_analysis")


@routes.post(
    "/outages",
    needs=MANAGE_OUTAGES,
    feature="outages",
    examples={"area": {"title": "No broadband in Acworth", "area": ["Georgia", "Acworth"]}},
)
def create_outage(call: Call, body: OutageIn) -> Created[OutageOut]:
    """Declare an outage. Open requests since its beginning are linked by a job, new ones as they come."""
    return service.create_outage(call, body)


@routes.get("/outages", needs=READ, feature="outages", listing=OUTAGE.listing)
def list_outages(call: Call, query: ListQuery) -> Listed[OutageOut]:
    """List outages."""
    return service.list_outages(call, query)


@routes.get("/outages/{outage_id}", needs=READ, feature="outages")
def get_outage(call: Call, outage_id: str) -> OutageOut:
    """Read an outage."""
    return service.outage_out(service.get_outage(call, outage_id))


@routes.patch(
    "/outages/{outage_id}",
    needs=MANAGE_OUTAGES,
    feature="outages",
    refuses=(StateConflict,),
    examples={"title": {"title": "No broadband in Acworth and Kennesaw"}},
)
def update_outage(call: Call, outage_id: str, body: Patch[OutageChanges]) -> OutageOut:
    """Change an outage's title, or by when it is to be over."""
    return service.update_outage(call, outage_id, body)


@routes.post("/outages/{outage_id}/announcement", needs=MANAGE_OUTAGES, feature="outages", refuses=(StateConflict,))
def announce_outage(call: Call, outage_id: str, body: AnnouncementIn) -> OutageOut:
    """Answer all requests of an outage, those linked and those that still come, each once."""
    return service.announce(call, outage_id, body)


@routes.post("/outages/{outage_id}/closing", needs=MANAGE_OUTAGES, feature="outages", refuses=(StateConflict,))
def close_outage(call: Call, outage_id: str, body: ClosingIn) -> OutageOut:
    """End an outage: its open requests are settled by a job, and surveys are no longer held back."""
    return service.close(call, outage_id, body)


@routes.get("/outages/{outage_id}/affected", needs=MANAGE_OUTAGES, feature="outages", listing=OUTAGE_AFFECTED.listing)
def list_affected_customers(call: Call, outage_id: str, query: ListQuery) -> Listed[OutageCustomer]:
    """List who is affected, customers of the highest level first, and for how many hours each is owed credit."""
    return service.list_affected(call, outage_id, query)
