"""From text to typed values: bodies, query parameters, and a list's filters, sorts and fields."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from pydantic import BaseModel, ValidationError

from chalicelib.after_write import resolve
from chalicelib.call import Call
from chalicelib.counters.reading import countable
from chalicelib.modules import Filter, Listing, Op, Text
from chalicelib.problems import (
    BadRequest,
    FieldError,
    Invalid,
    InvalidCursor,
    InvalidParameter,
    TotalNotAvailable,
    UnsupportedMediaType,
)
from chalicelib.store.cursors import query_digest, read_cursor
from chalicelib.store.errors import CursorError
from chalicelib.store.lists import ListQuery, Term
from chalicelib.store.scope import unit_at
from chalicelib.web.request import Request, fits_a_key
from chalicelib.web.results import Patch
from chalicelib.web.routes import Route
from chalicelib.web.wording import validation_detail

MAX_TERMS: Final = 20
MAX_VALUES: Final = 50
DEFAULT_LIMIT: Final = 50
MAX_LIMIT: Final = 200
MAX_TEXT: Final = 100
SEARCH: Final = "q"
OWN: Final = "custom."
"""Begins the names of filters by fields that a tenant has declared."""
LIST_PARAMETERS: Final = frozenset({"limit", "cursor", "sort", "fields", "include_total"})
JSON_TYPES: Final = frozenset({"application/json", "application/merge-patch+json"})


def field_errors(error: ValidationError, base: str = "") -> tuple[FieldError, ...]:
    """Pydantic's findings as JSON pointers with stable codes. The offending values are not repeated."""
    return tuple(
        FieldError(
            pointer=base + "".join(f"/{_escaped(part)}" for part in each["loc"]),
            code=each["type"],
            detail=validation_detail(each["type"], each["msg"], each.get("ctx") or {}),
        )
        for each in error.errors(include_url=False, include_input=False)
    )


def _escaped(part: object) -> str:
    return str(part).replace("~", "~0").replace("/", "~1")  # RFC 6901


def parse_body(route: Route, request: Request) -> Any:
    """The route's body, validated; raises BadRequest, UnsupportedMediaType, PayloadTooLarge or Invalid."""
    if request.media_type not in JSON_TYPES:
        raise UnsupportedMediaType
    raw = request.body()
    if route.body is None:
        return None
    if not raw.strip():
        raise BadRequest(Text("The body is empty: send a JSON object.", "请求体为空：请发送 JSON 对象。"))
    if route.merge_patch:
        return Patch(route.body, _json_object(raw))
    try:
        return route.body.model_validate_json(raw, strict=True)
    except ValidationError as error:
        errors = field_errors(error)
        if any(each.code == "json_invalid" for each in errors):
            raise BadRequest(Text("The body is not valid JSON.", "请求体不是有效的 JSON。")) from error
        raise Invalid(errors=errors) from error


def json_object(request: Request) -> dict[str, Any]:
    """The body as a JSON object, not yet checked further; raises as parse_body does."""
    if request.media_type not in JSON_TYPES:
        raise UnsupportedMediaType
    return _json_object(request.body())


def parse_query_names(request: Request, allowed: set[str]) -> dict[str, str]:
    """The parameters of a route that reads its own; raises InvalidParameter for any other."""
    for name in request.query:
        if name not in allowed:
            raise unknown_parameter(name, allowed)
    return {name: request.single(name) or "" for name in request.query}


def _json_object(raw: bytes) -> dict[str, Any]:
    try:
        document = json.loads(raw, parse_constant=_refuse_constant)
        raw.decode("utf-8")
        json.dumps(document, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError) as error:
        raise BadRequest(Text("The body is not valid JSON.", "请求体不是有效的 JSON。")) from error
    if not isinstance(document, dict):
        raise Invalid(errors=(FieldError("", "object_expected", Text("Send a JSON object.", "请发送 JSON 对象。")),))
    return document


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


