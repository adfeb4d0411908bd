"""API3: what the server owns can't be written, and answers hold what their schema says and nothing else."""

from typing import get_args

import pytest
from pydantic import BaseModel

from tests.security.deployment import ROUTES
from tests.security.places import FOR_OPERATORS, FOR_TENANTS, named
from tests.security.spy import spying

ALWAYS_OWNED = {
    "id", "version", "tenant_id", "tenant", "created_at", "created_by", "updated_at", "updated_by", "display_name",
    "unit_path", "last_event", "schema_version", "pk", "sk", "gsi1pk", "kind", "ttl", "__class__",
}  # fmt: skip
WRITING = [route for route in ROUTES if route.body is not None and route.batch is None]


def owned(route, model):
    answered = set(route.answer.model.model_fields) if route.answer.model and not route.batch else set()
    return sorted((ALWAYS_OWNED | answered) - set(model.model_fields))


def ask(north, route, body):
    by = north.deployment.operator if route in FOR_OPERATORS else None if route in FOR_TENANTS else ""
    return north.ask(route, by=by, body=body)


@pytest.mark.parametrize("route", WRITING, ids=named)
def test_fields_that_the_server_owns__422_for_each_whatever_its_value_and_nothing_is_written(north, route):
    body = {} if route.merge_patch else north.body(route)
    for name in owned(route, route.body):
        for value in ("x", None):
            with spying() as spy:
                answer = ask(north, route, {**body, name: value})
            assert (answer.status, answer.code) == (422, "invalid"), (name, value, answer.text)
            errors = [(each["pointer"], each["code"]) for each in answer.body["errors"]]
            assert errors == [(f"/{name}", "extra_forbidden")]
            assert not spy.writes


BATCHES = [route for route in FOR_TENANTS if route.batch is not None]


@pytest.mark.parametrize("route", BATCHES, ids=named)
def test_fields_that_the_server_owns_inside_a_batch__422_for_each_operation(north, route):
    example = north.body(route)["operations"][0]
    operations = []
    for name in sorted(ALWAYS_OWNED):
        operations += [example | {"data": example["data"] | {name: value}} for value in (None, "x")]
        operations.append(example | {name: "x"})
        if "update" in route.batch.performs:
            record = north.first(route.path.removesuffix("/batch"))["id"]
            operations += [{"op": "update", "id": record, "data": {name: value}} for value in (None, "x")]
    with spying() as spy:
        answer = north.ask(route, body={"operations": operations})
    for operation, result in zip(operations, answer.body["results"], strict=True):
        assert result["status"] == 422, (operation, result)
    assert not spy.writes


def test_more_than_operations_in_a_batch__422(north):
    for route in BATCHES:
        answer = north.ask(route, body={**north.body(route), "tenant_id": "tnt_x"})
        assert (answer.status, answer.code) == (422, "invalid")


def reachable(model, seen):
    if model in seen:
        return
    seen.add(model)
    for info in model.model_fields.values():
        for part in parts(info.annotation):
            reachable(part, seen)


def parts(annotation):
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for each in get_args(annotation):
        yield from parts(each)


def all_models():
    seen = set()
    for route in ROUTES:
        for model in (route.body, route.answer.model, route.query):
            if model is not None:
                reachable(model, seen)
    return sorted(seen, key=lambda each: each.__name__)


@pytest.mark.parametrize("model", all_models(), ids=lambda each: each.__name__)
def test_every_model_of_requests_and_answers_is_closed(model):
    assert model.model_config.get("extra") == "forbid"


@pytest.mark.parametrize("route", [route for route in FOR_TENANTS if route.answer.model], ids=named)
def test_a_real_answer__holds_exactly_what_its_model_says(north, route):
    query = (
        f"external_id=billing:{north.first('/v1/contacts')['external_ids'][0]['id']}" if "lookup" in route.path else ""
    )
    for nth in (0, 1):
        answer = north.ask(route, nth=nth, query=query)
    assert answer.status < 300, answer.text
    if route.answer.listed:
        assert answer.body.keys() - {"truncated_scan"} == {"items", "next_cursor"}
    for item in answer.body["items"] if route.answer.listed else [answer.body]:
        exactly(route.answer.model, item)


def exactly(model, document):
    assert document.keys() == model.model_fields.keys()
    for name, info in model.model_fields.items():
        inner = next(parts(info.annotation), None)
        value = document[name]
        for part in value if isinstance(value, list) else [value]:
            if inner is not None and isinstance(part, dict) and get_args(info.annotation)[:1] != (str,):
                exactly(inner, part)
