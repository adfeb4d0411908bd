"""The schedule of attempts: bounds of its jitter, Retry-After, and when a webhook is given up."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from tenants.webhook_deliveries.rules import DELAYS, asked_for, has_failed_long, next_attempt

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
BELOW_ONE = 1 - 2**-53


def test_schedule__ten_attempts_over_about_75_hours():
    assert len(DELAYS) == 9
    assert sum(DELAYS, timedelta()) == timedelta(hours=75, minutes=35, seconds=5)
    assert all(before < after for before, after in pairwise(DELAYS))


@pytest.mark.parametrize("attempts", range(1, 10))
def test_delay__varies_by_a_tenth_and_no_more(attempts):
    delay = DELAYS[attempts - 1]
    early, late = (next_attempt(attempts, NOW, "", chance) - NOW for chance in (0.0, BELOW_ONE))
    assert early == delay * 0.9
    assert delay * 1.09 < late <= delay * 1.1


def test_tenth_failure__is_the_last():
    assert next_attempt(10, NOW, "", 0.5) is None


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", 0), ("soon", 0), ("-5", 0), ("1.5", 0), ("٣", 0), ("120", 120), (" 7 ", 7), ("999999999999", 86_400),
        ("Sun, 01 Mar 2026 12:10:00 GMT", 600), ("Sun, 01 Mar 2026 11:00:00 GMT", 0),
        ("Mon, 01 Mar 2027 12:00:00 GMT", 86_400),
    ],
)  # fmt: skip
def test_retry_after__is_seconds_or_a_date_within_a_day(text, wanted):
    assert asked_for(text, NOW) == timedelta(seconds=wanted)


def test_retry_after__makes_an_attempt_later_and_never_earlier():
    assert next_attempt(1, NOW, "600", 0.5) == NOW + timedelta(minutes=10)
    assert next_attempt(9, NOW, "600", 0.5) == NOW + timedelta(hours=24)


def test_given_up__after_five_days_without_anything_getting_through():
    assert not has_failed_long(None, NOW)
    assert not has_failed_long(NOW - timedelta(days=5) + timedelta(microseconds=1), NOW)
    assert has_failed_long(NOW - timedelta(days=5), NOW)
