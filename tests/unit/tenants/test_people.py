"""Users, roles, org units."""

import json

import pytest

from chalicelib.access.principal import Grant, Reach
from chalicelib.store.connection import connection, table_name
from tenants.org_units.rules import child_path, level, root_path
from tenants.own_roles.rules import beyond
from tenants.roles import ROLES

VIC = {"name": "Vic", "email": "vic@example.com", "role": "viewer"}


def test_users__of_another_tenant_are_not_there(world, north, south):
    user_id = world.call("POST", "/v1/users", VIC, by=north.key).body["id"]
    assert world.call("GET", f"/v1/users/{user_id}", by=south.key).status == 404
    assert world.call("POST", f"/v1/users/{user_id}/deactivate", {}, by=south.key).status == 404
    listed = world.call("GET", "/v1/users", by=south.key).body["items"]
    assert [each["id"] for each in listed] == [south.made["admin_user_id"]]


def test_inviting__is_refused_to_those_who_may_not(world, north):
    _, viewer = north.person("viewer")
    assert world.call("POST", "/v1/users", VIC, by=viewer).status == 403


def test_inviting__nobody_gives_more_than_they_have(world, north):
    refused = world.call("POST", "/v1/users", VIC | {"role": "admin"}, by=north.key)
    assert (refused.status, refused.body["errors"][0]["code"]) == (422, "beyond_yours")


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"role": "king"}, "/role"),
        ({"reach": "everything"}, "/reach"),
        ({"email": "vic"}, "/email"),
        ({"org_unit_id": "ou_none"}, "/org_unit_id"),
        ({"tenant_id": "tnt_x"}, "/tenant_id"),
    ],
)
def test_inviting__refuses_values_that_are_none(world, north, change, pointer):
    refused = world.call("POST", "/v1/users", VIC | change, by=north.key)
    assert (refused.status, refused.body["errors"][0]["pointer"]) == (422, pointer)


def test_inviting__an_address_once(world, north, south):
    assert world.call("POST", "/v1/users", VIC, by=north.key).status == 201
    again = world.call("POST", "/v1/users", VIC | {"email": "VIC@example.com"}, by=north.key)
    assert (again.status, again.body["code"]) == (409, "already_exists")
    assert world.call("POST", "/v1/users", VIC, by=south.key).status == 201


def test_inviting__into_a_foreign_unit_is_refused_as_into_none(world, north, south):
    unit = world.call("GET", "/v1/org-units", by=south.key).body["items"][0]["id"]
    refused = world.call("POST", "/v1/users", VIC | {"org_unit_id": unit}, by=north.key)
    none = world.call("POST", "/v1/users", VIC | {"org_unit_id": "ou_none"}, by=north.key)
    assert (refused.status, refused.body["errors"]) == (none.status, none.body["errors"])


def test_users__listed_by_state(world, north):
    north.person("viewer")
    world.call("POST", "/v1/users", VIC, by=north.key)
    invited = world.call("GET", "/v1/users?state=invited", by=north.key).body["items"]
    assert [each["email"] for each in invited] == ["vic@example.com"]
    active = world.call("GET", "/v1/users?state=active&role=viewer", by=north.key).body["items"]
    assert [each["role"] for each in active] == ["viewer"]
    assert world.call("GET", "/v1/users?state=gone", by=north.key).status == 400


def test_users__names_reach_events_only_sealed(world, north):
    world.call("POST", "/v1/users", VIC, by=north.key)
    items = connection().client.scan(TableName=table_name("core"))["Items"]
    events = json.dumps([each for each in items if each["kind"]["S"] == "event"])
    assert "vic@example.com" not in events
    assert "Vic" not in events


def test_deactivating__oneself_is_refused_and_twice_changes_nothing(world, north):
    me = world.call("GET", "/v1/me", by=north.admin).body["id"]
    assert world.call("POST", f"/v1/users/{me}/deactivate", {}, by=north.admin).status == 409
    user_id, _ = north.person("viewer")
    once = world.call("POST", f"/v1/users/{user_id}/deactivate", {}, by=north.admin)
    assert world.call("POST", f"/v1/users/{user_id}/deactivate", {}, by=north.admin).body == once.body


def test_roles__listed_with_what_they_hold(world, north):
    found = {each["name"]: each for each in world.call("GET", "/v1/roles", by=north.key).body["items"]}
    assert set(found) == set(ROLES)
    assert "keys:write" in found["admin"]["permissions"]


