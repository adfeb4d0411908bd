"""What is looked at, what is wrong with it, and the score."""

from datetime import date

import pytest

from modules.contacts.data_quality.rules import (
    ALL,
    MOST_SOURCES,
    OTHER_SOURCES,
    WORST,
    Look,
    OwnField,
    Scored,
    Tally,
    contact_looks,
    fresh_since,
    is_number,
    line_looks,
    score_of,
)

TODAY = date(2026, 11, 23)
PERSON = {"type": "individual", "status": "active"}


def look(name, held, own=(), unfit=frozenset(), region="US"):
    found = contact_looks(PERSON | held, own, unfit, region, TODAY)
    return next((each for each in found if each.field == name), None)


@pytest.mark.parametrize(
    ("name", "held", "present", "wrong"),
    [
        ("name", {}, False, ""),
        ("name", {"family_name": "Núñez"}, True, ""),
        ("emails", {"emails": ["a@example.com"]}, True, ""),
        ("emails", {"emails": ["a@example.com", "a@example"]}, True, "malformed"),
        ("phones", {"phones": ["+14155550101"]}, True, ""),
        ("phones", {"phones": ["+15555550100"]}, True, "malformed"),
        ("birth_date", {"birth_date": "1980-02-29"}, True, ""),
        ("birth_date", {"birth_date": "2027-01-01"}, True, "impossible_date"),
        ("birth_date", {"birth_date": "1850-01-01"}, True, "impossible_date"),
        ("addresses.city", {"addresses": [{"city": "Ojai"}]}, True, ""),
        ("addresses.postal_code", {"addresses": [{"postal_code": "93225"}]}, True, ""),
        ("addresses.postal_code", {"addresses": [{"postal_code": "93225", "country": "CN"}]}, True, "malformed"),
        ("addresses.postal_code", {"addresses": [{"postal_code": "932"}]}, True, "malformed"),
        ("addresses.postal_code", {"addresses": [{"postal_code": "any", "country": "TV"}]}, True, ""),
    ],
)
def test_looks(name, held, present, wrong):
    assert look(name, held) == Look(name, present, wrong)


def test_what_does_not_apply__is_not_looked_at():
    assert look("churn_reason", {}) is None
    assert look("churn_reason", {"status": "churned"}) == Look("churn_reason", present=False)
    assert look("birth_date", {"type": "organization"}) is None
    own = [OwnField("vat", frozenset({"organization"}))]
    assert look("custom.vat", {}, own) is None


@pytest.mark.parametrize(
    ("value", "wrong"),
    [
        (-4, "below_expected"),
        (0, ""),
        (10, ""),
        (10.5, "above_expected"),
        ({"amount": "-1", "currency": "USD"}, "below_expected"),
    ],
)
def test_expected_ranges(value, wrong):
    own = [OwnField("charge", frozenset({"individual"}), 0, 10)]
    assert look("custom.charge", {"custom": {"charge": value}}, own) == Look("custom.charge", present=True, wrong=wrong)


def test_a_value_of_another_type__is_unfit_before_all():
    own = [OwnField("charge", frozenset({"individual"}), 0)]
    found = look("custom.charge", {"custom": {"charge": "x"}}, own, frozenset({"charge"}))
    assert found == Look("custom.charge", present=True, wrong="custom_value")


def test_lines():
    held = {"msisdn": "+14155550101", "starts_on": "2026-02-01", "ends_on": "2026-01-01"}
    found = {each.field: each for each in line_looks(held, TODAY, billed=True)}
    assert found["lines.starts_on"].wrong == "ends_before_start"
    assert (found["lines.bill"].present, found["lines.monthly_fee"].present) == (True, False)


def test_is_number():
    assert is_number("+8613800138000")
    assert not is_number("13800138000")


@pytest.mark.parametrize(
    ("today", "months", "day"),
    [
        (TODAY, 12, date(2025, 11, 23)),
        (date(2026, 3, 31), 1, date(2026, 2, 28)),
        (date(2024, 2, 29), 12, date(2023, 2, 28)),
        (date(2026, 1, 15), 1, date(2025, 12, 15)),
    ],
)
def test_fresh_since(today, months, day):
    assert fresh_since(today, months) == day


def test_scores():
    assert Scored(100, 80, 20, 0).score == 60
    assert Scored(100, 80, 0, 40).score == 40
    assert Scored(10, 0, 0, 0).score == 0
    tally = Tally()
    tally.add_customer(["billing"], fresh=True)
    tally.add_customer(["none"], fresh=False)
    tally.add("cnt_1", "contact", ["billing"], [Look("name", present=True)])
    tally.add("cnt_2", "contact", ["none"], [Look("name", present=False)])
    assert score_of(tally, "billing") == 100
    assert score_of(tally, "none") == 0
    assert score_of(tally, ALL) == 50
    assert score_of(Tally(), ALL) is None
    assert Tally.read(tally.written()) == tally


def test_worst__are_those_with_the_most_wrong_then_missing():
    tally = Tally()
    for number in range(WORST * 2):
        looks = [Look(f"f{each}", present=True, wrong="bad") for each in range(number % 4)]
        tally.add(f"cnt_{number:03}", "contact", ["none"], [*looks, Look("name", present=False)])
    assert len(tally.worst) == WORST
    assert [each[0] for each in tally.worst[:25]] == [3] * 25
    assert tally.worst[0] == [3, 1, "cnt_003", ["f0: bad", "f1: bad", "f2: bad", "name: missing"]]


def test_many_sources__are_counted_under_one_name():
    tally = Tally()
    for number in range(MOST_SOURCES * 2):
        tally.add_customer(tally.known_sources([f"system{number:02}"]), fresh=True)
    assert len(tally.sources) <= MOST_SOURCES + 2
    assert tally.sources[OTHER_SOURCES][0] >= MOST_SOURCES - 1
