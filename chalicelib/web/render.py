"""From results to answers: status, headers, masked and selected fields, and problems in the caller's language."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from http import HTTPStatus
from typing import Any, Final, get_args
from urllib.parse import quote

from pydantic import BaseModel, GetJsonSchemaHandler
from pydantic_core import CoreSchema

from chalicelib.call import Call
from chalicelib.clock import json_time
from chalicelib.problems import Problem
from chalicelib.store.cursors import write_cursor
from chalicelib.web.parsing import list_digest, parse_fields
from chalicelib.web.request import Request
from chalicelib.web.results import Accepted, Created, Listed, Plain, Upserted
from chalicelib.web.routes import Route
from chalicelib.web.wire import Live

MASK: Final = "•••"
# On every answer: nothing here is a page to embed, sniff or keep (OWASP API8; docs pages set their own).
SAFE_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Strict-Transport-Security": "max-age=63072000",
    "Referrer-Policy": "no-referrer",
}


def _hidden(value: Any) -> None:
    """Null stands for the value."""
    del value


@dataclass(frozen=True, slots=True)
class Sensitive:
    """Marks a field of an answer that only callers with the permission see; others get a mask or null."""

    permission: str
    mask: Callable[[Any], Any] = _hidden

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Answers show it to some only: their schema says to whom, and allows null where null stands for the value."""
        schema = handler(core)
        if handler.mode != "serialization":
            return schema
        shown = {"anyOf": [schema, {"type": "null"}]} if self.mask is _hidden else schema
        return shown | {"x-sensitive": self.permission}


@dataclass(slots=True)
class Response:
    """A finished answer."""

    status: int
    body: str | bytes = ""
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/json"

    def to_event(self) -> dict[str, Any]:
        """The answer as a Lambda proxy integration gives it."""
        headers = {**SAFE_HEADERS, **self.headers}
        if self.body or self.status not in {204, 304}:
            headers["Content-Type"] = self.content_type
        return {"statusCode": self.status, "headers": headers, "body": self.body, "isBase64Encoded": False}


@lru_cache(maxsize=512)
def _sensitive_fields(model: type[BaseModel]) -> Mapping[str, Sensitive]:
    return {
        name: mark for name, info in model.model_fields.items() for mark in info.metadata if isinstance(mark, Sensitive)
    }


@lru_cache(maxsize=512)
def _nested_models(model: type[BaseModel]) -> Mapping[str, type[BaseModel]]:
    found: dict[str, type[BaseModel]] = {}
    for name, info in model.model_fields.items():
        for candidate in (info.annotation, *get_args(info.annotation)):
            if isinstance(candidate, type) and issubclass(candidate, BaseModel):
                found[name] = candidate
    return found


def visible(call: Call, model: type[BaseModel], document: dict[str, Any]) -> dict[str, Any]:
    """The document without what this caller may not see."""
    for name, mark in _sensitive_fields(model).items():
        if document.get(name) is not None and not call.may(mark.permission):
            document[name] = mark.mask(document[name])
    for name, inner in _nested_models(model).items():
        value = document.get(name)
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, dict):
                visible(call, inner, part)
    return document


def document_of(call: Call, value: BaseModel, fields: frozenset[str] | None = None) -> dict[str, Any]:
    """A model as JSON values, masked for the caller and cut to the wanted fields."""
    document = visible(call, type(value), value.model_dump(mode="json"))
    return document if fields is None else {name: each for name, each in document.items() if name in fields}


def to_json(document: Any) -> str:
    """Compact JSON text; Chinese stays readable."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def render(call: Call, route: Route, request: Request, result: Any) -> Response:
    """The answer to a result of a route's function."""
    if isinstance(result, Plain):
        return _unless_known(request, Response(200, result.body, dict(result.headers), result.content_type))
    if result is None:
        return Response(204)
    fields = parse_fields(route.answer.model, request) if route.reads else None
    if isinstance(result, Listed):
        return _page(call, route, request, result, fields)
    status, location, value = 200, None, result
    if isinstance(result, Created):
        status, location, value = 201, result.location or f"{_own_path(request)}/{_id_of(result.value)}", result.value
    elif isinstance(result, Accepted):
        status, location, value = 202, result.location, result.value
    elif isinstance(result, Upserted):
        value, location = result.value, result.location
        status = 201 if result.created else 200
    # Path values that callers choose (external ids) may be any text; what is encoded already stays.
    headers = {"Location": quote(location, safe="/%:?=&")} if location else {}
    version = getattr(value, "version", None)
    if isinstance(version, int) and not isinstance(value, Live):
        headers["ETag"] = f'"{version}"'
    response = Response(status, to_json(document_of(call, value, fields)), headers)
    return _unless_known(request, response) if route.reads else response


def _unless_known(request: Request, response: Response) -> Response:
    """304 when the caller has this very ETag already."""
    known = [each.strip() for each in request.headers.get("if-none-match", "").split(",")]
    return Response(304, "", response.headers) if response.headers.get("ETag") in known else response


def _own_path(request: Request) -> str:
    return request.path.rstrip("/")


def _id_of(value: BaseModel) -> str:
    return str(getattr(value, "id", ""))


def _page(call: Call, route: Route, request: Request, page: "Listed[Any]", fields: frozenset[str] | None) -> Response:
    cursor = None
    headers = {}
    if page.next_position is not None:
        cursor = write_cursor(call.keyring, call.tenant_id, list_digest(call, route, request), page.next_position)
        headers["Link"] = f'<{_next_url(request, cursor)}>; rel="next"'
    document: dict[str, Any] = {
        "items": [document_of(call, each, fields) for each in page.items],
        "next_cursor": cursor,
    }
    if page.truncated:
        document["truncated_scan"] = True
    if page.total is not None:
        document["total"] = page.total
        document["counted_at"] = json_time(page.counted_at)
    return Response(200, to_json(document), headers)


def _next_url(request: Request, cursor: str) -> str:
    pairs = [(name, value) for name, values in request.query.items() for value in values if name != "cursor"]
    query = "&".join(f"{quote(name)}={quote(value, safe='')}" for name, value in [*pairs, ("cursor", cursor)])
    return f"{quote(request.path)}?{query}"


def problem_document(problem: Problem, request_id: str, locale: str, instance: str) -> dict[str, Any]:
    """A problem's members (RFC 9457) in the caller's language."""
    document: dict[str, Any] = {
        "type": f"urn:switchboard:problem:{problem.code}",
        "title": problem.title.in_language(locale),
        "status": problem.status,
        "detail": problem.detail.in_language(locale),
        "instance": instance,
        "code": problem.code,
        "request_id": request_id,
    }
    if problem.errors:
        document["errors"] = [
            {"pointer": each.pointer, "code": each.code, "detail": each.detail.in_language(locale)}
            for each in problem.errors
        ]
    return document | problem.extra


def render_problem(problem: Problem, request_id: str, locale: str, instance: str) -> Response:
    """A problem as application/problem+json."""
    headers = {**problem.headers, "Content-Language": locale}
    if problem.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = 'Bearer realm="switchboard"'
    document = problem_document(problem, request_id, locale, instance)
    return Response(problem.status, to_json(document), headers, "application/problem+json")
