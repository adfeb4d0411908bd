"""Roles that a tenant makes for itself."""

import pytest

from chalicelib.access.principal import Grant, Reach
from tenants.own_roles.rules import PermissionFault, own, permission_faults

TITLES = {"en": "Call centre", "zh": "呼叫中心"}
ROLE = {"name": "call_centre", "titles": TITLES, "default_reach": "all", "permissions": ["users:read"]}


@pytest.fixture
def role(world, north):
    answer = world.call("POST", "/v1/roles", ROLE, by=north.admin)
    assert answer.status == 201, answer.body
    return answer.body


def test_roles__of_another_tenant_are_not_there(world, south, role):
    for method, body in (("GET", None), ("PATCH", {"default_reach": "own"}), ("DELETE", None)):
        assert world.call(method, f"/v1/roles/{role['id']}", body, by=south.admin).status == 404
    assert role["id"] not in {each["id"] for each in world.call("GET", "/v1/roles", by=south.admin).body["items"]}
    invited = {"name": "V", "email": "v@example.com", "role": "call_centre"}
    refused = world.call("POST", "/v1/users", invited, by=south.admin)
    assert (refused.status, refused.body["errors"][0]["code"]) == (422, "unknown_role")


def test_roles__are_made_by_those_who_may(world, north, role):
    _, viewer = north.person("viewer")
    for method, path, body in (
        ("POST", "/v1/roles", ROLE | {"name": "mine"}),
        ("PATCH", f"/v1/roles/{role['id']}", {"default_reach": "own"}),
        ("DELETE", f"/v1/roles/{role['id']}", None),
    ):
        assert world.call(method, path, body, by=viewer).status == 403
    assert world.call("GET", f"/v1/roles/{role['id']}", by=viewer).body == role


@pytest.mark.parametrize(
    ("permission", "code"),
    [
        ("platform:tenants", "unknown_permission"),
        ("platform:*", "unknown_permission"),
        ("*", "unknown_permission"),
        ("nothing:read", "unknown_permission"),
        ("keys:read", "not_yours"),  # the first key holds no keys
    ],
)
def test_roles__hold_what_there_is_and_what_their_maker_holds(world, north, permission, code):
    body = ROLE | {"permissions": ["users:read", permission]}
    refused = world.call("POST", "/v1/roles", body, by=north.key)
    assert refused.status == 422
    (error,) = refused.body["errors"]
    assert (error["pointer"], error["code"]) == ("/permissions/1", code)


@pytest.mark.parametrize(
    "change", [{"name": "Call"}, {"name": ""}, {"permissions": []}, {"titles": {"en": "x"}}, {"default_reach": "some"}]
)
def test_roles__refuse_values_that_are_none(world, north, change):
    assert world.call("POST", "/v1/roles", ROLE | change, by=north.admin).status == 422


@pytest.mark.parametrize("name", ["call_centre", "admin", "viewer"])
def test_roles__each_name_is_there_once(world, north, role, name):
    taken = world.call("POST", "/v1/roles", ROLE | {"name": name}, by=north.admin)
    assert (taken.status, taken.body["code"]) == (409, "already_exists")


def test_roles__built_in_ones_stay_as_they_are(world, north):
    built_in = world.call("GET", "/v1/roles/viewer", by=north.admin)
    assert (built_in.status, built_in.body["built_in"]) == (200, True)
    for method, body in (("PATCH", {"default_reach": "own"}), ("DELETE", None)):
        refused = world.call(method, "/v1/roles/viewer", body, by=north.admin)
        assert (refused.status, refused.body["code"]) == (409, "state_conflict")


def test_roles__as_many_as_the_plan_has(world, north):
    answers = [world.call("POST", "/v1/roles", ROLE | {"name": f"r{number}"}, by=north.admin) for number in range(60)]
    refused = next(each for each in answers if each.status != 201)
    assert (refused.status, refused.body["code"]) == (409, "state_conflict")
    assert refused.body["limit"] == sum(each.status == 201 for each in answers)


def test_roles__a_user_with_one__may_what_it_holds_and_no_more(world, north, role):
    user_id, token = north.person("call_centre")
    shown = world.call("GET", f"/v1/users/{user_id}", by=north.admin).body
    assert (shown["role"], shown["reach"]) == ("call_centre", "all")
    assert world.call("GET", "/v1/users", by=token).status == 200
    assert world.call("GET", "/v1/org-units", by=token).status == 403


def test_roles__a_change_acts_at_once_here_and_within_five_seconds_everywhere(world, north, role):
    _, token = north.person("call_centre")
    other = world.another_process()
    path = f"/v1/roles/{role['id']}"
    for process in (None, other):
        assert world.call("GET", "/v1/org-units", by=token, process=process).status == 403
    more = {"permissions": ["users:read", "org_units:read"]}
    changed = world.call("PATCH", path, more, by=north.admin, if_match='"1"')
    assert (changed.status, changed.body["version"]) == (200, 2)
    assert world.call("GET", "/v1/org-units", by=token).status == 200
    world.later(seconds=5)
    assert world.call("GET", "/v1/org-units", by=token, process=other).status == 200
    world.call("PATCH", path, {"permissions": ["org_units:read"]}, by=north.admin)
    assert world.call("GET", "/v1/users", by=token).status == 403
    world.later(seconds=5)
    assert world.call("GET", "/v1/users", by=token, process=other).status == 403
    stale = world.call("PATCH", path, more, by=north.admin, if_match='"1"')
    assert (stale.status, stale.body["current"]) == (412, {"permissions": ["org_units:read"]})


def test_roles__one_that_somebody_has__is_not_deleted(world, north, role):
    user_id, _ = north.person("call_centre")
    path = f"/v1/roles/{role['id']}"
    refused = world.call("DELETE", path, by=north.admin)
    assert (refused.status, refused.body["user_id"]) == (409, user_id)
    assert world.call("PATCH", f"/v1/users/{user_id}", {"role": "viewer"}, by=north.admin).status == 200
    assert world.call("DELETE", path, by=north.admin).status == 204
    assert world.call("GET", path, by=north.admin).status == 404


def test_roles__one_that_is_gone__lets_nobody_in_to_anything(world, north, role):
    user_id, token = north.person("call_centre")
    world.call("POST", f"/v1/users/{user_id}/deactivate", {}, by=north.admin)
    assert world.call("DELETE", f"/v1/roles/{role['id']}", by=north.admin).status == 204
    assert world.call("POST", f"/v1/users/{user_id}/reactivate", {}, by=north.admin).status == 200
    assert world.call("GET", "/v1/users", by=token).status == 403
    assert world.call("GET", "/v1/me", by=token).body["grants"] == []


def test_faults__what_a_role_had_before_is_nobodys_to_refuse():
    known, giver = frozenset({"a:read", "b:read"}), [Grant(frozenset({"a:read"}), Reach.ALL)]
    assert permission_faults(["a:read", "b:read"], known, ["b:read"], giver) == []
    assert permission_faults(["b:read"], known, [], giver) == [(0, PermissionFault.NOT_YOURS)]
    narrow = [Grant(frozenset({"a:read"}), Reach.SUBTREE)]
    assert permission_faults(["a:read"], known, [], narrow) == [(0, PermissionFault.NOT_YOURS)]


def test_own__what_is_no_permission_any_more_and_the_platforms_is_held_by_nobody():
    held = own("x", "own", ["a:read", "gone:read", "platform:tenants"], frozenset({"a:read", "platform:tenants"}))
    assert held.permissions == {"a:read"}
