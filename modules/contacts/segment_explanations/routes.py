"""The route of explanations."""

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from chalicelib.call import Call
from chalicelib.late import Late
from chalicelib.web.routes import Routes
from modules.contacts.kinds import READ, SEGMENTS
from modules.contacts.segment_explanations.schemas import Explanation

if TYPE_CHECKING:
    from modules.contacts.segment_explanations import service
else:
    service = Late("modules.contacts.segment_explanations.service")

routes = Routes("contacts")


@routes.get("/segments/{segment_id}/explain", needs=READ, feature=SEGMENTS)
def explain_segment(
    call: Call, segment_id: str, contact: Annotated[str, Field(min_length=1, max_length=40)]
) -> Explanation:
    """Say rule by rule why a contact is in a segment, or is not."""
    return service.why(call, segment_id, contact)
