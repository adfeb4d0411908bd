"""Usage from log lines to the bill (quality.md, T22): each line once, whatever comes twice, late or after a crash."""

import json
import os
import random
import subprocess
import sys
from calendar import monthrange
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from http import HTTPStatus

import pytest

import tenants.plans.rules
import tenants.standing
from chalicelib.store.errors import StoreError
from infra.local.log_reader import batch_of
from tenants.plans.rules import Quota, plans
from tenants.usage.handlers import RolledUp, handle_log_lines, roll_up
from tenants.usage.rules import month_of, recount
from tests.conftest import ROOT
from tests.support.application import deployed
from tests.support.backstage import Backstage
from tests.support.control_plane import RealHouse
from tests.support.engine import fresh_tables
from tests.support.faults import Conflict, LostAnswer, Throttle
from tests.support.units import UNITS
from tests.support.usage import buckets, captured, random_lines


@pytest.fixture
def local(proxy, engine, clock, tmp_path):
    """The whole product, driven by the test."""
    with (
        fresh_tables(engine.endpoint, UNITS) as made,
        deployed(proxy.endpoint, made, SWITCHBOARD_FILES_DIR=str(tmp_path)),
    ):
        yield Backstage(engine.endpoint, made, clock, RealHouse(clock))


@pytest.fixture
def admin(local):
    return local.house.onboard(["contacts"])


def tenants_of(local, number):
    return [local.house.onboard(["contacts"]).tenant_id for _ in range(number)]


def warm(local):
    """Let what the process remembers of tenants grow too old."""
    local.background.clock.advance(seconds=10)


def by_month(days):
    found = {}
    for bucket, amounts in days.items():
        month = found.setdefault((bucket.tenant, bucket.module, month_of(bucket.day)), {})
        for meter, amount in amounts.items():
            month[meter] = month.get(meter, 0) + amount
    return found


@pytest.mark.parametrize("seed", range(4))
def test_a_day_of_mixed_traffic__late_and_read_again_behind_faults__equals_the_recount(local, proxy, brisk, seed):
    chance = random.Random(seed)
    ids = tenants_of(local, 3)
    lines = random_lines(chance, ids, local.background.clock() - timedelta(minutes=1), 400)
    given = [*lines, *chance.sample(lines, 150)]  # read again
    chance.shuffle(given)  # and late
    proxy.inject(Conflict(probability=0.2), LostAnswer(probability=0.1), Throttle(probability=0.1))
    while given:
        size = chance.randint(1, 120)
        batch, again = given[:size], chance.random() < 0.3
        for _ in range(1 + again):
            while not taken(local, batch):  # AWS brings it again
                pass
        given = given[size:]
    proxy.clear()
    counted = recount(lines)
    assert {each.tenant for each in counted} == set(ids)
    assert buckets(local) == {bucket: amounts for bucket, amounts in counted.items() if amounts}
    assert buckets(local, "month") == by_month(counted)


def taken(local, batch):
    try:
        handle_log_lines(local.background, batch_of(batch))
    except StoreError:
        return False
    return True


KILLED = """
import json, os, signal, sys
import app
from chalicelib.store import store
from tenants.usage.handlers import roll_up

whole, left, when = store.send, int(sys.argv[1]), sys.argv[2]

def send(*told):
    global left
    left -= 1
    if left < 0 and when == "before":
        os.kill(os.getpid(), signal.SIGKILL)
    whole(*told)
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)

store.send = send
roll_up(app.background, json.load(sys.stdin))
"""


@pytest.mark.parametrize(("transaction", "when"), [(0, "before"), (0, "after"), (2, "before"), (3, "after")])
def test_kill_9_between_or_behind_transactions__and_the_same_lines_again__count_once(local, engine, transaction, when):
    ids = tenants_of(local, 2)
    lines = random_lines(random.Random(7), ids, local.background.clock() - timedelta(minutes=1), 300)
    environment = {**os.environ, "DYNAMODB_ENDPOINT": engine.endpoint, "PYTHONPATH": str(ROOT)}
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(transaction), when],
        input=json.dumps(lines).encode(),
        env=environment,
        check=False,
        cwd=ROOT,
    )
    assert killed.returncode == -9
    before = sum(each.get("api_requests", 0) for each in buckets(local).values())
    done = roll_up(local.background, lines)
    assert bool(done.repeated) == (transaction > 0 or when == "after")
    assert buckets(local) == {bucket: amounts for bucket, amounts in recount(lines).items() if amounts}
    assert before <= sum(each.get("api_requests", 0) for each in buckets(local).values())