def parse_query(model: type[BaseModel] | None, request: Request) -> dict[str, Any]:
    """The declared query parameters; raises InvalidParameter that names what is wrong or not known."""
    allowed = names_in(model)
    for name in request.query:
        if name not in allowed:
            raise unknown_parameter(name, allowed)
    if model is None:
        return {}
    given = {name: request.single(name) for name in request.query}
    try:
        checked = model.model_validate_strings(given)
    except ValidationError as error:
        raise InvalidParameter(errors=field_errors(error, "/query")) from error
    return {name: getattr(checked, name) for name in model.model_fields}


def names_in(model: type[BaseModel] | None) -> set[str]:
    """The parameters that a route declares of its own; one whose name Python keeps for itself («from») has an alias."""
    return {field.alias or name for name, field in model.model_fields.items()} if model else set()


def unknown_parameter(name: str, allowed: set[str]) -> InvalidParameter:
    """The refusal of a parameter that is not declared, with what is."""
    known = ", ".join(sorted(allowed)) or "-"
    return InvalidParameter(
        Text(
            f"There is no parameter {name[:80]!r} here. Allowed: {known}.", f"不支持参数 {name[:80]!r}。可用：{known}。"
        ),
        allowed=sorted(allowed),
    )


def list_digest(call: Call, route: Route, request: Request) -> str:
    """What a list's cursors are bound to: route, data scope, and every parameter but page size, fields and cursor.

    Another scope is answered from another index, in which the position means nothing. A unit that is moved stays the
    same one, so it counts by its id and not by its path.
    """
    bound = sorted(
        (name, values)
        for name, values in request.query.items()
        if name not in {"limit", "cursor", "fields", "include_total"}
    )
    scope = call.store.scope
    subtrees, units = (sorted(unit_at(each) for each in paths) for paths in (scope.subtrees, scope.units))
    reach = [scope.everything, subtrees, units, scope.owner]
    return query_digest(route.method, route.path, sorted(request.path_values.items()), bound, reach)


def parse_list(call: Call, route: Route, request: Request) -> ListQuery:
    """Filters, sort, limit and cursor of a list; what is not declared or not permitted is refused by name."""
    listing = route.listing or Listing()
    own = names_in(route.query)
    filters = {
        name: request.single(name) or ""
        for name in request.query
        if name not in LIST_PARAMETERS and name not in own and not (name == SEARCH and listing.searches)
    }
    terms = parse_terms(call, listing, filters)
    newest_first = f"-{listing.sorts[0]}" if listing.sorts else ""
    text = _search_text(request) if listing.searches else None
    sort = request.single("sort")
    by_relevance = text is not None and sort is None
    if sort is None:
        sort = newest_first
    elif sort.removeprefix("-") not in listing.sorts:
        sorts = sorted(each for name in listing.sorts for each in (name, f"-{name}"))
        raise InvalidParameter(
            Text(f"sort takes one of {', '.join(sorts)}.", f"sort 可用：{'、'.join(sorts)}。"), allowed=sorts
        )
    cursor = request.single("cursor")
    position = None
    if cursor is not None:
        try:
            digest = list_digest(call, route, request)
            position = read_cursor(call.keyring, call.tenant_id, digest, cursor, listing.cursor_hours)
        except CursorError as error:
            raise InvalidCursor from error
    include_total = _include_total(call, listing, terms, request.single("include_total"), searched=text is not None)
    return ListQuery(terms, sort.startswith("-"), _limit(request), position, include_total, text, by_relevance)


def _include_total(call: Call, listing: Listing, terms: tuple[Term, ...], text: str | None, *, searched: bool) -> bool:
    """Whether an exact total is wanted; refused where there is none (api.md, Reading)."""
    if text not in {None, "true", "false"} or (text and listing.counted_by is None):
        raise InvalidParameter(
            Text("include_total is true or false, for lists that are counted.", "include_total 仅用于可计数的列表。")
        )
    if text != "true":
        return False
    counted = [each.name for each in listing.filters if each.counted]
    known = (
        not searched and len(terms) <= 1 and all(each.name in counted and each.op in {Op.EQ, Op.IN} for each in terms)
    )
    if not known or not countable(call.store.scope):
        raise TotalNotAvailable(
            Text(
                f"There is a total for the whole list or one filter of {', '.join(counted) or '-'}, and for org units.",
                f"仅全部列表或单个筛选（{'、'.join(counted) or '-'}）且按组织范围可见时提供总数。",
            ),
            allowed=counted,
        )
    return True


