"""Subject exports on the wire."""

from typing import Literal

from pydantic import Field

from chalicelib.jobs.schemas import ProgressOut
from chalicelib.web.wire import Live


class SubjectExportOut(Live):
    """An export of all that is held on a person: a ZIP with a README, a manifest, and JSON Lines for each kind."""

    contact_id: str
    status: Literal["queued", "running", "succeeded", "failed", "cancelled"]
    job_id: str
    progress: ProgressOut
    file_id: str | None = Field(description="download it by /v1/files/{file_id}; it expires after 7 days")
    rows: int | None
    sha256: str | None
