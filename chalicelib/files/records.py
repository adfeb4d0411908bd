"""The record of a file: what the API shows of an object in the storage. Its kind belongs to the manifest ``core``."""

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import ClassVar, Final, Self

from pynamodb.attributes import NumberAttribute, UnicodeAttribute, UTCDateTimeAttribute

from chalicelib.files.paths import ObjectPath, object_path
from chalicelib.files.protocol import Upload
from chalicelib.modules import ByIndex, Filter, Kind, Listing, OneOf
from chalicelib.store import keys
from chalicelib.store.keys import SortKey
from chalicelib.store.records import Record


class FileState(StrEnum):
    """Parts are still coming, or the file is whole."""

    UPLOADING = "uploading"
    READY = "ready"


class Area(StrEnum):
    """Where files stand below their tenant."""

    UPLOADS = "uploads"
    RESULTS = "results"


FILE: Final = Kind(
    "file",
    ByIndex(),
    prefix="fil",
    listing=Listing(filters=(Filter("state", parse=OneOf(tuple(FileState)), path="status"),)),
    # A file's name may be a customer's, and has no person's key to be sealed under: events tell that it is there and
    # not what it is, as with a key's hash. The upload's id says nothing to anybody outside.
    personal=frozenset({"name", "upload"}),
)
DUE: Final = "due"
LAST: Final = "~"  # behind every id
# What is uploaded is there to be worked on; a month is time to find a mistake and look at what was sent.
KEPT: Final = timedelta(days=30)
# 50 GB at 2 Mbit/s take 55 hours.
UPLOAD_LIFE: Final = timedelta(days=3)


class File(Record, discriminator="file"):
    """A file of somebody's. ``size`` is in bytes, the declared one until it is ready, and what metering sums up.

    ``upload`` is the storage's id of the open upload, ``part_size`` what each of its parts but the last has.
    ``sha256`` is absent when the file was too large to be read on completion.
    """

    KIND: ClassVar[Kind] = FILE

    name = UnicodeAttribute()
    content_type = UnicodeAttribute()
    size = NumberAttribute()
    status = UnicodeAttribute()
    area = UnicodeAttribute()
    owner_id = UnicodeAttribute()
    expires_at = UTCDateTimeAttribute()
    sha256 = UnicodeAttribute(null=True)
    upload = UnicodeAttribute(null=True)
    part_size = NumberAttribute(null=True)

    def owner(self) -> str | None:
        """Whose file it is."""
        return str(self.owner_id)

    def place(self, tenant: str) -> Self:
        """As every record, and among all files by when it expires."""
        super().place(tenant)
        self.gsi3pk, self.gsi3sk = keys.by_state(tenant, FILE.name, DUE), due_at(self.expires_at, self.id)
        return self

    def path(self, tenant: str) -> ObjectPath:
        """Where its object stands."""
        return content_path(tenant, self.area, self.id)

    def open_upload(self, tenant: str) -> Upload | None:
        """Its upload, until it is ready."""
        return Upload(self.path(tenant), self.upload) if self.upload else None


def content_path(tenant: str, area: str, file_id: str) -> ObjectPath:
    """Where a file's object stands."""
    return object_path(tenant, area, file_id, "content")


def due_at(at: datetime, file_id: str) -> SortKey:
    """The place of a file in the order of expiry; ``LAST`` for the bound behind all of that instant."""
    return keys.moment("", at.astimezone(UTC).isoformat(timespec="milliseconds"), file_id)
