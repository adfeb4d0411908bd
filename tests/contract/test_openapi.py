"""api.md, Contract: the document is sound OpenAPI 3.1 and says of each route what the route table says, no more."""

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

import tenants
from chalicelib.access.needs import Permission
from chalicelib.modules import build_catalogue
from chalicelib.web import meta_routes
from chalicelib.web.openapi import openapi_document
from chalicelib.web.sources import collect_routes
from tenants.routes import ROUTES as ROUTES_OF_CORE
from tests.support import throw_away


def product():
    catalogue = build_catalogue(tenants.MANIFEST)
    return collect_routes(ROUTES_OF_CORE, catalogue), catalogue


def every_form():
    return [*meta_routes.routes.declared, *throw_away.ROUTES.declared], throw_away.CATALOGUE


@pytest.fixture(scope="module", params=[product, every_form], ids=["the product", "a route of every form"])
def table(request):
    return request.param()


@pytest.fixture(scope="module")
def routes(table):
    return table[0]


@pytest.fixture(scope="module")
def document(table):
    return openapi_document(*table, "http://localhost:8000")


@pytest.fixture(scope="module")
def operations(document):
    return {
        (method.upper(), path): operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }


def fits(document, schema, value):
    return list(Draft202012Validator(schema | {"components": document["components"]}).iter_errors(value))


def test_the_document_is_valid_openapi_3_1(document):
    assert document["openapi"] == "3.1.0"
    assert [error.message for error in OpenAPIV31SpecValidator(document).iter_errors()] == []


def test_every_component_schema_is_a_sound_json_schema(document):
    for schema in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_every_route_is_in_the_document_and_nothing_else(routes, operations):
    assert sorted(operations) == sorted((route.method, route.path) for route in routes)


def test_operation_ids_are_unique(routes, operations):
    assert len({operation["operationId"] for operation in operations.values()}) == len(routes)


def test_every_operation_says_what_it_is_and_who_may(routes, operations):
    for route in routes:
        operation = operations[route.method, route.path]
        assert operation["summary"]
        assert operation["tags"] == [route.module]
        if isinstance(route.needs, Permission):
            assert operation["x-permission"] == route.needs.name
            assert operation["security"] == [{"bearer": []}]
        else:
            assert operation["security"] == []
            assert {"x-public", "x-link", "x-provider-signature"} & set(operation), route.path


def test_every_operation_lists_its_errors_as_problems(document, operations):
    for (method, path), operation in operations.items():
        refused = {status: answer for status, answer in operation["responses"].items() if status >= "400"}
        assert {"400", "401", "503"} <= set(refused), (method, path)
        for status, answer in refused.items():
            shared = document["components"]["responses"][answer["$ref"].rpartition("/")[2]]
            assert shared["x-codes"], (method, path, status)
            content = shared["content"]["application/problem+json"]
            for example in content["examples"].values():
                assert fits(document, content["schema"], example["value"]) == []


def test_every_body_has_examples_that_fit_its_schema(document, operations):
    for (method, path), operation in operations.items():
        for content in operation.get("requestBody", {"content": {}})["content"].values():
            assert content["examples"], (method, path)
            for name, example in content["examples"].items():
                errors = [
                    f"{error.json_path}: {error.message}"
                    for error in fits(document, content["schema"], example["value"])
                ]
                assert errors == [], f"{method} {path}, example {name!r}: give the route `examples`, or its fields"


def test_every_tag_is_described_in_both_languages(document, operations):
    described = {tag["name"]: tag["description"] for tag in document["tags"]}
    for operation in operations.values():
        for tag in operation["tags"]:
            assert " · " in described[tag]


def test_what_is_answered_is_closed(document, operations):
    """quality.md, API3: no field leaves that is not declared."""
    for (method, path), operation in operations.items():
        for status, answer in operation["responses"].items():
            schema = answer.get("content", {}).get("application/json", {}).get("schema", {})
            for name in _records_of(schema):
                found = document["components"]["schemas"][name]
                assert "additionalProperties" in found or "properties" not in found, (method, path, status, name)


def _records_of(schema):
    several = schema.get("anyOf", [schema])
    return [each["$ref"].rpartition("/")[2] for each in several if "$ref" in each]
