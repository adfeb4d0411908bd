"""What the OpenAPI document makes of declarations, form by form."""

import json
import tomllib
from typing import Annotated

import pytest
from jsonschema import Draft202012Validator
from pydantic import BaseModel

from chalicelib import VERSION
from chalicelib.web import meta_routes
from chalicelib.web.contract import ApiContract
from chalicelib.web.openapi import openapi_document
from chalicelib.web.openapi_problems import ON_EVERY_ANSWER
from chalicelib.web.openapi_schemas import OpenApiError
from chalicelib.web.render import Sensitive, document_of
from tests.conftest import ROOT
from tests.support.throw_away import CATALOGUE, ROUTES, AnimalIn, Tenant, bella

TABLE = (*meta_routes.routes.declared, *ROUTES.declared)


@pytest.fixture(scope="module")
def document():
    return openapi_document(TABLE, CATALOGUE, "https://crm.example")


@pytest.fixture
def operation(document):
    return {
        each["operationId"]: each for methods in document["paths"].values() for each in methods.values()
    }.__getitem__


@pytest.fixture
def accepts(document):
    def check(schema, value):
        whole = schema | {"components": document["components"]}
        return Draft202012Validator(whole).is_valid(value)

    return check


def body_schema(operation, media_type="application/json"):
    return operation["requestBody"]["content"][media_type]["schema"]


def answer_schema(operation, status="200"):
    return operation["responses"][status]["content"]["application/json"]["schema"]


def parameters(operation):
    return {each["name"]: each for each in operation["parameters"] if "name" in each}


def headers(operation):
    return {each["$ref"].rpartition("/")[2] for each in operation["parameters"] if "$ref" in each}


def test_document__same_routes_in_another_order__same_bytes(document):
    again = openapi_document(reversed(TABLE), CATALOGUE, "https://crm.example")
    assert json.dumps(document) == json.dumps(again)


def test_document__version__is_the_projects():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["version"] == VERSION


def test_document__a_path_declared_twice__refused():
    with pytest.raises(OpenApiError, match="declared twice"):
        openapi_document([*TABLE, ROUTES.declared[0]], CATALOGUE, "")


# -- who may


def test_permission__named_and_bearer(operation):
    assert operation("create_animal")["x-permission"] == "animals:write"
    assert operation("create_animal")["security"] == [{"bearer": []}]


@pytest.mark.parametrize(
    ("name", "member"),
    [
        ("get_sizes", "x-public"),
        ("see_animal", "x-link"),
        ("hear_of_vet", "x-provider-signature"),
    ],
)
def test_without_permission__says_what_lets_in_and_asks_no_bearer(operation, name, member):
    assert operation(name)["security"] == []
    assert operation(name)[member]
    assert "x-permission" not in operation(name)


def test_link__described_with_life_and_uses(operation):
    assert "48 h, 3 time(s)" in operation("see_animal")["description"]


# -- parameters


def test_path_value__bounded_as_the_dispatcher_bounds_it(operation):
    assert parameters(operation("get_animal"))["animal_id"] == {
        "name": "animal_id",
        "in": "path",
        "required": True,
        "schema": {"type": "string", "minLength": 1, "maxLength": 255},
    }


def test_list__has_every_filter_with_its_operators_and_nothing_else(operation):
    filters = set(parameters(operation("list_animals"))) - {"limit", "cursor", "sort", "fields", "owner"}
    assert filters == {
        *("size", "size.ne", "size.in"),
        *("name", "name.ne", "name.in", "name.prefix"),
        *("created_at", "created_at.gte", "created_at.gt", "created_at.lte", "created_at.lt"),
        *("chip", "chip.ne", "chip.in"),
    }


def test_filter__several_values__a_comma_list(operation):
    size = parameters(operation("list_animals"))["size"]
    assert (size["style"], size["explode"]) == ("form", False)
    assert size["schema"]["items"]["enum"] == ["small", "large"]


def test_filter__reads_times__says_so(operation):
    found = parameters(operation("list_animals"))["created_at.gte"]
    assert found["schema"] == {"type": "string", "format": "date-time"}


def test_filter__with_a_permission__names_it(operation):
    assert "`animals:read_chips`" in parameters(operation("list_animals"))["chip"]["description"]


def test_sort__is_closed_and_begins_with_the_newest(operation):
    schema = parameters(operation("list_animals"))["sort"]["schema"]
    assert schema["enum"] == ["created_at", "-created_at", "name", "-name"]
    assert schema["default"] == "-created_at"


