"""Signed URLs of the disk store: what S3's presigned URLs are in the cloud.

A URL says what it allows (method, object, and for a part its upload, number and size) and until when; the HMAC over all
of it, by a key derived for this purpose and tenant, makes changing any of it void. Nothing else is needed to use one,
so they live minutes.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import parse_qsl, urlencode

from chalicelib.access.crypto import Keyring
from chalicelib.files.errors import UrlRefusedError
from chalicelib.files.paths import ObjectPath, PathError

_KEY_PURPOSE: Final = "file_url"
_EXPIRES: Final = "expires"
_SIGNATURE: Final = "signature"
_MOST_FIELDS: Final = 10  # a URL of ours has six at most


@dataclass(frozen=True, slots=True)
class Allowed:
    """What a verified URL allows: one method on one object, with what it says beside."""

    path: ObjectPath
    says: Mapping[str, str]


def sign(keyring: Keyring, method: str, path: ObjectPath, says: Mapping[str, str], expires_at: datetime) -> str:
    """The path with the query that allows ``method`` on it, strictly before the aware instant ``expires_at``."""
    said = {**says, _EXPIRES: str(int(expires_at.timestamp()))}
    signature = keyring.mac(_KEY_PURPOSE, path.tenant, data=_signed(method, path, said))
    return f"{path}?{urlencode({**said, _SIGNATURE: signature})}"


def read(keyring: Keyring, method: str, path: str, query: str, now: datetime) -> Allowed:
    """Verify a URL that somebody presents: its decoded path below the mount, and its query as it came.

    Raises UrlRefusedError: path, malformed, signature (forged, changed, or of another method or object), expired.
    """
    try:
        found = ObjectPath.parse(path)
    except PathError as error:
        reason = "path"
        raise UrlRefusedError(reason) from error
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=True, max_num_fields=_MOST_FIELDS)
        said = dict(pairs)
        signature, expires_s = said.pop(_SIGNATURE), int(said[_EXPIRES])
    except (ValueError, KeyError) as error:
        reason = "malformed"
        raise UrlRefusedError(reason) from error
    if len(said) + 1 != len(pairs) or not keyring.mac_matches(
        _KEY_PURPOSE, found.tenant, data=_signed(method, found, said), mac=signature
    ):
        reason = "signature"
        raise UrlRefusedError(reason)
    if now.timestamp() >= expires_s:
        reason = "expired"
        raise UrlRefusedError(reason)
    return Allowed(found, said)


def _signed(method: str, path: str, said: Mapping[str, str]) -> bytes:
    return json.dumps([method, path, sorted(said.items())]).encode()
