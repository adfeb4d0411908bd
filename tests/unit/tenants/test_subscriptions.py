"""Modules, features and entitlements, over the API."""

from datetime import timedelta

import pytest

from tests.unit.tenants.conftest import NOW


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
    (one,) = world.call("GET", "/v1/entitlements?explain=alpha.dark", by=north.key).body["items"]
    assert {**one, "steps": None} == found["alpha.dark"]
    assert [(each["step"], each["outcome"]) for each in one["steps"]] == [
        ("kill_switch", "undecided"),
        ("tenant_state", "undecided"),
        ("module_subscription", "undecided"),
        ("tenant_override", "undecided"),
        ("plan", "undecided"),
        ("catalogue_default", "decided"),
    ]
    assert all(each["text"]["en"] and each["text"]["zh"] for each in one["steps"])
    unknown = world.call("GET", "/v1/entitlements?explain=no.such", by=north.key).body["items"][0]
    assert (unknown["enabled"], unknown["reason"]) == (False, "unknown_module")


# -- intervals


def at(**span):
    return (NOW + timedelta(**span)).isoformat()


def shown(world, tenant, module="alpha"):
    return switch(world, tenant, "GET", f"{module}/subscription")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"plan": "gold"}, "plan"),
        ({"starts_at": at(days=-1)}, "starts_at"),
        ({"starts_at": at(days=4000)}, "starts_at"),
        ({"ends_at": at(days=4000)}, "ends_at"),
        ({"ends_at": at()}, "ends_at"),
        ({"starts_at": at(days=2), "ends_at": at(days=2)}, "ends_at"),
        ({"trial_days": 10, "ends_at": at(days=9)}, "ends_at"),
        ({"trial_days": 31}, "trial_days"),
        ({"plan": "trial", "trial_days": 0}, "trial_days"),
        ({"plan": "trial", "ends_at": at(days=300)}, "ends_at"),
        ({"starts_at": "2026-03-02T00:00:00"}, "starts_at"),
    ],
)
def test_terms__that_make_no_sense__422(world, south, body, field):
    refused = switch(world, south, "PUT", "alpha/subscription", body)
    assert (refused.status, refused.body["errors"][0]["pointer"]) == (422, f"/{field}")
    assert shown(world, south).status == 404


def test_a_slow_clock__its_now_is_now(world, south):
    made = switch(world, south, "PUT", "alpha/subscription", {"starts_at": at(seconds=-30)})
    assert (made.body["state"], made.body["since"]) == ("active", NOW.isoformat().replace("+00:00", "Z"))


def test_a_trial__lapses_to_grace__reads_and_refuses_changes__then_off__each_at_its_instant(world, south):
    made = switch(world, south, "PUT", "alpha/subscription", {"trial_days": 10})
    assert (made.body["state"], made.body["until"]) == ("trial", at(days=10).replace("+00:00", "Z"))
    key = south.key
    world.later(days=10, microseconds=-1)
    assert world.call("POST", "/v1/alpha", by=key).status == 201
    world.later(microseconds=1)
    assert world.call("GET", "/v1/alpha", by=key).status == 200
    refused = world.call("POST", "/v1/alpha", by=key)
    assert (refused.status, refused.body["code"]) == (403, "module_read_only")
    assert (refused.body["module"], refused.body["state"]) == ("alpha", "grace")
    assert refused.body["until"] == at(days=24).replace("+00:00", "Z")
    assert refused.body["renew_with"] == "PUT /v1/modules/alpha/subscription"
    chinese = world.call("POST", "/v1/alpha", by=key, accept_language="zh-CN")
    assert "只读" in chinese.body["detail"]
    world.later(days=14, microseconds=-1)
    assert world.call("GET", "/v1/alpha", by=key).status == 200
    world.later(microseconds=1)
    off = world.call("GET", "/v1/alpha", by=key)
    assert (off.status, off.body["code"], off.body["state"]) == (403, "module_not_enabled", "off")
    found = shown(world, south).body
    assert (found["state"], found["kept_until"]) == ("off", at(days=24 + 90).replace("+00:00", "Z"))


def test_a_trial__is_had_once(world, south):
    assert switch(world, south, "PUT", "alpha/subscription", {"trial_days": 10}).status == 200
    assert switch(world, south, "PUT", "alpha/subscription", {"trial_days": 10}).status == 200  # the same one
    world.later(days=11)
    refused = switch(world, south, "PUT", "alpha/subscription", {"trial_days": 10})
    assert (refused.status, refused.body["code"]) == (409, "trial_used")
    assert switch(world, south, "PUT", "alpha/subscription", {}).body["state"] == "active"  # in grace: at once


