"""API Gateway (REST, Lambda proxy integration, payload version 1) on one machine: a WSGI app around a Lambda handler.

One `{proxy+}` resource, as each unit has in the cloud; the product's own dispatcher finds the route. The path is handed
on as it came, still percent-encoded, so that `%2F` inside a segment survives.
"""

import base64
import json
import logging
import time
import traceback
import uuid
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

_log = logging.getLogger(__name__)

TIMEOUT_SECONDS = 29.0  # API Gateway's default limit for an integration
BODY_BYTES = 6 * 1024 * 1024  # a synchronous Lambda invocation carries 6 MB, in and out (Lambda quotas)
QUERY_FIELDS = 1000  # far above any call (20 filter terms, api.md); keeps one request from building a huge event
_UNRESERVED = "/%:@!$&'()*+,;=-._~"  # what a path holds as it is (RFC 3986, section 3.3), and the percent sign

Event = dict[str, Any]
Answer = Mapping[str, Any]
Handler = Callable[[Event, "Context"], Answer]


class MalformedAnswerError(Exception):
    """A handler's answer that API Gateway would not pass on."""


class Context:
    """What Lambda hands a handler beside the event."""

    function_name = "switchboard-local"
    function_version = "$LATEST"
    memory_limit_in_mb = "1024"  # a text, as the Python runtime hands it over
    invoked_function_arn = "arn:aws:lambda:local:000000000000:function:switchboard-local"
    log_group_name = "/aws/lambda/switchboard-local"
    log_stream_name = "local"

    def __init__(self, request_id: str) -> None:
        """Begin the invocation's time."""
        self.aws_request_id = request_id
        self._end = time.monotonic() + TIMEOUT_SECONDS

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the gateway would give up."""
        return max(0, int((self._end - time.monotonic()) * 1000))


def gateway(handler: Handler, *, mounts: Mapping[str, WSGIApplication] | None = None) -> WSGIApplication:
    """A WSGI app that answers with `handler`; `mounts`: other WSGI apps for path prefixes of their own."""
    apart = {prefix.rstrip("/"): app for prefix, app in (mounts or {}).items()}

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        for prefix, app in apart.items():
            if path == prefix or path.startswith(prefix + "/"):
                inner = {**environ, "SCRIPT_NAME": environ.get("SCRIPT_NAME", "") + prefix}
                return app({**inner, "PATH_INFO": path[len(prefix) :]}, start_response)
        status, headers, body = _handle(handler, environ)
        start_response(f"{status} {_phrase(status)}", [*headers, *_length(status, body)])
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]

    return application


def problem(status: int, code: str, detail: str, request_id: str) -> tuple[int, list[tuple[str, str]], bytes]:
    """An answer of the gateway itself, in the API's problem form (RFC 9457)."""
    content = {
        "type": "about:blank",
        "title": _phrase(status),
        "status": status,
        "detail": detail,
        "code": code,
        "request_id": request_id,
    }
    return status, [("Content-Type", "application/problem+json")], json.dumps(content).encode()


def proxy_event(environ: WSGIEnvironment, body: bytes, request_id: str) -> Event:
    """The proxy event that API Gateway would make of this request.

    Raises:
        ValueError: the query string has more than QUERY_FIELDS fields.
    """
    method, path = environ["REQUEST_METHOD"], raw_path(environ)
    headers = _headers(environ)
    fields: dict[str, list[str]] = {}
    for name, value in parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True, max_num_fields=QUERY_FIELDS):
        fields.setdefault(name, []).append(value)
    text, encoded = _body(body)
    return {
        "resource": "/{proxy+}",
        "path": path,
        "httpMethod": method,
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": {name: values[-1] for name, values in fields.items()} or None,
        "multiValueQueryStringParameters": fields or None,
        "pathParameters": None,
        "stageVariables": None,
        "requestContext": {
            "requestId": request_id,
            "extendedRequestId": request_id,
            "identity": {"sourceIp": environ.get("REMOTE_ADDR", ""), "userAgent": headers.get("user-agent")},
            "stage": "local",
            "resourcePath": "/{proxy+}",
            "path": path,
            "httpMethod": method,
            "protocol": environ.get("SERVER_PROTOCOL", "HTTP/1.1"),
            "requestTimeEpoch": int(time.time() * 1000),
        },
        "body": text,
        "isBase64Encoded": encoded,
    }