def test_query_parameter__optional__has_no_null(operation):
    assert parameters(operation("list_animals"))["owner"]["schema"] == {"type": "string"}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("list_animals", {"Accept-Language"}),
        ("get_animal", {"Accept-Language", "If-None-Match"}),
        ("create_animal", {"Accept-Language", "Idempotency-Key"}),
        ("change_animal", {"Accept-Language", "If-Match"}),
        ("put_animal", {"Accept-Language", "If-Match"}),
        ("delete_animal", {"Accept-Language", "If-Match"}),
    ],
)
def test_headers__follow_the_method(operation, name, expected):
    assert headers(operation(name)) == expected


# -- bodies


def test_body__a_servers_field__does_not_fit(operation, accepts):
    schema = body_schema(operation("create_animal"))
    good = {"name": "Bella", "chip": "276098106000001"}
    assert accepts(schema, good)
    assert not accepts(schema, good | {"version": 3})


@pytest.mark.parametrize(
    "patch",
    [
        {},
        {"collar": None},
        {"size": None},
        {"collar": {"number": None}},
        {"collar": {"charms": {"bell": None}}},
        {"held_by": {"metres": 4}},
        {"nicknames": [{"colour": "red"}]},
    ],
)
@pytest.mark.parametrize("media_type", ["application/merge-patch+json", "application/json"])
def test_merge_patch__part_of_a_record_and_null__fit(operation, accepts, patch, media_type):
    assert accepts(body_schema(operation("change_animal"), media_type), patch)


@pytest.mark.parametrize(
    "patch",
    [
        {"name": None},  # what must be there can't be removed
        {"collar": {"colour": None}},
        {"nicknames": [{"number": "1234"}]},  # arrays are replaced, never merged: their items are whole
        {"nicknames": [None]},
        {"id": "anm_2"},
        {"size": "medium"},
    ],
)
def test_merge_patch__what_would_be_refused__does_not_fit(operation, accepts, patch):
    assert not accepts(body_schema(operation("change_animal"), "application/merge-patch+json"), patch)


def test_merge_patch__defaults__are_gone(document):
    assert '"default"' not in json.dumps(document["components"]["schemas"]["AnimalInMergePatch"])


def test_example__given_with_the_route__used(operation):
    examples = operation("create_animal")["requestBody"]["content"]["application/json"]["examples"]
    assert examples == {"a cat": {"value": {"name": "Minka", "chip": "276098106000002"}}}


def test_example__not_given__made_of_the_fields_examples(operation):
    examples = operation("put_animal")["requestBody"]["content"]["application/json"]["examples"]
    made = examples["example"]["value"]
    assert made == {"name": "Bella", "chip": "276098106000001"}
    assert AnimalIn.model_validate(made)


# -- answers


def test_answer__what_a_route_gives__fits(operation, accepts):
    assert accepts(answer_schema(operation("get_animal")), document_of(None, bella()))


def test_answer__some_fields__fit_a_read_and_no_write(operation, accepts):
    some = document_of(None, bella(), frozenset({"id", "name"}))
    assert accepts(answer_schema(operation("get_animal")), some)
    assert not accepts(answer_schema(operation("change_animal")), some)


def test_answer__a_field_that_is_not_declared__does_not_fit(operation, accepts):
    more = document_of(None, bella()) | {"tenant_id": "tnt_1"}
    assert not accepts(answer_schema(operation("get_animal")), more)
    assert not accepts(answer_schema(operation("create_animal"), "201"), more)


def test_answer__a_field_with_a_default__always_there(document):
    assert set(document["components"]["schemas"]["AnimalOut"]["required"]) == set(document_of(None, bella()))


@pytest.mark.parametrize(
    ("page", "fits"),
    [
        ({"items": [], "next_cursor": None}, True),
        ({"items": [], "next_cursor": "abc", "truncated_scan": True}, True),
        ({"items": [{"id": "anm_1"}], "next_cursor": None}, True),
        ({"items": []}, False),
        ({"items": [], "next_cursor": None, "truncated_scan": False}, False),
        ({"items": [], "next_cursor": None, "offset": 3}, False),
    ],
)
def test_page__its_form__is_closed(operation, accepts, page, fits):
    assert accepts(answer_schema(operation("list_animals")), page) is fits


