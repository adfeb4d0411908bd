"""Files: declared, sent in parts past us to the storage, completed, downloaded, deleted."""

from dataclasses import replace

from chalicelib.access.quotas import STORAGE_BYTES, check
from chalicelib.call import Call
from chalicelib.files.errors import FileMissingError, PartsMissingError
from chalicelib.files.naming import clean_name
from chalicelib.files.protocol import PART_BYTES, Upload
from chalicelib.files.records import KEPT, UPLOAD_LIFE, Area, File, FileState
from chalicelib.files.service import expire_at, find_file, reach, remove_file, sha256_of
from chalicelib.files.storage import storage
from chalicelib.modules import CORE, Text
from chalicelib.problems import FieldError, Invalid, StateConflict
from chalicelib.settings import settings
from chalicelib.store.lists import ListQuery, list_records
from chalicelib.web.results import Listed
from tenants.files.errors import missing
from tenants.files.rules import (
    DOWNLOAD_URL_LIFE,
    HASHED_BYTES,
    PART_URL_LIFE,
    PARTS_A_CALL,
    Division,
    RangeFault,
    range_fault,
)
from tenants.files.schemas import FileIn, FileOut, FileShown, FileUpload, PartOut, PartsIn, UploadOut, shown

_FAULTS = {
    RangeFault.NO_SUCH_PART: Text("The file has not so many parts", "文件没有这么多分片"),
    RangeFault.BACKWARDS: Text("Not before «from»", "不得小于 from"),
    RangeFault.TOO_MANY: Text(f"At most {PARTS_A_CALL} parts a call", f"每次最多 {PARTS_A_CALL} 个分片"),
}


def create(call: Call, body: FileIn) -> FileUpload:
    """Begin an upload. Raises QuotaExceeded, and Invalid for a size above this deployment's limit."""
    check(call.standing, CORE, STORAGE_BYTES, call.now)
    most = settings().files_max_bytes
    if body.size > most:
        text = Text(f"A file has at most {most} bytes", f"文件最多 {most} 字节")
        raise Invalid(errors=(FieldError("/size", "too_large", text),))
    file = File.fresh(
        call.now,
        name=clean_name(body.name),
        content_type=body.content_type.lower(),
        size=body.size,
        status=FileState.UPLOADING,
        area=Area.UPLOADS,
        owner_id=call.principal.user_id or call.principal.id,
        expires_at=call.now + UPLOAD_LIFE,
        part_size=PART_BYTES,
    )
    upload = storage().begin(file.path(call.tenant_id), file.content_type)
    file.upload = upload.id
    call.store.create(file)
    expire_at(call.store, file)
    last = min(_division(file).count, PARTS_A_CALL)
    return FileUpload(**shown(file).model_dump(), upload=_signed(call, file, upload, 1, last))


def sign_parts(call: Call, file_id: str, body: PartsIn) -> UploadOut:
    """URLs for some of the parts. Raises NotFound, StateConflict when the file is ready, Invalid."""
    file = _find(call, file_id)
    upload = file.open_upload(call.tenant_id)
    if upload is None:
        raise StateConflict(Text("This file is complete: it takes no more parts.", "该文件已完成，不再接收分片。"))
    if fault := range_fault(_division(file), body.first, body.last):
        raise Invalid(errors=(FieldError("/to", str(fault), _FAULTS[fault]),))
    return _signed(call, file, upload, body.first, body.last)


def complete(call: Call, file_id: str) -> FileOut:
    """Make the parts a file; again, it answers the same. Raises NotFound, PartsMissing, StateConflict."""
    file = _find(call, file_id)
    upload = file.open_upload(call.tenant_id)
    if upload is None:
        return shown(file)
    try:
        storage().complete(upload, tuple(_division(file).lengths()))
        if file.size <= HASHED_BYTES:
            file.sha256 = sha256_of(storage(), upload.path)
    except PartsMissingError as error:
        raise missing(error.numbers) from error
    except FileMissingError as error:
        text = Text("This upload has ended: begin another one.", "该上传已结束：请重新开始。")
        raise StateConflict(text) from error
    file.status, file.upload = FileState.READY, None
    file.expires_at = call.now + KEPT
    call.store.update(file)
    expire_at(call.store, file)
    return shown(file)


def page(call: Call, query: ListQuery) -> Listed[FileOut]:
    """The files that the caller reaches."""
    found = list_records(replace(call.store, scope=reach(call.principal)), File, query)
    live = [shown(each) for each in found.items if each.expires_at > call.now]
    return Listed(live, found.next_position, found.truncated)


def get(call: Call, file_id: str) -> FileShown:
    """One file. Raises NotFound."""
    file = _find(call, file_id)
    url = None
    if file.status == FileState.READY:
        url = storage().download_url(file.path(call.tenant_id), file.name, file.content_type, DOWNLOAD_URL_LIFE)
    return FileShown(**shown(file).model_dump(), download_url=url)


def delete(call: Call, file_id: str) -> None:
    """Drop a file, or an upload. Raises NotFound, VersionMismatch."""
    file = _find(call, file_id)
    call.check_version(file, {})
    remove_file(call.store, storage(), file)


def _find(call: Call, file_id: str) -> File:
    return find_file(call.store, file_id, reach(call.principal))


def _division(file: File) -> Division:
    return Division(int(file.size), int(file.part_size or PART_BYTES))


def _signed(call: Call, file: File, upload: Upload, first: int, last: int) -> UploadOut:
    division = _division(file)
    sizes = {number: division.length(number) for number in range(first, last + 1)}
    return UploadOut(
        part_size=division.part_size,
        parts_total=division.count,
        urls_expire_at=call.now + PART_URL_LIFE,
        parts=[
            PartOut(number=number, size=size, url=storage().part_url(upload, number, size, PART_URL_LIFE))
            for number, size in sizes.items()
        ],
    )
