"""Months beside each other for the same number of working days, and percentiles out of histograms."""

import math
from collections import Counter
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.counters.postings import step_name
from modules.service_analysis.comparisons.rules import PERCENTILE_ERROR, change, compared, references, spread


@pytest.mark.parametrize(
    ("figure", "days", "base", "base_days", "restated", "percent"),
    [
        (220, 22, 200, 20, "220.00", "0.00"),  # as many a day: no change, though there are ten per cent more
        (200, 20, 200, 20, "200.00", "0.00"),
        (300, 20, 200, 20, "200.00", "50.00"),
        (100, 20, 200, 20, "200.00", "-50.00"),
        (110, 11, 200, 20, "110.00", "0.00"),  # in the middle of a month
        (100, 21, 100, 23, "91.30", "9.52"),
        (0, 20, 200, 20, "200.00", "-100.00"),
        (5, 20, 0, 20, "0.00", None),
        (0, 20, 0, 20, "0.00", None),
        (5, 0, 200, 20, "0.00", None),  # the first of the month is a Sunday
        (5, 20, 200, 0, None, None),
        (Decimal("10.5"), 20, Decimal("7.5"), 15, "10.00", "5.00"),
    ],
)
def test_compared__for_the_same_number_of_working_days(figure, days, base, base_days, restated, percent):
    found = compared(figure, days, base, base_days)
    assert found.base == base
    assert found.restated == (None if restated is None else Decimal(restated))
    assert found.percent == (None if percent is None else Decimal(percent))


@pytest.mark.parametrize(("days", "base_days"), [(-1, 20), (20, -1)])
def test_compared__negative_days__refused(days, base_days):
    with pytest.raises(ValueError, match="negative"):
        compared(1, days, 1, base_days)


@given(st.integers(0, 10**9), st.integers(1, 31), st.integers(1, 10**9), st.integers(1, 31))
def test_compared__any_figures__the_change_of_the_figure_per_working_day(figure, days, base, base_days):
    found = compared(figure, days, base, base_days)
    exact = (Fraction(figure, days) / Fraction(base, base_days) - 1) * 100
    assert found.percent is not None
    assert abs(Fraction(found.percent) - exact) <= Fraction(1, 200)


@pytest.mark.parametrize(("figure", "base", "expected"), [(3, 2, "50.00"), (0, 4, "-100.00"), (1, 0, None)])
def test_change__in_per_cent(figure, base, expected):
    assert change(figure, base) == (None if expected is None else Decimal(expected))


@pytest.mark.parametrize(
    ("month", "expected"),
    [
        ("2026-03", ("2026-02", "2025-03")),
        ("2026-01", ("2025-12", "2025-01")),
        ("2025-12", ("2025-11", "2024-12")),
    ],
)
def test_references__month_before_and_year_before(month, expected):
    assert references(month) == expected


def _cell(values, without=0):
    steps = Counter(step_name("seconds", value) for value in values)
    return {"count": len(values) + without, "seconds": sum(values), **steps}


def test_spread__records_without_the_measure__are_in_no_mean():
    found = spread("seconds", _cell([60, 120, 180], without=7))
    assert (found.count, found.mean) == (3, Decimal("120.00"))
    assert found.p50 == pytest.approx(120, rel=0.02)
    assert found.p90 == pytest.approx(180, rel=0.02)


def test_spread__nothing__is_none():
    found = spread("seconds", {"count": 4})
    assert (found.count, found.mean, found.p50, found.p90) == (0, None, None, None)


@given(st.lists(st.integers(0, 10**8), min_size=1, max_size=200))
def test_spread__any_durations__within_two_per_cent_of_the_exact_percentiles(values):
    found = spread("seconds", _cell(values))
    ranked = sorted(values)
    for share, told in ((0.5, found.p50), (0.9, found.p90)):
        # The nearest rank, in whole numbers: 0.9 is a little more than nine tenths.
        exact = ranked[-(-round(share * 10) * len(ranked) // 10) - 1]
        assert told is not None
        assert abs(told - exact) <= PERCENTILE_ERROR * exact
    assert found.mean is not None
    assert math.isclose(found.mean, sum(values) / len(values), rel_tol=1e-9, abs_tol=0.01)
