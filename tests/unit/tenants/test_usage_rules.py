"""What lines add up to, which of them have been counted, and what a month costs."""

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.plans.rules import plans
from tenants.statements.rules import (
    MONTH,
    PricedMonth,
    currency_of,
    highest_by_day,
    of_module,
    paused_days,
    plan_by_day,
)
from tenants.subscriptions.rules import Phase, Subscribed, SubscriptionState
from tenants.usage.rules import (
    METERS,
    Bucket,
    holds,
    joined,
    month_days,
    next_month,
    read_line,
    recount,
    threshold,
)

TENANT = "tnt_01ARZ3NDEKTSV4RRFFQ69G5FAV"
SERVED = {
    "message": "request.served",
    "at": "2026-03-01T23:59:59.999+00:00",
    "source": "0" * 32,
    "line": 7,
    "tenant": TENANT,
    "unit": "contacts",
    "status": 200,
    "compute_ms": 12,
    "read_units": 0.5,
    "write_units": 2.0,
}


def line(**more):
    return read_line(json.dumps(SERVED | more))


def test_read_line__a_request__is_one_of_its_day_and_module():
    read = line()
    assert (read.source, read.number) == ("0" * 32, 7)
    assert read.bucket == Bucket(TENANT, "contacts", date(2026, 3, 1))
    assert read.amounts == {"api_requests": 1, "compute_ms": 12, "read_units": Decimal("0.5"), "write_units": 2}


@pytest.mark.parametrize("status", [402, 429, 500, 503])
def test_read_line__a_request_that_was_turned_away_or_failed__is_none_that_is_paid(status):
    assert "api_requests" not in line(status=status).amounts


@pytest.mark.parametrize("status", [200, 304, 401, 403, 404, 409, 422])
def test_read_line__a_request_that_was_answered__counts(status):
    assert line(status=status).amounts["api_requests"] == 1


def test_read_line__the_other_sorts__count_their_own():
    assert line(message="event.handled", events=3).amounts["events_handled"] == 3
    assert line(message="job.step", import_rows=40, rows=40, done=80).amounts["import_rows"] == 40
    assert "import_rows" not in line(message="job.step", rows=40, done=80).amounts
    assert line(message="messages.sent", messages=5).amounts["messages_sent"] == 5
    assert line(at="2026-03-02T01:00:00+02:00").bucket.day == date(2026, 3, 1)


@pytest.mark.parametrize(
    "wrong",
    [
        {"message": "request.failed"},
        {"tenant": ""},
        {"tenant": "platform"},
        {"tenant": "anonymous"},
        {"source": "another#key"},
        {"compute_ms": "12"},
        {"compute_ms": -1},
        {"compute_ms": True},
        {"read_units": None},
        {"at": "yesterday"},
        {"line": "x"},
    ],
)
def test_read_line__damaged_or_of_nobody__is_none(wrong):
    assert line(**wrong) is None
    assert read_line(json.dumps(SERVED)[:-9]) is None
    assert read_line("[1]") is None
    assert read_line("") is None


@given(st.sets(st.integers(0, 60)), st.sets(st.integers(0, 60)))
def test_joined__ranges__hold_what_was_put_in_and_are_as_few_as_possible(first, second):
    ranges = joined(joined([], first), second)
    assert {number for number in range(-1, 62) if holds(ranges, number)} == first | second
    assert all(later[0] > earlier[1] + 1 for earlier, later in pairwise(ranges))


@given(st.lists(st.integers(1, 30), max_size=60))
def test_recount__a_line_that_comes_again__counts_once(numbers):
    texts = [json.dumps(SERVED | {"line": number}) for number in numbers]
    found = recount(texts)
    assert sum(each["api_requests"] for each in found.values()) == len(set(numbers))


def test_months__begin_and_end_where_the_calendar_says():
    assert [each[-1].day for each in map(month_days, ("2026-02", "2028-02", "2026-12"))] == [28, 29, 31]
    assert next_month(date(2026, 12, 31)) == datetime(2027, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(("used", "passed"), [(0, 0), (79, 0), (80, 80), (99, 80), (100, 100), (101, 100)])
def test_threshold__at_its_boundaries__is_exact(used, passed):
    assert threshold(used, 100) == passed


# -- what it costs

AMOUNTS = st.dictionaries(st.sampled_from(METERS), st.integers(0, 10**13), max_size=len(METERS))
MARCH = PricedMonth("CNY", 31, 31)


@given(st.sampled_from(sorted(plans())), AMOUNTS)
def test_of_module__each_line__is_what_is_beyond_in_proportion_in_cents(name, used):
    plan = plans()[name]
    price = plan.price("CNY")[1]
    lines = of_module(MARCH, "contacts", plan, used)
    assert lines[0].amount == price.month
    assert [each.item for each in lines] == [MONTH, *(meter for meter in METERS if used.get(meter))]
    for each in lines[1:]:
        amount, per, included = price.units[each.item]
        exact = max(0, used[each.item] - included) * amount / per
        assert abs(each.amount - exact) <= Decimal("0.005")
        assert each.amount == each.amount.quantize(Decimal("0.01"))


def test_of_module__below_what_is_included__says_so_and_costs_nothing():
    fee, requests = of_module(MARCH, "contacts", plans()["basic"], {"api_requests": 1_000_000})
    assert (fee.amount, requests.amount, requests.included) == (Decimal("700.00"), 0, 1_000_000)


def test_of_module__days_without_billing__take_their_part_of_the_fee():
    fee, *_ = of_module(PricedMonth("CNY", 30, 15), "contacts", plans()["basic"], {})
    assert fee.amount == Decimal("350.00")


def test_currency__that_no_price_list_has__is_the_lists_first():
    basic = plans()["basic"]
    assert currency_of("CHF", [basic]) == next(iter(basic.prices))
    assert currency_of("EUR", [basic]) == "EUR"
    assert currency_of("CHF", []) == "CHF"


def phase(start, end, state, plan="basic"):
    return Phase(at(start), at(end), state, plan)


def at(day):
    return datetime(2026, 3, 1, tzinfo=UTC) + timedelta(days=day)


DAYS = month_days("2026-03")


def test_plan_by_day__of_trial_paid_changed_and_grace__charges_what_is_paid_for():
    module = Subscribed(
        (
            phase(0, 2.5, SubscriptionState.TRIAL),
            phase(2.5, 5, SubscriptionState.ACTIVE),
            phase(5, 8, SubscriptionState.ACTIVE, "enterprise"),
            phase(8, 40, SubscriptionState.GRACE),
        )
    )
    charged = plan_by_day(module, DAYS)
    assert [day.day for day, plan in charged.items() if plan == "basic"] == [3, 4, 5]
    assert [day.day for day, plan in charged.items() if plan == "enterprise"] == [6, 7, 8]
    assert len(charged) == 6


def test_highest_by_day__of_two_modules__takes_the_higher_where_both_are():
    first, second = DAYS[0], DAYS[1]
    modules = [{first: "basic"}, {first: "enterprise", second: "trial"}]
    assert highest_by_day(modules) == {first: "enterprise", second: "trial"}


def test_paused_days__by_the_instant__are_those_that_were_touched():
    pauses = [[at(1.5).isoformat(), at(3).isoformat()], [at(9.9).isoformat(), None]]
    assert sorted(each.day for each in paused_days(pauses, DAYS, at(11.5))) == [2, 3, 10, 11, 12]
