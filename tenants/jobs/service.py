"""Use cases of jobs: whoever started one, or sees everything, watches and cancels it."""

from chalicelib.call import Call
from chalicelib.jobs import service as jobs
from chalicelib.jobs.records import Job, JobProgress
from chalicelib.jobs.schemas import JobOut, job_out
from chalicelib.problems import NotFound
from chalicelib.store.lists import ListQuery, list_records
from chalicelib.store.records import read_as
from chalicelib.web.results import Listed


def page(call: Call, query: ListQuery) -> Listed[JobOut]:
    """A page of jobs with their progress, in two round trips."""
    found = list_records(call.store, Job, query)
    places = {each.id: JobProgress.key_of(call.tenant_id, each.id) for each in found.items}
    read = call.store.fetch(places.values()) if places else {}
    shown = [job_out(each, read_as(JobProgress, read[places[each.id]])) for each in found.items]
    return Listed(shown, found.next_position, found.truncated)


def get(call: Call, job_id: str) -> JobOut:
    """One job, in one round trip. Raises NotFound."""
    found = jobs.known_jobs(call.store, [job_id]).get(job_id)
    if found is None:
        raise NotFound
    return job_out(*found)


def cancel(call: Call, job_id: str) -> JobOut:
    """Stop a job: what it has done stays, nothing more is done. Raises NotFound, StateConflict."""
    job = jobs.cancel(call.store, job_id)
    return job_out(job, call.store.get_item(JobProgress, JobProgress.key_of(call.tenant_id, job_id)))
