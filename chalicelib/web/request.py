"""An API Gateway proxy event as our routes see it: headers, parameters, body, language; all untrusted."""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from chalicelib.modules import Text
from chalicelib.problems import BadRequest, InvalidParameter, PayloadTooLarge

MAX_BODY: Final = 5 * 1024 * 1024
# Longer values are no ids of ours and would make keys that DynamoDB refuses: 2,048 bytes for a partition key, in which
# a separator takes three, and 1,024 for a sort key. An external id may have 120 characters of four bytes.
MAX_PATH_VALUE: Final = 255
MAX_VALUE_BYTES: Final = 512
_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._-]{8,64}")


def fits_a_key(value: str) -> bool:
    """Whether a value of a caller's can be part of a key."""
    return len(value) <= MAX_PATH_VALUE and len(value.encode()) <= MAX_VALUE_BYTES


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request. Header names are lower case; ``path_values`` are decoded."""

    method: str
    path: str
    headers: Mapping[str, str]
    query: Mapping[str, list[str]]
    path_values: Mapping[str, str]
    source_ip: str
    request_id: str
    raw_body: bytes = b""
    body_error: bool = False
    extra: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def from_event(cls, event: Mapping[str, Any]) -> "Request":
        """Read a proxy event (REST API, payload version 1.0)."""
        headers = {name.lower(): str(value) for name, value in (event.get("headers") or {}).items()}
        context = event.get("requestContext") or {}
        asked = headers.get("x-request-id", "")
        body, broken = event.get("body") or "", False
        if event.get("isBase64Encoded"):
            try:
                raw = base64.b64decode(body)
            except (binascii.Error, ValueError):
                raw, broken = b"", True
        else:
            raw = body.encode("utf-8", "replace")
        return cls(
            method=event["httpMethod"],
            path=event.get("path") or "/",
            headers=headers,
            query={name: list(values) for name, values in (event.get("multiValueQueryStringParameters") or {}).items()},
            path_values=event.get("pathParameters") or {},
            source_ip=(context.get("identity") or {}).get("sourceIp") or "",
            request_id=asked if _REQUEST_ID.fullmatch(asked) else context.get("requestId") or "",
            raw_body=raw,
            body_error=broken,
        )

    @property
    def locale(self) -> str:
        """The caller's language: ``zh-CN`` when preferred over English in Accept-Language, else ``en``."""
        best, best_weight = "en", 0.0
        for part in self.headers.get("accept-language", "").split(","):
            tag, _, weight_text = part.strip().partition(";q=")
            try:
                weight = float(weight_text) if weight_text else 1.0
            except ValueError:
                continue
            language = "zh-CN" if tag.lower().startswith("zh") else "en" if tag.lower().startswith("en") else None
            if language and weight > best_weight:
                best, best_weight = language, weight
        return best

    @property
    def media_type(self) -> str:
        """The content type without its parameters."""
        return self.headers.get("content-type", "application/json").partition(";")[0].strip().lower()

    def body(self) -> bytes:
        """The body; raises PayloadTooLarge over 5 MB (api.md, Limits)."""
        if len(self.raw_body) > MAX_BODY:
            raise PayloadTooLarge
        if self.body_error:
            raise BadRequest(Text("The body is not valid base64.", "请求体不是有效的 base64。"))
        return self.raw_body

    def single(self, name: str) -> str | None:
        """A query parameter that may be given once; raises InvalidParameter when it is repeated."""
        values = self.query.get(name)
        if not values:
            return None
        if len(values) > 1:
            raise InvalidParameter(Text(f"{name} is given more than once.", f"{name} 重复出现。"))
        return values[0]

    def if_match(self) -> int | None:
        """The version of an If-Match header; None for none or ``*``. Raises BadRequest for any but our own tags.

        An empty one too: it is what a client sends that has lost the tag, and must not change what it never read.
        """
        tag = self.headers.get("if-match", "*").strip()
        if tag == "*":
            return None
        if not (match := re.fullmatch(r'"(\d{1,15})"', tag, re.ASCII)):
            text = Text(
                'If-Match takes the ETag that a GET answered, like "3".', 'If-Match 应为 GET 返回的 ETag，例如 "3"。'
            )
            raise BadRequest(text)
        return int(match.group(1))

    def idempotency_key(self) -> str | None:
        """The Idempotency-Key header; raises BadRequest when it is empty or longer than 255 characters."""
        key = self.headers.get("idempotency-key")
        if key is None:
            return None
        if not 1 <= len(key) <= 255:  # noqa: PLR2004 - api.md, Writing
            raise BadRequest(Text("Idempotency-Key takes 1 to 255 characters.", "Idempotency-Key 长度应为 1–255。"))
        return key
