"""Invitations, API keys and sign-ins: denied and foreign first."""

import json

import pytest

from chalicelib.store import keys
from chalicelib.store.connection import connection, table_name

ISSUER = "https://id.example.com/"


def test_invitation__forged_or_of_another_purpose_404(world, north):
    for link in ("lnk_x", north.link[:-2] + "AA", "nothing"):
        assert world.call("POST", f"/v1/invitations/{link}/api-key", {}).status == 404
        assert world.call("POST", f"/v1/invitations/{link}/sign-in", {"token": "x"}).status == 404


def test_invitation__ends_after_a_week(world, north):
    world.later(days=7)
    assert world.call("POST", f"/v1/invitations/{north.link}/api-key", {}).status == 404


def test_invitation__gives_one_key_and_no_second(world, north):
    first = world.call("POST", f"/v1/invitations/{north.link}/api-key", {"name": "setup"})
    assert first.status == 201
    assert first.headers["Location"] == f"/v1/api-keys/{first.body['id']}"
    again = world.call("POST", f"/v1/invitations/{north.link}/api-key", {"name": "setup"})
    assert (again.status, again.body["code"]) == (409, "state_conflict")


def test_invitation__a_repeat_with_the_same_key_shows_the_api_key_again(world, north):
    path = f"/v1/invitations/{north.link}/api-key"
    first = world.call("POST", path, {"name": "setup"}, idempotency_key="k")
    again = world.call("POST", path, {"name": "setup"}, idempotency_key="k")
    assert again.body == first.body


def test_first_key__sets_a_tenant_up_but_reaches_no_credentials(world, north):
    scopes = world.call("GET", "/v1/me", by=north.key).body["grants"][0]["permissions"]
    assert {"tenant:admin", "users:write", "alpha:write"} <= set(scopes)
    assert not [each for each in scopes if each.startswith(("keys:", "platform:"))]
    for method, path in (("GET", "/v1/api-keys"), ("POST", "/v1/api-keys")):
        body = {"name": "x", "scopes": ["alpha:read"]} if method == "POST" else None
        assert world.call(method, path, body, by=north.key).status == 403


def test_a_key__can_not_mint_another_by_inviting_somebody(world, north):
    body = {"name": "Vic", "email": "vic@example.com", "role": "viewer"}
    link = world.call("POST", "/v1/users", body, by=north.key).body["invitation"]["link"]
    assert world.call("POST", f"/v1/invitations/{link}/api-key", {}).status == 409
    bound = world.call("POST", f"/v1/invitations/{link}/sign-in", {"token": world.token("vic")})
    assert (bound.status, bound.body["state"]) == (200, "active")


@pytest.mark.parametrize(
    "claims",
    [{"iss": "https://evil.example.com/"}, {"aud": "other"}, {"exp": 1}],
    ids=["issuer", "audience", "expired"],
)
def test_sign_in__refuses_what_the_gate_would_refuse(world, north, claims):
    token = world.token("ann", **claims)
    refused = world.call("POST", f"/v1/invitations/{north.link}/sign-in", {"token": token})
    assert (refused.status, refused.body["errors"][0]["pointer"]) == (422, "/token")
    assert token not in json.dumps(refused.body)


def test_sign_in__one_identity_belongs_to_one_user(world, north, south):
    path = f"/v1/invitations/{north.link}/sign-in"
    assert world.call("POST", path, {"token": world.token("ann")}).status == 200
    assert world.call("POST", path, {"token": world.token("ann")}).status == 200
    assert world.call("POST", path, {"token": world.token("bob")}).status == 409
    foreign = world.call("POST", f"/v1/invitations/{south.link}/sign-in", {"token": world.token("ann")})
    assert foreign.status == 409
    assert north.id not in json.dumps(foreign.body)
    operator = world.call("POST", f"/v1/invitations/{south.link}/sign-in", {"token": world.operator})
    assert operator.status == 409


def test_sign_in__works_after_the_key_was_taken_and_makes_the_tenants_admin(world, north):
    assert north.key
    me = world.call("GET", "/v1/me", by=north.admin).body
    assert (me["kind"], me["tenant"]["id"]) == ("user", north.id)
    assert "keys:write" in me["grants"][0]["permissions"]


def test_me__nobody_operator_and_stranger(world, north):
    assert world.call("GET", "/v1/me").status == 401
    assert world.call("GET", "/v1/me", by=world.token("stranger")).status == 401
    operator = world.call("GET", "/v1/me", by=world.operator).body
    assert (operator["kind"], operator["tenant"]) == ("platform", None)
    assert operator["grants"] == [{"reach": "all", "permissions": ["platform:switches", "platform:tenants"]}]


def make_key(world, north, **more):
    body = {"name": "sync", "scopes": ["alpha:read", "users:read"]} | more
    return world.call("POST", "/v1/api-keys", body, by=north.admin)


@pytest.mark.parametrize(
    ("scope", "code"),
    [
        ("keys:read", "not_for_keys"),
        ("keys:write", "not_for_keys"),
        ("users:write", "not_for_keys"),
        ("platform:tenants", "not_for_keys"),
        ("alpha:fly", "unknown_permission"),
    ],
)
def test_api_key__never_holds_credentials_or_what_nobody_declares(world, north, scope, code):
    refused = make_key(world, north, scopes=["alpha:read", scope])
    assert refused.status == 422
    assert [(each["pointer"], each["code"]) for each in refused.body["errors"]] == [("/scopes/1", code)]


