"""The OpenAPI 3.1 document, from the same declarations that serve the routes (api.md, Contract)."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from chalicelib import VERSION
from chalicelib.access.needs import Link, Needs, Permission, ProviderSignature, Public
from chalicelib.modules import Catalogue
from chalicelib.web.openapi_examples import example_of
from chalicelib.web.openapi_parameters import HEADERS, has_version, parameters, tagged
from chalicelib.web.openapi_problems import ON_EVERY_ANSWER, PROBLEM, problems_of, responses
from chalicelib.web.openapi_schemas import Json, OpenApiError, Schemas, Use, reachable
from chalicelib.web.redirects import merging
from chalicelib.web.routes import Route

DESCRIPTION: Final = """\
One CRM for telecom operators, sold module by module. Every route keeps the same rules.

**Authenticate** with `Authorization: Bearer …`: an OIDC access token of a person or an API key (`sbk_…`). The tenant
comes from the credential alone. With a credential this document holds what your tenant has enabled.

**Errors** are `application/problem+json` (RFC 9457). Decide by `code`, which never changes; titles and details come in
the language of `Accept-Language` (`en`, `zh-CN`). A 500 (`internal_error`) is a fault of ours: tell us `request_id`.

**Repeat safely**: with an `Idempotency-Key` a POST that is sent again within 24 h is done once and answers the same.
**Change safely**: send the `ETag` that you read as `If-Match`; when somebody was faster you get 412 and the present
values.

