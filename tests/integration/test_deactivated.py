"""Whoever has been deactivated: what they began stops, what they watch over is told to nobody."""

import pytest

from tests.support.tree import Tree


@pytest.fixture
def tree(whole):
    return Tree(whole, whole.house.onboard(["contacts", "visits"])).grow()


def test_job_of_one_who_has_been_deactivated__ends_and_says_why(tree, clock):
    role = {
        "name": "exporter",
        "titles": {"en": "Exporter", "zh": "e"},
        "permissions": ["contacts:read", "contacts:export"],
    }
    assert tree.admin.call("POST", "/v1/roles", role).status == 201
    path = f"/v1/users/{tree.managers['east']}"
    assert tree.admin.call("PATCH", path, {"role": "exporter"}).status == 200
    asked = tree.manager("east").call("POST", "/v1/contacts/exports", {"format": "jsonl"})
    assert asked.status == 202
    assert tree.admin.call("POST", f"{path}/deactivate", {}).status == 200
    assert tree.manager("east").call("GET", "/v1/contacts").status == 401
    tree.whole.work()
    job = tree.admin.call("GET", f"/v1/jobs/{asked.body['job_id']}").body
    assert (job["state"], job["reason"]["code"]) == ("failed", "permission_denied")


def test_move_by_one_who_has_been_deactivated__goes_on(tree, clock):
    role = {"name": "mover", "titles": {"en": "Mover", "zh": "m"}, "permissions": ["org_units:read", "org_units:write"]}
    assert tree.admin.call("POST", "/v1/roles", role).status == 201
    path = f"/v1/users/{tree.managers['west']}"
    assert tree.admin.call("PATCH", path, {"role": "mover"}).status == 200
    tree.unit("port", "west")
    job = tree.move("town", "port", tree.manager("west")).body["id"]
    assert tree.admin.call("POST", f"{path}/deactivate", {}).status == 200
    clock.advance(seconds=61)
    tree.whole.strike()
    tree.whole.work()
    clock.advance(seconds=61)
    tree.whole.strike()
    tree.whole.work()
    assert tree.admin.call("GET", f"/v1/jobs/{job}").body["state"] == "succeeded"
    tree.whole.catch_up()
    tree.check(("east", "town"))
