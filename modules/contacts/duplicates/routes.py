"""HTTP to use case: likely duplicates."""

from typing import TYPE_CHECKING

from chalicelib.call import Call
from chalicelib.jobs.schemas import JobOut
from chalicelib.late import Late
from chalicelib.problems import NotFound, StateConflict
from chalicelib.store.lists import ListQuery
from chalicelib.web.results import Accepted, Listed
from chalicelib.web.routes import Routes
from modules.contacts.duplicates.schemas import ClusterMergeIn, ClusterOut
from modules.contacts.kinds import CLUSTER, DUPLICATES, MERGE_CONTACTS, READ
from modules.contacts.merges.errors import NotMergeable
from modules.contacts.merges.schemas import MergePlanOut

if TYPE_CHECKING:
    from modules.contacts.duplicates import service
else:
    service = Late("modules.contacts.duplicates.service")

routes = Routes("contacts")


@routes.post("/contacts/duplicate-scans", needs=MERGE_CONTACTS, feature=DUPLICATES)
def scan_duplicates(call: Call) -> Accepted[JobOut]:
    """Search all contacts for duplicates."""
    return service.scan_duplicates(call)


@routes.get("/contacts/duplicates", needs=READ, feature=DUPLICATES, listing=CLUSTER.listing)
def list_duplicates(call: Call, query: ListQuery) -> Listed[ClusterOut]:
    """List clusters of contacts that are likely to be one customer.

    A cluster is shown to who sees all of its members; a page may be shorter therefore.
    """
    return service.list_duplicates(call, query)


@routes.get("/contacts/duplicates/{cluster_id}", needs=READ, feature=DUPLICATES)
def get_duplicates(call: Call, cluster_id: str) -> ClusterOut:
    """Read a cluster."""
    return service.get_duplicates(call, cluster_id)


@routes.post(
    "/contacts/duplicates/{cluster_id}/dismiss", needs=MERGE_CONTACTS, feature=DUPLICATES, refuses=(StateConflict,)
)
def dismiss_duplicates(call: Call, cluster_id: str) -> ClusterOut:
    """Say that these are several customers: the same members are never shown as open again."""
    return service.dismiss_duplicates(call, cluster_id)


@routes.post(
    "/contacts/duplicates/{cluster_id}/merge",
    needs=MERGE_CONTACTS,
    feature=DUPLICATES,
    refuses=(NotFound, NotMergeable, StateConflict),
    examples={"two": {"winner_id": "cnt_…", "loser_id": "cnt_…", "dry_run": True}},
)
def merge_duplicates(call: Call, cluster_id: str, body: ClusterMergeIn) -> Accepted[MergePlanOut]:
    """Make two members of a cluster one, as a merge does; the cluster ends with the last one."""
    return service.merge_duplicates(call, cluster_id, body)