**Pages**: follow `next_cursor` (or the `Link` header) until it is null. Cursors are bound to tenant, filters and sort,
and expire. A list takes up to 20 filters, which are and-ed. `fields` cuts an answer to what you need.
"""

_RESPONSE_HEADERS: Final[dict[str, Json]] = {
    "X-Request-Id": {"description": "Names this request in our logs.", "schema": {"type": "string"}},
    "ETag": {"description": "The version of the record, for If-Match and If-None-Match.", "schema": {"type": "string"}},
    "Location": {
        "description": "Where the record can be read, or what was asked for stands now.",
        "schema": {"type": "string"},
    },
    "Link": {"description": 'The next page: `<…>; rel="next"`.', "schema": {"type": "string"}},
    "Idempotency-Replayed": {
        "description": "This answer is the one that the key got first.",
        "schema": {"type": "string", "const": "true"},
    },
    "Content-Language": {"description": "The language of title and detail.", "schema": {"type": "string"}},
    "Retry-After": {"description": "Seconds to wait before trying again.", "schema": {"type": "string"}},
    "RateLimit-Policy": {
        "description": 'The buckets that this request drew on: `"tenant";q=400;w=4` holds 400, which come back in 4 s.',
        "schema": {"type": "string"},
    },
    "RateLimit": {
        "description": 'What is left in them: `"tenant";r=399;t=1`, and the seconds until they are full.',
        "schema": {"type": "string"},
    },
    "WWW-Authenticate": {"description": "How to authenticate.", "schema": {"type": "string"}},
}
_SAID: Final = {
    200: "Done.",
    201: "Created.",
    202: "Accepted: a job does it.",
    204: "Done; there is nothing to say.",
    207: "One result per operation.",
}


def openapi_document(routes: Iterable[Route], catalogue: Catalogue, server_url: str) -> Json:
    """The whole document; the same routes give the same document, key by key. Raises OpenApiError."""
    ordered = sorted(routes, key=lambda route: (route.path, route.method))
    schemas = Schemas(_uses(ordered))
    schemas.components["Problem"] = PROBLEM
    refusals: dict[str, Json] = {}
    paths: dict[str, Json] = {}
    for route in ordered:
        operations = paths.setdefault(route.path, {})
        if route.method.lower() in operations:
            message = f"{route.method} {route.path} is declared twice"
            raise OpenApiError(message)
        operations[route.method.lower()] = _operation(route, schemas, refusals, merges=bool(merging(catalogue, route)))
    for route in ordered:
        if route.query is not None:
            schemas.drop(route.query)
    components = {
        "schemas": schemas.components,
        "responses": refusals,
        "parameters": HEADERS,
        "headers": _RESPONSE_HEADERS,
        "securitySchemes": {
            "bearer": {"type": "http", "scheme": "bearer", "description": "An OIDC access token or an API key."}
        },
    }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Switchboard",
            "version": VERSION,
            "description": DESCRIPTION,
            "license": {"name": "Apache-2.0"},
        },
        "servers": [{"url": server_url}],
        "tags": [{"name": each.name, "description": f"{each.titles.en} · {each.titles.zh}"} for each in catalogue],
        **_needed(paths, components),
    }


def document_with(document: Json, operations: frozenset[str]) -> Json:
    """The document cut to the named operations, with only the tags and components that they use."""
    paths: dict[str, Json] = {}
    for path, methods in document["paths"].items():
        if kept := {method: each for method, each in methods.items() if each["operationId"] in operations}:
            paths[path] = kept
    return document | _needed(paths, document["components"]) | {"tags": _used_tags(document["tags"], paths)}


def _needed(paths: Json, components: Mapping[str, Json]) -> Json:
    wanted = reachable(paths, dict(components))
    kept = {
        section: {
            name: each
            for name, each in sorted(parts.items())
            if section == "securitySchemes" or f"#/components/{section}/{name}" in wanted
        }
        for section, parts in components.items()
    }
    return {"paths": paths, "components": kept}


def _used_tags(tags: list[Json], paths: Json) -> list[Json]:
    used = {tag for methods in paths.values() for operation in methods.values() for tag in operation["tags"]}
    return [tag for tag in tags if tag["name"] in used]


def _uses(routes: Iterable[Route]) -> Iterator[Use]:
    for route in routes:
        if route.body is not None:
            yield route.body, "validation"
        if route.query is not None:
            yield route.query, "validation"
        if route.answer.model is not None:
            yield route.answer.model, "serialization"


def _operation(route: Route, schemas: Schemas, refusals: dict[str, Json], *, merges: bool) -> Json:
    access, said = _access(route.needs)
    declared = schemas.parameters(route.query) if route.query else None
    operation: Json = {
        "operationId": route.operation_id,
        "summary": route.summary,
        "description": "\n\n".join(part for part in (route.description, said) if part),
        "tags": [route.module],
        **access,
        **({"x-feature": route.feature} if route.feature else {}),
        "parameters": parameters(route, declared),
    }
    if route.body is not None:
        operation["requestBody"] = _body(route, schemas)
    operation["responses"] = _answers(route, schemas) | responses(problems_of(route, merges=merges), refusals)
    return operation


def _access(needs: Needs) -> tuple[Json, str]:
    """The security members of an operation, and the same for people."""
    match needs:
        case Permission(name):
            return {"security": [{"bearer": []}], "x-permission": name}, f"Needs the permission `{name}`."
        case Public(reason):
            return {"security": [], "x-public": reason}, f"Open to everybody: {reason}."
        case Link(purpose, hours, uses):
            how_often = "as often as you like" if uses is None else f"{uses} time(s)"
            said = f"Opened by the signed link in its path ({purpose}): it works for {hours} h, {how_often}."
            return {"security": [], "x-link": {"purpose": purpose, "ttl_hours": hours, "uses": uses}}, said
        case ProviderSignature(name):
            return {"security": [], "x-provider-signature": name}, f"Called by {name}, which signs what it sends."


def _body(route: Route, schemas: Schemas) -> Json:
    assert route.body is not None  # noqa: S101 - the caller has looked
    schema = schemas.patch(route.body) if route.merge_patch else schemas.body(route.body)
    given: dict[str, Any] = route.examples or {"example": example_of(schema, schemas.components)}
    content = {"schema": schema, "examples": {name: {"value": each} for name, each in given.items()}}
    types = ["application/merge-patch+json", "application/json"] if route.merge_patch else ["application/json"]
    return {"required": True, "content": dict.fromkeys(types, content)}


def _answers(route: Route, schemas: Schemas) -> dict[str, Json]:
    answer = route.answer
    found: dict[str, Json] = {}
    for status in answer.statuses:
        response: Json = {"description": _SAID[status], "headers": _headers(route, status)}
        if answer.plain:
            response["content"] = {kind: {"schema": _plain(kind)} for kind in route.produces}
        elif answer.model is not None:
            read = schemas.readable if route.reads else schemas.answer
            schema = schemas.page(answer.model) if answer.listed else read(answer.model)
            response["content"] = {"application/json": {"schema": schema}}
        found[str(status)] = response
    if tagged(route):
        found["304"] = {"description": "You have it already.", "headers": _headers(route, 304)}
    return found


def _plain(media_type: str) -> Json:
    return {"type": "object"} if media_type.endswith("json") else {"type": "string"}


def _headers(route: Route, status: int) -> Json:
    names = [*ON_EVERY_ANSWER]
    if has_version(route) or route.answer.plain:
        names.append("ETag")
    if status in {201, 202}:
        names.append("Location")
    if route.answer.listed:
        names.append("Link")
    if route.method == "POST":
        names.append("Idempotency-Replayed")
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}
