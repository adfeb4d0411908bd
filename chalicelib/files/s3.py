"""The storage in the cloud: one S3 bucket, tenants apart by prefix. Imported on use only: it costs a cold start.

The bucket is private, not versioned (what is erased must be gone), ends forgotten multipart uploads by a lifecycle
rule, and lets browsers PUT by a CORS rule if they shall; the template says so (infra/).
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from io import BufferedReader, BytesIO, RawIOBase
from typing import Any, Final

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.cached import Once
from chalicelib.files.errors import FileMissingError, PartsMissingError, StorageUnavailableError
from chalicelib.files.naming import disposition, served_type
from chalicelib.files.paths import ObjectPath, PathError, Prefix
from chalicelib.files.protocol import CHUNK_BYTES, PART_BYTES, Stored, Upload, Written

_GONE: Final = frozenset({"NoSuchUpload", "NoSuchKey", "404"})
# What S3 says when it is not able just now («Error responses», those to retry); the SDK has tried three times by then.
_DOWN: Final = frozenset({"InternalError", "ServiceUnavailable", "SlowDown", "RequestTimeout", "500", "503"})
_PAST_THE_END: Final = "InvalidRange"
# SSE-S3: no key of ours to run, no charge per call, and presigned parts need no further header.
_ENCRYPTED: Final = {"ServerSideEncryption": "AES256"}


class S3Storage:
    """Objects in a bucket. Its client is made at the first call and shared by all threads."""

    def __init__(self, bucket: str, region: str) -> None:
        self._bucket = bucket
        self._client = Once(lambda: _client(region))

    # -- uploads

    def begin(self, path: ObjectPath, content_type: str) -> Upload:
        """Begin a multipart upload."""
        with _translated():
            begun = self._client().create_multipart_upload(**self._object(path), **_kept_as(content_type))
        return Upload(path, begun["UploadId"])

    def part_url(self, upload: Upload, number: int, size: int, lifetime: timedelta) -> str:
        """A presigned UploadPart; the length is signed too, so S3 itself refuses another one."""
        wanted = {**self._upload(upload), "PartNumber": number, "ContentLength": size}
        return self._presigned("upload_part", wanted, lifetime)

    def complete(self, upload: Upload, sizes: Sequence[int]) -> None:
        """Compare what S3 holds with the declared sizes, and let it make the object."""
        try:
            held = self._held(upload)
        except FileMissingError:
            if self._size_of(upload.path) == sum(sizes):
                return
            raise
        if missing := tuple(number for number, size in enumerate(sizes, 1) if held.get(number, (0, ""))[0] != size):
            raise PartsMissingError(missing)
        parts = [{"PartNumber": number, "ETag": held[number][1]} for number in range(1, len(sizes) + 1)]
        with _translated():
            self._client().complete_multipart_upload(**self._upload(upload), MultipartUpload={"Parts": parts})

    def abort(self, upload: Upload) -> None:
        """End a multipart upload."""
        try:
            with _translated():
                self._client().abort_multipart_upload(**self._upload(upload))
        except FileMissingError:
            return

    def abort_uploads(self, prefix: Prefix, begun_before: datetime) -> None:
        """End old multipart uploads."""
        for each in list(self._pages("list_multipart_uploads", "Uploads", prefix)):
            if each["Initiated"] < begun_before:
                self.abort(Upload(ObjectPath(each["Key"]), each["UploadId"]))

    # -- objects

    def open(self, path: ObjectPath, start: int = 0) -> BufferedReader:
        """A stream of GetObject's body."""
        try:
            with _translated():
                found = self._client().get_object(**self._object(path), Range=f"bytes={start}-")
        except ClientError as error:
            if _code(error) == _PAST_THE_END:  # from the very end on there is nothing to read
                return BufferedReader(BytesIO())
            raise
        return BufferedReader(_Body(found["Body"]), CHUNK_BYTES)

    def write(self, path: ObjectPath, chunks: Iterable[bytes], content_type: str) -> Written:
        """Store a stream: in one call what fits one part, else as a multipart upload, one part in memory at a time."""
        digest, size = hashlib.sha256(), 0
        upload: Upload | None = None
        etags: list[str] = []
        try:
            for part, last in _parts(chunks):
                digest.update(part)
                size += len(part)
                if last and upload is None:
                    with _translated():
                        self._client().put_object(**self._object(path), **_kept_as(content_type), Body=part)
                    break
                upload = upload or self.begin(path, content_type)
                etags.append(self._put_part(upload, len(etags) + 1, part))
            if upload:
                parts = [{"PartNumber": number, "ETag": etag} for number, etag in enumerate(etags, 1)]
                with _translated():
                    self._client().complete_multipart_upload(**self._upload(upload), MultipartUpload={"Parts": parts})
        except BaseException:
            if upload:
                self.abort(upload)
            raise
        return Written(size, digest.hexdigest())

    def delete(self, path: ObjectPath) -> None:
        """Drop an object."""
        with _translated():
            self._client().delete_object(**self._object(path))

    def delete_all(self, prefix: Prefix) -> None:
        """Drop uploads, then objects, a thousand a call."""
        for each in list(self._pages("list_multipart_uploads", "Uploads", prefix)):
            self.abort(Upload(ObjectPath(each["Key"]), each["UploadId"]))
        while found := self._some(prefix):
            with _translated():
                answer = self._client().delete_objects(
                    Bucket=self._bucket, Delete={"Objects": [{"Key": each["Key"]} for each in found], "Quiet": True}
                )
            if failed := answer.get("Errors"):
                raise StorageUnavailableError(str(failed[0].get("Code")), maybe_done=True)

    def find(self, prefix: Prefix) -> Iterator[Stored]:
        """The objects, a page of a thousand a call."""
        for each in self._pages("list_objects_v2", "Contents", prefix):
            yield Stored(_own_path(each["Key"]), int(each["Size"]))

    def download_url(self, path: ObjectPath, name: str, content_type: str, lifetime: timedelta) -> str:
        """A presigned GetObject, answered as a file to save."""
        shown = {"ResponseContentDisposition": disposition(name), "ResponseContentType": served_type(content_type)}
        return self._presigned("get_object", {**self._object(path), **shown}, lifetime)

    # -- inside

    def _object(self, path: ObjectPath) -> dict[str, str]:
        return {"Bucket": self._bucket, "Key": str(path)}

    def _upload(self, upload: Upload) -> dict[str, str]:
        return {**self._object(upload.path), "UploadId": upload.id}

    def _presigned(self, operation: str, wanted: dict[str, Any], lifetime: timedelta) -> str:
        seconds = int(lifetime.total_seconds())
        return str(self._client().generate_presigned_url(operation, Params=wanted, ExpiresIn=seconds))

    def _put_part(self, upload: Upload, number: int, part: bytes) -> str:
        with _translated():
            put = self._client().upload_part(**self._upload(upload), PartNumber=number, Body=part)
        return str(put["ETag"])

    def _held(self, upload: Upload) -> dict[int, tuple[int, str]]:
        """Size and ETag of each part that S3 holds. Raises FileMissingError when the upload has ended."""
        with _translated():
            pages = self._client().get_paginator("list_parts").paginate(**self._upload(upload))
            return {
                each["PartNumber"]: (int(each["Size"]), each["ETag"])
                for page in pages
                for each in page.get("Parts", ())
            }

    def _size_of(self, path: ObjectPath) -> int | None:
        try:
            with _translated():
                return int(self._client().head_object(**self._object(path))["ContentLength"])
        except FileMissingError:
            return None

    def _pages(self, operation: str, listed: str, prefix: Prefix) -> Iterator[dict[str, Any]]:
        with _translated():
            for page in self._client().get_paginator(operation).paginate(Bucket=self._bucket, Prefix=str(prefix)):
                yield from page.get(listed, ())

    def _some(self, prefix: Prefix) -> list[dict[str, Any]]:
        with _translated():
            found = self._client().list_objects_v2(Bucket=self._bucket, Prefix=str(prefix))
        return list(found.get("Contents", ()))


