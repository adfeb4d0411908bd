"""HTTP to use case: merges."""

from typing import TYPE_CHECKING

from chalicelib.call import Call
from chalicelib.late import Late
from chalicelib.store.lists import ListQuery
from chalicelib.web.results import Accepted, Listed
from chalicelib.web.routes import Routes
from modules.contacts.kinds import DUPLICATES, MERGE, MERGE_CONTACTS, READ
from modules.contacts.merges.errors import NotMergeable, NotUnmergeable
from modules.contacts.merges.schemas import MergeIn, MergeOut, MergePlanOut

if TYPE_CHECKING:
    from modules.contacts.merges import service
else:
    service = Late("modules.contacts.merges.service")

routes = Routes("contacts")


@routes.post(
    "/contacts/{contact_id}/merge",
    needs=MERGE_CONTACTS,
    feature=DUPLICATES,
    refuses=(NotMergeable,),
    examples={"dry run": {"loser_id": "cnt_…", "fields": {"name": "loser"}, "dry_run": True}},
)
def merge_contacts(call: Call, contact_id: str, body: MergeIn) -> Accepted[MergePlanOut]:
    """Make another contact one with this one.

    The loser's id leads here from then on (308); its lines, interactions and whatever else stands with it follow by
    the job, in this module and in all others. Within 30 days the merge can be undone. With ``dry_run`` nothing changes:
    the answer says what would come of it, and the job counts what other modules would re-point.
    """
    return service.merge_contacts(call, contact_id, body)


@routes.get("/contacts/merges", needs=READ, feature=DUPLICATES, listing=MERGE.listing)
def list_contact_merges(call: Call, query: ListQuery) -> Listed[MergeOut]:
    """List merges."""
    return service.list_merges(call, query)


@routes.get("/contacts/merges/{merge_id}", needs=READ, feature=DUPLICATES)
def get_contact_merge(call: Call, merge_id: str) -> MergeOut:
    """Read a merge."""
    return service.get_merge(call, merge_id)


@routes.post("/contacts/merges/{merge_id}/unmerge", needs=MERGE_CONTACTS, feature=DUPLICATES, refuses=(NotUnmergeable,))
def unmerge_contacts(call: Call, merge_id: str) -> Accepted[MergeOut]:
    """Undo a merge: both contacts get back what was theirs.

    What has been edited of the winner since stays and is listed in ``kept``; what came since stays with the winner.
    """
    return service.unmerge_contacts(call, merge_id)


@routes.post("/contacts/merges/{merge_id}/resume", needs=MERGE_CONTACTS, feature=DUPLICATES)
def resume_merge(call: Call, merge_id: str) -> Accepted[MergeOut]:
    """Go on with a merge, or with its undoing, whose job has failed; with any other nothing happens."""
    return service.resume_merge(call, merge_id)
