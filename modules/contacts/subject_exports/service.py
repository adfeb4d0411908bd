"""Use cases of subject exports: ask for one, look how it is."""

from typing import Final

from chalicelib.call import Call
from chalicelib.jobs.records import JOB_KINDS, Job, JobProgress
from chalicelib.jobs.schemas import progress_out
from chalicelib.jobs.service import known_jobs, start
from chalicelib.modules import CORE
from chalicelib.problems import NotFound
from chalicelib.web.results import Accepted
from chalicelib.web.wire import common
from modules.contacts.people.service import get_contact
from modules.contacts.subject_exports.records import SubjectExport
from modules.contacts.subject_exports.schemas import SubjectExportOut

JOB: Final = "contacts.export_subject"


def ask(call: Call, contact_id: str) -> Accepted[SubjectExportOut]:
    """Start the job. Raises NotFound."""
    contact = get_contact(call, contact_id)
    owner = call.principal.user_id or call.principal.id
    made = SubjectExport.fresh(call.now, contact_id=contact.id, owner_id=owner)
    job = start(call, JOB, {"export_id": made.id, "contact_id": contact.id}, counted="items")
    made.job_id = job.id
    call.store.require(contact)
    call.store.create(made)
    return Accepted(_shown(made, job, None), f"/v1/jobs/{job.id}")


def look(call: Call, contact_id: str, export_id: str) -> SubjectExportOut:
    """An export as it is. Raises NotFound."""
    get_contact(call, contact_id)
    record = call.store.get(SubjectExport, export_id)
    if record is None or record.contact_id != contact_id:
        raise NotFound
    jobs = known_jobs(call.store.beside(CORE, JOB_KINDS), [record.job_id])
    return _shown(record, *jobs.get(record.job_id, (None, None)))


def _shown(record: SubjectExport, job: Job | None, progress: JobProgress | None) -> SubjectExportOut:
    return SubjectExportOut.model_validate(
        {
            **common(record),
            "contact_id": record.contact_id,
            "status": job.status if job else "failed",
            "job_id": record.job_id,
            "progress": progress_out(progress),
            "file_id": record.file_id,
            "rows": record.rows,
            "sha256": record.sha256,
        }
    )
