"""Module off, feature off, suspended, read-only: for every route, before any permission is looked at."""

from datetime import timedelta

import pytest

from chalicelib.background import Background
from chalicelib.jobs.worker import Worker
from tests.security.deployment import CATALOGUE, ROUTES
from tests.security.places import FOR_TENANTS, Place, named, unknown
from tests.security.spy import spying
from tests.security.test_links import LINKS
from tests.security.test_public import PUBLIC

SOLD = [route for route in FOR_TENANTS if not CATALOGUE.get(route.module).always_on]
TOGGLED = [route for route in ROUTES if route.feature]


@pytest.fixture(scope="package")
def bare(deployment):
    """A tenant without any module."""
    return Place(deployment, "Bare", modules=())


@pytest.fixture(scope="package")
def dim(deployment):
    """A tenant with every module and every feature switched off."""
    place = Place(deployment, "Dim")
    for manifest in CATALOGUE:
        for feature in manifest.features:
            path = f"/v1/modules/{manifest.name}/features/{feature.name}"
            body = {"enabled": False, "reason": "test"}
            assert deployment.call("PUT", path, body, by=place.admin).status == 200
    return place


@pytest.fixture(scope="package")
def shut(deployment):
    """A tenant whose sign-in and API access are blocked, with a key and an invitation from before."""
    return suspended(deployment, "Shut", block_sign_in=True)


@pytest.fixture(scope="package")
def still(deployment):
    """A tenant that is read-only."""
    return suspended(deployment, "Still", block_changes=True)


@pytest.fixture(scope="package")
def lapsed(deployment):
    """A tenant whose subscriptions of all modules have lapsed, and are in grace."""
    place = Place(deployment, "Lapsed")
    ends_at = (deployment.now() + timedelta(seconds=1)).isoformat()
    for manifest in reversed(list(CATALOGUE)):
        if not manifest.always_on:
            path = f"/v1/modules/{manifest.name}/subscription"
            assert deployment.call("PUT", path, {"ends_at": ends_at}, by=place.admin).status == 200
    deployment.later(seconds=2)
    return place


def suspended(deployment, salt, **switches):
    place = Place(deployment, salt)
    place.old_key = place.key("contacts:read", "contacts:write", "tenant:read", "modules:read", "usage:read")
    deployment.call("GET", "/v1/me", by=place.old_key)
    place.link = place.invited("viewer")["invitation"]["link"]
    body = {**switches, "reason": "test"}
    answer = deployment.call("POST", f"/v1/tenants/{place.id}/suspend", body, by=deployment.operator)
    assert answer.status == 200, answer.text
    return place


def knock(place, route, **more):
    with spying() as spy:
        answer = place.ask(route, unknown(route), body=place.body(route) if route.body else None, **more)
    assert not spy.strays(place.id)
    return answer, spy


@pytest.mark.parametrize("route", SOLD, ids=named)
def test_the_module_is_off__403_that_names_the_route_which_enables_it(bare, route):
    answer, spy = knock(bare, route)
    assert (answer.status, answer.code) == (403, "module_not_enabled")
    assert (answer.body["module"], answer.body["state"]) == (route.module, "not_subscribed")
    method, _, path = answer.body["enable_with"].partition(" ")
    named_route = next(
        each for each in ROUTES if each.method == method and each.path.replace("{module}", route.module) == path
    )
    assert named_route in FOR_TENANTS
    assert not spy.writes
    assert not [call for call in spy.calls if call[1].get("TableName", "").endswith(route.module)]


@pytest.mark.parametrize("route", [route for route in FOR_TENANTS if route not in SOLD], ids=named)
def test_no_module_is_on__the_control_plane_is_open_all_the_same(bare, route):
    answer, _ = knock(bare, route)
    assert answer.status not in {401, 403}, answer.text


def test_a_module_is_switched_off_and_on_again__acts_at_once_here_and_within_5_seconds_there(north):
    deployment = north.deployment
    here, there = deployment.application, deployment.process()

    def at(process):
        deployment.application = process
        return deployment.call("GET", "/v1/contacts", by=north.admin)

    assert [at(here).status, at(there).status] == [200, 200]
    deployment.application = here
    for module in (*here.catalogue.required_by("contacts"), "contacts"):
        assert deployment.call("DELETE", f"/v1/modules/{module}/subscription", by=north.admin).status == 204
    assert at(here).code == "module_not_enabled"
    deployment.later(seconds=5)
    assert at(there).code == "module_not_enabled"
    deployment.application = here
    back = deployment.call("PUT", "/v1/modules/contacts/subscription", {}, by=north.admin).body
    assert at(here).code == "module_activating"
    Worker(_background(here)).run(north.id, back["catch_up_job"])
    before = len(north.made["/v1/contacts"])
    assert len(at(here).body["items"]) >= before


