"""The parameters of an operation in the OpenAPI document: path, query, lists' filters, and headers."""

import inspect
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Final, get_origin, get_type_hints

from pydantic import TypeAdapter

from chalicelib.modules import Filter, Listing, OneOf, Op
from chalicelib.web.openapi_schemas import Json, without_null
from chalicelib.web.parsing import DEFAULT_LIMIT, MAX_LIMIT, MAX_TEXT, MAX_VALUES, SEARCH
from chalicelib.web.request import MAX_PATH_VALUE
from chalicelib.web.routes import Route
from chalicelib.web.wire import Live

HEADERS: Final[dict[str, Json]] = {
    "Accept-Language": {
        "name": "Accept-Language",
        "in": "header",
        "description": "The language of titles and details in problems: `en` (default) or `zh-CN`.",
        "schema": {"type": "string", "examples": ["zh-CN"]},
    },
    "Idempotency-Key": {
        "name": "Idempotency-Key",
        "in": "header",
        "description": "Within 24 h the same key and body replay the first answer; the same key with another body is "
        "a 422. Keys are per tenant, principal and route.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 255},
    },
    "If-Match": {
        "name": "If-Match",
        "in": "header",
        "description": "The ETag that you read. The change is refused with 412 when the record has moved on since.",
        "schema": {"anyOf": [{"type": "string", "pattern": '^"[0-9]{1,15}"$', "examples": ['"3"']}, {"const": "*"}]},
    },
    "If-None-Match": {
        "name": "If-None-Match",
        "in": "header",
        "description": "ETags that you have. When the present one is among them, the answer is 304 without a body.",
        "schema": {"type": "string", "examples": ['"3"']},
    },
}

_OPERATORS: Final = {
    Op.EQ: "{0} is the value",
    Op.NE: "{0} is not the value",
    Op.IN: "{0} is one of the values",
    Op.GTE: "{0} is at or above the value",
    Op.GT: "{0} is above the value",
    Op.LTE: "{0} is at or below the value",
    Op.LT: "{0} is below the value",
    Op.PREFIX: "{0} begins with the value",
}
_SCALARS: Final[dict[type, Json]] = {
    int: {"type": "integer"},
    bool: {"type": "boolean"},
    Decimal: {"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?$"},
    datetime: {"type": "string", "format": "date-time"},
    date: {"type": "string", "format": "date"},
}


def parameters(route: Route, declared: Json | None) -> list[Json]:
    """All parameters of a route; ``declared`` is the schema of its own query parameters."""
    found = [_path(route, name) for name in route.path_names]
    if route.listing is not None:
        found += _list(route.listing)
    if route.reads and route.answer.model is not None:
        found.append(_fields(sorted(route.answer.model.model_fields)))
    if declared is not None:
        found += _declared(declared)
    return found + [{"$ref": f"#/components/parameters/{name}"} for name in _headers(route)]


def _path(route: Route, name: str) -> Json:
    # What the function's own annotation says of it, within what every value of a path must be.
    said = _said(get_type_hints(route.function, include_extras=True).get(name)) or {}
    schema = {"type": "string", "minLength": 1, "maxLength": MAX_PATH_VALUE} | said
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _said(hint: Any) -> Json | None:
    """The schema of an annotated type; None for any other."""
    return TypeAdapter(hint).json_schema() if get_origin(hint) is Annotated else None


def _query(name: str, description: str, schema: Json) -> Json:
    # A comma list; style and explode mean nothing to any other schema.
    listed = {"style": "form", "explode": False} if schema.get("type") == "array" else {}
    return {"name": name, "in": "query", "description": description, **listed, "schema": schema}


def _list(listing: Listing) -> Iterator[Json]:
    limit = {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT}
    yield _query("limit", "How many items a page has at most.", limit)
    cursor = "The `next_cursor` of the page before, with the same filters and sort. Anything else is a 400."
    yield _query("cursor", cursor, {"type": "string", "minLength": 1})
    if listing.sorts:
        sorts = [each for name in listing.sorts for each in (name, f"-{name}")]
        sort: Json = {"type": "string", "enum": sorts, "default": f"-{listing.sorts[0]}"}
        yield _query("sort", "The order; `-` turns it round.", sort)
    if listing.counted_by:
        counted = ", ".join(f"`{each.name}`" for each in listing.filters if each.counted)
        text = f"Also an exact `total` with `counted_at`: of the whole list, or with one filter of {counted}."
        yield _query("include_total", text, {"type": "boolean", "default": False})
    if listing.searches:
        yield _query(SEARCH, listing.searches, {"type": "string", "minLength": 1, "maxLength": MAX_TEXT})
    for declared in listing.filters:
        yield from of_filter(declared, indexed=declared.name in {*listing.indexed, *listing.looked_up, *listing.sorts})


def of_filter(declared: Filter, *, indexed: bool) -> Iterator[Json]:
    """The parameters of one filter: one for each of its operators."""
    value = _value(declared)
    for op in Op:
        if op not in declared.operators:
            continue
        listed = op is Op.IN or (op is Op.EQ and Op.IN in declared.operators)
        text = _OPERATORS[Op.IN if listed else op].format(f"`{declared.name}`") + (" (comma list)." if listed else ".")
        if declared.permission:
            text += f" Needs the permission `{declared.permission}`."
        if not indexed:
            text += " Not indexed: a call reads at most 1,000 items and says `truncated_scan`."
        # A comma in a value separates values, wherever several are understood (web/parsing.py).
        plain = op in {Op.EQ, Op.IN} and value == {"type": "string"}
        schema = value | {"pattern": "^[^,]*$"} if plain else value
        if listed:
            schema = {"type": "array", "items": schema, "minItems": 1, "maxItems": MAX_VALUES}
        yield _query(declared.name if op is Op.EQ else f"{declared.name}.{op}", text, schema)


def _value(declared: Filter) -> Json:
    """What a filter's parser reads: its words, or what it says that it returns."""
    parse: Any = declared.parse
    if isinstance(parse, OneOf):
        return {"type": "string", "enum": list(parse.words)}
    if inspect.isfunction(parse):
        parse = get_type_hints(parse, include_extras=True).get("return", str)
    if (said := _said(parse)) is not None:
        return said
    if isinstance(parse, type) and issubclass(parse, Enum):
        return {"type": "string", "enum": [str(each.value) for each in parse]}
    return dict(_SCALARS.get(parse, {"type": "string"}))


def _fields(names: list[str]) -> Json:
    text = "Only these fields of the answer (comma list). Without it all are there."
    return _query("fields", text, {"type": "array", "items": {"type": "string", "enum": names}, "minItems": 1})


def _declared(schema: Json) -> Iterator[Json]:
    required = schema.get("required", [])
    for name, each in schema["properties"].items():
        kept = without_null(each)
        text = kept.pop("description", None)
        described = {"description": text} if text else {}
        yield {"name": name, "in": "query", "required": name in required, **described, "schema": kept}


def _headers(route: Route) -> Iterator[str]:
    if route.method == "POST":
        yield "Idempotency-Key"
    if route.method in {"PATCH", "PUT", "DELETE"}:
        yield "If-Match"
    if tagged(route):
        yield "If-None-Match"
    yield "Accept-Language"


def tagged(route: Route) -> bool:
    """Whether a GET of this route can answer 304."""
    return route.reads and (route.answer.plain or has_version(route))


def has_version(route: Route) -> bool:
    """Whether the answer is one record with a version, and so has an ETag."""
    model = route.answer.model
    one = model is not None and not route.answer.listed and not issubclass(model, Live)
    return model is not None and one and "version" in model.model_fields
