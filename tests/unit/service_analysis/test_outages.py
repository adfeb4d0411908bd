"""What an outage covers, and for how long somebody was affected."""

from datetime import UTC, datetime, timedelta

import pytest

from modules.service_analysis.outages.rules import Extent, hours, lasts

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("extent", "request_", "covered"),
    [
        (Extent(), ("/Georgia/", "/speed/", "5G"), False),
        (Extent(area="/Georgia/"), ("/Georgia/Acworth/", None, None), True),
        (Extent(area="/Georgia/"), ("/Georgia/", None, None), True),
        (Extent(area="/Georgia/"), ("/Georgian Bay/", None, None), False),
        (Extent(area="/Georgia/Acworth/"), ("/Georgia/", None, None), False),
        (Extent(area="/Georgia/"), (None, "/speed/", "5G"), False),
        (Extent(category="/speed/", product="5G"), (None, "/speed/evening/", "5G"), True),
        (Extent(category="/speed/", product="5G"), (None, "/speed/", "5G Plus"), False),
        (Extent(area="/Georgia/", product="5G"), ("/Texas/", None, "5G"), False),
    ],
)
def test_all_that_is_named_must_hold(extent, request_, covered):
    assert extent.covers(*request_) is covered


def test_both_ends_count():
    end = NOON + timedelta(hours=1)
    assert lasts(NOON, None, NOON)
    assert lasts(NOON, end, end)
    assert not lasts(NOON, end, end + timedelta(seconds=1))
    assert not lasts(NOON, None, NOON - timedelta(seconds=1))


def test_hours_are_to_hundredths_and_never_less_than_none():
    assert hours(NOON, NOON + timedelta(minutes=50)) == 0.83
    assert hours(NOON, NOON - timedelta(minutes=50)) == 0
