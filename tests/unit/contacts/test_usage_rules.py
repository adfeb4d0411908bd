"""Whose word counts when several sources say a month, and what feeds write."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.problems import Invalid
from modules.contacts.usage.rules import (
    Fate,
    Month,
    OlderThanKnownError,
    OtherCurrencyError,
    Statement,
    averages,
    has_begun,
    held_in,
    merged,
    negative,
    subject_of,
    sums_by_month,
    totals,
    version_of,
)
from modules.contacts.usage_imports.rules import month_of, statement

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


def said(hours=0, currency="USD", *, stated=True, **figures):
    return Statement(figures, currency, NOON + timedelta(hours=hours), stated)


def after(*statements):
    known = None
    for each in statements:
        known = merged(known, each).month
    return known


def test_a_first_word__is_new():
    made = merged(None, said(invoice="1", payment=None))
    assert (made.fate, made.month.figures, made.before) == (Fate.NEW, {"invoice": "1"}, {})


def test_the_same_in_other_digits__changes_nothing():
    assert merged(after(said(invoice="1.50")), said(invoice="1.5", stated=False)).fate is Fate.UNCHANGED


def test_the_same_said_later__refuses_what_was_said_between():
    known = merged(after(said(0, invoice="1")), said(2, invoice="1"))
    assert known.fate is Fate.CONFIRMED
    with pytest.raises(OlderThanKnownError):
        merged(known.month, said(1, invoice="2"))


def test_an_earlier_word_that_agrees__is_no_contradiction():
    assert merged(after(said(2, invoice="1")), said(1, invoice="1")).fate is Fate.UNCHANGED


def test_a_later_word__tells_what_was_before():
    made = merged(after(said(0, invoice="1", sms="3")), said(1, invoice="2"))
    assert (made.fate, made.before) == (Fate.REPLACED, {"invoice": "1"})
    assert made.month.figures == {"invoice": "2", "sms": "3"}
    assert (made.month.told("invoice"), made.month.told("sms")) == (NOON + timedelta(hours=1), NOON)


def test_another_figure__is_added_whenever_it_was_said():
    made = merged(after(said(2, invoice="1")), said(0, data_mb="5"))
    assert (made.fate, made.before) == (Fate.REPLACED, {})
    with pytest.raises(OlderThanKnownError) as refused:
        merged(made.month, said(1, invoice="9", data_mb="6"))
    assert refused.value.names == ["invoice"]


def test_null__takes_away():
    assert after(said(0, invoice="1", sms="2"), said(1, None, invoice=None)) == Month(
        {"sms": "2"}, None, NOON + timedelta(hours=1), {"sms": NOON}
    )


def test_another_currency__only_for_all_amounts():
    known = after(said(0, invoice="1", payment="1"))
    with pytest.raises(OtherCurrencyError):
        merged(known, said(1, "CNY", invoice="1"))
    made = merged(known, said(1, "CNY", invoice="1", payment="1"))
    assert (made.month.currency, made.before) == ("CNY", {"invoice": "1", "payment": "1"})


WORDS = st.lists(
    st.tuples(st.sampled_from(["invoice", "payment", "sms"]), st.integers(-3, 3)), min_size=1, max_size=8
).flatmap(lambda words: st.tuples(st.just(words), st.permutations(range(len(words)))))


@given(WORDS)
def test_in_any_order__the_last_word_on_each_figure_stands(drawn):
    words, order = drawn
    known = None
    for number in order:
        name, value = words[number]
        try:
            known = merged(known, said(number, **{name: str(value)})).month
        except OlderThanKnownError:
            continue
    assert known is not None
    assert known.figures == {name: str(value) for name, value in words}


def test_sums_totals_and_averages():
    months = sums_by_month(
        [
            ("2026-02", False, {"sms": "1"}),
            ("2026-01", True, {"sms": "2", "invoice": "0.10"}),
            ("2026-01", False, {"sms": "3"}),
        ]
    )
    assert [(each.month, each.count, each.restated) for each in months] == [("2026-01", 2, True), ("2026-02", 1, False)]
    assert totals(months) == {"sms": Decimal(6), "invoice": Decimal("0.10")}
    assert averages(months, 2) == {"sms": Decimal("3.00"), "invoice": Decimal("0.10")}


def test_negative__names_credits():
    assert negative({"invoice": "-0.01", "payment": "0", "balance": "-0"}) == ["invoice"]


@pytest.mark.parametrize(("month", "begun"), [("2026-11", True), ("2026-12", False), ("2025-01", True)])
def test_has_begun(month, begun):
    assert has_begun(month, NOON) is begun
    assert has_begun("2026-12", datetime(2026, 11, 30, 11, tzinfo=UTC))  # it is December on Kiribati


def test_held_in():
    assert held_in("2026-03", "2026-03-31")
    assert not held_in("2026-02", "2026-03-01")
    assert held_in("2026-02", None)


def test_subjects_and_versions():
    assert subject_of("cnt_1", None, None) == "cnt_1"
    assert subject_of("cnt_1", None, "a", "billing:1") == "account:a"
    assert subject_of("cnt_1", None, None, "billing:1") == "external:billing:1"
    assert version_of("2026-02", NOON) > version_of("2026-01", NOON + timedelta(days=900)) > version_of("2026-01", NOON)


@pytest.mark.parametrize("cell", ["2026-10", "202610", "2026/10", "2026-10-01", "2026.10", "2026年10月"])
def test_months_as_feeds_write_them(cell):
    assert month_of({"month": cell}) == "2026-10"


@pytest.mark.parametrize("values", [{}, {"month": "10/2026"}, {"month": "2026-13"}, {"month": "2026-10-15"}])
def test_what_is_no_month__is_refused(values):
    with pytest.raises(Invalid):
        month_of(values)


def test_a_row__as_a_statement():
    money = {"amount": "-4", "currency": "USD"}
    found = statement({"invoice": money, "data_gb": "1.5", "sms": "3", "as_of": "2026-11-01"}, NOON)
    assert found.figures == {"invoice": "-4", "data_mb": "1536.0", "sms": "3"}
    assert (found.as_of, found.stated) == (datetime(2026, 11, 1, tzinfo=UTC), True)
    assert statement({"sms": "3"}, NOON).as_of == NOON


@pytest.mark.parametrize("values", [{"sms": "x"}, {"voice_minutes": "-1"}, {"data_mb": "1e3"}, {"as_of": "yesterday"}])
def test_cells_that_say_nothing__are_refused(values):
    with pytest.raises(Invalid):
        statement(values, NOON)