def raw_path(environ: WSGIEnvironment) -> str:
    """The path as it came over the wire, percent-encoded and pure ASCII.

    waitress gives the request target as REQUEST_URI, bytes as Latin-1; it may be a whole URL (RFC 9112, 3.2.2).
    """
    target = environ.get("REQUEST_URI")
    if not target:
        return quote(environ.get("PATH_INFO", "/").encode("latin-1")) or "/"
    path = target.partition("?")[0] if target.startswith("/") else urlsplit(target).path
    return quote(path.partition("#")[0].encode("latin-1"), safe=_UNRESERVED) or "/"


def _handle(handler: Handler, environ: WSGIEnvironment) -> tuple[int, list[tuple[str, str]], bytes]:
    request_id = str(uuid.uuid4())
    length = environ.get("CONTENT_LENGTH") or "0"
    if not length.isdigit():
        return problem(400, "malformed_request", "The Content-Length is no number.", request_id)
    if int(length) > BODY_BYTES:
        return problem(413, "body_too_large", f"A request body has at most {BODY_BYTES} bytes.", request_id)
    body = environ["wsgi.input"].read(int(length))
    try:
        event = proxy_event(environ, body, request_id)
    except ValueError:
        return problem(400, "malformed_request", "The query string has too many fields.", request_id)
    try:
        return _answer(handler(event, Context(request_id)))
    except MalformedAnswerError as error:
        _log.error("gateway.malformed_answer request_id=%s %s", request_id, error)
    except Exception as error:  # noqa: BLE001 - API Gateway answers 502, whatever a handler died of
        _log.error("gateway.handler_crashed request_id=%s\n%s", request_id, _frames(error))
    return problem(502, "bad_gateway", "The request could not be answered.", request_id)


def _frames(error: BaseException) -> str:
    """Where it went wrong and the kinds of the errors, without their messages: those may quote a customer's values."""
    parts = [*traceback.format_tb(error.__traceback__), type(error).__name__]
    before = error.__cause__ or error.__context__
    return f"{_frames(before)}\nthen\n{''.join(parts)}" if before else "".join(parts)


def _answer(result: Answer) -> tuple[int, list[tuple[str, str]], bytes]:
    """Status, headers and body of a handler's answer; an error means what API Gateway calls a malformed response."""
    several: Mapping[str, list[Any]] = result.get("multiValueHeaders") or {}
    taken = {name.lower() for name in several}
    headers = [(name, str(value)) for name, values in several.items() for value in values]
    headers += [(name, str(v)) for name, v in (result.get("headers") or {}).items() if name.lower() not in taken]
    headers = [(name, value) for name, value in headers if name.lower() not in {"content-length", "connection"}]
    content = result.get("body") or ""
    if result.get("isBase64Encoded"):
        body = base64.b64decode(content)
    else:
        body = content.encode() if isinstance(content, str) else bytes(content)
    if len(content) > BODY_BYTES:
        message = f"the answer has {len(content)} bytes, Lambda carries {BODY_BYTES}"
        raise MalformedAnswerError(message)
    if body and not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(("Content-Type", "application/json"))  # API Gateway's own default
    return int(result["statusCode"]), headers, body


def _headers(environ: WSGIEnvironment) -> dict[str, str]:
    """Names in lower case, as HTTP/2 has them. WSGI has already joined repeated ones with commas."""
    found = {key[5:].replace("_", "-").lower(): value for key, value in environ.items() if key.startswith("HTTP_")}
    for key in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        if environ.get(key):
            found[key.replace("_", "-").lower()] = environ[key]
    return found


def _body(body: bytes) -> tuple[str | None, bool]:
    if not body:
        return None, False
    try:
        return body.decode("utf-8"), False
    except UnicodeDecodeError:
        return base64.b64encode(body).decode("ascii"), True


def _length(status: int, body: bytes) -> list[tuple[str, str]]:
    if status in {HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED}:
        return []
    return [("Content-Length", str(len(body)))]


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
