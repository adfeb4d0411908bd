"""Cells are sums of what is posted at present, whatever was posted and corrected before."""

import math
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.after_write import Fact, Grain
from chalicelib.counters.postings import (
    TOTAL,
    CellPlace,
    Posting,
    add,
    cells_of,
    change,
    dimensions,
    percentile,
    step_name,
    without_zeros,
)

FLOW = Fact(
    "flow",
    "visit",
    "unused",
    dimensions=("a", "b", "c"),
    pairs=(("a", "b"),),
    measures=("minutes", "spent"),
    histograms=("minutes",),
    grains=(Grain.DAY, Grain.MONTH),
)
STOCK = Fact("stock", "visit", "unused", dimensions=("a",), pairs=(("a", "b"),), measures=("minutes",))
WIDE = Fact(
    "wide",
    "visit",
    "unused",
    dimensions=tuple("abcdef"),
    pairs=tuple((one, other) for at, one in enumerate("abcdef") for other in "abcdef"[at + 1 :]),
    grains=(Grain.DAY, Grain.MONTH),
)

words = st.sampled_from(["", "x", "y", "#", "x#y", "%23"])
postings = st.builds(
    Posting,
    unit_path=st.sampled_from(["", "/ou_1/", "/ou_1/ou_2/"]),
    coordinates=st.dictionaries(st.sampled_from("abc"), words),
    measures=st.fixed_dictionaries(
        {},
        optional={
            "minutes": st.integers(-5, 10_000),
            "spent": st.decimals(-1000, 1000, places=2, allow_nan=False, allow_infinity=False),
        },
    ),
    day=st.dates(date(2025, 11, 28), date(2026, 2, 2)),
)
histories = st.lists(st.tuples(st.integers(0, 4), st.none() | postings), max_size=20)


def after_all(fact, history):
    """Sums after each record has posted one thing after the other, and what each posts in the end."""
    sums, standing = {}, {}
    for record, posting in history:
        sums = add(sums, change(fact, standing.get(record), posting))
        standing[record] = posting
    return sums, standing


def counted_afresh(fact, standing):
    """The same by adding up plainly what is posted at present."""
    cells = {}
    for posting in standing.values():
        for place in cells_of(fact, posting) if posting else ():
            sums = cells.setdefault(place, {})
            given = {name: posting.measures[name] for name in fact.measures if name in posting.measures}
            steps = {step_name(name, given[name]): 1 for name in fact.histograms if name in given}
            for name, amount in {"count": 1, **given, **steps}.items():
                sums[name] = sums.get(name, 0) + amount
    return without_zeros(cells)


@pytest.mark.parametrize("fact", [FLOW, STOCK, WIDE], ids=lambda fact: fact.name)
@given(history=histories)
def test_sums__after_any_postings_and_corrections__are_a_fresh_count(fact, history):
    sums, standing = after_all(fact, history)
    assert sums == counted_afresh(fact, standing)


@given(histories, st.randoms(use_true_random=False))
def test_sums__in_any_order_of_records__are_the_same(history, chance):
    by_record = {record: [each for each in history if each[0] == record] for record, _ in history}
    shuffled = []
    while waiting := [each for each in by_record.values() if each]:
        shuffled.append(chance.choice(waiting).pop(0))
    assert after_all(FLOW, shuffled)[0] == after_all(FLOW, history)[0]


@given(histories, st.none() | postings)
def test_change__to_the_same__adds_nothing(history, posting):
    assert change(FLOW, posting, posting) == {}
    sums, standing = after_all(FLOW, history)
    for last in standing.values():
        assert change(FLOW, last, last) == {}
    assert add(sums, {}) == sums


@given(histories)
def test_sums__when_all_is_withdrawn__are_empty(history):
    assert after_all(FLOW, [*history, *((record, None) for record in range(5))])[0] == {}


