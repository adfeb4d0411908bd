"""Onboarding dies by kill -9 at each of its calls to the store, and the same call again leaves one whole tenant."""

import pytest

from tests.support.application import Client, deployed
from tests.support.backstage import Backstage
from tests.support.control_plane import OPERATOR, RealHouse
from tests.support.driver import Place, killed_there
from tests.support.engine import fresh_tables
from tests.support.units import UNITS

WHEN = ("before", "after")
WHOLE = {"tenant": 1, "org_unit": 1, "user": 1, "subscription": 1, "registry": 1}


@pytest.fixture
def house(proxy, engine, clock):
    with fresh_tables(engine.endpoint, UNITS) as made, deployed(proxy.endpoint, made):
        yield Backstage(engine.endpoint, made, clock, RealHouse(clock))


@pytest.fixture
def operator(house):
    return Client(house.house.application, "", OPERATOR.removeprefix("Bearer "))


def body(number):
    return {
        "name": f"North {number}",
        "region": "US",
        "default_phone_region": "US",
        "locale": "en",
        "time_zone": "UTC",
        "currency": "USD",
        "admin": {"name": "Ann", "email": "ann@example.com"},
        "modules": ["contacts"],
    }


@pytest.mark.parametrize("keyed", [True, False], ids=["with a key", "without one"])
def test_onboarding_killed_at_any_call_and_repeated_leaves_exactly_one_usable_tenant(
    house, operator, proxy, clock, driver, keyed
):
    died_at, number, gained = [], 0, set()
    while True:
        step, when = number // 2 + 1, WHEN[number % 2]
        number += 1
        headers = {"Idempotency_Key": f"k{number}"} if keyed else {}
        place = Place(proxy.endpoint, house.prefix, clock.ahead.total_seconds())
        proxy.reset_steps()
        proxy.pause_at(step, when)
        died = killed_there(proxy, driver.begin(place, operator, "POST", "/v1/tenants", body(number), **headers))
        proxy.clear()
        left = {kind: len(house.of("core", kind)) for kind in WHOLE}
        assert left in ({kind: each * (number - 1) for kind, each in WHOLE.items()}, _times(number)), (step, when)
        gained.add(left == _times(number))
        again = operator.call("POST", "/v1/tenants", body(number), **headers)
        assert again.status == 201, (step, when, again)
        assert {kind: len(house.of("core", kind)) for kind in WHOLE} == _times(number)
        link = again.body["invitation"]["link"]
        key = operator.call("POST", f"/v1/invitations/{link}/api-key", {"name": "first"}, Authorization="")
        admin = Client(operator.application, again.body["id"], key.body["api_key"])
        assert admin.call("POST", "/v1/contacts", {"name": "José"}).status == 201
        if not died:
            break
        died_at.append((step, when))
    # The name's entry in the registry, and the transaction.
    assert len(died_at) >= 4
    assert gained == {True, False}


def _times(number):
    return {kind: each * number for kind, each in WHOLE.items()}
