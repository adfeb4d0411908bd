"""Leaving on the wire."""

from datetime import datetime

from pydantic import Field

from chalicelib.web.wire import Body, Shown
from tenants.offboarding.records import ExportState
from tenants.schemas import Reason


class OffboardingIn(Body):
    """Why a tenant leaves, and whether its data is exported first."""

    reason: Reason
    export: bool = Field(default=True, description="write all data to files that the tenant's admin can download")


class ExportedFileOut(Shown):
    """All records of one kind, one JSON document a line."""

    name: str = Field(examples=["contacts.contact.jsonl"])
    unit: str
    kind: str
    rows: int
    bytes: int
    sha256: str
    download_url: str


class TenantExportOut(Shown):
    """The export of a tenant that leaves. Its files can be had until the grace period ends."""

    state: ExportState = Field(description="none: the tenant stays, or its export was not asked for")
    erase_after: datetime | None
    rows: int | None = Field(description="records of all kinds together, when it is ready")
    manifest_sha256: str | None = Field(description="the SHA-256 of manifest.json, which names those of all files")
    manifest_url: str | None
    files: list[ExportedFileOut]