def test_a_trial_and_what_follows_it(world, south):
    made = switch(world, south, "PUT", "alpha/subscription", {"trial_days": 10, "ends_at": at(days=100)})
    assert [each["state"] for each in made.body["phases"]] == ["trial", "active", "grace", "off"]
    again = switch(world, south, "PUT", "alpha/subscription", {"trial_days": 10, "ends_at": at(days=100)})
    assert again.body == made.body
    assert switch(world, south, "PUT", "alpha/subscription", {"plan": "trial"}).status == 409


def test_scheduled__is_off_until_its_instant(world, south):
    made = switch(world, south, "PUT", "alpha/subscription", {"starts_at": at(days=3)})
    assert (made.body["state"], made.body["until"]) == ("scheduled", at(days=3).replace("+00:00", "Z"))
    key = south.key
    world.later(days=3, microseconds=-1)
    assert world.call("GET", "/v1/alpha", by=key).body["state"] == "scheduled"
    world.later(microseconds=1)
    assert world.call("GET", "/v1/alpha", by=key).status == 200


def test_history__tells_who_asked_for_what_when__newest_first(world, south):
    switch(world, south, "PUT", "alpha/subscription", {"trial_days": 10})
    world.later(days=1)
    switch(world, south, "PUT", "alpha/subscription", {"plan": "professional", "starts_at": at(days=5)})
    world.later(days=1)
    switch(world, south, "DELETE", "alpha/subscription")
    told = [(each["what"], each["plan"], each["at"]) for each in shown(world, south).body["history"]]
    assert told == [
        ("ended", None, at(days=2).replace("+00:00", "Z")),
        ("agreed", "professional", at(days=1).replace("+00:00", "Z")),
        ("agreed", "basic", at().replace("+00:00", "Z")),
    ]


def test_on_again_after_off__is_activating__the_same_again_starts_no_second_job(world, north):
    switch(world, north, "DELETE", "alpha/subscription")
    back = switch(world, north, "PUT", "alpha/subscription", {})
    assert (back.body["state"], bool(back.body["catch_up_job"])) == ("activating", True)
    waiting = world.call("GET", "/v1/alpha", by=north.key)
    assert (waiting.status, waiting.body["code"]) == (503, "module_activating")
    assert waiting.headers["Retry-After"]
    again = switch(world, north, "PUT", "alpha/subscription", {})
    assert again.body["catch_up_job"] == back.body["catch_up_job"]


def test_dependencies__must_last_as_long(world, south):
    switch(world, south, "PUT", "alpha/subscription", {"ends_at": at(days=30)})
    refused = switch(world, south, "PUT", "beta/subscription", {})
    assert (refused.status, refused.body["missing"]) == (409, ["alpha"])
    assert switch(world, south, "PUT", "beta/subscription", {"ends_at": at(days=30)}).status == 200
    shorter = switch(world, south, "PUT", "alpha/subscription", {"ends_at": at(days=20)})
    assert (shorter.status, shorter.body["code"], shorter.body["needed_by"]) == (409, "dependency_in_use", ["beta"])
    longer = switch(world, south, "PUT", "beta/subscription?with_dependencies=true", {"ends_at": at(days=60)})
    assert longer.body["also_enabled"] == ["alpha"]
    found = shown(world, south).body
    assert [(each["state"], each["ends_at"]) for each in found["phases"]][:2] == [
        ("active", at(days=30).replace("+00:00", "Z")),
        ("active", at(days=60).replace("+00:00", "Z")),
    ]


def test_dependencies__are_tried_together(world, south):
    made = switch(world, south, "PUT", "beta/subscription?with_dependencies=true", {"plan": "trial"})
    assert (made.body["state"], made.body["also_enabled"]) == ("trial", ["alpha"])
    assert shown(world, south).body["state"] == "trial"


# -- switches for some


def overrides(world, tenant, **body):
    path = "/v1/modules/alpha/features/dark/overrides"
    return world.call("POST", path, {"enabled": True, "reason": "trial", **body}, by=tenant.key)


def test_override__for_nobody_or_an_unknown_role_or_unit_or_in_the_past__422(world, north):
    for body in ({}, {"roles": ["nosuch"]}, {"org_unit_ids": ["ou_x"]}, {"roles": ["viewer"], "expires_at": at()}):
        assert overrides(world, north, **body).status == 422