def _search_text(request: Request) -> str | None:
    text = request.single(SEARCH)
    if text is not None and not 1 <= len(text) <= MAX_TEXT:
        raise InvalidParameter(Text(f"q is a text of 1 to {MAX_TEXT} characters.", f"q 应为 1–{MAX_TEXT} 个字符。"))
    return text


def parse_terms(call: Call, listing: Listing, filters: Mapping[str, str]) -> tuple[Term, ...]:
    """Filters as they stand in a query; raises InvalidParameter for what is not declared or not permitted."""
    unknown = [name for name in map(_name_of, filters) if listing.filter(name) is None]
    if unknown and listing.own and all(name.startswith(OWN) for name in unknown):
        own: tuple[Filter, ...] = resolve(listing.own)(call, unknown)
        listing = replace(listing, filters=(*listing.filters, *own))
    terms = tuple(_term(call, listing, name, text) for name, text in filters.items())
    if len(terms) > MAX_TERMS:
        raise InvalidParameter(Text(f"At most {MAX_TERMS} filters.", f"最多 {MAX_TERMS} 个筛选条件。"))
    return terms


def _limit(request: Request) -> int:
    text = request.single("limit")
    if text is None:
        return DEFAULT_LIMIT
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(MAX_LIMIT)) and 1 <= int(text) <= MAX_LIMIT):
        raise InvalidParameter(Text(f"limit is a number from 1 to {MAX_LIMIT}.", f"limit 应为 1–{MAX_LIMIT}。"))
    return int(text)


def _name_of(parameter: str) -> str:
    """The filter that a parameter is of, without its operator."""
    name, _, operator = parameter.rpartition(".")
    return name if name and operator in set(Op) else parameter


def _term(call: Call, listing: Listing, parameter: str, text: str) -> Term:
    name = _name_of(parameter)
    operator = parameter[len(name) + 1 :]
    declared = listing.filter(name)
    allowed = {each.name for each in listing.filters} | LIST_PARAMETERS | ({SEARCH} if listing.searches else set())
    if declared is None:
        raise unknown_parameter(parameter, allowed)
    if declared.permission and not call.may(declared.permission):
        raise InvalidParameter(
            Text(
                f"Filtering by {name} needs {declared.permission}.", f"按 {name} 筛选需要 {declared.permission} 权限。"
            )
        )
    values = text.split(",") if operator in {"", Op.IN} else [text]
    op = Op(operator) if operator else Op.IN if len(values) > 1 else Op.EQ
    if op not in declared.operators:
        known = ", ".join(sorted(declared.operators))
        raise InvalidParameter(Text(f"{name} takes the operators {known}.", f"{name} 支持的运算符：{known}。"))
    if len(values) > MAX_VALUES:
        raise InvalidParameter(Text(f"At most {MAX_VALUES} values.", f"最多 {MAX_VALUES} 个取值。"))
    given = [each.casefold() if declared.folded else each for each in values]
    return Term(name, op, tuple(_value(declared, each) for each in given), declared.attribute, declared.folded)


def _value(declared: Filter, text: str) -> Any:
    if not fits_a_key(text):
        raise InvalidParameter(Text(f"{declared.name} is too long.", f"{declared.name} 的取值过长。"))
    try:
        return declared.parse(text)
    except (ValueError, ArithmeticError) as error:
        raise InvalidParameter(
            Text(f"{declared.name} can't be {text[:80]!r}.", f"{declared.name} 的取值 {text[:80]!r} 无效。")
        ) from error


def parse_fields(model: type[BaseModel] | None, request: Request) -> frozenset[str] | None:
    """The fields a caller wants (None: all); raises InvalidParameter for a name that the model has not."""
    text = request.single("fields")
    if text is None or model is None:
        return None
    wanted = frozenset(part.strip() for part in text.split(","))
    known = set(model.model_fields)
    if unknown := wanted - known:
        raise InvalidParameter(
            Text(
                f"There is no field {min(unknown)[:80]!r}. Fields: {', '.join(sorted(known))}.",
                f"没有字段 {min(unknown)[:80]!r}。",
            ),
            allowed=sorted(known),
        )
    return wanted