def test_lines_that_come_too_late_or_of_tenants_that_are_gone__are_dropped(local, admin):
    chance = random.Random(1)
    old = random_lines(chance, [admin.tenant_id], local.background.clock() - timedelta(days=8), 30)
    strange = random_lines(chance, ["tnt_01ARZ3NDEKTSV4RRFFQ69G5FAV"], local.background.clock(), 30)
    assert roll_up(local.background, [*old, *strange]).counted == 0
    assert buckets(local) == {}
    assert roll_up(local.background, ["", "no json", "[]", "{}"]) == RolledUp()


def test_rolling_up_many_lines__costs_a_transaction_a_source__and_reads_one_item(local, admin, proxy):
    lines = random_lines(random.Random(2), [admin.tenant_id], local.background.clock(), 1000)
    roll_up(local.background, lines[:1])  # the tenant is known now
    proxy.calls.reset()
    roll_up(local.background, lines)
    operations = proxy.calls.operations()
    assert len(operations) <= 2 * 4
    assert set(operations) == {"GetItem", "TransactWriteItems"}


# -- what the product itself writes


def test_real_traffic__is_in_usage_by_module_day_and_meter(local, admin):
    with captured(local.house.application.log) as lines:
        for number in range(5):
            assert admin.call("POST", "/v1/contacts", {"name": f"Ann {number}"}).status == HTTPStatus.CREATED
        admin.call("GET", "/v1/contacts")
        admin.call("GET", "/v1/contacts/cnt_none")
        admin.call("GET", "/v1/me")
        local.catch_up()
    assert roll_up(local.background, lines).repeated == 0
    counted = recount(lines)
    own = {bucket: amounts for bucket, amounts in counted.items() if bucket.tenant == admin.tenant_id}
    assert buckets(local) == own
    answer = admin.call("GET", "/v1/usage?module=contacts").body
    assert answer["totals"][0]["meters"]["api_requests"] == 7
    assert answer["totals"][0]["meters"]["events_handled"] > 0
    assert {day["module"] for day in answer["days"]} == {"contacts"}
    only = admin.call("GET", "/v1/usage?meter=write_units").body["totals"]
    assert {name for each in only for name in each["meters"]} == {"write_units"}


def test_usage__of_another_tenant__is_not_shown_and_operators_see_all(local, admin):
    other = local.house.onboard(["contacts"])
    roll_up(local.background, random_lines(random.Random(3), [other.tenant_id], local.background.clock(), 50))
    assert admin.call("GET", "/v1/usage").body["days"] == []
    assert other.call("GET", "/v1/usage").body["days"]
    path = f"/v1/tenants/{other.tenant_id}/usage"
    assert admin.call("GET", path).status == HTTPStatus.FORBIDDEN
    operator = replace(admin, key="operator")
    assert operator.call("GET", path).body == other.call("GET", "/v1/usage").body
    assert operator.call("GET", "/v1/tenants/tnt_none/usage").status == HTTPStatus.NOT_FOUND


@pytest.mark.parametrize(
    "query",
    ["from=2026-01-01&to=2026-12-31", "from=2026-02-01&to=2026-01-01", "from=1999&to=2000", "meter=steps", "x=1"],
)
def test_usage__a_range_or_meter_that_is_none__is_refused(admin, query):
    assert admin.call("GET", f"/v1/usage?{query}").status in {HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY}


# -- what is held, and quotas


@pytest.fixture
def small(monkeypatch):
    """The plans, with quotas of the test's own; say others by calling it."""

    def give(**quotas):
        known = {
            name: replace(plan, quotas={meter: Quota(*each) for meter, each in quotas.items()})
            for name, plan in plans_as_they_are.items()
        }
        for where in (tenants.plans.rules, tenants.standing):
            monkeypatch.setattr(where, "plans", lambda: known)

    plans_as_they_are = plans()
    return give


