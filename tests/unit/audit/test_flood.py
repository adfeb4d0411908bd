"""A flood of refusals: few notes, and all of them counted."""

from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.audit.flood import ONE_BY_ONE, Flood

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_the_first_ones__are_noted_one_by_one():
    flood = Flood()
    assert [flood.count("a", NOW) for _ in range(ONE_BY_ONE)] == [(1, 0)] * ONE_BY_ONE


@pytest.mark.parametrize("times", [1, 20, 21, 39, 40, 41, 79, 80, 1000, 100_000])
def test_a_flood__is_a_handful_of_notes_that_tell_all_of_it(times):
    flood = Flood()
    written = [told for told, _ in (flood.count("a", NOW) for _ in range(times)) if told]
    assert len(written) <= ONE_BY_ONE + 13
    told, left = flood.count("a", NOW + timedelta(minutes=1))
    assert sum(written) + left == times
    assert told == 1


def test_everybody_is_counted_apart():
    flood = Flood()
    for _ in range(50):
        flood.count("a", NOW)
    assert flood.count("b", NOW) == (1, 0)


def test_memory_is_bounded():
    flood = Flood(size=10)
    for number in range(100):
        flood.count(number, NOW)
    assert len(flood._minutes) == 10