@pytest.mark.parametrize(
    ("name", "statuses"),
    [
        ("list_animals", {"200"}),
        ("get_animal", {"200", "304"}),
        ("create_animal", {"201"}),
        ("put_animal", {"200", "201"}),
        ("change_animal", {"200"}),
        ("delete_animal", {"204"}),
        ("see_animal", {"200", "304"}),
    ],
)
def test_success__statuses(operation, name, statuses):
    assert {each for each in operation(name)["responses"] if each < "400"} == statuses


@pytest.mark.parametrize(
    ("name", "status", "expected"),
    [
        ("get_animal", "200", {"ETag"}),
        ("get_animal", "304", {"ETag"}),
        ("create_animal", "201", {"ETag", "Location", "Idempotency-Replayed"}),
        ("list_animals", "200", {"Link"}),
        ("delete_animal", "204", set()),
    ],
)
def test_success__headers(operation, name, status, expected):
    assert set(operation(name)["responses"][status]["headers"]) == expected | set(ON_EVERY_ANSWER)


# -- problems


def codes(document, operation):
    names = [each["$ref"].rpartition("/")[2] for each in operation["responses"].values() if "$ref" in each]
    return {code for name in names for code in document["components"]["responses"][name]["x-codes"]}


def test_problems__of_a_create(document, operation):
    assert codes(document, operation("create_animal")) == {
        *("bad_request", "invalid_parameter", "unauthenticated"),
        *("permission_denied", "module_not_enabled", "module_activating", "module_read_only"),
        *("tenant_suspended", "tenant_read_only", "quota_exceeded", "rate_limited", "too_many_attempts"),
        *("state_conflict", "already_exists", "idempotency_in_progress"),
        *("payload_too_large", "unsupported_media_type"),
        *("invalid", "idempotency_key_reused", "atomic_batch_too_large", "record_too_large", "store_unavailable"),
        "too_many_attempts",
    }


def test_problems__of_a_read__change_nothing_so_conflict_with_nothing(document, operation):
    assert {"409", "412", "413", "415", "422"}.isdisjoint(operation("get_animal")["responses"])


def test_problems__declared_by_the_route__are_there(document, operation):
    assert "ambiguous_key" in codes(document, operation("put_animal"))
    assert "ambiguous_key" not in codes(document, operation("change_animal"))


def test_problems__of_a_feature__say_that_it_may_be_off(document, operation):
    assert "feature_disabled" in codes(document, operation("feed_animal"))
    assert "feature_disabled" not in codes(document, operation("create_animal"))


# -- cut to a tenant


def names_in(text):
    return {each["operationId"] for methods in json.loads(text)["paths"].values() for each in methods.values()}


@pytest.fixture
def contract():
    return ApiContract(TABLE, CATALOGUE, "https://crm.example/api/")


def test_tenant_without_the_module__sees_nothing_of_it(contract):
    text, _ = contract.document(Tenant("animals"))
    found = json.loads(text)
    assert names_in(text) == {route.operation_id for route in meta_routes.routes.declared}
    assert [tag["name"] for tag in found["tags"]] == ["core"]
    assert set(found["components"]["schemas"]) == {"Problem"}
    assert "animal" not in text.lower()


def test_tenant_without_a_feature__sees_the_rest(contract):
    text, _ = contract.document(Tenant("animals.feeding"))
    everything = {route.operation_id for route in TABLE}
    assert names_in(text) == everything - {"feed_animal", "see_animal"}


def test_nobodys_document__holds_everything_under_another_etag(contract):
    everything, etag = contract.document(None)
    assert names_in(everything) == {route.operation_id for route in TABLE}
    assert contract.document(Tenant())[1] == etag
    assert contract.document(Tenant("animals"))[1] != etag


# -- fields that only some may see


class Patient(BaseModel):
    weight: Annotated[int, Sensitive("animals:read_chips")]
    chip: Annotated[str, Sensitive("animals:read_chips", lambda chip: chip[-3:])]


def test_sensitive__hidden_as_null__null_fits_and_the_permission_is_named():
    weight = Patient.model_json_schema(mode="serialization")["properties"]["weight"]
    assert {"type": "null"} in weight["anyOf"]
    assert weight["x-sensitive"] == "animals:read_chips"


def test_sensitive__masked_as_text__stays_a_text():
    chip = Patient.model_json_schema(mode="serialization")["properties"]["chip"]
    assert (chip["type"], chip["x-sensitive"]) == ("string", "animals:read_chips")


def test_sensitive__in_a_body__is_a_field_like_others():
    assert "x-sensitive" not in str(Patient.model_json_schema(mode="validation"))