class _Body(RawIOBase):
    """What a BufferedReader wants of a response's body."""

    def __init__(self, body: Any) -> None:
        super().__init__()
        self._body = body

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        with _translated():
            chunk: bytes = self._body.read(len(buffer))
        buffer[: len(chunk)] = chunk
        return len(chunk)

    def close(self) -> None:
        self._body.close()
        super().close()


def _client(region: str) -> Any:
    return boto3.client(
        "s3",
        region_name=region,
        config=Config(
            signature_version="s3v4",
            # The regional host name: a presigned URL of the global one is redirected for a new bucket's first day.
            s3={"addressing_style": "virtual"},
            # Else a presigned part asks its sender for a checksum header; S3 takes its own (CRC-64/NVME) of each part.
            request_checksum_calculation="when_required",
            connect_timeout=1,
            read_timeout=10,  # a part of 8 MiB takes well below a second inside a region
            retries={"mode": "standard", "total_max_attempts": 3},
        ),
    )


def _kept_as(content_type: str) -> dict[str, str]:
    """How an object is kept: encrypted, and harmless even where a URL says nothing of how to show it."""
    return {**_ENCRYPTED, "ContentType": served_type(content_type), "ContentDisposition": "attachment"}


def _parts(chunks: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    """The stream in parts of PART_BYTES, each with whether it is the last; one at least, which may be empty."""
    held = bytearray()
    for chunk in chunks:
        held += chunk
        while len(held) > PART_BYTES:
            yield bytes(held[:PART_BYTES]), False
            del held[:PART_BYTES]
    yield bytes(held), True


def _own_path(key: str) -> ObjectPath:
    try:
        return ObjectPath.parse(key)
    except PathError as error:
        message = "the bucket holds an object that is not ours: files needs one of its own"
        raise FileMissingError(message) from error


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


@contextmanager
def _translated() -> Iterator[None]:
    """S3's errors as the storage's own; those that nobody can wait out (denied, no such bucket) stay what they are."""
    try:
        yield
    except ClientError as error:
        if _code(error) in _GONE:
            raise FileMissingError from error
        if _code(error) in _DOWN:
            raise StorageUnavailableError(_code(error), maybe_done=True) from error
        raise
    except BotoCoreError as error:
        raise StorageUnavailableError(type(error).__name__, maybe_done=True) from error
