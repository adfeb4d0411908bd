"""Which problems an operation can answer (RFC 9457), as responses of the OpenAPI document."""

from collections.abc import Iterable, Iterator
from http import HTTPStatus
from typing import Any, Final

from chalicelib import problems
from chalicelib.access.needs import Link, Permission
from chalicelib.modules import CORE
from chalicelib.problems import Problem
from chalicelib.web.openapi_schemas import Json
from chalicelib.web.routes import Route

Kind = type[Problem]
ON_EVERY_ANSWER: Final = ("X-Request-Id", "RateLimit-Policy", "RateLimit")
CODE: Final = "^[a-z][a-z0-9_]*$"

PROBLEM: Final[Json] = {
    "type": "object",
    "title": "Problem",
    "description": "Why a request was refused (RFC 9457). `code` never changes; `title` and `detail` come in your "
    "language. Some problems carry more members that name what they are about.",
    "properties": {
        "type": {"type": "string", "pattern": "^urn:switchboard:problem:"},
        "title": {"type": "string"},
        "status": {"type": "integer", "minimum": 300, "maximum": 599},
        "detail": {"type": "string"},
        "instance": {"type": "string", "description": "the path that was asked for"},
        "code": {"type": "string", "pattern": CODE},
        "request_id": {"type": "string", "description": "name it when you ask us"},
        "errors": {
            "type": "array",
            "description": "each invalid value",
            "items": {
                "type": "object",
                "properties": {
                    "pointer": {"type": "string", "description": "JSON pointer into the body, or `/query/<name>`"},
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                },
                "required": ["pointer", "code", "detail"],
                "additionalProperties": False,
            },
        },
    },
    "required": ["type", "title", "status", "detail", "instance", "code", "request_id"],
}

_HEADERS: Final = {
    HTTPStatus.PERMANENT_REDIRECT: "Location",
    HTTPStatus.UNAUTHORIZED: "WWW-Authenticate",
    HTTPStatus.TOO_MANY_REQUESTS: "Retry-After",
    HTTPStatus.SERVICE_UNAVAILABLE: "Retry-After",
}


def problems_of(route: Route, *, merges: bool = False) -> list[Kind]:
    """What the house itself can refuse on this route, and what the route declares in ``refuses``.

    ``merges``: its path names a record that may have been merged into another one.
    """
    elsewhere: list[Kind] = [problems.Merged] if merges else []
    own = (*_of_the_gate(route), *_of_the_request(route), *route.refuses)
    found = [*elsewhere, *own, problems.StoreUnavailable]
    return sorted(dict.fromkeys(found), key=lambda each: (each.status, each.code))


def _of_the_gate(route: Route) -> Iterator[Kind]:
    # Public routes too: they refuse a bad credential, and one of a suspended tenant.
    yield from (problems.Unauthenticated, problems.RateLimited, problems.TooManyAttempts)
    if isinstance(route.needs, Permission):
        yield problems.PermissionDenied
    if isinstance(route.needs, Permission | Link):
        yield problems.ModuleNotEnabled
        yield problems.ModuleActivating
        if not route.reads:
            yield problems.ModuleReadOnly
        if route.feature:
            yield problems.FeatureDisabled
        if route.module != CORE:
            yield problems.QuotaExceeded
    if not route.in_suspension:
        yield problems.TenantSuspended
        if not route.reads:
            yield problems.TenantReadOnly


def _of_the_request(route: Route) -> Iterator[Kind]:
    yield from (problems.BadRequest, problems.InvalidParameter)
    if route.listing is not None:
        yield problems.InvalidCursor
        if route.listing.counted_by:
            yield problems.TotalNotAvailable
    if route.path_names:
        yield problems.NotFound
    if route.reads:
        return
    yield problems.StateConflict
    if route.method in {"PATCH", "PUT", "DELETE"}:
        yield problems.VersionMismatch
    if route.method != "DELETE":
        yield from (problems.AlreadyExists, problems.Invalid, problems.TooMuchForOneTransaction)
    if route.method == "POST":
        yield from (problems.IdempotencyInProgress, problems.IdempotencyMismatch)
    if route.body is not None:
        yield from (problems.PayloadTooLarge, problems.RecordTooLarge, problems.UnsupportedMediaType)
    if route.batch is not None:
        # With atomic=true the first operation that is refused decides for all.
        yield from (problems.Conflict, problems.NotFound, problems.VersionMismatch)


def responses(kinds: Iterable[Kind], shared: dict[str, Json]) -> dict[str, Json]:
    """One response for each status; what says the same stands once in ``shared``."""
    by_status: dict[int, list[Kind]] = {}
    for kind in kinds:
        by_status.setdefault(kind.status, []).append(kind)
    found = {}
    for status, several in by_status.items():
        name = ".".join([str(status), *(kind.code for kind in several)])
        if name not in shared:
            shared[name] = _response(status, several)
        found[str(status)] = {"$ref": f"#/components/responses/{name}"}
    return found


def _response(status: int, kinds: list[Kind]) -> Json:
    lines = [f"- `{kind.code}`: {kind.title.en}" for kind in kinds]
    names = [*ON_EVERY_ANSWER, "Content-Language", *([_HEADERS[HTTPStatus(status)]] if status in _HEADERS else [])]
    content: Json = {
        "schema": {"$ref": "#/components/schemas/Problem"},
        "examples": {kind.code: {"value": _example(kind)} for kind in kinds},
    }
    return {
        "description": "\n".join([HTTPStatus(status).phrase, "", *lines]),
        "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in names},
        "content": {"application/problem+json": content},
        "x-codes": [kind.code for kind in kinds],
    }


def _example(kind: Kind) -> dict[str, Any]:
    return {
        "type": f"urn:switchboard:problem:{kind.code}",
        "title": kind.title.en,
        "status": kind.status,
        "detail": kind.title.en,
        "instance": "/v1/…",
        "code": kind.code,
        "request_id": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
    }
