"""Modules, features and the entitlement decision."""

import pytest

from tenants.lifecycle.rules import TenantState
from tenants.subscriptions.rules import PLANS, Snapshot, Subscribed, SubscriptionState, decide
from tests.unit.tenants.conftest import CATALOGUE

ON, OFF = Subscribed(SubscriptionState.ACTIVE, "basic"), Subscribed(SubscriptionState.OFF, "basic")
ACTIVE = TenantState.ACTIVE


@pytest.mark.parametrize(
    ("snapshot", "asked", "decision"),
    [
        (Snapshot(ACTIVE), "nosuch", (False, "unknown_module", "catalogue")),
        (Snapshot(ACTIVE, {"nosuch": ON}), "nosuch", (False, "unknown_module", "catalogue")),
        (Snapshot(ACTIVE, {"alpha": ON}), "alpha.nosuch", (False, "unknown_feature", "catalogue")),
        (Snapshot(TenantState.ERASED, {"alpha": ON}), "alpha", (False, "erased", "tenant_state")),
        (Snapshot(TenantState.FAILED), "core", (False, "failed", "tenant_state")),
        (Snapshot(TenantState.SUSPENDED, {"alpha": ON}), "alpha", (True, "active", "module_subscription")),
        (Snapshot(ACTIVE), "core", (True, "always_on", "catalogue")),
        (Snapshot(ACTIVE), "alpha", (False, "not_subscribed", "module_subscription")),
        (Snapshot(ACTIVE, {"alpha": OFF}), "alpha", (False, "off", "module_subscription")),
        (Snapshot(ACTIVE, {"alpha": ON}), "alpha", (True, "active", "module_subscription")),
        (Snapshot(ACTIVE, {"alpha": ON}), "alpha.bright", (True, "default", "catalogue_default")),
        (Snapshot(ACTIVE, {"alpha": ON}), "alpha.dark", (False, "default", "catalogue_default")),
        (
            Snapshot(ACTIVE, {"alpha": ON}, {("alpha", "dark"): True}),
            "alpha.dark",
            (True, "overridden", "tenant_override"),
        ),
        (
            Snapshot(ACTIVE, {"alpha": OFF}, {("alpha", "dark"): True}),
            "alpha.dark",
            (False, "off", "module_subscription"),
        ),
        (
            Snapshot(ACTIVE, {"alpha": Subscribed(SubscriptionState.ACTIVE, "gone")}),
            "alpha.dark",
            (False, "default", "catalogue_default"),
        ),
    ],
)
def test_decision__table(snapshot, asked, decision):
    module, _, feature = asked.partition(".")
    found = decide(CATALOGUE, snapshot, module, feature or None)
    assert (found.enabled, found.reason, found.decided_by) == decision


def test_decision__the_plan_stands_between_override_and_default(monkeypatch):
    monkeypatch.setitem(PLANS, "basic", {"alpha.dark": True})
    planned = decide(CATALOGUE, Snapshot(ACTIVE, {"alpha": ON}), "alpha", "dark")
    assert (planned.enabled, planned.decided_by) == (True, "plan")
    overridden = decide(CATALOGUE, Snapshot(ACTIVE, {"alpha": ON}, {("alpha", "dark"): False}), "alpha", "dark")
    assert (overridden.enabled, overridden.decided_by) == (False, "tenant_override")


def switch(world, tenant, method, path, body=None, **more):
    return world.call(method, f"/v1/modules/{path}", body, by=tenant.key, **more)


def test_switching__is_for_admins(world, north):
    _, viewer = north.person("viewer")
    for method, path, body in (
        ("PUT", "beta/subscription", {}),
        ("DELETE", "alpha/subscription", None),
        ("PUT", "alpha/features/dark", {"enabled": True, "reason": "r"}),
        ("DELETE", "alpha/features/dark", None),
    ):
        assert world.call(method, f"/v1/modules/{path}", body, by=viewer).status == 403


def test_switching__unknown_module_404_and_core_stays_on(world, north):
    for method, body in (("PUT", {}), ("DELETE", None)):
        assert switch(world, north, method, "nosuch/subscription", body).status == 404
        assert switch(world, north, method, "core/subscription", body).status == 409
    assert switch(world, north, "GET", "nosuch").status == 404
    assert switch(world, north, "PUT", "alpha/features/nosuch", {"enabled": True, "reason": "r"}).status == 404
    assert switch(world, north, "DELETE", "alpha/features/dark").status == 404
    assert switch(world, north, "PUT", "alpha/subscription", {"plan": "gold"}).status == 422


