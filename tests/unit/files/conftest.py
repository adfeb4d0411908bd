"""Both storages behind one face: what a test stores, and how somebody outside uses a URL."""

import base64
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import boto3
import pytest
import requests
from moto import mock_aws

from chalicelib.access.crypto import Keyring
from chalicelib.files.disk import DiskStorage
from chalicelib.files.s3 import S3Storage
from infra.local.files import FileServer
from tests.unit.infra_local.wsgi import Reply, call

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
BASE = "http://localhost:8000/files"
REGION = "eu-west-1"


class OnDisk:
    """The disk store and its HTTP side."""

    def __init__(self, root):
        self.root = root
        self.now = NOW
        keyring = Keyring([base64.urlsafe_b64encode(bytes(32)).decode()])
        self.storage = DiskStorage(root, BASE, keyring, lambda: self.now)
        self.server = FileServer(self.storage)

    def http(self, method, url, body=b"", **environ):
        assert url.startswith(f"{BASE}/")
        return call(self.server.wsgi, method, url.removeprefix(BASE), body, **environ)

    def later(self):
        """An instant after all that was begun so far."""
        return self.now + timedelta(seconds=1)


class OnS3:
    """A bucket of moto's; requests is what moto intercepts."""

    def __init__(self):
        self.bucket = f"files-{uuid4().hex[:8]}"
        self.client = boto3.client("s3", region_name=REGION)
        self.client.create_bucket(Bucket=self.bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        self.storage = S3Storage(self.bucket, REGION)

    @staticmethod
    def http(method, url, body=b"", **environ):
        headers = {name.removeprefix("HTTP_").replace("_", "-"): value for name, value in environ.items()}
        try:
            answer = requests.request(method, url, data=body or None, headers=headers, timeout=5)
        except KeyError:  # moto 5.2 trips over a part of an upload that has ended, where S3 answers NoSuchUpload
            return Reply(404, {}, b"")
        return Reply(answer.status_code, dict(answer.headers), answer.content)

    @staticmethod
    def later():
        return datetime.now(UTC) + timedelta(days=1)


@pytest.fixture
def on_disk(tmp_path):
    return OnDisk(tmp_path / "files")


@pytest.fixture
def on_s3():
    with mock_aws():
        yield OnS3()


@pytest.fixture(params=["on_disk", "on_s3"])
def place(request):
    return request.getfixturevalue(request.param)
