"""Erasures on the wire."""

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from chalicelib.jobs.schemas import ProgressOut
from chalicelib.web.wire import Body, Live, Shown


class ErasureIn(Body):
    """Why, and that the right person is meant."""

    reason: str = Field(min_length=1, max_length=500, description="kept until the person is erased", examples=["Asked"])
    confirm: str = Field(min_length=1, max_length=500, description="the contact's display name, or its id")


class SubjectErasureOut(Live):
    """The erasure of a person, and when it is done its certificate.

    The signature is Ed25519 over the certificate's JSON with sorted keys and without spaces, in UTF-8.
    """

    contact_id: str
    status: Literal["running", "failed", "erased"]
    job_id: str
    progress: ProgressOut
    erased_at: datetime | None
    certificate: dict[str, Any] | None = Field(description="what is certified; exactly this is signed")
    algorithm: str | None
    signature: str | None = Field(description="base64")
    public_key: str | None = Field(description="base64 of the 32 bytes")
    genuine: bool | None = Field(description="whether the signature verifies with a secret key of this deployment")


class KeptFiguresOut(Shown):
    """What was billed to and paid by somebody who is erased, by month and currency."""

    pseudonym: str
    months: dict[str, dict[str, str]]
