"""A tenant's own fields and filters in its OpenAPI document."""

import json
from collections.abc import Iterable

from chalicelib.web.additions import Additions
from chalicelib.web.openapi_parameters import of_filter
from chalicelib.web.openapi_schemas import Json


def with_additions(document: Json, added: Iterable[Additions]) -> Json:
    """The document with what a tenant has added, as far as it has a place for it; the given one stays as it is."""
    added = list(added)
    if not added:
        return document
    schemas = dict(document["components"]["schemas"])
    for name, property_, schema in (one for each in added for one in each.properties):
        if property_ in (present := schemas.get(name, {}).get("properties", {})):
            schemas[name] = schemas[name] | {"properties": present | {property_: json.loads(schema)}}
    parameters: dict[str, list[Json]] = {}
    for operation, filter_ in (one for each in added for one in each.filters):
        parameters.setdefault(operation, []).extend(of_filter(filter_, indexed=False))
    paths = {
        path: {method: _with(each, parameters.get(each["operationId"], [])) for method, each in methods.items()}
        for path, methods in document["paths"].items()
    }
    return document | {"paths": paths, "components": document["components"] | {"schemas": schemas}}


def _with(operation: Json, parameters: list[Json]) -> Json:
    return operation | {"parameters": [*operation["parameters"], *parameters]} if parameters else operation
