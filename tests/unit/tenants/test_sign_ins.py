"""Sign-ins, bad keys and brute force through the whole application."""

import json

import pytest

from chalicelib.access.api_keys import mint
from chalicelib.access.attempts import FROM_A_SOURCE_FOR_A_TENANT
from chalicelib.settings import settings
from chalicelib.store.connection import MeteredConnection
from chalicelib.store.tables import create_all

OTHER_KEY = "TmV3IGtleSBmb3IgdGVzdHMsIDMyIGJ5dGVzIGxvbmc="


@pytest.fixture
def trips(monkeypatch):
    """The operations that the store was asked for."""
    asked, original = [], MeteredConnection.dispatch

    def counted(self, operation, arguments):
        asked.append(operation)
        return original(self, operation, arguments)

    monkeypatch.setattr(MeteredConnection, "dispatch", counted)
    return asked


@pytest.fixture(autouse=True)
def all_units(world):
    """The audit reads the events of every unit in the catalogue."""
    create_all(["beta", "gamma"])


def audit(world, tenant, action):
    world.later(seconds=11)
    return world.call("GET", f"/v1/audit?action={action}&limit=200", by=tenant.admin).body["items"]


def test_a_new_token__is_noted_once_over_all_processes_and_a_warm_read_stays_a_read(world, north, trips):
    token = north.admin
    processes = [world.application, world.another_process(), world.another_process()]
    for process in processes * 3:
        assert world.call("GET", "/v1/me", by=token, process=process).status == 200
    world.later(seconds=1)
    for _ in range(2):
        trips.clear()
        assert world.call("GET", "/v1/me", by=token).status == 200
    assert trips == []
    me = world.call("GET", "/v1/me", by=token).body["user_id"]
    world.later(seconds=11)
    noted = world.call("GET", "/v1/audit?action=sign_in", by=token).body["items"]
    assert [(each["actor"], each["record"], each["source"]) for each in noted] == [(me, me, "192.0.2.1")]
    later = north.admin  # a new token, as an issuer gives every hour
    assert later != token
    assert world.call("GET", "/v1/me", by=later).status == 200
    assert len(audit(world, north, "sign_in")) == 2  # the asking one's own is too young


def test_a_key_that_is_none__is_told_to_the_tenant_it_names(world, north, south):
    bad = mint(north.id)
    for _ in range(3):
        assert world.call("GET", "/v1/me", by=bad).status == 401
    assert world.call("GET", "/v1/me", by=mint("tnt_01ARZ3NDEKTSV4RRFFQ69G5FAV")).status == 401
    noted = audit(world, north, "key.refused")
    assert [each["actor"] for each in noted] == ["anonymous"] * 3
    assert bad not in json.dumps(noted)
    assert audit(world, south, "key.refused") == []


def test_brute_force__429_before_any_read_and_nobody_else_is_touched(world, north, south, trips):
    warm = north.key
    assert world.call("GET", "/v1/me", by=warm).status == 200
    for _ in range(FROM_A_SOURCE_FOR_A_TENANT):
        assert world.call("GET", "/v1/me", by=mint(north.id)).status == 401
    trips.clear()
    answer = world.call("GET", "/v1/me", by=mint(north.id))
    assert (answer.status, answer.body["code"]) == (429, "too_many_attempts")
    assert 0 < int(answer.headers["Retry-After"]) <= 60
    assert trips == []
    assert world.call("GET", "/v1/me", by=warm).status == 200  # the same address, let in before
    assert world.call("GET", "/v1/me", by=south.key).status == 200  # the same address, another tenant
    world.later(seconds=60)
    assert world.call("GET", "/v1/me", by=mint(north.id)).status == 401


def test_bad_tokens__are_counted_expired_ones_are_not(world, north):
    expired = world.token("somebody", exp=1)
    for _ in range(3 * FROM_A_SOURCE_FOR_A_TENANT):
        assert world.call("GET", "/v1/me", by=expired).status == 401
    for _ in range(FROM_A_SOURCE_FOR_A_TENANT):
        assert world.call("GET", "/v1/me", by=world.token("nobody")).status == 401
    assert world.call("GET", "/v1/me", by=world.token("nobody")).status == 429
    assert world.call("GET", "/v1/me", by=north.key).status == 200  # keys are counted by their tenant


def test_rotated_secret_keys__old_api_keys_work_as_long_as_the_old_secret_is_there(world, north, monkeypatch):
    key = north.key
    (old,) = (each.get_secret_value() for each in settings().secret_keys)

    def with_secrets(*secrets):
        monkeypatch.setenv("SWITCHBOARD_SECRET_KEYS", json.dumps(secrets))
        settings.cache_clear()
        return world.another_process()

    rotated = with_secrets(OTHER_KEY, old)
    assert world.call("GET", "/v1/me", by=key, process=rotated).status == 200
    body = {"name": "new", "scopes": ["alpha:read"]}
    new = world.call("POST", "/v1/api-keys", body, by=north.admin, process=rotated).body["api_key"]
    assert world.call("GET", "/v1/me", by=new, process=rotated).status == 200
    assert world.call("GET", "/v1/me", by=key, process=with_secrets(OTHER_KEY)).status == 401
    assert world.call("GET", "/v1/me", by=new, process=with_secrets(old)).status == 401
