"""Routes of segments."""

from typing import TYPE_CHECKING

from chalicelib.call import Call
from chalicelib.jobs.schemas import JobOut
from chalicelib.late import Late
from chalicelib.problems import PermissionDenied, StateConflict
from chalicelib.store.lists import ListQuery
from chalicelib.web.results import Accepted, Created, Listed, Patch
from chalicelib.web.routes import Routes
from modules.contacts.kinds import READ, SEGMENT, SEGMENT_WRITE, SEGMENTS
from modules.contacts.segments.schemas import AttributeOut, Preview, PreviewIn, SegmentIn, SegmentOut, SegmentShown

if TYPE_CHECKING:
    from modules.contacts.segments import service
else:
    service = Late("modules.contacts.segments.service")

routes = Routes("contacts")

RULE = {
    "all": [{"attribute": "status", "is": "active"}, {"attribute": "city", "is_one_of": ["Los Angeles", "Kunming"]}]
}
LINE_RULE = {
    "any_line": {
        "all": [{"attribute": "monthly_fee", "more_than": 80}, {"attribute": "ends_on", "within_next": "P30D"}]
    }
}
EXAMPLES = {
    "rules": {"name": "Active in two cities", "rule": RULE},
    "line": {"name": "Contract ends soon", "rule": LINE_RULE},
    "static": {"name": "Invited to the opening", "kind": "static"},
}


@routes.post("/segments", needs=SEGMENT_WRITE, feature=SEGMENTS, examples=EXAMPLES, refuses=(StateConflict,))
def create_segment(call: Call, body: SegmentIn) -> Created[SegmentOut]:
    """Create a segment; one with a rule is built by a job."""
    return service.create_segment(call, body)


@routes.get("/segments", needs=READ, feature=SEGMENTS, listing=SEGMENT.listing)
def list_segments(call: Call, query: ListQuery) -> Listed[SegmentOut]:
    """List segments."""
    return service.list_segments(call, query)


@routes.get("/segments/attributes", needs=READ, feature=SEGMENTS)
def list_segment_attributes(call: Call) -> Listed[AttributeOut]:
    """List what rules may ask about, with types and operators.

    Attributes that other modules contribute are asked for as `<module>.<name>` with the operators of type `any`.
    """
    return service.list_attributes(call)


@routes.post("/segments/preview", needs=SEGMENT_WRITE, feature=SEGMENTS, examples={"rule": {"rule": RULE}})
def preview_segment(call: Call, body: PreviewIn) -> Preview:
    """Try a rule without saving it, on the newest customers that you see.

    1,000 of them; 100 when the rule asks for lines, usage or what other modules tell.
    """
    return service.preview(call, body.rule)


@routes.get("/segments/{segment_id}", needs=READ, feature=SEGMENTS)
def get_segment(call: Call, segment_id: str) -> SegmentShown:
    """Read a segment with its size."""
    return service.show_segment(call, segment_id)


@routes.patch(
    "/segments/{segment_id}",
    needs=SEGMENT_WRITE,
    feature=SEGMENTS,
    examples={"rule": {"rule": {"attribute": "status", "is": "churned"}}},
    refuses=(PermissionDenied, StateConflict),
)
def update_segment(call: Call, segment_id: str, body: Patch[SegmentIn]) -> SegmentOut:
    """Change a segment; another rule replaces the one before as a whole and is built by a job."""
    return service.update_segment(call, segment_id, body)


@routes.delete("/segments/{segment_id}", needs=SEGMENT_WRITE, feature=SEGMENTS, refuses=(PermissionDenied,))
def delete_segment(call: Call, segment_id: str) -> None:
    """Delete a segment; a job takes its memberships away."""
    service.delete_segment(call, segment_id)


@routes.post(
    "/segments/{segment_id}/rebuild",
    needs=SEGMENT_WRITE,
    feature=SEGMENTS,
    refuses=(PermissionDenied, StateConflict),
)
def rebuild_segment(call: Call, segment_id: str) -> Accepted[JobOut]:
    """Go over all customers again, by the rule as it is."""
    return service.rebuild_segment(call, segment_id)
