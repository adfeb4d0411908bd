"""Webhooks by their API: foreign and denied first, what may be called, secrets, and whose rights count."""

import pytest

from tenants.plans.rules import plans
from tests.unit.access.test_addresses import REFUSED

HOOK = {"url": "https://example.com/hooks", "events": ["user.*"]}


@pytest.fixture
def hook(world, north):
    return world.call("POST", "/v1/webhooks", HOOK, by=north.admin).body


OPERATIONS = [
    ("GET", "", None),
    ("PATCH", "", {"description": "x"}),
    ("DELETE", "", None),
    ("POST", "/rotate-secret", None),
    ("GET", "/deliveries", None),
    ("POST", "/replay", {"since": "2026-03-01T08:00:00Z"}),
    ("POST", "/test", None),
]


@pytest.mark.parametrize(("method", "path", "body"), OPERATIONS)
def test_webhook__of_another_tenant__is_not_there(world, south, hook, method, path, body):
    answer = world.call(method, f"/v1/webhooks/{hook['id']}{path}", body, by=south.admin)
    assert (answer.status, answer.body["code"]) == (404, "not_found")
    assert world.call("GET", "/v1/webhooks", by=south.admin).body["items"] == []


@pytest.mark.parametrize("role", ["director", "analyst", "account_manager", "viewer", "department_manager"])
def test_webhook__without_the_right__is_refused(world, north, hook, role):
    _, token = north.person(role)
    for method, path, body in OPERATIONS:
        answer = world.call(method, f"/v1/webhooks/{hook['id']}{path}", body, by=token)
        assert (answer.status, answer.body["code"]) == (403, "permission_denied")


def test_webhook__of_an_integrator_with_a_reach_of_his_own__is_not_seen_by_another(world, north, hook):
    _, token = north.person("integrator", reach="own")
    assert world.call("GET", f"/v1/webhooks/{hook['id']}", by=token).status == 404
    own = world.call("POST", "/v1/webhooks", HOOK, by=token)
    assert own.status == 201
    assert [each["id"] for each in world.call("GET", "/v1/webhooks", by=token).body["items"]] == [own.body["id"]]


@pytest.mark.parametrize("url", REFUSED)
def test_url__that_leads_inside__is_refused_when_given_and_when_changed(world, north, hook, url):
    for answer in (
        world.call("POST", "/v1/webhooks", HOOK | {"url": url}, by=north.admin),
        world.call("PATCH", f"/v1/webhooks/{hook['id']}", {"url": url}, by=north.admin),
    ):
        assert (answer.status, [each["pointer"] for each in answer.body["errors"]]) == (422, ["/url"])


def test_http_to_this_machine__is_refused_anywhere_but_in_local_runs(world, north):
    answer = world.call("POST", "/v1/webhooks", HOOK | {"url": "http://127.0.0.1:9/"}, by=north.admin)
    assert answer.body["errors"][0]["code"] == "url_refused"


def test_events__that_nobody_makes__are_refused_by_their_place(world, north):
    answer = world.call("POST", "/v1/webhooks", HOOK | {"events": ["user.*", "moon.rose"]}, by=north.admin)
    assert [(each["pointer"], each["code"]) for each in answer.body["errors"]] == [("/events/1", "unknown_event")]


def test_secret__is_shown_once_and_is_nowhere_stored_in_clear(world, north, hook):
    assert hook["secret"].startswith("whsec_")
    assert "secret" not in world.call("GET", f"/v1/webhooks/{hook['id']}", by=north.admin).body
    assert "secret" not in world.call("GET", "/v1/webhooks", by=north.admin).body["items"][0]
    assert hook["secret"].removeprefix("whsec_") not in repr(_everything())


def test_rotation__keeps_two_secrets_at_most_and_the_old_one_for_a_day(world, north, hook):
    path = f"/v1/webhooks/{hook['id']}"
    shown = {hook["secret"]} | {
        world.call("POST", f"{path}/rotate-secret", by=north.admin).body["secret"] for _ in range(3)
    }
    assert len(shown) == 4
    assert world.call("GET", path, by=north.admin).body["old_secret_until"] == "2026-03-02T12:00:00Z"
    world.later(hours=24)
    assert world.call("GET", path, by=north.admin).body["old_secret_until"] is None


def test_webhooks__of_a_tenant__are_limited_by_its_plan(world, north):
    most = plans()["basic"].privileges.webhooks
    answers = [world.call("POST", "/v1/webhooks", HOOK, by=north.admin) for _ in range(most + 1)]
    assert [each.status for each in answers] == [201] * most + [409]


def test_change__by_another_admin__makes_him_the_subscriber_and_a_rename_does_not(world, north, hook):
    other, token = north.person("admin")
    path = f"/v1/webhooks/{hook['id']}"
    assert world.call("PATCH", path, {"description": "mine?"}, by=token).body["user_id"] == hook["user_id"]
    assert world.call("PATCH", path, {"url": "https://example.org/"}, by=token).body["user_id"] == other


def test_disabled__is_neither_tested_nor_replayed(world, north, hook):
    path = f"/v1/webhooks/{hook['id']}"
    changed = world.call("PATCH", path, {"state": "disabled"}, by=north.admin).body
    assert (changed["state"], changed["disabled_reason"]) == ("disabled", "by_hand")
    for name, body in (("test", None), ("replay", {"since": "2026-03-01T08:00:00Z"})):
        answer = world.call("POST", f"{path}/{name}", body, by=north.admin)
        assert (answer.status, answer.body["code"]) == (409, "state_conflict")
    assert world.call("PATCH", path, {"state": "enabled"}, by=north.admin).body["disabled_reason"] is None


def test_replay__is_bounded_in_time_and_in_number(world, north, hook):
    path = f"/v1/webhooks/{hook['id']}/replay"
    for since in ("2026-01-29T12:00:00Z", "2026-03-01T12:00:01Z"):
        assert world.call("POST", path, {"since": since}, by=north.admin).status == 422
    body = {"since": "2026-03-01T08:00:00Z"}
    assert [world.call("POST", path, body, by=north.admin).status for _ in range(2)] == [202, 409]
    world.later(minutes=10)
    assert world.call("POST", path, body, by=north.admin).status == 202


def test_deleted__is_gone(world, north, hook):
    assert world.call("DELETE", f"/v1/webhooks/{hook['id']}", by=north.admin).status == 204
    assert world.call("GET", f"/v1/webhooks/{hook['id']}", by=north.admin).status == 404


def _everything():
    from chalicelib.store.connection import connection, table_name  # noqa: PLC0415 - what only an auditor does

    return connection().client.scan(TableName=table_name("core"))["Items"]
