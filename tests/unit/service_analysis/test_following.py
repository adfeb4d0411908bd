"""Clocks follow what happens to their request, whatever it is and in whatever order; each line says so in words."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules.service_analysis.clocks.derived import NOTHING_PROMISED, Situation, spoken, tended
from modules.service_analysis.ledgers.rules import Act, Aim, Clock, Ledger, State
from tests.support.sla import utc

NOW = utc("Mon 08:00")
AIM = Aim(3600, "24x7")
OTHER = Aim(7200, "24x7")


def after(ledger, aim=AIM, **situation):
    return tended(ledger, aim, "slp_1", Situation(**{"since": NOW, "now": NOW, **situation}))


def running(clock=Clock.RESOLUTION):
    return after(Ledger(clock))


def acts(ledger):
    return [each.act for each in ledger.entries]


def test_nothing_promised__no_clock():
    assert after(Ledger(Clock.RESOLUTION), aim=None).entries == ()


def test_what_is_over_already__has_no_clock():
    assert after(Ledger(Clock.RESOLUTION), ended_at=NOW, ended_as="closed").entries == ()
    assert after(Ledger(Clock.FIRST_RESPONSE), answered_at=NOW).entries == ()


def test_the_same_again__the_same_ledger():
    ledger = running()
    assert after(ledger) is ledger
    paused = after(ledger, pending_on="customer")
    assert after(paused, pending_on="customer") is paused


@pytest.mark.parametrize("clock", list(Clock))
def test_pending__pauses_all_but_the_regulators(clock):
    ledger = after(Ledger(clock), asks=True)
    paused = after(ledger, pending_on="network")
    assert paused.state is (State.RUNNING if clock is Clock.REGULATOR else State.PAUSED)


def test_it_begins_when_the_customer_said_it__and_waits_from_when_that_is_known():
    begun = after(Ledger(Clock.RESOLUTION), since=NOW - timedelta(hours=1), pending_on="supplier")
    assert [(each.act, each.at) for each in begun.entries] == [
        (Act.START, NOW - timedelta(hours=1)),
        (Act.PAUSE, NOW),
    ]


def test_it_stops_at_the_instant_at_which_it_was_done__known_late():
    later = NOW + timedelta(hours=2)
    ended = after(running(), now=later, ended_at=NOW + timedelta(minutes=5), ended_as="resolved")
    assert (ended.entries[-1].at, ended.entries[-1].reason) == (NOW + timedelta(minutes=5), "resolved")
    answered = after(running(Clock.FIRST_RESPONSE), now=later, answered_at=NOW + timedelta(minutes=7))
    assert (answered.entries[-1].at, answered.entries[-1].reason) == (NOW + timedelta(minutes=7), "replied")


def test_a_policy_that_promises_nothing__stops_it__and_another_lets_it_go_on():
    stopped = after(running(), aim=None)
    assert stopped.entries[-1].reason == NOTHING_PROMISED
    assert acts(after(stopped, aim=OTHER)) == [Act.START, Act.STOP, Act.START]


def test_another_promise_while_it_waits__it_goes_on_waiting():
    paused = after(running(), pending_on="customer")
    again = after(paused, aim=OTHER, pending_on="customer")
    assert (acts(again)[-1], again.state, again.aim) == (Act.RETARGET, State.PAUSED, OTHER)


def test_a_clock_that_lags_behind_the_ledger__writes_at_its_last_instant():
    ledger = after(running(), now=NOW - timedelta(milliseconds=3), pending_on="customer")
    assert ledger.entries[-1].at == NOW


def test_the_next_response__is_awaited_from_a_message_to_the_reply():
    silent = Ledger(Clock.NEXT_RESPONSE)
    assert after(silent) is silent
    asked = after(silent, asks=True)
    assert after(asked) is asked
    assert after(asked, asks=False).state is State.STOPPED


SITUATIONS = st.builds(
    lambda shift, pending, answered, asks, ended: {
        "now": NOW + timedelta(seconds=shift),
        "pending_on": pending,
        "answered_at": NOW + timedelta(seconds=answered) if answered is not None else None,
        "asks": asks,
        "ended_at": NOW + timedelta(seconds=ended) if ended is not None else None,
        "ended_as": "resolved",
    },
    st.integers(-100, 10_000),
    st.sampled_from([None, "customer", "network"]),
    st.none() | st.integers(0, 10_000),
    st.sampled_from([None, True, False]),
    st.none() | st.integers(0, 10_000),
)


@given(st.sampled_from(list(Clock)), st.lists(st.tuples(SITUATIONS, st.sampled_from([None, AIM, OTHER])), max_size=12))
def test_whatever_happens__a_ledger_takes_it_and_ends_as_the_request_stands(clock, happenings):
    ledger = Ledger(clock)
    for situation, aim in happenings:
        ledger = after(ledger, aim=aim, **situation)
        assert after(ledger, aim=aim, **{**situation, "asks": None}) is ledger
        if situation["ended_at"] or aim is None:
            assert ledger.state in {State.WAITING, State.STOPPED}
    times = [each.at for each in ledger.entries]
    assert times == sorted(times)


def test_spoken():
    assert [spoken(each) for each in (0, 61, 3600, 360_000)] == ["0:00:00", "0:01:01", "1:00:00", "100:00:00"]
