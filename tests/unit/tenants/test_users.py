"""Users changed, let in again, invited again."""

import pytest

NAMED = {"name": "Vic", "email": "vic@example.com", "role": "viewer"}


@pytest.fixture
def vic(world, north):
    return world.call("POST", "/v1/users", NAMED, by=north.admin).body


@pytest.mark.parametrize("action", ["reactivate", "invite", "reassign"])
def test_users__of_another_tenant_are_not_there(world, north, south, vic, action):
    body = {"to_user_id": south.made["admin_user_id"]} if action == "reassign" else {}
    assert world.call("POST", f"/v1/users/{vic['id']}/{action}", body, by=south.admin).status == 404
    assert world.call("PATCH", f"/v1/users/{vic['id']}", {"name": "X"}, by=south.admin).status == 404
    _, viewer = north.person("analyst")
    assert world.call("POST", f"/v1/users/{vic['id']}/{action}", body, by=viewer).status == 403
    assert world.call("PATCH", f"/v1/users/{vic['id']}", {"name": "X"}, by=viewer).status == 403


def test_changing__name_roles_and_unit(world, north, vic):
    root = vic["org_unit_id"]
    unit = world.call("POST", "/v1/org-units", {"name": "City", "parent_id": root}, by=north.admin).body["id"]
    more = [{"role": "service_agent", "reach": "unit"}]
    change = {"name": "Victor", "role": "marketer", "reach": "subtree", "more_grants": more, "org_unit_id": unit}
    changed = world.call("PATCH", f"/v1/users/{vic['id']}", change, by=north.admin, if_match='"1"')
    assert changed.status == 200, changed.body
    assert {name: changed.body[name] for name in change} == change
    assert changed.body["version"] == 2
    stale = world.call("PATCH", f"/v1/users/{vic['id']}", {"name": "V"}, by=north.admin, if_match='"1"')
    assert (stale.status, stale.body["current"]) == (412, {"name": "Victor"})
    same = world.call("PATCH", f"/v1/users/{vic['id']}", {"name": "Victor"}, by=north.admin)
    assert same.body["version"] == 2


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"role": "king"}, "/role", "unknown_role"),
        ({"more_grants": [{"role": "king", "reach": "own"}]}, "/more_grants/0/role", "unknown_role"),
        ({"role": "admin"}, "/role", "beyond_yours"),
        ({"more_grants": [{"role": "admin", "reach": "own"}]}, "/more_grants/0/role", "beyond_yours"),
        ({"org_unit_id": "ou_none"}, "/org_unit_id", "not_found"),
    ],
)
def test_changing__nobody_gives_more_than_they_have(world, north, vic, change, pointer, code):
    refused = world.call("PATCH", f"/v1/users/{vic['id']}", change, by=north.key)  # a first key holds no keys:*
    assert refused.status == 422
    assert [(each["pointer"], each["code"]) for each in refused.body["errors"]] == [(pointer, code)]


def test_changing__who_may_more_is_changed_by_their_equals_alone(world, north):
    user_id, _ = north.person("admin")
    refused = world.call("PATCH", f"/v1/users/{user_id}", {"role": "viewer"}, by=north.key)
    assert (refused.status, refused.body["code"]) == (403, "permission_denied")
    assert world.call("PATCH", f"/v1/users/{user_id}", {"name": "Other"}, by=north.key).status == 200


def test_changing__acts_at_once_here_and_within_five_seconds_everywhere(world, north):
    user_id, token = north.person("viewer")
    other = world.another_process()
    for process in (None, other):
        assert world.call("GET", "/v1/users", by=token, process=process).status == 200
    assert world.call("PATCH", f"/v1/users/{user_id}", {"role": "partner_user"}, by=north.admin).status == 200
    assert world.call("GET", "/v1/users", by=token).status == 403
    world.later(seconds=5)
    assert world.call("GET", "/v1/users", by=token, process=other).status == 403


def test_changing__grants_add_up(world, north):
    user_id, token = north.person("partner_user")
    assert world.call("GET", "/v1/org-units", by=token).status == 403
    more = {"more_grants": [{"role": "viewer", "reach": "unit"}]}
    assert world.call("PATCH", f"/v1/users/{user_id}", more, by=north.admin).status == 200
    assert world.call("GET", "/v1/org-units", by=token).status == 200
    grants = world.call("GET", "/v1/me", by=token).body["grants"]
    assert [each["reach"] for each in grants] == ["own", "unit"]


