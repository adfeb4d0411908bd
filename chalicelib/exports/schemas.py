"""Exports on the wire."""

from typing import Annotated, Literal

from pydantic import Field

from chalicelib.jobs.schemas import ProgressOut
from chalicelib.web.wire import Body, Live

Format = Literal["csv", "jsonl", "xlsx"]
Name = Annotated[str, Field(min_length=1, max_length=80)]


class ExportIn(Body):
    """What to export: the records that the list would show with these filters, to the same caller."""

    format: Format = Field(default="csv", examples=["csv"])
    filters: dict[Name, Annotated[str, Field(max_length=1000)]] = Field(
        default={}, max_length=20, description='as in the list\'s query: {"status": "active,joined"}'
    )
    fields: list[Name] | None = Field(default=None, min_length=1, max_length=100, description="default: all")


class ExportOut(Live):
    """An export. It has no ETag: what its job is doing shows without a new version.

    The file stands under `GET /v1/files/{file_id}`. In CSV and XLSX nested values have their path as
    column (`addresses.city`), and several values share a cell (`a;b`); JSON Lines has records as the API shows them.
    """

    format: Format
    filters: dict[str, str]
    fields: list[str] | None
    status: Literal["queued", "running", "succeeded", "failed", "cancelled"]
    job_id: str
    progress: ProgressOut
    file_id: str | None
    rows: int | None = Field(description="the records in the file, when it is there")
    sha256: str | None = Field(description="of the file, in hex digits")
