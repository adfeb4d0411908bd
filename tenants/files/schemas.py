"""Files on the wire."""

from datetime import datetime
from typing import Annotated, Final

from pydantic import Field, StringConstraints

from chalicelib.files.naming import CONTENT_TYPE, LONGEST_NAME
from chalicelib.files.records import File, FileState
from chalicelib.web.wire import Body, Resource, Shown, Whole, common

_FEW: Final = 100_000  # more parts than any file has


class FileIn(Body):
    """A file to be uploaded. Directories and characters that no file name may have are taken out of the name."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_NAME)] = Field(
        examples=["customers-2026-03.csv"]
    )
    content_type: Annotated[str, StringConstraints(pattern=CONTENT_TYPE)] = Field(examples=["text/csv"])
    size: Whole = Field(ge=1, description="bytes, exactly", examples=[20_971_520])


class PartsIn(Body):
    """Which parts to sign URLs for: at most 1,000, both ends included."""

    first: Whole = Field(ge=1, le=_FEW, alias="from", examples=[1])
    last: Whole = Field(ge=1, le=_FEW, alias="to", examples=[1])


class PartOut(Shown):
    """Where one part goes: `PUT` exactly `size` bytes to the URL, with no other credential."""

    number: int
    size: int
    url: str


class UploadOut(Shown):
    """How to send a file: part `n` is bytes `(n-1) * part_size` to `n * part_size`, in any order, again if need be.

    Up to 1,000 URLs at a time; `POST /v1/files/{id}/parts` signs others, and the same ones again when they have ended.
    """

    part_size: int
    parts_total: int
    urls_expire_at: datetime
    parts: list[PartOut]


class FileOut(Resource):
    """A file. Until it is `ready`, `size` is the declared one and `expires_at` the end of the upload.

    `sha256` (hex) is null until then, and for files over 512 MB, which are not read through on completion.
    """

    name: str
    content_type: str
    size: int
    state: FileState
    sha256: str | None
    owner_id: str
    expires_at: datetime


class FileUpload(FileOut):
    """A new file, and where its parts go."""

    upload: UploadOut


class FileShown(FileOut):
    """A file, with a URL that gives it to anybody for 10 minutes; null until it is ready."""

    download_url: str | None


def shown(file: File) -> FileOut:
    """A file as lists show it."""
    return FileOut(
        **common(file),
        name=file.name,
        content_type=file.content_type,
        size=int(file.size),
        state=FileState(file.status),
        sha256=file.sha256,
        owner_id=file.owner_id,
        expires_at=file.expires_at,
    )
