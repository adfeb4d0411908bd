"""Routes of subject exports."""

from typing import TYPE_CHECKING

from chalicelib.call import Call
from chalicelib.late import Late
from chalicelib.web.results import Accepted
from chalicelib.web.routes import Routes
from modules.contacts.kinds import SUBJECT_EXPORT
from modules.contacts.subject_exports.schemas import SubjectExportOut

if TYPE_CHECKING:
    from modules.contacts.subject_exports import service
else:
    service = Late("modules.contacts.subject_exports.service")

routes = Routes("contacts")


@routes.post("/contacts/{contact_id}/subject-export", needs=SUBJECT_EXPORT)
def export_subject(call: Call, contact_id: str) -> Accepted[SubjectExportOut]:
    """Export all that is held on a person, in every module, to a file.

    Nothing is masked, for it is the person's own. The file expires after 7 days, and goes with an erasure.
    """
    return service.ask(call, contact_id)


@routes.get("/contacts/{contact_id}/subject-export/{subject_export_id}", needs=SUBJECT_EXPORT)
def get_subject_export(call: Call, contact_id: str, subject_export_id: str) -> SubjectExportOut:
    """Read a subject export, and how its job is."""
    return service.look(call, contact_id, subject_export_id)
