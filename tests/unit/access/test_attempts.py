"""Counting failed authentications: who guesses is slowed down, and nobody else."""

from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.access.api_keys import mint
from chalicelib.access.attempts import FROM_A_SOURCE, FROM_A_SOURCE_FOR_A_TENANT, WINDOW, Attempts
from chalicelib.access.errors import CredentialError, Reason
from chalicelib.clock import new_id
from chalicelib.problems import TooManyAttempts

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
NORTH, SOUTH = new_id("tnt"), new_id("tnt")
GUESSER = "198.51.100.7"


def key(tenant=NORTH):
    return f"Bearer {mint(tenant)}"


@pytest.fixture
def attempts():
    return Attempts()


def guess(attempts, times, source=GUESSER, tenant=NORTH, at=NOW, error=None):
    for _ in range(times):
        attempts.failed(source, key(tenant), at, error)


def is_refused(attempts, source=GUESSER, authorization=None, at=NOW):
    try:
        attempts.check(source, authorization or key(), at)
    except TooManyAttempts as problem:
        return int(problem.headers["Retry-After"])
    return 0


def test_one_guess_too_many__is_refused_for_the_rest_of_the_minute(attempts):
    guess(attempts, FROM_A_SOURCE_FOR_A_TENANT - 1)
    assert not is_refused(attempts)
    guess(attempts, 1, at=NOW + timedelta(seconds=10))
    assert is_refused(attempts, at=NOW + timedelta(seconds=20)) == 40
    assert not is_refused(attempts, at=NOW + WINDOW)


def test_another_source_and_another_tenant__are_not_slowed_down(attempts):
    guess(attempts, FROM_A_SOURCE_FOR_A_TENANT)
    assert is_refused(attempts)
    assert not is_refused(attempts, source="198.51.100.8")
    assert not is_refused(attempts, authorization=key(SOUTH))
    assert not is_refused(attempts, authorization="Bearer eyJ.eyJ.x")


def test_who_was_let_in_before__stays_let_in_from_the_same_address(attempts):
    good = key()
    attempts.succeeded(good)
    guess(attempts, FROM_A_SOURCE * 2)
    assert is_refused(attempts)
    assert not is_refused(attempts, authorization=good)
    attempts.failed(GUESSER, good, NOW, None)  # it has been revoked
    assert is_refused(attempts, authorization=good)


def test_many_tenants_from_one_source__are_counted_together(attempts):
    for _ in range(FROM_A_SOURCE):
        guess(attempts, 1, tenant=new_id("tnt"))
    assert is_refused(attempts, authorization=key(SOUTH))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
        ("no address", "no address", True),
    ],
)
def test_a_site_is_one_source(attempts, one, other, same):
    guess(attempts, FROM_A_SOURCE_FOR_A_TENANT, source=one)
    assert bool(is_refused(attempts, source=other)) is same


@pytest.mark.parametrize("reason", [Reason.EXPIRED, Reason.KEYS_UNAVAILABLE])
def test_what_is_no_guess__is_not_counted(attempts, reason):
    guess(attempts, 500, error=CredentialError(reason))
    assert not is_refused(attempts)


def test_without_a_source_or_a_credential__nothing_is_counted(attempts):
    for _ in range(500):
        attempts.failed("", key(), NOW, None)
        attempts.failed(GUESSER, "", NOW, None)
    assert not is_refused(attempts, source="")
    assert not is_refused(attempts)


def test_memory_is_bounded__the_oldest_go_first():
    attempts = Attempts(size=50)
    for number in range(500):
        guess(attempts, 1, source=f"192.0.2.{number % 256}", tenant=new_id("tnt"))
        attempts.succeeded(key())
    assert len(attempts._windows) <= 50
    assert len(attempts._let_in) <= 50
    assert not any(mint(NORTH)[:30] in repr(each) for each in attempts._let_in)