@pytest.mark.parametrize("role", ROLES.values(), ids=list(ROLES))
def test_roles__none_reaches_the_platform_and_only_admins_credentials(role):
    names = {"platform:tenants", "keys:read", "keys:write", "users:write", "tenant:admin", "contacts:read"}
    held = role.permissions(names)
    assert "platform:tenants" not in held
    if role.name != "admin":
        assert not held & {"keys:read", "keys:write", "users:write", "tenant:admin"}


@pytest.mark.parametrize(
    ("role", "permission", "held"),
    [
        ("viewer", "contacts:read", True),
        ("viewer", "contacts:read_sensitive", False),
        ("viewer", "contacts:write", False),
        ("analyst", "contacts:read_sensitive", False),
        ("service_agent", "contacts:read_sensitive", True),
        ("service_agent", "contacts:configure", False),
        ("integrator", "contacts:write", True),
        ("integrator", "org_units:write", False),
        ("admin", "contacts:configure", True),
    ],
)
def test_roles__hold_what_their_work_needs(role, permission, held):
    assert (permission in ROLES[role].permissions({permission})) is held


def test_beyond__reach_counts_as_much_as_the_permission():
    giver = [Grant(frozenset({"a:read"}), Reach.ALL), Grant(frozenset({"a:write"}), Reach.SUBTREE)]
    assert beyond(giver, frozenset({"a:read", "a:write"}), Reach.SUBTREE) == []
    assert beyond(giver, frozenset({"a:read", "a:write"}), Reach.ALL) == ["a:write"]
    assert beyond(giver, frozenset({"b:read"}), Reach.OWN) == ["b:read"]


# -- org units


def root(world, tenant):
    return world.call("GET", "/v1/org-units", by=tenant.key).body["items"][0]


def unit(world, tenant, parent, name="City", by=""):
    return world.call("POST", "/v1/org-units", {"name": name, "parent_id": parent}, by=by or tenant.key)


def test_org_units__of_another_tenant_are_not_there(world, north, south):
    foreign = root(world, south)["id"]
    assert world.call("GET", f"/v1/org-units/{foreign}", by=north.key).status == 404
    assert world.call("PATCH", f"/v1/org-units/{foreign}", {"name": "Mine"}, by=north.key).status == 404
    assert unit(world, north, foreign).status == 422


def test_org_units__a_tree_of_paths(world, north):
    top = root(world, north)
    assert (top["path"], top["level"], top["parent_id"]) == (f"/{top['id']}/", 1, None)
    city = unit(world, north, top["id"]).body
    assert (city["path"], city["level"]) == (f"{top['path']}{city['id']}/", 2)


def test_org_units__ten_levels_at_most(world, north):
    parent = root(world, north)["id"]
    for _ in range(9):
        parent = unit(world, north, parent).body["id"]
    assert unit(world, north, parent).body["errors"][0]["code"] == "too_deep"


def test_org_units__renamed_and_not_moved(world, north):
    city = unit(world, north, root(world, north)["id"]).body
    path = f"/v1/org-units/{city['id']}"
    assert world.call("PATCH", path, {"parent_id": city["id"]}, by=north.key).status == 422
    renamed = world.call("PATCH", path, {"name": "Town"}, by=north.key, if_match='"1"')
    assert (renamed.body["name"], renamed.body["version"]) == ("Town", 2)
    stale = world.call("PATCH", path, {"name": "Village"}, by=north.key, if_match='"1"')
    assert (stale.status, stale.body["current"]) == (412, {"name": "Town"})
    same = world.call("PATCH", path, {"name": "Town"}, by=north.key)
    assert same.body["version"] == 2


def test_org_units__a_manager_sees_the_units_and_people_below(world, north):
    top = root(world, north)
    here, there = (unit(world, north, top["id"], name).body for name in ("Here", "There"))
    _, manager = north.person("department_manager", org_unit_id=here["id"])
    world.call("POST", "/v1/users", VIC | {"org_unit_id": there["id"]}, by=north.key)
    below = unit(world, north, here["id"], "Below").body
    seen = world.call("GET", "/v1/org-units?sort=created_at", by=manager).body["items"]
    assert [each["id"] for each in seen] == [here["id"], below["id"]]
    assert world.call("GET", f"/v1/org-units/{there['id']}", by=manager).status == 404
    people = world.call("GET", "/v1/users", by=manager).body["items"]
    assert [each["role"] for each in people] == ["department_manager"]


def test_paths__are_the_ids_from_the_root_down():
    assert root_path("ou_a") == "/ou_a/"
    assert child_path("/ou_a/", "ou_b") == "/ou_a/ou_b/"
    assert level("/ou_a/ou_b/") == 2
    assert child_path("/x" * 10 + "/", "ou_b") is None
