"""HTTP to use case: jobs."""

from chalicelib.call import Call
from chalicelib.jobs.records import JOB
from chalicelib.jobs.schemas import JobOut
from chalicelib.problems import NotFound, StateConflict
from chalicelib.store.lists import ListQuery
from chalicelib.web.results import Listed
from chalicelib.web.routes import Routes
from tenants.jobs import service
from tenants.manifest import MANIFEST

routes = Routes(MANIFEST.name)


@routes.get("/jobs", needs="jobs:read", listing=JOB.listing)
def list_jobs(call: Call, query: ListQuery) -> Listed[JobOut]:
    """List jobs."""
    return service.page(call, query)


@routes.get("/jobs/{job_id}", needs="jobs:read")
def get_job(call: Call, job_id: str) -> JobOut:
    """Watch a job."""
    return service.get(call, job_id)


@routes.post("/jobs/{job_id}/cancel", needs="jobs:write", refuses=(NotFound, StateConflict))
def cancel_job(call: Call, job_id: str) -> JobOut:
    """Cancel a job.

    What it has done stays; nothing more is done.
    """
    return service.cancel(call, job_id)