def test_subscription__decides_at_once_here_and_within_5_seconds_elsewhere(world, south):
    other = world.another_process()
    refused = world.call("GET", "/v1/alpha", by=south.key)
    assert (refused.status, refused.body["code"]) == (403, "module_not_enabled")
    assert refused.body["enable_with"] == "PUT /v1/modules/alpha/subscription"
    assert world.call("GET", "/v1/alpha", by=south.key, process=other).status == 403
    assert switch(world, south, "PUT", "alpha/subscription", {}).body["state"] == "active"
    assert world.call("GET", "/v1/alpha", by=south.key).status == 200
    world.later(seconds=4)
    assert world.call("GET", "/v1/alpha", by=south.key, process=other).status == 200
    assert switch(world, south, "DELETE", "alpha/subscription").status == 204
    assert world.call("GET", "/v1/alpha", by=south.key).body["state"] == "off"


def test_subscription__of_one_tenant_means_nothing_to_another(world, north, south):
    assert world.call("GET", "/v1/alpha", by=north.key).status == 200
    assert world.call("GET", "/v1/alpha", by=south.key).status == 403


def test_subscription__twice_changes_nothing(world, south):
    first = switch(world, south, "PUT", "alpha/subscription", {})
    assert switch(world, south, "PUT", "alpha/subscription", {}).body == first.body
    assert switch(world, south, "DELETE", "beta/subscription").status == 204
    assert switch(world, south, "DELETE", "alpha/subscription").status == 204
    assert switch(world, south, "DELETE", "alpha/subscription").status == 204


def test_dependencies__are_named_or_enabled_too(world, south):
    refused = switch(world, south, "PUT", "gamma/subscription", {})
    assert (refused.status, refused.body["code"]) == (409, "dependency_missing")
    assert refused.body["missing"] == ["alpha", "beta"]
    enabled = switch(world, south, "PUT", "gamma/subscription?with_dependencies=true", {})
    assert enabled.body["also_enabled"] == ["alpha", "beta"]
    in_use = switch(world, south, "DELETE", "alpha/subscription")
    assert (in_use.status, in_use.body["code"]) == (409, "dependency_in_use")
    assert in_use.body["needed_by"] == ["beta", "gamma"]


def test_catalogue__shows_every_module_with_this_tenants_state(world, north):
    found = {each["name"]: each for each in world.call("GET", "/v1/modules", by=north.key).body["items"]}
    assert set(found) == {"core", "alpha", "beta", "gamma"}
    assert (found["core"]["always_on"], found["core"]["enabled"]) == (True, True)
    assert (found["alpha"]["enabled"], found["alpha"]["plan"]) == (True, "basic")
    assert (found["beta"]["enabled"], found["beta"]["requires"]) == (False, ["alpha"])
    assert found["alpha"]["titles"] == {"en": "Made up", "zh": "虚构"}


def test_feature__switched_on_and_back(world, north):
    refused = world.call("GET", "/v1/alpha/dark", by=north.key)
    assert (refused.status, refused.body["code"]) == (403, "feature_disabled")
    made = switch(world, north, "PUT", "alpha/features/dark", {"enabled": True, "reason": "trial"})
    assert (made.status, made.body["enabled"]) == (200, True)
    assert world.call("GET", "/v1/alpha/dark", by=north.key).status == 200
    again = switch(world, north, "PUT", "alpha/features/dark", {"enabled": True, "reason": "trial"})
    assert again.body == made.body
    assert switch(world, north, "DELETE", "alpha/features/dark").status == 204
    assert world.call("GET", "/v1/alpha/dark", by=north.key).status == 403


def test_entitlements__all_or_one_with_the_deciding_step(world, north):
    found = {each["name"]: each for each in world.call("GET", "/v1/entitlements", by=north.key).body["items"]}
    assert set(found) == {"core", "alpha", "alpha.bright", "alpha.dark", "beta", "gamma"}
    one = world.call("GET", "/v1/entitlements?explain=alpha.dark", by=north.key).body["items"]
    assert one == [found["alpha.dark"]]
    unknown = world.call("GET", "/v1/entitlements?explain=no.such", by=north.key).body["items"][0]
    assert (unknown["enabled"], unknown["reason"]) == (False, "unknown_module")
