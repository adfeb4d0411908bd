"""What only S3 has: what a presigned URL signs, how objects are kept, and which errors mean «try again»."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError

from chalicelib.files.errors import FileMissingError, StorageUnavailableError
from chalicelib.files.paths import object_path, prefix
from chalicelib.files.s3 import S3Storage

PATH = object_path("tnt_1", "uploads", "fil_1", "content")


def asked(url):
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def test_a_storage__before_its_first_call__has_no_client(on_s3, monkeypatch):
    monkeypatch.setattr("boto3.client", None)
    S3Storage("bucket", "eu-west-1")


def test_part_url__signs_the_length__and_asks_the_sender_for_nothing_else(on_s3):
    upload = on_s3.storage.begin(PATH, "text/csv")
    url = on_s3.storage.part_url(upload, 7, 4711, timedelta(minutes=5))
    said = asked(url)
    assert urlsplit(url).netloc == f"{on_s3.bucket}.s3.eu-west-1.amazonaws.com"
    assert urlsplit(url).path == f"/{PATH}"
    assert (said["partNumber"], said["uploadId"], said["X-Amz-Expires"]) == ("7", upload.id, "300")
    assert said["X-Amz-SignedHeaders"] == "content-length;host"
    assert not {name for name in said if "checksum" in name.lower()}


def test_download_url__lives_as_long_as_it_is_told(on_s3):
    assert asked(on_s3.storage.download_url(PATH, "a.csv", "text/csv", timedelta(minutes=10)))["X-Amz-Expires"] == "600"


@pytest.mark.parametrize("way", ["write", "upload"])
def test_objects__are_encrypted_and_harmless_even_without_a_url_of_ours(on_s3, way):
    if way == "write":
        on_s3.storage.write(PATH, [b"<script>"], "text/html")
    else:
        upload = on_s3.storage.begin(PATH, "text/html")
        on_s3.http("PUT", on_s3.storage.part_url(upload, 1, 8, timedelta(minutes=5)), b"<script>")
        on_s3.storage.complete(upload, (8,))
    head = on_s3.client.head_object(Bucket=on_s3.bucket, Key=str(PATH))
    assert head["ServerSideEncryption"] == "AES256"
    assert (head["ContentType"], head["ContentDisposition"]) == ("application/octet-stream", "attachment")


def test_a_failed_write__leaves_no_upload_behind(on_s3):
    def failing():
        yield b"x" * (9 * 1024 * 1024)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        on_s3.storage.write(PATH, failing(), "text/csv")
    assert "Uploads" not in on_s3.client.list_multipart_uploads(Bucket=on_s3.bucket)


def answering(storage, monkeypatch, error):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr(storage._client(), "_make_api_call", fail)


def s3_error(code):
    return ClientError({"Error": {"Code": code}, "ResponseMetadata": {}}, "GetObject")


@pytest.mark.parametrize(
    ("error", "means"),
    [
        (s3_error("SlowDown"), StorageUnavailableError),
        (s3_error("InternalError"), StorageUnavailableError),
        (ConnectTimeoutError(endpoint_url="https://s3"), StorageUnavailableError),
        (s3_error("NoSuchKey"), FileMissingError),
        (s3_error("AccessDenied"), ClientError),
        (s3_error("NoSuchBucket"), ClientError),
    ],
)
def test_errors__what_time_mends_is_told_from_what_a_person_must(on_s3, monkeypatch, error, means):
    answering(on_s3.storage, monkeypatch, error)
    with pytest.raises(means):
        on_s3.storage.open(PATH)


def test_delete_all__an_object_that_stays__is_an_error(on_s3, monkeypatch):
    on_s3.storage.write(PATH, [b"x"], "text/csv")
    refusing = {"Errors": [{"Key": str(PATH), "Code": "InternalError"}]}
    monkeypatch.setattr(on_s3.storage._client(), "delete_objects", lambda **_: refusing)
    with pytest.raises(StorageUnavailableError):
        on_s3.storage.delete_all(prefix("tnt_1"))