def use(local, tenant_id, **more):
    """One line of a tenant's that says so much."""
    line = json.loads(random_lines(random.Random(), [tenant_id], local.background.clock(), 1)[0])
    said = {"message": "job.step", "tenant": tenant_id, "unit": "contacts", "at": local.background.clock().isoformat()}
    roll_up(local.background, [json.dumps(line | said | more)])


def requests(local, admin, number):
    for _ in range(number):
        use(local, admin.tenant_id, message="request.served", status=200)


def told(local):
    return [each["type"]["S"] for each in local.events() if each["type"]["S"].startswith("quota.")]


def test_a_hard_quota_of_requests__used_up__is_402_that_says_what_to_do(local, admin, small, clock):
    small(api_requests=(5, True))
    requests(local, admin, 5)
    assert admin.call("GET", "/v1/contacts").status == HTTPStatus.OK  # not looked at yet
    local.strike()
    warm(local)
    answer = admin.call("GET", "/v1/contacts")
    assert (answer.status, answer.code) == (HTTPStatus.PAYMENT_REQUIRED, "quota_exceeded")
    said = answer.body
    assert (said["module"], said["meter"], said["used"], said["limit"]) == ("contacts", "api_requests", 5, 5)
    assert said["upgrade_with"] == "PUT /v1/modules/contacts/subscription"
    assert said["resets_at"].endswith("-01T00:00:00Z")
    assert "api_requests" in admin.call("GET", "/v1/contacts", Accept_Language="zh-CN").body["detail"]
    for path in ("/v1/usage", "/v1/limits", "/v1/jobs", "/v1/modules", "/v1/me"):
        assert admin.call("GET", path).status == HTTPStatus.OK  # else nobody could do anything about it
    assert told(local) == ["quota.warned"]
    small(api_requests=(6, True))  # another plan acts at once
    assert admin.call("GET", "/v1/contacts").status == HTTPStatus.OK
    small(api_requests=(5, True))
    clock.advance(days=32)
    assert admin.call("GET", "/v1/contacts").status == HTTPStatus.OK  # it is another month


def test_a_soft_quota__warns_once_at_each_threshold__and_refuses_nothing(local, admin, small):
    small(api_requests=(5, False))
    for _ in range(4):
        requests(local, admin, 2)
        local.strike()
    warm(local)
    assert told(local) == ["quota.warned", "quota.warned"]
    assert admin.call("GET", "/v1/contacts").status == HTTPStatus.OK
    notices = local.of("core", "notification")
    assert len(notices) == 2
    limits = admin.call("GET", "/v1/limits").body
    assert {"module": "contacts", "plan": "basic", "meter": "api_requests", "limit": 5, "hard": False}.items() <= (
        limits["quotas"][1] if limits["quotas"][0]["module"] == "core" else limits["quotas"][0]
    ).items()


def test_records__beyond_a_hard_quota__are_refused_in_every_way_and_may_be_deleted(local, admin, small):
    small(records=(2, True))
    made = [admin.call("POST", "/v1/contacts", {"name": name}).body["id"] for name in ("Ann", "Bob")]
    local.catch_up()
    use(local, admin.tenant_id)
    local.strike()
    warm(local)
    assert admin.call("POST", "/v1/contacts", {"name": "Cid"}).status == HTTPStatus.PAYMENT_REQUIRED
    upsert = admin.call("PUT", "/v1/contacts/by-external-id/s/1", {"name": "Cid"})
    assert upsert.status == HTTPStatus.PAYMENT_REQUIRED
    operations = [
        {"op": "create", "data": {"name": "Cid"}},
        {"op": "update", "id": made[0], "data": {"name": "Anna"}},
    ]
    batch = admin.call("POST", "/v1/contacts/batch", {"operations": operations})
    assert [each["status"] for each in batch.body["results"]] == [HTTPStatus.PAYMENT_REQUIRED, HTTPStatus.OK]
    assert admin.call("PATCH", f"/v1/contacts/{made[1]}", {"name": "Bo"}).status == HTTPStatus.OK
    assert admin.call("DELETE", f"/v1/contacts/{made[1]}").status == HTTPStatus.NO_CONTENT
    local.catch_up()
    use(local, admin.tenant_id)
    local.strike()
    warm(local)
    assert admin.call("POST", "/v1/contacts", {"name": "Cid"}).status == HTTPStatus.CREATED


