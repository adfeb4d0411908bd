"""What happens when somebody is faster between a use case's read and its commit."""

from functools import wraps

import pytest

from chalicelib.cached import FRESH_S, Memory
from tenants.invitations import service as invitations
from tenants.lifecycle import service as lifecycle
from tenants.subscriptions import service as subscriptions


def just_before(monkeypatch, module, name, done):
    """Run ``done`` once, when the use case has read and is about to stage its change."""
    real = getattr(module, name)
    left = [done]

    @wraps(real)
    def faster(*arguments, **more):
        if left:
            left.pop()()
        return real(*arguments, **more)

    monkeypatch.setattr(module, name, faster)


def test_disabling_a_module__sees_the_one_that_was_enabled_meanwhile(world, north, monkeypatch):
    key = north.key
    won = []
    just_before(
        monkeypatch,
        subscriptions,
        "_count",
        lambda: won.append(world.call("PUT", "/v1/modules/beta/subscription", {}, by=key).status),
    )
    lost = world.call("DELETE", "/v1/modules/alpha/subscription", by=key)
    assert won == [200]
    assert (lost.status, lost.body["code"]) == (409, "dependency_in_use")


def test_an_invitation__gives_one_key_to_two_at_once(world, north, monkeypatch):
    path = f"/v1/invitations/{north.link}/api-key"
    won = []
    just_before(monkeypatch, invitations, "issue", lambda: won.append(world.call("POST", path, {}).status))
    assert world.call("POST", path, {}).status == 409
    assert won == [201]


def test_a_sign_in__is_bound_to_one_of_two_users_at_once(world, north, south, monkeypatch):
    body = {"token": world.token("ann")}
    won = []
    just_before(
        monkeypatch,
        invitations,
        "forget_when_done",
        lambda: won.append(world.call("POST", f"/v1/invitations/{south.link}/sign-in", body).status),
    )
    assert world.call("POST", f"/v1/invitations/{north.link}/sign-in", body).status == 409
    assert won == [200]


def test_a_sign_in__bound_twice_at_once_to_one_user_succeeds_twice(world, north, monkeypatch):
    path, body = f"/v1/invitations/{north.link}/sign-in", {"token": world.token("ann")}
    won = []
    just_before(monkeypatch, invitations, "sign_in_key", lambda: won.append(world.call("POST", path, body).status))
    assert (world.call("POST", path, body).status, won) == (200, [200])


def test_a_name__is_given_to_one_of_two_tenants_at_once(world, monkeypatch):
    won = []
    just_before(monkeypatch, lifecycle, "invite", lambda: won.append(world.onboard("East").id))
    with pytest.raises(AssertionError, match="tenant_name_taken"):
        world.onboard("east")
    assert len(world.call("GET", "/v1/tenants", by=world.operator).body["items"]) == 1


class Ticking:
    now = 0.0

    def __call__(self):
        return self.now


def test_memory__an_answer_asked_for_before_it_was_forgotten_does_not_count():
    ticks = Ticking()
    memory = Memory(ticks)

    def slow():
        ticks.now += 1
        memory.forget("tnt_a")  # a change comes into force while the old state is on its way here
        ticks.now += 1
        return "tnt_a", "old"

    assert memory.recall("k", slow) == "old"
    assert memory.recall("k", lambda: ("tnt_a", "new")) == "new"
    assert memory.recall("k", lambda: ("tnt_a", "newer")) == "new"


def test_memory__age_counts_from_before_the_read():
    ticks = Ticking()
    memory = Memory(ticks)

    def slow():
        ticks.now += FRESH_S - 1
        return "tnt_a", "first"

    memory.recall("k", slow)
    ticks.now += 1
    assert memory.recall("k", lambda: ("tnt_a", "second")) == "second"


def test_memory__is_bounded_and_keeps_nothing_that_was_not_found():
    memory = Memory(Ticking(), size=2)
    for name in "abc":
        memory.recall(name, lambda name=name: ("tnt_a", name))
    assert memory.recall("a", lambda: None) is None
    assert memory.recall("a", lambda: ("tnt_a", "again")) == "again"
    assert memory.recall("c", lambda: None) == "c"
