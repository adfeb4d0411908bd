"""Onboarding, suspension, reactivation."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from tenants.lifecycle.rules import (
    ARROWS,
    Blocks,
    TenantState,
    Transition,
    after,
    effective_blocks,
    is_paused,
    pauses_after,
    registered_name,
    way,
)

BODY = {
    "name": "East",
    "region": "CN",
    "default_phone_region": "CN",
    "locale": "zh-CN",
    "time_zone": "Asia/Shanghai",
    "currency": "CNY",
    "admin": {"name": "Eve", "email": "eve@example.com"},
}
SUSPENSION = {"block_sign_in": True, "reason": "unpaid"}


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/v1/tenants", BODY),
        ("GET", "/v1/tenants", None),
        ("GET", "/v1/tenants/{id}", None),
        ("POST", "/v1/tenants/{id}/suspend", SUSPENSION),
        ("POST", "/v1/tenants/{id}/reactivate", {}),
    ],
)
def test_operators_routes__refused_to_everybody_else(world, north, method, path, body):
    path = path.replace("{id}", north.id)
    assert world.call(method, path, body).status == 401
    for credential in (north.key, north.admin):
        refused = world.call(method, path, body, by=credential)
        assert (refused.status, refused.body["code"]) == (403, "permission_denied")


def test_tenant_routes__refused_to_operators(world, north):
    for path in ("/v1/tenant", "/v1/users", "/v1/api-keys", "/v1/modules", "/v1/alpha"):
        assert world.call("GET", path, by=world.operator).status == 403


@pytest.mark.parametrize("bad", ["tnt_01J", "tnt_", "platform", "tnt_01JZZZZZZZZZZZZZZZZZZZZZZ%23", "x" * 30])
def test_unknown_tenant__404(world, bad):
    assert world.call("GET", f"/v1/tenants/{bad}", by=world.operator).status == 404
    assert world.call("POST", f"/v1/tenants/{bad}/suspend", SUSPENSION, by=world.operator).status == 404


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"time_zone": "Mars/Olympus"}, "/time_zone"),
        ({"time_zone": "America"}, "/time_zone"),
        ({"time_zone": "../etc/passwd"}, "/time_zone"),
        ({"region": "china"}, "/region"),
        ({"default_phone_region": "ZZ"}, "/default_phone_region"),
        ({"currency": "yuan"}, "/currency"),
        ({"name": " "}, "/name"),
        ({"name": "a\u0000b"}, "/name"),
        ({"admin": {"name": "Eve", "email": "nobody"}}, "/admin/email"),
        ({"modules": ["nosuch"]}, "/modules/0"),
        ({"modules": ["alpha", "core"]}, "/modules/1"),
        ({"id": "tnt_mine"}, "/id"),
    ],
)
def test_onboarding__refuses_values_that_are_none(world, change, pointer):
    refused = world.call("POST", "/v1/tenants", BODY | change, by=world.operator)
    assert refused.status == 422
    assert [each["pointer"] for each in refused.body["errors"]] == [pointer]
    assert world.call("GET", "/v1/tenants", by=world.operator).body["items"] == []


def test_onboarding__a_name_is_taken_once(world, north):
    refused = world.call("POST", "/v1/tenants", BODY | {"name": " NORTH "}, by=world.operator)
    assert (refused.status, refused.body["code"]) == (409, "tenant_name_taken")


def test_onboarding__dependencies_must_be_among_the_first_modules(world):
    refused = world.call("POST", "/v1/tenants", BODY | {"modules": ["beta"]}, by=world.operator)
    assert (refused.status, refused.body["missing"]) == (409, ["alpha"])
    assert world.call("POST", "/v1/tenants", BODY | {"modules": ["beta", "alpha"]}, by=world.operator).status == 201


def test_onboarding__repeated_with_its_key_answers_the_same(world):
    first = world.call("POST", "/v1/tenants", BODY, by=world.operator, idempotency_key="k1")
    again = world.call("POST", "/v1/tenants", BODY, by=world.operator, idempotency_key="k1")
    assert (first.status, again.status) == (201, 201)
    assert again.body == first.body
    assert again.headers["Idempotency-Replayed"] == "true"


def test_onboarded_tenant__is_read_and_listed(world, north, south):
    got = world.call("GET", f"/v1/tenants/{north.id}", by=world.operator)
    assert (got.status, got.body["state"], got.body["suspension"]) == (200, "active", None)
    first = world.call("GET", "/v1/tenants?limit=1&sort=created_at", by=world.operator)
    rest = world.call(
        "GET", f"/v1/tenants?limit=1&sort=created_at&cursor={first.body['next_cursor']}", by=world.operator
    )
    assert {each["id"] for each in first.body["items"] + rest.body["items"]} == {north.id, south.id}
    assert world.call("GET", "/v1/tenant", by=north.key).body["name"] == "North"


def test_suspension__needs_at_least_one_switch(world, north):
    refused = world.call("POST", f"/v1/tenants/{north.id}/suspend", {"reason": "none"}, by=world.operator)
    assert refused.status == 422


def test_suspension__blocks_sign_in_at_once_and_only_there(world, north, south):
    assert world.call("GET", "/v1/users", by=north.key).status == 200
    world.call("POST", f"/v1/tenants/{north.id}/suspend", SUSPENSION, by=world.operator)
    refused = world.call("GET", "/v1/users", by=north.key)
    assert (refused.status, refused.body["code"]) == (403, "tenant_suspended")
    assert world.call("GET", "/v1/tenant", by=north.key).body["suspension"]["reason"] == "unpaid"
    assert world.call("GET", "/v1/users", by=south.key).status == 200
    listed = world.call("GET", "/v1/tenants?state=suspended", by=world.operator)
    assert [each["id"] for each in listed.body["items"]] == [north.id]


def test_suspension__blocking_changes_leaves_reading(world, north):
    key = north.key
    body = {"block_changes": True, "reason": "audit"}
    world.call("POST", f"/v1/tenants/{north.id}/suspend", body, by=world.operator)
    assert world.call("GET", "/v1/users", by=key).status == 200
    refused = world.call("PUT", "/v1/modules/beta/subscription", {}, by=key)
    assert (refused.status, refused.body["code"]) == (403, "tenant_read_only")


def test_suspension__twice_changes_nothing_and_reactivation_ends_it(world, north):
    path = f"/v1/tenants/{north.id}"
    once = world.call("POST", f"{path}/suspend", SUSPENSION, by=world.operator)
    twice = world.call("POST", f"{path}/suspend", SUSPENSION, by=world.operator)
    assert (twice.status, twice.body) == (200, once.body)
    back = world.call("POST", f"{path}/reactivate", {}, by=world.operator)
    assert (back.body["state"], back.body["suspension"]) == ("active", None)
    assert world.call("POST", f"{path}/reactivate", {}, by=world.operator).body == back.body


ALLOWED = {
    ("onboard", None): "active",
    ("suspend", "active"): "suspended",
    ("suspend", "suspended"): "suspended",
    ("reactivate", "active"): "active",
    ("reactivate", "suspended"): "active",
    ("offboard", "active"): "offboarding",
    ("offboard", "suspended"): "offboarding",
    ("fail", "offboarding"): "failed",
    ("retry", "failed"): "offboarding",
    ("erase", "offboarding"): "erased",
}


@pytest.mark.parametrize("state", [None, *TenantState])
@pytest.mark.parametrize("transition", Transition)
def test_transitions__these_and_no_others_exist(state, transition):
    assert after(transition, state) == ALLOWED.get((transition, state))


@pytest.mark.parametrize("state", [None, *TenantState])
@pytest.mark.parametrize("transition", Transition)
def test_transitions__lead_along_the_arrows_alone(state, transition):
    led = [*([state] if state else []), *(way(transition, state) or ())]
    assert {*pairwise(led)} <= ARROWS


NINE, TEN, ELEVEN = (datetime(2026, 3, 1, hour, tzinfo=UTC) for hour in (9, 10, 11))


def test_billing__is_paused_from_the_instant_it_is_blocked_until_before_it_goes_on():
    pauses = pauses_after([], NINE, blocked=True)
    assert pauses_after(pauses, TEN, blocked=True) == pauses
    pauses = pauses_after(pauses, TEN, blocked=False)
    assert pauses == [[NINE.isoformat(), TEN.isoformat()]] == pauses_after(pauses, ELEVEN, blocked=False)
    assert [is_paused(pauses, at) for at in (NINE - timedelta(microseconds=1), NINE, TEN)] == [False, True, False]
    assert pauses_after(pauses, ELEVEN, blocked=True) == [*pauses, [ELEVEN.isoformat(), None]]
    assert is_paused([[ELEVEN.isoformat(), None]], ELEVEN + timedelta(days=1000))


def test_blocks__each_switch_acts_while_suspended_and_leaving_means_reading():
    whole = Blocks(sign_in=True, changes=True, billing=True)
    assert effective_blocks(TenantState.SUSPENDED, whole) == whole
    assert effective_blocks(TenantState.ACTIVE, whole) == Blocks()
    assert effective_blocks(TenantState.OFFBOARDING, whole) == Blocks(changes=True, billing=True)


def test_suspension__blocking_billing_is_on_record_and_leaves_work_alone(world, north):
    path = f"/v1/tenants/{north.id}"
    key = north.key
    world.call("POST", f"{path}/suspend", {"block_billing": True, "reason": "dispute"}, by=world.operator)
    assert world.call("POST", "/v1/org-units", {"name": "East", "parent_id": _root(world, key)}, by=key).status == 201
    since = world.now
    world.later(hours=1)
    back = world.call("POST", f"{path}/reactivate", {}, by=world.operator).body
    assert [(each["since"], each["until"]) for each in back["billing_pauses"]] == [(_text(since), _text(world.now))]


def _root(world, key):
    return world.call("GET", "/v1/org-units", by=key).body["items"][0]["id"]


def _text(at):
    return at.isoformat().replace("+00:00", "Z")


def test_onboarding__the_same_again_shows_the_same_invitation_until_it_is_used(world):
    body = BODY | {"modules": ["alpha"]}
    first = world.call("POST", "/v1/tenants", body, by=world.operator)
    again = world.call("POST", "/v1/tenants", body, by=world.operator)
    # A link is encrypted anew each time it is shown; it is the same invitation, which is used once.
    assert again.body["invitation"].pop("expires_at") == first.body["invitation"].pop("expires_at")
    link, lost = again.body.pop("invitation")["link"], first.body.pop("invitation")["link"]
    assert (again.status, again.body) == (201, first.body)
    assert len(world.call("GET", "/v1/tenants", by=world.operator).body["items"]) == 1
    other = world.call("POST", "/v1/tenants", body | {"admin": BODY["admin"] | {"name": "Eva"}}, by=world.operator)
    assert (other.status, other.body["code"]) == (409, "tenant_name_taken")
    assert world.call("POST", f"/v1/invitations/{link}/api-key", {"name": "first"}).status == 201
    assert world.call("POST", f"/v1/invitations/{lost}/api-key", {"name": "second"}).status == 409
    used = world.call("POST", "/v1/tenants", body, by=world.operator)
    assert (used.status, used.body["code"]) == (409, "tenant_name_taken")


def test_onboarding__the_same_again_after_the_invitation_has_expired_is_refused(world):
    world.call("POST", "/v1/tenants", BODY, by=world.operator)
    world.later(days=7)
    assert world.call("POST", "/v1/tenants", BODY, by=world.operator).status == 409


@pytest.mark.parametrize("other", ["north star", "NORTH  STAR", " North\u00a0Star "])
def test_names__case_and_spacing_make_no_other_name(other):
    assert registered_name(other) == registered_name("North Star")
