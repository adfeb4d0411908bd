"""The component schemas of the OpenAPI document: the models, and what selecting, paging and patching makes of them."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, models_json_schema

Json = dict[str, Any]
Use = tuple[type[BaseModel], JsonSchemaMode]

PREFIX: Final = "#/components/schemas/"
NULL: Final[Json] = {"type": "null"}
# A default is not what happens when a patch says nothing: the present value stays.
_NOT_IN_PATCHES: Final = frozenset({"required", "default", "minProperties"})


class OpenApiError(ValueError):
    """The declarations give no sound document; the build fails with it."""


class _Generator(GenerateJsonSchema):
    def field_title_should_be_set(self, schema: Any) -> bool:
        """No titles that only repeat a field's name."""
        del schema
        return False

    def field_is_required(self, field: Any, total: bool) -> bool:  # noqa: FBT001 - pydantic's signature
        """In an answer every field of a model exists, with its default too (api.md, Shape)."""
        always = self.mode == "serialization" and field["type"] == "model-field"
        return always or super().field_is_required(field, total)


class Schemas:
    """All component schemas; asking for a variant of one adds it."""

    def __init__(self, uses: Iterable[Use]) -> None:
        ordered = sorted(set(uses), key=lambda use: (use[0].__module__, use[0].__qualname__, use[1]))
        refs, top = models_json_schema(ordered, ref_template=PREFIX + "{model}", schema_generator=_Generator)
        self.components: dict[str, Json] = dict(top.get("$defs", {}))
        self._names = {use: str(schema["$ref"]).removeprefix(PREFIX) for use, schema in refs.items()}
        self._variants: dict[tuple[str, str], str] = {}
        for use in ordered:
            if use[1] == "serialization":
                self._close(self._names[use])

    def body(self, model: type[BaseModel]) -> Json:
        """The reference to a request body's schema."""
        return reference(self._names[model, "validation"])

    def answer(self, model: type[BaseModel]) -> Json:
        """The reference to an answer's schema."""
        return reference(self._names[model, "serialization"])

    def parameters(self, model: type[BaseModel]) -> Json:
        """The schema of declared query parameters; it is no component of its own."""
        return self.components[self._names[model, "validation"]]

    def drop(self, model: type[BaseModel]) -> None:
        """Forget a model that only carried query parameters."""
        self.components.pop(self._names[model, "validation"], None)

    def readable(self, model: type[BaseModel]) -> Json:
        """What a GET answers: the whole record, or, when ``fields`` asked so, some of it."""
        name = self._names[model, "serialization"]

        def selection() -> Json:
            whole = {key: value for key, value in self.components[name].items() if key != "required"}
            return whole | {
                "title": f"{self._title(name)} (selected fields)",
                "description": f"Those fields of {self._title(name)} that `fields` asked for.",
            }

        return {"anyOf": [reference(name), self._variant(name, "Selection", selection)]}

    def page(self, model: type[BaseModel]) -> Json:
        """A page of a list."""
        name = self._names[model, "serialization"]

        def page() -> Json:
            return {
                "type": "object",
                "description": f"A page of a list of {self._title(name)}.",
                "properties": {
                    "items": {"type": "array", "items": self.readable(model)},
                    "next_cursor": {"type": ["string", "null"], "description": "null on the last page"},
                    "truncated_scan": {
                        "const": True,
                        "description": "the call has read as much as it may: go on with the cursor",
                    },
                    "total": {"type": "integer", "minimum": 0, "description": "with include_total: exact"},
                    "counted_at": {
                        "type": ["string", "null"],
                        "format": "date-time",
                        "description": "with include_total: the last change that is counted",
                    },
                },
                "required": ["items", "next_cursor"],
                "additionalProperties": False,
            }

        return self._variant(name, "Page", page)

    def patch(self, model: type[BaseModel]) -> Json:
        """A merge patch (RFC 7396) to a body: nothing is required, null removes what may be absent."""
        return self._patch_of(self._names[model, "validation"])

    def _patch_of(self, name: str) -> Json:
        title = {"title": f"{self._title(name)} (merge patch)"}
        return self._variant(name, "MergePatch", lambda: self._patched(self.components[name]) | title)

    def _patched(self, schema: Json) -> Json:
        kept = {key: value for key, value in schema.items() if key not in _NOT_IN_PATCHES}
        if "$ref" in schema:
            target = str(schema["$ref"]).removeprefix(PREFIX)
            is_object = self.components[target].get("type") == "object"
            return kept | self._patch_of(target) if is_object else kept
        for union in ("anyOf", "oneOf", "allOf"):
            if union in kept:
                # Without required members a patch may fit several of a union: one of them becomes any of them.
                kept["anyOf" if union == "oneOf" else union] = [self._patched(each) for each in kept.pop(union)]
                kept.pop("discriminator", None)
        if "properties" in kept:
            needed = schema.get("required", [])
            kept["properties"] = {
                # What must be there can't be removed: null for it is always a 422, so the schema has none.
                name: self._patched(each) if name in needed else nullable(self._patched(each))
                for name, each in kept["properties"].items()
            }
        if isinstance(kept.get("additionalProperties"), dict):
            kept["additionalProperties"] = nullable(self._patched(kept["additionalProperties"]))
        return kept

    def _variant(self, name: str, suffix: str, make: Any) -> Json:
        if (name, suffix) not in self._variants:
            variant = f"{name}{suffix}"
            if variant in self.components:
                message = f"the schema {variant} is made from {name}, and a model is called so too: rename it"
                raise OpenApiError(message)
            self._variants[name, suffix] = variant
            self.components[variant] = {}  # holds the name while a model that contains itself is on its way
            self.components[variant] = make()
        return reference(self._variants[name, suffix])

    def _title(self, name: str) -> str:
        return str(self.components[name].get("title", name))

    def _close(self, name: str) -> None:
        """Answers hold nothing that is not declared (quality.md, API3)."""
        for reached in reachable(reference(name), {"schemas": self.components}):
            schema = self.components[reached.removeprefix(PREFIX)]
            if "properties" in schema:
                schema.setdefault("additionalProperties", False)


def reference(name: str) -> Json:
    """A reference to a component schema."""
    return {"$ref": PREFIX + name}


def nullable(schema: Json) -> Json:
    """The schema, and null."""
    if schema == NULL or NULL in schema.get("anyOf", ()):
        return schema
    if "anyOf" in schema:
        return schema | {"anyOf": [*schema["anyOf"], NULL]}
    return {"anyOf": [schema, NULL]}


def without_null(schema: Json) -> Json:
    """The schema of a parameter, which can be left out but never be null."""
    kept = {key: value for key, value in schema.items() if (key, value) != ("default", None)}
    if NULL not in kept.get("anyOf", ()):
        return kept
    others = [each for each in kept.pop("anyOf") if each != NULL]
    return kept | (others[0] if len(others) == 1 else {"anyOf": others})


def reachable(start: Any, components: dict[str, dict[str, Json]]) -> set[str]:
    """All references to components that stand in a part of the document, directly or through others."""
    found: set[str] = set()
    waiting = list(references(start))
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            _, _, section, key = name.split("/", 3)
            waiting += references(components[section][key])
    return found


def references(part: Any) -> Iterator[str]:
    """The references in a part of the document; a discriminator's mapping holds them as plain texts."""
    if isinstance(part, dict):
        for value in part.values():
            yield from references(value)
    elif isinstance(part, list):
        for value in part:
            yield from references(value)
    elif isinstance(part, str) and part.startswith("#/components/"):
        yield part
