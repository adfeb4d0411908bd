"""Day and month that changed places: found where they did, and nowhere else."""

import csv
import random
from collections import Counter
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.imports.swapped import find, read, repaired


def days_from(first, count, rows, seed=7):
    dice = random.Random(seed)
    return sorted(first + timedelta(dice.randrange(count)) for _ in range(rows))


def broken(days):
    return [repaired(day) for day in days]


@pytest.fixture(scope="module")
def complaints(shared_data):
    path = shared_data / "telecom_complaints.csv"
    if not path.is_file():
        pytest.skip(f"no {path}")
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize(("column", "form"), [("Date", "%d-%m-%y"), ("Date_month_year", "%d-%b-%y")])
def test_find__real_complaints__all_lie_in_april_to_june(complaints, column, form):
    days = read([row[column] for row in complaints], form)
    assert len(days) == 2224
    assert None not in days
    found = find(days, [row["Ticket #"] for row in complaints])
    assert found is not None
    assert (found.rows, found.share) == (572, 572 / 2224)
    assert (found.first, found.last) == (date(2015, 4, 1), date(2015, 6, 30))
    assert found.confidence == 0.99
    assert Counter((day.year, day.month) for day in map(repaired, days)).keys() == {(2015, 4), (2015, 5), (2015, 6)}
    assert [text.en for text in found.evidence] == EVIDENCE
    assert all(text.zh for text in found.evidence)


EVIDENCE = [
    "Days above 12 occur from 2015-04 to 2015-06 only; 486 dates with days to 12 lie outside.",
    "Outside, the days are only 4, 5, 6: the numbers of the months inside.",
    "With day and month put back, all dates lie between 2015-04-01 and 2015-06-30.",
    "Of pairs of numbers, 23.1% contradict their dates as they stand, and 0.0% once put back.",
]


def test_find__real_complaints_without_numbers__still_found(complaints):
    found = find(read([row["Date"] for row in complaints], "%d-%m-%y"))
    assert found is not None
    assert found.confidence == 0.9


def test_find__real_complaints_once_repaired__nothing(complaints):
    days = [repaired(day) for day in read([row["Date"] for row in complaints], "%d-%m-%y")]
    assert find(days, [row["Ticket #"] for row in complaints]) is None


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize(
    ("first", "length"),
    [
        (date(2015, 4, 1), 91),
        (date(2019, 1, 1), 6 * 365),  # joining dates
        (date(2025, 1, 1), 365),  # a whole year evenly
        (date(2024, 11, 20), 45),
        (date(2025, 3, 1), 31),
        (date(2025, 3, 1), 10),
    ],
)
def test_find__dates_as_they_happened__nothing(first, length, seed):
    days = days_from(first, length, 800, seed)
    assert find(days) is None
    assert find(days, [str(n) for n in range(len(days))]) is None


@pytest.mark.parametrize("first", [date(2025, 1, 1), date(2025, 4, 7), date(2025, 9, 30)])
@pytest.mark.parametrize("length", [20, 80, 200, 340, 700])
@pytest.mark.parametrize(
    "kept",
    [
        lambda day: day.weekday() < 5,
        lambda day: day.day in {1, 15},
        lambda day: day.day <= 12 or day.month % 3 == 0,
        lambda day: day.day == 1 or day.month == 4,
        lambda day: day.month in {6, 7, 8},
    ],
    ids=["working days", "twice a month", "early days but for quarters' ends", "firsts and a busy April", "a season"],
)
def test_find__habits_of_dates__nothing(first, length, kept):
    assert find([day for day in days_from(first, length, 3000) if kept(day)]) is None


def test_find__a_whole_year_evenly__nothing_even_if_swapped():
    assert find(broken(days_from(date(2025, 1, 1), 365, 3000))) is None


def test_find__few_rows__nothing():
    assert find(broken(days_from(date(2015, 4, 1), 91, 49))) is None


def test_find__first_days_of_months__nothing():
    starts = [date(2025, month, 1) for month in range(1, 13)] * 20
    assert find(starts) is None
    assert find([*starts, *[date(2025, 1, 20)] * 400]) is None


def test_find__no_dates__nothing():
    assert find([]) is None
    assert find([None] * 100) is None


def test_find__numbers_that_rise_as_it_stands__nothing():
    days = sorted(broken(days_from(date(2015, 4, 1), 91, 800)))
    assert find(days) is not None
    assert find(days, [str(n) for n in range(len(days))]) is None


def test_find__cells_that_are_no_numbers__passed_over():
    days = broken(days_from(date(2015, 4, 1), 91, 800))
    numbers = [str(n) for n in range(len(days))]
    numbers[5:9] = ["comcas", "", "9" * 5000, "²"]
    found = find(days, numbers)
    assert found is not None
    assert found.confidence == 0.99


def test_find__numbers_that_say_nothing__found_by_the_gaps_alone():
    days = broken(days_from(date(2015, 4, 1), 91, 800))
    numbers = [str(n) for n in range(len(days))]
    random.Random(3).shuffle(numbers)
    found = find(days, numbers)
    # Whichever way a shuffle leans, it is no order.
    assert found is None or found.confidence == 0.9


@pytest.mark.parametrize(
    ("first", "length"),
    [
        (date(2015, 4, 1), 30),
        (date(2015, 4, 1), 91),
        (date(2015, 3, 20), 109),  # ends with the first days of a month
        (date(2015, 11, 5), 120),  # over the turn of the year
        (date(2015, 1, 1), 181),
    ],
)
@pytest.mark.parametrize("seed", range(10))
def test_find__swapped_dates_of_some_months__found(first, length, seed):
    days = days_from(first, length, 1000, seed)
    found = find(broken(days), [f"{n}" for n in range(5000, 6000)])
    assert found is not None
    assert found.confidence == 0.99
    assert (found.first, found.last) == (days[0], days[-1])
    assert found.rows == sum(day.day <= 12 and day.day != day.month for day in days)


def test_find__some_rows_lie_apart__found_and_told():
    days = [*broken(days_from(date(2015, 4, 1), 91, 1000)), date(2019, 9, 9), date(2001, 12, 30)]
    found = find(days)
    assert found is not None
    assert found.evidence[2].en.startswith("With day and month put back, all dates but 1 lie")


def test_find__falling_numbers__are_an_order_too():
    days = days_from(date(2015, 4, 1), 91, 800)
    found = find(broken(days), [str(n) for n in range(len(days), 0, -1)])
    assert found is not None
    assert found.confidence == 0.99


def test_read__what_is_no_date__is_none():
    assert read(["22-04-15", " 04-08-15 ", "", "31-02-15", "soon"], "%d-%m-%y") == [
        date(2015, 4, 22),
        date(2015, 8, 4),
        None,
        None,
        None,
    ]


@settings(max_examples=200)
@given(st.dates())
def test_repaired__twice__is_the_date_again(day):
    assert repaired(repaired(day)) == day
