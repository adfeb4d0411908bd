"""The search's model on rows: what is one customer, and what is not."""

import sys

import pytest

from bench.duplicates import BUDGET, HELD_OUT, base, measure
from modules.contacts.duplicates.derived import clusters_of
from modules.contacts.duplicates.errors import LinkageMissing
from modules.contacts.duplicates.rules import row_of


def rows_of(made):
    return [row_of(each, contact, ()) for each, contact in made.contacts.items()]


def test_scan__of_the_same_rows_in_another_order__finds_the_same():
    rows = rows_of(base(200, 5))
    assert clusters_of(rows) == clusters_of(rows[::-1])


def test_scan__of_none_or_one__finds_nothing():
    assert clusters_of([]) == clusters_of(rows_of(base(1, 1))) == []


def test_scan__without_the_libraries__says_so(monkeypatch):
    monkeypatch.setitem(sys.modules, "splink", None)
    with pytest.raises(LinkageMissing):
        clusters_of(rows_of(base(20, 1)))


@pytest.mark.parametrize("seed", [HELD_OUT[0], pytest.param(HELD_OUT[1], marks=pytest.mark.slow)])
def test_scan__of_ten_thousand_customers__finds_the_injected_duplicates(seed):
    score = measure(base(10_000, seed))
    assert min(score.precision, score.recall) >= BUDGET
