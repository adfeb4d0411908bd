"""Relative dates: what holds on a day, and that nothing changes before the day that is told."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules.contacts.segment_time.rules import (
    Period,
    Today,
    age,
    anniversary_in,
    longer_ago,
    moved,
    period,
    within_last,
    within_next,
)

TODAY = date(2026, 3, 10)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("P24M", Period(24, 0)),
        ("P1Y6M", Period(18, 0)),
        ("P2W", Period(0, 14)),
        ("P1Y2M3W4D", Period(14, 25)),
        ("P0D", Period(0, 0)),
    ],
)
def test_period__in_calendar_units(text, expected):
    assert period(text) == expected


@pytest.mark.parametrize("text", ["P", "24M", "P1H", "PT1H", "P-1D", "P1M1Y", ""])
def test_period__anything_else__refused(text):
    with pytest.raises(ValueError, match="^" + text + "$"):
        period(text)


@pytest.mark.parametrize(
    ("day", "by", "sign", "expected"),
    [
        (date(2026, 3, 31), Period(1, 0), -1, date(2026, 2, 28)),
        (date(2024, 3, 31), Period(1, 0), -1, date(2024, 2, 29)),
        (date(2026, 1, 31), Period(13, 1), 1, date(2027, 3, 1)),
        (date(9999, 12, 1), Period(2, 0), 1, date.max),
        (date(1, 1, 5), Period(0, 30), -1, date.min),
    ],
)
def test_moved__is_cut_to_the_month_and_to_the_calendar(day, by, sign, expected):
    assert moved(day, by, sign) == expected


@pytest.mark.parametrize(
    ("day", "holds", "changes"),
    [
        (date(2024, 3, 9), True, None),
        (date(2024, 3, 10), False, date(2026, 3, 11)),
        (date(2024, 8, 31), False, date(2026, 9, 1)),
        (date(2024, 2, 29), True, None),
    ],
)
def test_longer_ago__two_years(day, holds, changes):
    assert longer_ago(day, period("P24M"), TODAY) == (holds, changes)


@pytest.mark.parametrize(
    ("day", "ahead", "expected"),
    [
        (date(1980, 3, 10), 0, (True, date(2026, 3, 11))),
        (date(1980, 3, 17), 7, (True, date(2026, 3, 11))),
        (date(1980, 3, 18), 7, (False, date(2026, 3, 11))),
        (date(1980, 1, 3), 7, (False, date(2026, 12, 27))),
        (date(1980, 2, 29), 0, (False, date(2027, 3, 1))),
        (date(2027, 3, 10), 0, (False, date(2027, 3, 10))),
    ],
)
def test_anniversary__every_year_from_the_day_itself_on(day, ahead, expected):
    assert anniversary_in(day, ahead, TODAY) == expected


@pytest.mark.parametrize(
    ("born", "expected"),
    [
        (date(1980, 3, 10), (46, date(2027, 3, 10))),
        (date(1980, 3, 11), (45, date(2026, 3, 11))),
        (date(2008, 2, 29), (18, date(2027, 3, 1))),
        (date(2030, 1, 1), (0, date(2030, 1, 2))),
    ],
)
def test_age__in_whole_years(born, expected):
    assert age(born, TODAY) == expected


def test_today__is_the_tenants_day__and_begins_at_its_midnight():
    today = Today(datetime(2026, 3, 10, 23, tzinfo=UTC), ZoneInfo("Asia/Shanghai"))
    assert today.day == date(2026, 3, 11)
    assert today.begins(date(2026, 3, 12)) == datetime(2026, 3, 11, 16, tzinfo=UTC)


def test_a_day_that_begins_at_one__begins_when_the_clock_jumps():
    # Cairo's clocks go from midnight to one on 24 April 2026: that day's midnight is the jump itself.
    cairo = Today(datetime(2026, 4, 23, 12, tzinfo=UTC), ZoneInfo("Africa/Cairo"))
    begins = cairo.begins(date(2026, 4, 24))
    assert Today(begins, cairo.zone).day == date(2026, 4, 24)
    assert Today(begins - timedelta(seconds=1), cairo.zone).day == date(2026, 4, 23)


days = st.dates(date(1900, 1, 1), date(2100, 12, 31)) | st.dates()
periods = st.builds(Period, st.integers(0, 1200), st.integers(0, 400))
questions = st.one_of(
    st.builds(lambda ask, by: lambda day, today: ask(day, by, today), st.sampled_from(
        [longer_ago, within_last, within_next]
    ), periods),
    st.builds(lambda ahead: lambda day, today: anniversary_in(day, ahead, today), st.integers(0, 366)),
    st.just(age),
)  # fmt: skip


@given(questions, days, days, st.lists(st.floats(0, 1), max_size=8), st.integers(1, 1500))
def test_an_answer__stands_until_the_day_that_is_told(ask, day, today, spots, horizon):
    answer, changes = ask(day, today)
    assert changes is None or changes > today
    last = min((changes or date.max).toordinal() - 1, today.toordinal() + 40_000, date.max.toordinal())
    ahead = {today.toordinal() + round(spot * (last - today.toordinal())) for spot in spots}
    ahead |= {last, min(today.toordinal() + horizon, last)}
    for number in ahead:
        assert ask(day, date.fromordinal(number))[0] == answer
