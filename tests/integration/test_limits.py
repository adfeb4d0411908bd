"""Rate limits over several processes and one store, and neighbours who notice nothing (quality.md, T26)."""

import pytest

from chalicelib.access.limits import Limit, Limiter, Rate
from chalicelib.store import leases
from chalicelib.store.leases import Use
from tests.support.application import Client, House, deployed
from tests.support.engine import fresh_tables
from tests.support.faults import Throttle
from tests.support.units import UNITS

RATE = Rate(10, 40)


class Seconds:
    """A wall clock in the test's hand."""

    def __init__(self):
        self.now = 1_790_000_000.0

    def __call__(self):
        return self.now


@pytest.fixture
def seconds():
    return Seconds()


@pytest.fixture
def processes(proxy, engine, clock, seconds):
    """Two processes of one deployment: a limiter each, one store."""
    with fresh_tables(engine.endpoint, UNITS) as prefix, deployed(proxy.endpoint, prefix):
        yield [House(clock, limiter=Limiter(now=seconds)) for _ in range(2)]


def tenant_of(processes, rate=RATE):
    """A caller of a tenant that all processes know, at each of them."""
    first = processes[0].client()
    for each in processes:
        tenant = each.directory.add_tenant(first.tenant_id)
        tenant.rate = rate
        each.directory.add_key(first.tenant_id, each.catalogue.permissions(), key=first.key)
    return [Client(each.application, first.tenant_id, first.key) for each in processes]


def asked(client, times):
    return [client.call("GET", "/v1/contacts?limit=1") for _ in range(times)]


def test_a_flood_of_one_tenant__is_answered_429__and_the_neighbour_sees_nothing_of_it(processes, proxy):
    (flooding, _), (calm, _) = tenant_of(processes), tenant_of(processes)
    asked(calm, 1)
    proxy.calls.reset()
    alone = [each.status for each in asked(calm, 3)], proxy.calls.operations()
    answers = asked(flooding, 10 * RATE.burst)
    refused = [each for each in answers if each.status == 429]
    assert len(answers) - len(refused) == RATE.half().burst  # a key has half
    for each in refused:
        assert each.code == "rate_limited"
        assert int(each.headers["Retry-After"]) >= 1
        assert each.headers["Content-Type"] == "application/problem+json"
    proxy.calls.reset()
    assert ([each.status for each in asked(calm, 3)], proxy.calls.operations()) == alone
    assert alone == ([200] * 3, ["Query"] * 3)


def test_a_refused_request__costs_the_store_nothing(processes, proxy):
    client, _ = tenant_of(processes)
    asked(client, RATE.burst)
    proxy.calls.reset()
    assert {each.status for each in asked(client, 20)} == {429}
    assert proxy.calls.operations() == []


def test_every_answer__carries_policy_and_state_and_browsers_may_read_them(processes):
    client, _ = tenant_of(processes)
    stranger = Client(client.application, "", "nobody")
    for who, method, path, status in (
        (client, "GET", "/v1/contacts", 200),
        (client, "GET", "/v1/contacts/cnt_none", 404),
        (client, "POST", "/v1/contacts", 400),
        (client, "GET", "/v1/nowhere", 404),
        (client, "PUT", "/v1/contacts", 405),
        (client, "OPTIONS", "/v1/contacts", 204),
        (stranger, "GET", "/v1/contacts", 401),
    ):
        answer = who.call(method, path, "{" if method == "POST" else None, Origin="https://crm.example")
        assert answer.status == status
        assert {"RateLimit", "RateLimit-Policy"} <= answer.headers.keys()
        assert {"RateLimit", "RateLimit-Policy", "Retry-After"} <= set(
            answer.headers["Access-Control-Expose-Headers"].split(", ")
        )
    answer = client.call("GET", "/v1/contacts")
    assert answer.headers["RateLimit-Policy"] == '"tenant";q=40;w=4, "key";q=20;w=4'
    assert stranger.call("GET", "/v1/contacts").headers["RateLimit-Policy"].startswith('"address";')


def test_two_processes__tell_each_other__with_one_write_a_second(processes, proxy, seconds):
    here, there = tenant_of(processes)
    asked(here, 20)  # the key's whole bucket
    assert proxy.calls.operations().count("UpdateItem") == 0  # not within the first second
    seconds.now += 1
    proxy.calls.reset()
    assert [each.status for each in asked(here, 5)] == [200] * 5  # what has come back since
    assert proxy.calls.operations().count("UpdateItem") == 2  # the tenant's bucket and the key's, once each
    # The other process hears of it when it tells of its own, and so lets through a lease more at most.
    passed = [each.status for each in asked(there, 30)].count(200)
    assert passed == 20
    seconds.now += 1
    assert [each.status for each in asked(there, 30)].count(200) <= 5
    after = [each.status for each in asked(there, 30)].count(200)
    assert after == 0


def test_a_warm_read__is_one_round_trip__however_many_have_come_before(processes, proxy, seconds):
    client, _ = tenant_of(processes, Rate(1000, 10_000))
    costs = []
    for _ in range(100):
        seconds.now += 0.1
        proxy.calls.reset()
        asked(client, 1)
        costs.append(proxy.calls.operations())
    assert all(each == ["Query"] for each in costs)


def test_the_store_refuses__each_process_goes_on_by_itself(processes, proxy, seconds, brisk):
    client, _ = tenant_of(processes)
    asked(client, 10)
    seconds.now += 1
    proxy.inject(Throttle(operations="UpdateItem"))
    assert asked(client, 1)[0].status == 200


@pytest.mark.parametrize("heard", [0.0, 1e12], ids=["guessed full", "guessed used"])
@pytest.mark.parametrize(
    ("stands", "then"),
    [(None, 5.0), (-10.0, 5.0), (3.0, 8.0), (10**6, 5.0)],
    ids=["never used", "full", "used", "moved by a wrong clock"],
)
def test_settle__the_shared_item__goes_on_from_where_it_is_or_from_the_use(processes, seconds, stands, then, heard):
    tenant, now = tenant_of(processes)[0].tenant_id, seconds.now
    if stands is not None:
        leases.settle(tenant, "tenant", Use(1e-6, now + stands, now + max(stands, 8), 0))
    assert leases.settle(tenant, "tenant", Use(5.0, now + 5.0, now + 8, heard)) == pytest.approx(now + then, abs=1e-3)


def test_limit__of_another_owner__is_another_bucket(processes, seconds):
    limiter = Limiter(now=seconds)
    for owner in ("tenant", "key_1"):
        assert limiter.take([Limit("x", "tnt_1", owner, RATE)])[0].remaining == 39
