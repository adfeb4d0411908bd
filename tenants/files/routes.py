"""HTTP to use case: files."""

from typing import Final

from chalicelib.call import Call
from chalicelib.files.records import FILE
from chalicelib.problems import QuotaExceeded, StateConflict
from chalicelib.store.lists import ListQuery
from chalicelib.web.results import Created, Listed
from chalicelib.web.routes import Routes
from tenants.files import service
from tenants.files.errors import PartsMissing
from tenants.files.schemas import FileIn, FileOut, FileShown, FileUpload, PartsIn, UploadOut
from tenants.manifest import MANIFEST

READ: Final = "files:read"
WRITE: Final = "files:write"

routes = Routes(MANIFEST.name)


@routes.post("/files", needs=WRITE, refuses=(QuotaExceeded,))
def create_file(call: Call, body: FileIn) -> Created[FileUpload]:
    """Begin to upload a file.

    PUT each part to its URL, then complete the file. Files are seen by who uploads them, and by who holds files:admin.
    """
    return Created(service.create(call, body))


@routes.get("/files", needs=READ, listing=FILE.listing)
def list_files(call: Call, query: ListQuery) -> Listed[FileOut]:
    """List files."""
    return service.page(call, query)


@routes.get("/files/{file_id}", needs=READ)
def get_file(call: Call, file_id: str) -> FileShown:
    """Get a file, with a URL to download it.

    Ask without If-None-Match for a fresh URL: the file's ETag stays the same.
    """
    return service.get(call, file_id)


@routes.post("/files/{file_id}/parts", needs=WRITE, refuses=(StateConflict,))
def sign_file_parts(call: Call, file_id: str, body: PartsIn) -> UploadOut:
    """Sign URLs for parts of an upload."""
    return service.sign_parts(call, file_id, body)


@routes.post("/files/{file_id}/complete", needs=WRITE, refuses=(PartsMissing, StateConflict))
def complete_file(call: Call, file_id: str) -> FileOut:
    """Complete an upload: the parts become a file."""
    return service.complete(call, file_id)


@routes.delete("/files/{file_id}", needs=WRITE)
def delete_file(call: Call, file_id: str) -> None:
    """Delete a file, or end its upload."""
    service.delete(call, file_id)