def _background(process):
    return Background.of(process.kernel.gate, process.catalogue, process.log)


@pytest.mark.parametrize("route", SOLD, ids=named)
def test_the_subscription_has_lapsed__reads_and_refuses_changes_with_what_renews_it(lapsed, route):
    answer, spy = knock(lapsed, route)
    if route.reads:
        assert answer.status not in {401, 403}, answer.text
    else:
        assert (answer.status, answer.code) == (403, "module_read_only"), answer.text
        assert (answer.body["state"], answer.body["renew_with"]) == (
            "grace",
            f"PUT /v1/modules/{route.module}/subscription",
        )
        assert answer.body["until"]
    assert not spy.writes


def test_a_kill_switch__closes_all_routes_of_a_module_to_everybody_but_operators(north):
    deployment = north.deployment
    for mode in ("off", "read_only"):
        for name in {route.module for route in SOLD}:
            path, body = f"/v1/kill-switches/{name}", {"mode": mode, "reason": "test"}
            assert deployment.call("PUT", path, body, by=deployment.operator).status == 200
        for route in SOLD:
            answer, spy = knock(north, route)
            if mode == "off":
                assert (answer.status, answer.code) == (403, "module_not_enabled"), named(route)
            elif not route.reads:
                assert (answer.status, answer.code) == (403, "module_read_only"), named(route)
            else:
                assert answer.status not in {401, 403}, named(route)
            assert not spy.writes


@pytest.mark.parametrize("route", TOGGLED, ids=named)
def test_the_feature_is_off__403_that_names_the_route_which_switches_it(dim, route):
    answer, spy = knock(dim, route)
    assert (answer.status, answer.code) == (403, "feature_disabled")
    assert answer.body["feature"] == route.feature
    assert answer.body["enable_with"] == f"PUT /v1/modules/{route.module}/features/{route.feature}"
    assert not spy.writes


@pytest.mark.parametrize("route", [route for route in SOLD if not route.feature], ids=named)
def test_every_feature_is_off__what_hangs_on_none_is_open(dim, route):
    answer, _ = knock(dim, route)
    assert answer.status not in {401, 403}, answer.text


@pytest.mark.parametrize("feature", ["lines", "interactions"])
def test_a_feature_is_off__its_data_is_not_shown_by_way_of_another_route(north, feature):
    contact = north.first("/v1/contacts")["id"]
    shown = {"lines": "lines", "interactions": "timeline"}[feature]
    assert north.deployment.call("GET", f"/v1/contacts/{contact}/overview", by=north.admin).body[shown]
    body = {"enabled": False, "reason": "test"}
    north.deployment.call("PUT", f"/v1/modules/contacts/features/{feature}", body, by=north.admin)
    assert north.deployment.call("GET", f"/v1/contacts/{contact}/overview", by=north.admin).body[shown] == []


@pytest.mark.parametrize("route", [*FOR_TENANTS, *LINKS, *PUBLIC], ids=named)
def test_a_suspended_tenant__403_but_for_what_stays_open_in_suspension(shut, route):
    for credential in (shut.admin, shut.old_key):
        answer, spy = knock(shut, route, by=credential)
        if route.in_suspension:
            assert answer.status in {200, 404}, answer.text
        else:
            assert (answer.status, answer.code) == (403, "tenant_suspended"), answer.text
        assert not spy.writes


def test_what_stays_open_in_suspension_is_only_reading():
    assert {named(route) for route in ROUTES if route.in_suspension} == {
        "get_own_tenant", "get_openapi_document", "show_docs", "get_docs_asset"
    }  # fmt: skip
    assert all(route.reads for route in ROUTES if route.in_suspension)


@pytest.mark.parametrize("route", [*FOR_TENANTS, *LINKS], ids=named)
def test_a_read_only_tenant__reads_and_changes_nothing(still, route):
    answer, spy = knock(still, route)
    if route.reads:
        assert answer.status not in {401, 403}, answer.text
    else:
        assert (answer.status, answer.code) == (403, "tenant_read_only"), answer.text
    assert not spy.writes


def test_a_suspension_ends__all_works_again(north):
    deployment = north.deployment
    for switches in ({"block_sign_in": True}, {"block_changes": True}):
        deployment.call("POST", f"/v1/tenants/{north.id}/suspend", {**switches, "reason": "x"}, by=deployment.operator)
        assert deployment.call("POST", "/v1/contacts", {"name": "A"}, by=north.admin).status == 403
        deployment.call("POST", f"/v1/tenants/{north.id}/reactivate", by=deployment.operator)
        assert deployment.call("POST", "/v1/contacts", {"name": "A"}, by=north.admin).status == 201
