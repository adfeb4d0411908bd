"""Use cases of erasures: begin one, look at it, and at what accounting keeps."""

from typing import Final

from chalicelib.call import Call
from chalicelib.jobs.records import JOB_KINDS, Job, JobProgress
from chalicelib.jobs.schemas import progress_out
from chalicelib.jobs.service import known_jobs, start
from chalicelib.modules import CORE
from chalicelib.problems import NotFound
from chalicelib.store import keys
from chalicelib.store.lists import ListQuery
from chalicelib.web.results import Accepted, Listed
from chalicelib.web.wire import common
from modules.contacts.erasures.errors import is_being_merged, is_erased, not_confirmed
from modules.contacts.erasures.records import KeptFigures, SubjectErasure
from modules.contacts.erasures.rules import ALGORITHM, is_genuine
from modules.contacts.erasures.schemas import ErasureIn, KeptFiguresOut, SubjectErasureOut
from modules.contacts.kinds import KEPT_FIGURES
from modules.contacts.merges.service import is_under_way
from modules.contacts.people.records import Contact
from modules.contacts.people.service import contact_out

JOB: Final = "contacts.erase_subject"
_ENDED: Final = frozenset({"failed", "cancelled"})


def erase(call: Call, contact_id: str, body: ErasureIn) -> Accepted[SubjectErasureOut]:
    """Begin the erasure of a person, or try again one that has failed; while it runs this changes nothing.

    Raises NotFound, StateConflict when it is done, and Invalid unless the person is named.
    """
    contact = call.store.get(Contact, contact_id)
    known = call.store.get(SubjectErasure, SubjectErasure.id_of(contact_id))
    if contact is None and known is None:
        raise NotFound
    if known is not None and known.certificate:
        raise is_erased()
    names = {contact_id} | ({contact_out(contact).display_name} if contact else set())
    if body.confirm.strip() not in names:
        raise not_confirmed()
    if known is not None:
        job_and_progress = _job_of(call, known)
        if _runs(job_and_progress[0]):
            return Accepted(_shown(call, known, *job_and_progress), f"/v1/jobs/{known.job_id}")
    if contact is not None and is_under_way(call.store, contact_id):
        raise is_being_merged()
    record = known or SubjectErasure(id=SubjectErasure.id_of(contact_id), contact_id=contact_id)
    job = start(call, JOB, {"erasure_id": record.id, "contact_id": contact_id}, counted="items")
    record.reason, record.job_id = body.reason, job.id
    if known is None:
        call.store.create(record)
    else:
        call.store.update(record, verb="begun")
    return Accepted(_shown(call, record, job, None), f"/v1/jobs/{job.id}")


def look(call: Call, contact_id: str) -> SubjectErasureOut:
    """An erasure as it is, with the certificate when it is done. Raises NotFound."""
    record = call.store.get(SubjectErasure, SubjectErasure.id_of(contact_id))
    if record is None or record.contact_id != contact_id:
        raise NotFound
    return _shown(call, record, *_job_of(call, record))


def kept_figures(call: Call, query: ListQuery) -> Listed[KeptFiguresOut]:
    """A page of what accounting keeps of those who are erased, in the order of pseudonyms, which is none."""
    at = keys.shelf(call.tenant_id, KEPT_FIGURES.name)
    found, position = call.store.query(at, limit=query.limit, start=query.cursor)
    shown = [
        KeptFiguresOut(pseudonym=each.pseudonym, months=each.months) for each in found if isinstance(each, KeptFigures)
    ]
    return Listed(shown, position)


def _runs(job: Job | None) -> bool:
    return job is not None and job.status not in _ENDED


def _job_of(call: Call, record: SubjectErasure) -> tuple[Job | None, JobProgress | None]:
    jobs = known_jobs(call.store.beside(CORE, JOB_KINDS), [record.job_id])
    return jobs.get(record.job_id, (None, None))


def _shown(call: Call, record: SubjectErasure, job: Job | None, progress: JobProgress | None) -> SubjectErasureOut:
    done = record.certificate
    return SubjectErasureOut.model_validate(
        {
            **common(record),
            "contact_id": record.contact_id,
            "status": "erased" if done else "running" if _runs(job) else "failed",
            "job_id": record.job_id,
            "progress": progress_out(progress),
            "erased_at": done["erased_at"] if done else None,
            "certificate": done,
            "algorithm": ALGORITHM if done else None,
            "signature": record.signature,
            "public_key": record.public_key,
            "genuine": is_genuine(call.keyring, done, record.signature) if done else None,
        }
    )
