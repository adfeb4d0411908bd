"""Example bodies for the OpenAPI document, from the examples of the fields, for routes that give none themselves."""

from typing import Any, Final

from chalicelib.web.openapi_schemas import PREFIX, Json

# A value for each format that our schemas use; api.md, Shape, has the same instants and dates.
_BY_FORMAT: Final = {
    "date-time": "2026-03-01T08:00:00Z",
    "date": "2026-03-01",
    "time": "08:00:00",
    "duration": "PT1H",
    "email": "li.wei@example.com",
    "uri": "https://example.com/",
    "uuid": "0195529e-5c3e-7d5b-9f0a-3f1d5a5e7a10",
}
DEEPEST: Final = 6


def example_of(schema: Json, components: dict[str, Json], depth: int = 0) -> Any:
    """A small value that fits the schema: required properties, and those that give an example themselves.

    A pattern can't be guessed: a field that has one needs an example of its own (a test finds those without).
    """
    for given in ("examples", "enum"):
        if schema.get(given):
            return schema[given][0]
    for given in ("const", "example"):
        if given in schema:
            return schema[given]
    if "$ref" in schema:
        return example_of(components[str(schema["$ref"]).removeprefix(PREFIX)], components, depth)
    for union in ("anyOf", "oneOf", "allOf"):
        if union in schema:
            return example_of(schema[union][0], components, depth)
    if "properties" in schema:
        return _object(schema, components, depth)
    return _plain(schema, components, depth)


def _object(schema: Json, components: dict[str, Json], depth: int) -> Json:
    shown = set(schema.get("required", []))
    if depth < DEEPEST:
        shown |= {name for name, each in schema["properties"].items() if _speaks(each, components)}
    if not shown and not depth:
        # A merge patch without examples: one property shows the form.
        shown = set(list(schema["properties"])[:1])
    return {
        name: example_of(each, components, depth + 1) for name, each in schema["properties"].items() if name in shown
    }


def _speaks(schema: Json, components: dict[str, Json]) -> bool:
    """Whether the property has an example of its own, directly or as one of a union."""
    inner = [each for union in ("anyOf", "oneOf", "allOf") for each in schema.get(union, ())]
    return bool(schema.get("examples")) or any(_speaks(each, components) for each in inner)


def _plain(schema: Json, components: dict[str, Json], depth: int) -> Any:
    kind = schema.get("type", "object")
    if isinstance(kind, list):
        kind = kind[0]
    if kind == "string":
        text = _BY_FORMAT.get(schema.get("format", ""), "text")
        return text.ljust(schema.get("minLength", 0), "x")[: schema.get("maxLength", len(text) + 1000)]
    if kind in {"integer", "number"}:
        return schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1)
    if kind == "array":
        few = range(schema.get("minItems", 0))
        return [example_of(schema.get("items", {}), components, depth + 1) for _ in few]
    return {"boolean": True, "null": None}.get(str(kind), {})