def test_admins__the_last_one_stays_one(world, north):
    me = world.call("GET", "/v1/me", by=north.admin).body["id"]
    path = f"/v1/users/{me}"
    for change in ({"role": "viewer"}, {"reach": "subtree"}):
        refused = world.call("PATCH", path, change, by=north.admin)
        assert (refused.status, refused.body["code"]) == (409, "state_conflict")
    north.person("admin", name="Second")
    assert world.call("PATCH", path, {"role": "viewer"}, by=north.admin).status == 200


def test_admins__one_who_has_not_come_yet_does_not_count(world, north):
    me = world.call("GET", "/v1/me", by=north.admin).body["id"]
    body = NAMED | {"role": "admin", "email": "second@example.com"}
    assert world.call("POST", "/v1/users", body, by=north.admin).status == 201
    assert world.call("PATCH", f"/v1/users/{me}", {"role": "viewer"}, by=north.admin).status == 409


def test_reactivated__signs_in_again_and_the_old_invitation_stays_void(world, north, vic):
    user_id, token = north.person("analyst")
    for each in (user_id, vic["id"]):
        assert world.call("POST", f"/v1/users/{each}/deactivate", {}, by=north.admin).status == 200
    assert world.call("GET", "/v1/users", by=token).status == 401
    states = [
        world.call("POST", f"/v1/users/{each}/reactivate", {}, by=north.admin).body for each in (user_id, vic["id"])
    ]
    assert [each["state"] for each in states] == ["active", "invited"]
    assert world.call("GET", "/v1/org-units", by=token).status == 200
    again = world.call("POST", f"/v1/users/{user_id}/reactivate", {}, by=north.admin)
    assert again.body["version"] == states[0]["version"]
    link = vic["invitation"]["link"]
    assert world.call("POST", f"/v1/invitations/{link}/sign-in", {"token": world.token("v")}).status == 404


def test_reactivating__who_may_more_is_refused(world, north):
    user_id, _ = north.person("admin")
    world.call("POST", f"/v1/users/{user_id}/deactivate", {}, by=north.admin)
    assert world.call("POST", f"/v1/users/{user_id}/reactivate", {}, by=north.key).status == 403


def test_invited_again__the_new_link_counts_and_the_old_one_is_void(world, north, vic):
    again = world.call("POST", f"/v1/users/{vic['id']}/invite", {}, by=north.admin)
    assert again.status == 200, again.body
    old, new = vic["invitation"]["link"], again.body["invitation"]["link"]
    assert world.call("POST", f"/v1/invitations/{old}/sign-in", {"token": world.token("v")}).status == 404
    assert world.call("POST", f"/v1/invitations/{new}/sign-in", {"token": world.token("v")}).status == 200
    refused = world.call("POST", f"/v1/users/{vic['id']}/invite", {}, by=north.admin)
    assert (refused.status, refused.body["code"]) == (409, "state_conflict")


def test_invited_again__by_a_key__the_link_takes_no_key(world, north, vic):
    link = world.call("POST", f"/v1/users/{vic['id']}/invite", {}, by=north.key).body["invitation"]["link"]
    assert world.call("POST", f"/v1/invitations/{link}/api-key", {"name": "k"}).status == 409
    admin = world.call("POST", "/v1/users", NAMED | {"role": "admin", "email": "a@example.com"}, by=north.admin).body
    assert world.call("POST", f"/v1/users/{admin['id']}/invite", {}, by=north.key).status == 403


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"to_user_id": "usr_none"}, "/to_user_id"),
        ({"kinds": ["task", "user"]}, "/kinds/1"),
        ({"kinds": []}, "/kinds"),
    ],
)
def test_reassigning__to_nobody_or_what_is_not_handed_over__is_refused(world, north, vic, change, pointer):
    body = {"to_user_id": north.made["admin_user_id"], "kinds": ["task"]} | change
    refused = world.call("POST", f"/v1/users/{vic['id']}/reassign", body, by=north.admin)
    assert (refused.status, refused.body["errors"][0]["pointer"]) == (422, pointer)


def test_reassigning__to_who_is_gone_or_the_same__is_refused(world, north, vic):
    user_id, _ = north.person("viewer")
    world.call("POST", f"/v1/users/{user_id}/deactivate", {}, by=north.admin)
    for other in (user_id, vic["id"]):
        body = {"to_user_id": other}
        assert world.call("POST", f"/v1/users/{vic['id']}/reassign", body, by=north.admin).status == 422