def test_storage__beyond_a_hard_quota__takes_no_more_files(local, admin, small):
    small(storage_bytes=(100, True))
    body = {"name": "customers.csv", "content_type": "text/csv", "size": 100}
    assert admin.call("POST", "/v1/files", body).status == HTTPStatus.CREATED
    local.catch_up()
    use(local, admin.tenant_id)
    local.strike()
    warm(local)
    answer = admin.call("POST", "/v1/files", body)
    assert (answer.status, answer.body["meter"], answer.body["used"]) == (
        HTTPStatus.PAYMENT_REQUIRED,
        "storage_bytes",
        100,
    )
    assert answer.body["resets_at"] is None
    held = admin.call("GET", "/v1/usage?meter=storage_bytes").body["totals"]
    assert held == [{"day": None, "module": "core", "meters": {"storage_bytes": 100}}]


def test_import_rows__beyond_a_hard_quota__are_refused_at_the_commit(local, admin, small):
    small(import_rows=(10, True))
    use(local, admin.tenant_id, import_rows=10)
    local.strike()
    warm(local)
    answer = admin.call("POST", "/v1/contacts/imports/imp_none/commit")
    assert (answer.status, answer.body["meter"]) == (HTTPStatus.PAYMENT_REQUIRED, "import_rows")


# -- what it costs


def month_now(local):
    return month_of(local.background.clock().date())


def test_a_statement__is_the_sum_of_its_lines__from_fee_and_usage(local, admin):
    use(local, admin.tenant_id, import_rows=1_234_567, write_units=0.5)
    use(local, admin.tenant_id, unit="core", import_rows=0, compute_ms=123_456_789)
    answer = admin.call("GET", f"/v1/usage/statement?month={month_now(local)}").body
    assert sum(Decimal(each["amount"]["amount"]) for each in answer["lines"]) == Decimal(answer["total"]["amount"])
    by_item = {(each["module"], each["item"]): each for each in answer["lines"]}
    price = plans()["basic"].price("USD")[1]
    today = local.background.clock().date()
    of_month = monthrange(today.year, today.month)[1]
    share = Decimal(of_month - today.day + 1) / of_month  # it was enabled today
    assert by_item["contacts", "month"]["amount"]["amount"] == f"{round(price.month * share, 2):.2f}"
    amount, per, whole = price.units["import_rows"]
    included = int(whole * share)
    assert Decimal(by_item["contacts", "import_rows"]["amount"]["amount"]) == round(
        (1_234_567 - included) * amount / per, 2
    )
    assert by_item["contacts", "write_units"]["quantity"] == 0.5
    assert Decimal(by_item["core", "compute_ms"]["amount"]["amount"]) > 0
    assert not answer["final"]


def test_a_statement__of_days_on_which_billing_is_blocked__charges_nothing_for_them(local, admin):
    use(local, admin.tenant_id, import_rows=1_234_567)
    operator = replace(admin, key="operator")
    operator.call("POST", f"/v1/tenants/{admin.tenant_id}/suspend", {"block_billing": True, "reason": "a gift"})
    local.strike()
    today = local.background.clock().date().isoformat()
    answer = admin.call("GET", f"/v1/usage/statement?month={month_now(local)}").body
    assert answer["days_not_billed"] == [today]
    assert [each["item"] for each in answer["lines"]] == ["month"]
    assert Decimal(answer["total"]["amount"]) < plans()["basic"].price("USD")[1].month


@pytest.mark.parametrize("month", ["2026", "2026-13", "1999-1", "9999-12", "2026-01-01"])
def test_a_statement__of_no_month_or_of_the_future__is_refused(admin, month):
    answer = admin.call("GET", f"/v1/usage/statement?month={month}")
    assert answer.status in {HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY}


def test_a_statement__before_there_was_a_subscription__is_empty(admin):
    answer = admin.call("GET", "/v1/usage/statement?month=2020-01").body
    assert (answer["lines"], answer["total"]["amount"], answer["final"]) == ([], "0.00", True)