@pytest.mark.parametrize("until", ["2026-03-01T12:00:00Z", "2020-01-01T00:00:00Z", "2036-01-01T00:00:00+08:00"])
def test_api_key__ends_in_a_future_that_is_near_enough(world, north, until):
    refused = make_key(world, north, expires_at=until)
    assert (refused.status, refused.body["errors"][0]["pointer"]) == (422, "/expires_at")


def test_api_key__of_another_tenant_is_not_there(world, north, south):
    key_id = make_key(world, north).body["id"]
    assert world.call("GET", f"/v1/api-keys/{key_id}", by=south.admin).status == 404
    assert world.call("DELETE", f"/v1/api-keys/{key_id}", by=south.admin).status == 404
    listed = world.call("GET", "/v1/api-keys", by=south.admin).body["items"]
    assert key_id not in [each["id"] for each in listed]


def test_api_key__stored_under_a_hash_alone_and_shown_once(world, north):
    made = make_key(world, north)
    key = made.body["api_key"]
    items = connection().client.scan(TableName=table_name("core"))["Items"]
    assert key not in json.dumps(items)
    assert key.removeprefix("sbk_").split("_")[1] not in json.dumps(items)
    assert "api_key" not in world.call("GET", f"/v1/api-keys/{made.body['id']}", by=north.admin).body
    events = [each for each in items if each["kind"]["S"] == "event" and each["type"]["S"] == "api_key.created"]
    assert json.loads(events[0]["changed"]["S"])["hashed"] is None


def test_api_key__is_refused_when_revoked_at_once_here_and_within_5_seconds_elsewhere(world, north):
    other = world.another_process()
    made = make_key(world, north).body
    for process in (world.application, other):
        assert world.call("GET", "/v1/alpha", by=made["api_key"], process=process).status == 200
    assert world.call("DELETE", f"/v1/api-keys/{made['id']}", by=north.admin).status == 204
    assert world.call("GET", "/v1/alpha", by=made["api_key"]).status == 401
    world.later(seconds=4)
    assert world.call("GET", "/v1/alpha", by=made["api_key"], process=other).status == 401
    assert world.call("GET", f"/v1/api-keys/{made['id']}", by=north.admin).status == 404


def test_api_key__is_refused_after_its_end(world, north):
    key = make_key(world, north, expires_at="2026-03-02T00:00:00Z").body["api_key"]
    assert world.call("GET", "/v1/alpha", by=key).status == 200
    world.later(hours=12)
    assert world.call("GET", "/v1/alpha", by=key).status == 401


def test_api_key__last_use_is_written_every_ten_minutes_at_most(world, north):
    made = make_key(world, north).body

    def last_used():
        return world.call("GET", f"/v1/api-keys/{made['id']}", by=north.admin).body["last_used_at"]

    assert last_used() is None
    world.call("GET", "/v1/alpha", by=made["api_key"])
    assert last_used() == "2026-03-01T12:00:00Z"
    world.later(minutes=9)
    world.call("GET", "/v1/alpha", by=made["api_key"])
    assert last_used() == "2026-03-01T12:00:00Z"
    world.later(minutes=2)
    world.call("GET", "/v1/alpha", by=made["api_key"])
    assert last_used() == "2026-03-01T12:11:00Z"
    assert world.call("GET", "/v1/api-keys", by=north.admin).body["items"][0]["last_used_at"]


def test_api_key__tampered_with_is_refused(world, north):
    key = make_key(world, north).body["api_key"]
    assert world.call("GET", "/v1/alpha", by=key[:-1] + ("a" if key[-1] != "a" else "b")).status == 401


def test_deactivated_user__loses_sign_in_and_keys(world, north):
    user_id, token = north.person("admin")
    body = {"name": "hers", "scopes": ["alpha:read"]}
    key = world.call("POST", "/v1/api-keys", body, by=token).body["api_key"]
    assert world.call("GET", "/v1/alpha", by=key).status == 200
    assert world.call("POST", f"/v1/users/{user_id}/deactivate", {}, by=north.admin).body["state"] == "deactivated"
    assert world.call("GET", "/v1/alpha", by=token).status == 401
    assert world.call("GET", "/v1/alpha", by=key).status == 401


def test_deactivated_user__can_not_use_the_invitation(world, north):
    body = {"name": "Vic", "email": "vic@example.com", "role": "viewer"}
    made = world.call("POST", "/v1/users", body, by=north.admin).body
    world.call("POST", f"/v1/users/{made['id']}/deactivate", {}, by=north.admin)
    assert world.call("POST", f"/v1/invitations/{made['invitation']['link']}/api-key", {}).status == 404


def test_registry__a_tenants_own_issuer_speaks_for_that_tenant_alone(world, north, south):
    url = "https://sso.north.example.com/"
    where = keys.registry("issuer", url)
    connection().client.put_item(
        TableName=table_name("core"),
        Item={
            "pk": {"S": str(where.pk)},
            "sk": {"S": str(where.sk)},
            "kind": {"S": "registry"},
            "tenant": {"S": north.id},
            "record": {"S": north.id},
            "detail": {"S": json.dumps({"jwks_url": "https://sso/jwks", "kind": "oidc", "audience": "sb"})},
        },
    )
    token = world.token("ann", iss=url, aud="sb")
    assert world.call("POST", f"/v1/invitations/{south.link}/sign-in", {"token": token}).status == 422
    assert world.call("POST", f"/v1/invitations/{north.link}/sign-in", {"token": token}).status == 200
    assert world.call("GET", "/v1/me", by=token).body["tenant"]["id"] == north.id
