"""Business calendars, right to the second. Expected values were worked out in UTC by hand."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modules.service_analysis.calendars.rules import (
    Calendar,
    CalendarRefused,
    Flaw,
    Shift,
    business_seconds,
    instant_after,
    public_holidays,
    shift,
)
from tests.support.sla import CALENDARS, utc

SPANS = [
    ("within a shift", "berlin", "2026-03-02 08:15:30", "2026-03-02 10:45:10", 8980),
    ("over a lunch break", "berlin", "2026-03-02 10:30", "2026-03-02 12:30", 3600),
    ("inside a lunch break", "berlin", "2026-03-02 11:15", "2026-03-02 11:45", 0),
    ("the first second of a day", "berlin", "2026-03-02 06:00", "2026-03-02 08:00:01", 1),
    ("the last second of a day and the first of the next", "berlin", "2026-03-02 16:59:59", "2026-03-03 08:00:01", 2),
    ("over a weekend", "berlin", "2026-03-06 16:00", "2026-03-09 09:00", 7200),
    ("a week", "berlin", "2026-03-02 00:00", "2026-03-09 00:00", 144_000),
    ("over Easter", "berlin", "2026-04-02 15:00", "2026-04-07 08:00", 7200),
    ("on a holiday", "berlin", "2026-04-03 00:00", "2026-04-03 23:00", 0),
    ("over an own day off", "berlin", "2026-06-30 15:30", "2026-07-02 07:30", 3600),
    ("office hours over the change to summer", "berlin", "2026-03-27 16:00", "2026-03-30 08:00", 7200),
    ("office hours over the change to winter", "berlin", "2026-10-23 15:00", "2026-10-26 09:00", 7200),
    ("a day of 23 hours", "every_hour", "2026-03-28 23:00", "2026-03-29 22:00", 82_800),
    ("a day of 25 hours", "every_hour", "2026-10-24 22:00", "2026-10-25 23:00", 90_000),
    ("a night of 8 hours", "night", "2026-03-02 20:00", "2026-03-03 06:00", 28_800),
    ("a night of 7 hours", "night", "2026-03-28 20:00", "2026-03-29 05:00", 25_200),
    ("a night of 9 hours", "night", "2026-10-24 19:00", "2026-10-25 06:00", 32_400),
    ("a shift that begins while the clocks skip", "from_half_past_two", "2026-03-29 00:00", "2026-03-29 04:00", 7200),
    ("a shift that ends while the clocks skip", "until_half_past_two", "2026-03-28 22:00", "2026-03-29 04:00", 7200),
    ("a shift that begins when it comes first", "from_half_past_two", "2026-10-25 00:00", "2026-10-25 06:00", 12_600),
    ("a shift that ends when it comes first", "until_half_past_two", "2026-10-24 21:00", "2026-10-25 06:00", 9000),
    ("a day of 24.5 hours", "lord_howe", "2026-04-04 13:00", "2026-04-05 13:30", 88_200),
    ("a date that never was", "apia", "2011-12-29 10:00", "2011-12-31 10:00", 172_800),
    ("a minute past midnight is set back to the day before", "st_johns", "2010-11-07 02:45", "2010-11-07 04:00", 4500),
    ("24x7 over the change to summer", "24x7", "2026-03-28 12:00", "2026-03-30 12:00", 172_800),
    ("24x7 over a leap day", "24x7", "2028-02-28 00:00", "2028-03-01 00:00", 172_800),
    ("a day in Shanghai", "shanghai", "2026-09-28 00:00", "2026-09-28 12:00", 27_000),
    ("over the golden week", "shanghai", "2026-09-30 09:00", "2026-10-08 02:00", 7200),
    ("a shift over midnight of UTC", "los_angeles", "2026-03-02 23:00", "2026-03-03 02:00", 7200),
    ("Los Angeles changes before Europe does", "los_angeles", "2026-03-07 00:00", "2026-03-09 16:00", 7200),
    ("Los Angeles changes behind Europe", "los_angeles", "2026-10-30 23:30", "2026-11-02 16:30", 3600),
    ("three quarters of an hour beside UTC", "kathmandu", "2026-03-01 04:00", "2026-03-01 05:00", 2700),
    ("Sunday is worked, Saturday is not", "kathmandu", "2026-03-06 11:00", "2026-03-08 04:30", 1800),
    ("nothing between an instant and itself", "berlin", "2026-03-02 09:00", "2026-03-02 09:00", 0),
    ("nothing backwards", "berlin", "2026-03-02 10:00", "2026-03-02 09:00", 0),
    ("nothing backwards in 24x7", "24x7", "2026-03-02 10:00", "2026-03-02 09:00", 0),
    ("parts of seconds are cut", "berlin", "2026-03-02 08:00:00.900", "2026-03-02 08:00:02.100", 2),
]

INSTANTS = [
    ("the end of a day, not the next morning", "berlin", "2026-03-02 08:00", 28_800, "2026-03-02 17:00"),
    ("a second more is the next morning", "berlin", "2026-03-02 08:00", 28_801, "2026-03-03 08:00:01"),
    ("the end of the morning, not behind lunch", "berlin", "2026-03-02 08:00", 10_800, "2026-03-02 11:00"),
    ("a second more is behind lunch", "berlin", "2026-03-02 08:00", 10_801, "2026-03-02 12:00:01"),
    ("a second from a Saturday on", "berlin", "2026-03-07 10:00", 1, "2026-03-09 08:00:01"),
    ("no second from a Saturday on", "berlin", "2026-03-07 10:00", 0, "2026-03-07 10:00"),
    ("a negative number is none", "24x7", "2026-03-07 10:00", -5, "2026-03-07 10:00"),
    ("over the change to summer", "berlin", "2026-03-27 16:00", 7200, "2026-03-30 08:00"),
    ("over the change to winter", "berlin", "2026-10-23 15:00", 7200, "2026-10-26 09:00"),
    ("a week of work around Easter", "berlin", "2026-04-02 07:00", 144_000, "2026-04-10 16:00"),
    ("a night", "night", "2026-03-02 21:00", 28_800, "2026-03-03 05:00"),
    ("the long night", "night", "2026-10-24 20:00", 32_400, "2026-10-25 05:00"),
    ("24 hours through a day of 23", "every_hour", "2026-03-28 23:00", 86_400, "2026-03-29 23:00"),
    ("24 hours through a day of 25", "every_hour", "2026-10-24 22:00", 86_400, "2026-10-25 22:00"),
    ("24x7", "24x7", "2026-03-28 12:00", 259_200, "2026-03-31 12:00"),
    ("around lunch in Shanghai", "shanghai", "2026-03-06 03:30", 7200, "2026-03-06 07:00"),
    ("two days in Los Angeles", "los_angeles", "2026-03-02 23:00", 10_800, "2026-03-03 17:00"),
    ("over a Saturday in Kathmandu", "kathmandu", "2026-03-06 11:00", 1800, "2026-03-08 04:30"),
]

INSTANT = st.datetimes(datetime(2025, 12, 1), datetime(2027, 1, 31), timezones=st.just(UTC))  # noqa: DTZ001 - given below
CALENDAR = st.sampled_from(sorted(CALENDARS)).map(CALENDARS.__getitem__)


@pytest.mark.parametrize(("name", "calendar", "since", "until", "expected"), SPANS, ids=[each[0] for each in SPANS])
def test_business_seconds__right_to_the_second(name, calendar, since, until, expected):
    assert business_seconds(CALENDARS[calendar], utc(since), utc(until)) == expected


@pytest.mark.parametrize(
    ("name", "calendar", "since", "take", "expected"), INSTANTS, ids=[each[0] for each in INSTANTS]
)
def test_instant_after__right_to_the_second(name, calendar, since, take, expected):
    assert instant_after(CALENDARS[calendar], utc(since), take) == utc(expected)


def test_instant_after__more_than_ten_years_away__none():
    minute_a_week = Calendar("UTC", ((shift("09:00", "09:01"),), *((),) * 6))
    assert instant_after(minute_a_week, utc("2026-03-02 00:00"), 600) == utc("2026-05-04 09:01")
    assert instant_after(minute_a_week, utc("2026-03-02 00:00"), 100_000) is None


@settings(max_examples=150)
@given(CALENDAR, INSTANT, st.integers(0, 60 * 86_400))
def test_instant_after__is_the_inverse(calendar, since, seconds):
    after = instant_after(calendar, since, seconds)
    assert business_seconds(calendar, since, after) == seconds
    # … and the first such instant: a second before it one is missing.
    assert seconds == 0 or business_seconds(calendar, since, after - timedelta(seconds=1)) == seconds - 1


@settings(max_examples=150)
@given(CALENDAR, st.lists(INSTANT, min_size=3, max_size=3))
def test_business_seconds__never_shrink_and_add_up(calendar, instants):
    first, middle, last = sorted(instants)
    whole = business_seconds(calendar, first, last)
    assert whole == business_seconds(calendar, first, middle) + business_seconds(calendar, middle, last)
    assert 0 <= whole <= (last - first).total_seconds() + 1


@settings(max_examples=100)
@given(CALENDAR, INSTANT, st.integers(0, 86_400), st.integers(0, 86_400))
def test_instant_after__never_goes_back(calendar, since, seconds, more):
    assert instant_after(calendar, since, seconds) <= instant_after(calendar, since, seconds + more)


@pytest.mark.parametrize(
    ("week", "flaw"),
    [
        (((),) * 7, Flaw.NO_SHIFTS),
        (((Shift(0, 60),),) * 6, Flaw.NOT_A_WEEK),
        (((Shift(60, 60),),) * 7, Flaw.SHIFT_OUT_OF_DAY),
        (((Shift(120, 60),),) * 7, Flaw.SHIFT_OUT_OF_DAY),
        (((Shift(1380, 1441),),) * 7, Flaw.SHIFT_OUT_OF_DAY),
        (((Shift(0, 60), Shift(59, 90)),) * 7, Flaw.SHIFTS_OVERLAP),
        (((Shift(60, 90), Shift(0, 30)),) * 7, Flaw.SHIFTS_OVERLAP),
    ],
)
def test_calendar__without_time_to_count__refused(week, flaw):
    with pytest.raises(CalendarRefused) as caught:
        Calendar("UTC", week)
    assert caught.value.flaw is flaw


def test_calendar__shifts_that_touch__are_one_span():
    touching = Calendar("UTC", ((Shift(0, 60), Shift(60, 1440)),) * 7)
    assert business_seconds(touching, utc("2026-03-02 00:00"), utc("2026-03-04 00:00")) == 172_800


@pytest.mark.parametrize("zone", ["Europe/Entenhausen", "", "../etc/passwd", "Europe", "/"])
def test_calendar__in_no_zone__refused(zone):
    with pytest.raises(CalendarRefused) as caught:
        Calendar(zone, None)
    assert caught.value.flaw is Flaw.UNKNOWN_ZONE


def test_calendar__24x7_with_a_day_off__refused():
    with pytest.raises(CalendarRefused, match="days_off_of_24x7"):
        Calendar("UTC", None, frozenset({date(2026, 1, 1)}))


def test_instants__without_a_zone__refused():
    with pytest.raises(TypeError):
        business_seconds(CALENDARS["24x7"], datetime(2026, 1, 1), utc("2026-01-02 00:00"))  # noqa: DTZ001 - the point


@pytest.mark.parametrize(
    ("begins", "ends", "expected"), [("00:00", "24:00", Shift(0, 1440)), ("09:05", "23:59", Shift(545, 1439))]
)
def test_shift__from_wall_times(begins, ends, expected):
    assert shift(begins, ends) == expected


@pytest.mark.parametrize("text", ["24:01", "9:00", "09:60", "25:00", "09:00:00", "", "０9:00", "0９:00"])
def test_shift__from_what_is_no_wall_time__refused(text):
    with pytest.raises(ValueError, match=f"^{text}$"):
        shift(text, "24:00")


def test_public_holidays__of_a_country_and_of_a_part_of_it():
    corpus_christi = date(2026, 6, 4)
    whole = public_holidays("DE", None, range(2026, 2028))
    assert {date(2026, 4, 3), date(2026, 4, 6), date(2026, 12, 25), date(2027, 1, 1)} <= whole
    assert corpus_christi not in whole
    assert corpus_christi in public_holidays("DE", "BY", range(2026, 2027))
    assert date(2026, 10, 1) in public_holidays("CN", None, range(2026, 2027))


@pytest.mark.parametrize(
    ("country", "subdivision"), [("XX", None), ("DE", "CA"), ("", None), ("NYSE", None), ("utils", None)]
)
def test_public_holidays__of_an_unknown_place__refused(country, subdivision):
    with pytest.raises(CalendarRefused, match="unknown_country"):
        public_holidays(country, subdivision, range(2026, 2027))