def test_override__for_a_role__is_for_that_role_alone__until_it_expires(world, north):
    _, viewer = north.person("viewer")
    made = overrides(world, north, roles=["viewer"], expires_at=at(days=1))
    assert made.status == 201
    assert world.call("GET", "/v1/alpha/dark", by=viewer).status == 200
    assert world.call("GET", "/v1/alpha/dark", by=north.key).status == 403
    (told,) = world.call("GET", "/v1/entitlements?explain=alpha.dark", by=north.key).body["items"]
    assert ("tenant_override", "for_others") in [(each["step"], each["said"]) for each in told["steps"]]
    world.later(days=1)
    viewer = world.token(f"{north.id}-invited-viewer")
    assert world.call("GET", "/v1/alpha/dark", by=viewer).status == 403


def test_override__for_a_unit__reaches_below_it__and_beats_the_one_for_everybody(world, north):
    root = world.call("GET", "/v1/me", by=north.key).body["org_unit_id"]
    switch(world, north, "PUT", "alpha/features/dark", {"enabled": False, "reason": "r"})
    made = overrides(world, north, org_unit_ids=[root])
    assert world.call("GET", "/v1/alpha/dark", by=north.key).status == 200
    path = "/v1/modules/alpha/features/dark/overrides"
    listed = world.call("GET", path, by=north.key).body["items"]
    assert [(bool(each["org_unit_ids"]), each["created_by"] != "") for each in listed] == [(False, True), (True, True)]
    assert world.call("GET", f"{path}/{made.body['id']}", by=north.key).body == made.body
    assert world.call("DELETE", f"{path}/{made.body['id']}", by=north.key).status == 204
    assert world.call("GET", "/v1/alpha/dark", by=north.key).status == 403


# -- kill switches


def kill(world, target, method="PUT", by=None, **body):
    sent = {"reason": "broken", **body} if method == "PUT" else None
    return world.call(method, f"/v1/kill-switches/{target}", sent, by=by or world.operator)


def test_kill_switch__is_for_operators__and_for_what_there_is(world, north):
    assert kill(world, "alpha", by=north.admin).status == 403
    for target in ("nosuch", "alpha.nosuch", "alpha.dark.er"):
        assert kill(world, target).status == 404
    assert kill(world, "core").status == 409
    assert kill(world, "alpha", expires_at=at()).status == 422
    assert kill(world, "alpha", "DELETE").status == 204


def test_kill_switch__acts_at_once_here_and_within_5_seconds_elsewhere__and_back(world, north):
    other = world.another_process()
    for process in (None, other):
        assert world.call("GET", "/v1/alpha", by=north.key, process=process).status == 200
    made = kill(world, "alpha")
    assert (made.status, made.body["in_force"], made.body["mode"]) == (200, True, "off")
    killed = world.call("GET", "/v1/alpha", by=north.key)
    assert (killed.status, killed.body["code"], killed.body["decided_by"]) == (403, "module_not_enabled", "kill_switch")
    assert "enable_with" not in killed.body
    world.later(seconds=4)
    assert world.call("GET", "/v1/alpha", by=north.key, process=other).status == 403
    assert kill(world, "alpha", "DELETE").status == 204
    assert world.call("GET", "/v1/alpha", by=north.key).status == 200


def test_kill_switch__of_a_feature_or_read_only(world, north):
    switch(world, north, "PUT", "alpha/features/dark", {"enabled": True, "reason": "r"})
    assert kill(world, "alpha.dark").status == 200
    refused = world.call("GET", "/v1/alpha/dark", by=north.key)
    assert (refused.status, refused.body["code"], refused.body["feature"]) == (403, "feature_disabled", "dark")
    assert kill(world, "alpha", mode="read_only", expires_at=at(days=1)).status == 200
    assert world.call("GET", "/v1/alpha", by=north.key).status == 200
    refused = world.call("POST", "/v1/alpha", by=north.key)
    assert (refused.status, refused.body["code"]) == (403, "module_read_only")
    assert "renew_with" not in refused.body
    world.later(days=1)
    assert world.call("POST", "/v1/alpha", by=north.key).status == 201
    listed = world.call("GET", "/v1/kill-switches", by=world.operator).body["items"]
    assert [(each["target"], each["in_force"]) for each in listed] == [("alpha", False), ("alpha.dark", True)]


def test_plans__are_shown_with_what_they_give_and_cost(world, north):
    found = world.call("GET", "/v1/plans", by=north.key).body["items"]
    assert [each["name"] for each in found] == ["trial", "basic", "professional", "enterprise"]
    assert found[1]["prices"][0]["month"]["currency"]