@given(histories)
def test_counts__of_each_dimension__add_up_to_the_whole(history):
    sums, _ = after_all(FLOW, history)
    for period in {place.period for place in sums}:
        of_month = {place: amounts for place, amounts in sums.items() if place.period == period and not place.day}
        counts = {
            name: sum(amounts.get("count", 0) for place, amounts in of_month.items() if place.dimensions == name)
            for name in ("all", "a", "b", "c", "a+b")
        }
        assert len(set(counts.values())) == 1
        days = [amounts.get("count", 0) for place, amounts in sums.items() if place.period == period and place.day]
        assert sum(days) == 4 * counts["all"]  # the whole and three dimensions


def test_cells__of_six_dimensions__are_29():
    cells = list(cells_of(WIDE, Posting("/ou_1/", dict.fromkeys("abcdef", "x"), day=date(2026, 3, 10))))
    # 7 of the day, 7 + 15 of the month: old and new ones and the note are the 59 of architecture.md.
    assert len(cells) == len(set(cells)) == 29
    assert {place.period for place in cells} == {"2026-03"}
    assert {place.day for place in cells if "+" in place.dimensions} == {""}


def test_cells__of_a_stock__have_no_day_and_no_month():
    assert set(cells_of(STOCK, Posting("", {"a": "x"}, day=date(2026, 3, 10)))) == {
        CellPlace("all", TOTAL, "", (), ""),
        CellPlace("a", TOTAL, "", ("x",), ""),
        CellPlace("a+b", TOTAL, "", ("x", ""), ""),
    }
    assert dimensions(()) == "all"


def test_change__of_a_measure_alone__leaves_the_counts():
    before = Posting("", {"a": "x"}, {"minutes": 100})
    after = Posting("", {"a": "x"}, {"minutes": 101})
    assert change(STOCK, before, after) == {place: {"minutes": 1} for place in cells_of(STOCK, after)}


# -- percentiles


def exact(values, share):
    """The nearest rank, in exact numbers."""
    rank = math.ceil(Fraction(str(share)) * len(values))
    return sorted(values)[max(rank, 1) - 1]


shares = st.integers(0, 1000).map(lambda each: each / 1000)
values = st.lists(
    st.integers(1, 10**9) | st.decimals("0.001", 1000, places=3, allow_nan=False), min_size=1, max_size=120
)


@given(values, shares)
def test_percentile__of_any_values__is_within_two_percent(numbers, share):
    amounts = {}
    for each in numbers:
        amounts[step_name("m", each)] = amounts.get(step_name("m", each), 0) + 1
    wanted = float(exact(numbers, share))
    assert abs(percentile("m", amounts, share) - wanted) <= 0.02 * wanted


def test_percentile__a_share_that_binary_can_not_say__is_the_rank_that_was_meant():
    amounts = {}
    for each in range(1, 101):
        amounts[step_name("m", each)] = amounts.get(step_name("m", each), 0) + 1
    assert percentile("m", amounts, 0.07) == pytest.approx(7, rel=0.02)  # 0.07 * 100 is 7.000000000000001
    assert percentile("m", amounts, 0.29) == pytest.approx(29, rel=0.02)  # 28.999999999999996


def test_percentile__of_nothing__is_none_and_of_others_is_not_looked_at():
    assert percentile("m", {}, 0.5) is None
    assert percentile("m", {"count": 3, "m": 7, "mm~3": 1, "m~4": 0}, 0.5) is None


def test_percentile__zero_and_less__is_zero():
    amounts = {step_name("m", 0): 2, step_name("m", Decimal(-3)): 1, step_name("m", 50): 1}
    assert step_name("m", 0) == step_name("m", -3)
    assert percentile("m", {"m~low": 3, step_name("m", 50): 1}, 0.75) == 0
    assert percentile("m", {"m~low": 3, step_name("m", 50): 1}, 1) == pytest.approx(50, rel=0.02)
    assert len(amounts) == 2


@given(st.integers(1, 10**6))
def test_steps__rise_with_the_value(value):
    low, high = (int(step_name("m", each).partition("~")[2]) for each in (value, value + 1))
    assert low <= high
    for one, other in pairwise((value, round(value * 1.05) + 1)):
        assert step_name("m", one) != step_name("m", other)
