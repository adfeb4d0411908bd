"""Onboarding one tenant costs the same calls at the first as at the thousandth, whatever modules it starts with."""

from collections import Counter
from itertools import cycle

import pytest

from tests.support.application import Client, deployed
from tests.support.control_plane import OPERATOR, RealHouse
from tests.support.engine import fresh_tables
from tests.support.visits import UNITS, with_visits

MIXES = ([], ["contacts"], ["contacts", "visits"])


@pytest.fixture
def operator(proxy, engine, clock):
    with with_visits(), fresh_tables(engine.endpoint, UNITS) as made, deployed(proxy.endpoint, made):
        yield Client(RealHouse(clock).application, "", OPERATOR.removeprefix("Bearer "))


def body(number, modules):
    return {
        "name": f"Region {number}",
        "region": "CN",
        "default_phone_region": "CN",
        "locale": "zh-CN",
        "time_zone": "Asia/Shanghai",
        "currency": "CNY",
        "admin": {"name": "王芳", "email": "wang.fang@example.com"},
        "modules": modules,
    }


@pytest.mark.parametrize("count", [51, pytest.param(1_000, marks=pytest.mark.slow)])
def test_onboarding__a_crowd_with_mixed_modules__costs_the_same_calls_each_and_all_are_whole(operator, proxy, count):
    costs, made = Counter(), {}
    for number, modules in zip(range(count), cycle(MIXES), strict=False):
        proxy.calls.reset()
        answer = operator.call("POST", "/v1/tenants", body(number, modules))
        assert answer.status == 201, answer
        costs[tuple(proxy.calls.operations())] += 1
        made[answer.body["id"]] = (answer.body["invitation"]["link"], modules)
    assert costs == {("GetItem", "TransactWriteItems"): count}
    listed, cursor = set(), ""
    while True:
        page = operator.call("GET", f"/v1/tenants?state=active&limit=200{cursor}").body
        listed |= {each["id"] for each in page["items"]}
        if not page["next_cursor"]:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert listed == made.keys()
    for tenant_id, (link, modules) in [*made.items()][:: max(1, count // 17)]:
        key = operator.call("POST", f"/v1/invitations/{link}/api-key", {"name": "first"}, Authorization="")
        admin = Client(operator.application, tenant_id, key.body["api_key"])
        on = {each["name"] for each in admin.call("GET", "/v1/modules").body["items"] if each["enabled"]}
        assert on == {"core", *modules}
