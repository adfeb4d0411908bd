"""Token buckets: what one process lets through, and what several do together."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.access import limits
from chalicelib.access.limits import KEPT, Limit, Limiter, Rate
from chalicelib.problems import RateLimited
from chalicelib.store.errors import StoreUnavailableError
from tests.support.limits import SharedBuckets

RATE = Rate(10, 40)
NORTH = Limit("tenant", "tnt_north", "tenant", RATE)
SOUTH = Limit("tenant", "tnt_south", "tenant", RATE)
KEY = Limit("key", "tnt_north", "key_1", RATE.half())


class Time:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def time():
    return Time()


@pytest.fixture
def shared():
    return SharedBuckets()


def passes(limiter, *wanted, tries=1000):
    """How many requests get through before the first refusal."""
    for number in range(tries):
        try:
            limiter.take(wanted)
        except RateLimited:
            return number
    return tries


def test_take__more_than_the_burst__refused_with_the_time_to_wait(time, shared):
    limiter = Limiter(shared, time)
    assert passes(limiter, NORTH) == 40
    with pytest.raises(RateLimited) as refused:
        limiter.take([NORTH])
    assert refused.value.headers == {"Retry-After": "1"}
    assert refused.value.extra == {"limit": "tenant"}


def test_take__another_tenant__is_not_concerned(time, shared):
    limiter = Limiter(shared, time)
    passes(limiter, NORTH)
    assert passes(limiter, SOUTH) == 40


def test_take__as_time_passes__so_many_a_second_and_never_more_than_the_burst(time, shared):
    limiter = Limiter(shared, time)
    passes(limiter, NORTH)
    time.now += 1
    assert passes(limiter, NORTH) == 10
    time.now += 3600
    assert passes(limiter, NORTH) == 40


def test_take__a_key__has_half_and_leaves_the_tenant_the_rest(time, shared):
    limiter = Limiter(shared, time)
    assert passes(limiter, NORTH, KEY) == 20
    assert passes(limiter, NORTH) == 20  # a refusal has used no token of either


def test_take__another_plan__acts_on_the_same_bucket(time, shared):
    limiter = Limiter(shared, time)
    passes(limiter, NORTH)
    time.now += 1
    assert passes(limiter, Limit("tenant", "tnt_north", "tenant", Rate(100, 400))) == 100


def test_take__many_callers__no_more_buckets_than_are_kept(time, shared):
    limiter = Limiter(shared, time)
    for number in range(KEPT + 10):
        limiter.take([limits.of_address(str(number))])
    assert len(limiter._buckets) == KEPT


def test_settle__before_a_lease_is_used_or_within_a_second__writes_nothing(time, shared):
    limiter = Limiter(shared, time)
    for _ in range(RATE.lease - 1):
        limiter.take([NORTH])
    time.now += 60
    limiter.settle([NORTH])
    assert shared.writes == 0
    limiter.take([NORTH])
    limiter.settle([NORTH])
    assert shared.writes == 1
    passes(limiter, NORTH)
    limiter.settle([NORTH])
    assert shared.writes == 1
    time.now += 1
    limiter.settle([NORTH])
    assert shared.writes == 2


def test_settle__an_address__is_this_process_s_alone(time, shared):
    limiter, address = Limiter(shared, time), limits.of_address("192.0.2.1")
    passes(limiter, address)
    time.now += 60
    limiter.settle([address])
    assert shared.writes == 0


def test_settle__the_store_does_not_answer__what_was_used_is_told_later(time, shared):
    down = True

    def store(*told):
        if down:
            reason = "down"
            raise StoreUnavailableError(reason)
        return shared(*told)

    limiter = Limiter(store, time)
    passes(limiter, NORTH)
    time.now += 1
    limiter.settle([NORTH])
    down = False
    time.now += 1
    limiter.settle([NORTH])
    assert shared.full_at["tnt_north", "tenant"] == pytest.approx(time.now - 2 + 4)  # as of when it was used


def test_settle__a_clock_that_was_far_ahead__shuts_nobody_out_for_long(time):
    limiter = Limiter(lambda *_: time.now + 10**6, time)
    passes(limiter, NORTH)
    time.now += 1
    limiter.settle([NORTH])
    time.now += 2 * RATE.span
    assert passes(limiter, NORTH) == 40


@given(st.data())
def test_several_processes__together__overshoot_by_a_lease_and_a_second_each_at_most(data):
    time, shared = Time(), SharedBuckets()
    processes = [Limiter(shared, time) for _ in range(data.draw(st.integers(1, 4)))]
    # Whoever serves a tenant has heard of the bucket before: here each has by its first turns.
    served, began, worst = 0, time.now, 0.0
    for who in data.draw(st.lists(st.integers(0, len(processes) - 1), min_size=1, max_size=400)):
        time.now += data.draw(st.sampled_from([0.0, 0.01, 0.05, 0.3]))
        try:
            processes[who].take([NORTH])
            served += 1
        except RateLimited:
            pass
        processes[who].settle([NORTH])
        worst = max(worst, served - RATE.burst - RATE.per_second * (time.now - began))
    # What one does not know of the others: their lease, and what they use within the second between two tellings,
    # which is no more than what was left when they heard last.
    assert worst <= (len(processes) - 1) * (RATE.burst + RATE.per_second) + 1


def test_headers__are_lists_of_strings_with_parameters(time, shared):
    limiter = Limiter(shared, time)
    said = limits.headers(limiter.take([NORTH, KEY]))
    assert said == {
        "RateLimit-Policy": '"tenant";q=40;w=4, "key";q=20;w=4',
        "RateLimit": '"tenant";r=39;t=1, "key";r=19;t=1',
    }
    assert all(re.fullmatch(r'("\w+";[qr]=\d+;[wt]=\d+(, )?)+', each) for each in said.values())
