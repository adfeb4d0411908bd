"""Every registered route is in the matrix, and the matrix can call each of them: else its refusals prove nothing."""

import importlib

import pytest

from chalicelib.access.needs import Link, Permission, ProviderSignature, Public
from chalicelib.call import Call
from chalicelib.web.routes import Routes
from tests.security.deployment import ROUTES
from tests.security.places import FOR_OPERATORS, FOR_TENANTS, named, what_is
from tests.security.recipes import BEFORE
from tests.security.spy import spying
from tests.security.test_links import LINKS
from tests.security.test_public import PUBLIC


def test_the_matrix_holds_every_route_of_the_real_application_once(deployment):
    application = importlib.import_module("app").application
    served = sorted((route.method, route.path) for route in application.routes)
    assert served == sorted((route.method, route.path) for route in ROUTES)
    assert len(served) == len(set(served)) == len(deployment.application.routes)


def test_each_route_is_in_exactly_one_part_of_the_matrix():
    parts = (FOR_TENANTS, FOR_OPERATORS, PUBLIC, LINKS)
    signed = [route for route in ROUTES if isinstance(route.needs, ProviderSignature)]
    assert not signed, "the first callback of a provider has come: give it a matrix of forged and replayed signatures"
    assert sum(len(part) for part in parts) == len(ROUTES)
    assert {named(route) for part in parts for route in part} == {named(route) for route in ROUTES}
    assert {type(route.needs) for route in ROUTES} == {Permission, Public, Link}


@pytest.mark.parametrize("route", [route for route in ROUTES if route.path_names], ids=named)
def test_the_matrix_knows_what_each_path_parameter_is(route):
    assert {what_is(route, name) for name in route.path_names} <= {"record", "natural", "shared", "link"}


def test_a_path_parameter_that_nothing_explains_fails_with_what_to_do():
    routes = Routes("core")

    @routes.get("/gadgets/{gadget_id}", needs="tenant:read")
    def get_gadget(call: Call, gadget_id: str) -> None:
        """Get a gadget."""

    with pytest.raises(pytest.fail.Exception, match=r"POST /v1/gadgets answer Created.*recipes\.py"):
        what_is(routes.declared[0], "gadget_id")


@pytest.mark.parametrize("route", FOR_TENANTS, ids=named)
def test_an_admin_calls_it_with_own_ids_and_succeeds__reaching_own_keys_alone(north, route):
    answers = []
    with spying() as spy:
        for nth in (0, 1):
            answers.append(answer := north.ask(route, nth=nth, query=_query(north, route)))
            if answer.status in route.answer.statuses:
                break
    assert answers[-1].status in route.answer.statuses, answers[-1].text
    if answers[-1].status == 207:
        assert all(each["status"] < 300 for each in answers[-1].body["results"]), answers[-1].text
    assert not spy.strays(north.id)
    assert not (route.reads and spy.writes)


def _query(place, route):
    return (
        f"external_id=billing:{place.first('/v1/contacts')['external_ids'][0]['id']}" if "lookup" in route.path else ""
    )


@pytest.mark.parametrize("route", FOR_OPERATORS, ids=named)
def test_an_operator_calls_it_and_succeeds__reaching_one_tenant_at_most(north, route):
    BEFORE.get(named(route), lambda _: None)(north)
    with spying() as spy:
        answer = north.ask(route, by=north.deployment.operator)
    assert answer.status in route.answer.statuses, answer.text
    tenants = {each.partition("#")[0] for each in spy.partitions()} - {"platform"}
    assert len(tenants) <= 1 or named(route) == "list_tenants"
    assert not [each for each in spy.strays(*tenants) if not each.startswith("platform#")]
