"""What a client does with a new file's URLs, without a network: the HTTP side of the disk store in this process."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from chalicelib.files.disk import DiskStorage
from chalicelib.files.storage import MOUNT, storage
from infra.local.files import FileServer
from tests.unit.infra_local.wsgi import Reply, call


def http(method: str, url: str, body: bytes = b"", **environ: Any) -> Reply:
    """Use a signed URL of this process's disk store."""
    held = storage()
    assert isinstance(held, DiskStorage)
    parts = urlsplit(url)
    target = f"{parts.path.removeprefix(MOUNT)}?{parts.query}"
    return call(FileServer(held).wsgi, method, target, body, **environ)


def send_content(upload: dict[str, Any], content: bytes) -> None:
    """Send a content that one part holds."""
    (part,) = upload["parts"]
    reply = http("PUT", part["url"], content)
    assert reply.status == 200, reply.body  # noqa: PLR2004 - OK


def send_parts(upload: dict[str, Any]) -> None:
    """Send zeros as all the parts that a new file's ``upload`` has URLs for."""
    for part in upload["parts"]:
        reply = http("PUT", part["url"], bytes(part["size"]))
        assert reply.status == 200, reply.body  # noqa: PLR2004 - OK
