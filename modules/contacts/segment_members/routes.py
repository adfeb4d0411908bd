"""Routes of members."""

from typing import TYPE_CHECKING

from chalicelib.call import Call
from chalicelib.jobs.schemas import JobOut
from chalicelib.late import Late
from chalicelib.modules import Listing
from chalicelib.problems import StateConflict
from chalicelib.store.lists import ListQuery
from chalicelib.web.results import Accepted, Listed
from chalicelib.web.routes import Routes
from modules.contacts.kinds import READ, SEGMENT_WRITE, SEGMENTS
from modules.contacts.segment_members.schemas import MembershipOut, MembersIn, SegmentChangeOut, SegmentMemberOut

if TYPE_CHECKING:
    from modules.contacts.segment_members import service
else:
    service = Late("modules.contacts.segment_members.service")

routes = Routes("contacts")

MEMBERS = Listing(sorts=())
HISTORY = Listing(sorts=("at",))


@routes.get("/segments/{segment_id}/members", needs=READ, feature=SEGMENTS, listing=MEMBERS)
def list_segment_members(call: Call, segment_id: str, query: ListQuery) -> Listed[SegmentMemberOut]:
    """List the members of a segment that you see, by org unit or by creation."""
    return service.list_members(call, segment_id, query)


@routes.post(
    "/segments/{segment_id}/members",
    needs=SEGMENT_WRITE,
    feature=SEGMENTS,
    examples={"add": {"add_external": [{"system": "billing", "id": "0002-ORFBO"}]}},
    refuses=(StateConflict,),
)
def change_segment_members(call: Call, segment_id: str, body: MembersIn) -> Accepted[JobOut]:
    """Put up to 500 customers on a static segment's list, or take them off it: a job does it."""
    return service.change_members(call, segment_id, body)


@routes.get("/segments/{segment_id}/sample", needs=READ, feature=SEGMENTS)
def sample_segment(call: Call, segment_id: str) -> Listed[SegmentMemberOut]:
    """Read up to twenty members from somewhere in a segment."""
    return service.sample(call, segment_id)


@routes.get("/segments/{segment_id}/history", needs=READ, feature=SEGMENTS, listing=HISTORY)
def get_segment_history(call: Call, segment_id: str, query: ListQuery) -> Listed[SegmentChangeOut]:
    """Read who joined and left a segment within the last 400 days, newest first, of the customers that you see."""
    return service.history(call, segment_id, query)


@routes.get("/contacts/{contact_id}/segments", needs=READ, feature=SEGMENTS)
def list_contact_segments(call: Call, contact_id: str) -> Listed[MembershipOut]:
    """List the segments that a contact is in."""
    return service.segments_of(call, contact_id)
