"""A subscription's state against a small model that lives through the days one by one; boundary instants are exact."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tenants.subscriptions.records import Subscription, timeline_of
from tenants.subscriptions.rules import (
    MOST_SPANS,
    Terms,
    Timeline,
    agree,
    first_gap,
    gaps,
    is_kept_no_longer,
    kept_until,
    next_change,
    open_,
    purge_from,
    stop,
    subscribed,
    tried,
    users_of,
)
from tests.unit.tenants.conftest import CATALOGUE

DAY_0 = datetime(2026, 3, 1, tzinfo=UTC)
TICK = timedelta(microseconds=1)
HORIZON = 400
NOT_ON = (None, "scheduled", "off")


def day(number):
    return DAY_0 + timedelta(days=number)


def terms(start=0, end=None, *, plan="basic", trial=0, grace=7, kept=30):
    return Terms(plan, day(start), None if end is None else day(end), trial, grace, kept)


def state(timeline, at):
    found = subscribed(timeline).at(at)
    return str(found.state) if found else None


# -- instants


@pytest.mark.parametrize(
    ("number", "before", "then"),
    [
        (0, "scheduled", "trial"),  # agreed on the day before
        (14, "trial", "active"),
        (44, "active", "grace"),
        (51, "grace", "off"),
    ],
)
def test_boundaries__are_half_open__the_instant_itself_belongs_to_what_follows(number, before, then):
    timeline = agree(Timeline(), day(-1), terms(0, 44, trial=14))
    assert (state(timeline, day(number) - TICK), state(timeline, day(number))) == (before, then)
    assert next_change(timeline, day(number) - TICK) == day(number)


def test_a_trial_without_an_end__lapses_with_itself():
    timeline = agree(Timeline(), day(0), terms(trial=14))
    assert [state(timeline, day(each)) for each in (0, 13, 14, 20, 21)] == ["trial", "trial", "grace", "grace", "off"]
    assert tried(timeline, day(0))
    assert not tried(timeline, day(0) - TICK)


def test_ended_by_hand__is_off_at_once__running_or_in_grace():
    running = stop(agree(Timeline(), day(0), terms()), day(5))
    assert (state(running, day(5) - TICK), state(running, day(5))) == ("active", "off")
    lapsed = stop(agree(Timeline(), day(0), terms(0, 5)), day(6))
    assert (state(lapsed, day(6) - TICK), state(lapsed, day(6)), state(lapsed, day(7))) == ("grace", "off", "off")
    assert kept_until(lapsed, day(7)) == day(36)


def test_data_of_a_module_that_is_off__is_kept_for_its_days__then_it_goes_at_that_instant_or_now():
    lapsed = agree(Timeline(), day(0), terms(0, 5, grace=7, kept=30))
    for number in (0, 5, 12):
        assert purge_from(lapsed, day(number) - TICK) is None  # not while it can be read
    assert (purge_from(lapsed, day(12)), purge_from(lapsed, day(41)), purge_from(lapsed, day(50))) == (
        day(42),
        day(42),
        day(50),
    )
    assert [is_kept_no_longer(lapsed, each) for each in (day(42) - TICK, day(42))] == [False, True]
    at_once = stop(agree(Timeline(), day(0), terms(kept=0)), day(3))
    assert is_kept_no_longer(at_once, day(3))
    planned = agree(lapsed, day(20), terms(100))
    assert purge_from(planned, day(60)) is None  # it comes back
    assert not is_kept_no_longer(planned, day(60))
    assert purge_from(stop(planned, day(70)), day(70)) == day(70)  # or does not


def test_renewed_in_grace__goes_on_at_once__renewed_after_it__catches_up_first():
    lapsed = agree(Timeline(), day(0), terms(0, 5))
    assert state(agree(lapsed, day(8), terms(8)), day(8)) == "active"
    late = agree(lapsed, day(12) + TICK, terms(12.5))
    assert [state(late, at) for at in (day(12), day(12) + TICK, day(12.5))] == ["off", "scheduled", "activating"]
    caught_up = open_(late, day(13))
    assert [state(caught_up, at) for at in (day(13) - TICK, day(13), day(99))] == ["activating", "active", "active"]
    assert kept_until(caught_up, day(13)) is None


def test_another_plan_later__what_holds_until_then_stays():
    timeline = agree(agree(Timeline(), day(0), terms()), day(1), terms(10, plan="professional"))
    assert [subscribed(timeline).at(day(each)).plan for each in (9, 10)] == ["basic", "professional"]
    back = agree(timeline, day(2), terms(2))
    assert subscribed(back).at(day(10)).plan == "basic"


def test_ended_and_agreed_on_again_in_one_instant__catches_up_all_the_same():
    ended = stop(agree(Timeline(), day(0), terms()), day(0))
    assert state(ended, day(0)) == "off"
    assert state(agree(ended, day(0), terms()), day(0)) == "activating"


def test_scheduled_and_ended_before_it_begins__never_was_on():
    timeline = stop(agree(Timeline(), day(0), terms(5)), day(1))
    assert state(timeline, day(6)) is None
    assert state(agree(timeline, day(7), terms(7)), day(7)) == "active"


def test_the_end_of_time__is_no_error():
    far = Terms("basic", datetime(9999, 12, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC), 0, 10_000, 10_000)
    timeline = agree(Timeline(), day(0), far)
    assert state(timeline, datetime.max.replace(tzinfo=UTC) - TICK) == "grace"


def test_many_changes__only_the_youngest_stand_with_the_subscription__and_say_the_same():
    timeline = Timeline()
    for number in range(100):
        timeline = agree(timeline, day(number), terms(number, plan=("basic", "professional")[number % 2]))
    assert len(timeline.spans) <= MOST_SPANS + 1
    assert state(timeline, day(100)) == "active"
    timeline = stop(timeline, day(100))
    for number in range(101, 200):
        timeline = agree(timeline, day(number), terms(number))
        assert state(timeline, day(number)) == "activating"
        if number % 2:
            timeline = open_(timeline, day(number))
            assert state(timeline, day(number)) == "active"
        timeline = stop(timeline, day(number) + TICK)
    assert len(timeline.spans) <= MOST_SPANS + 1


@pytest.mark.parametrize("written", [{}, {"spans": None}, {"spans": [{}]}, {"spans": [], "stops": ["x"]}, []])
def test_what_can_not_be_read__is_nothing_agreed(written):
    assert timeline_of(written) == Timeline()


# -- what modules need of each other

ALWAYS = agree(Timeline(), day(0), terms())
RENEWED = agree(agree(Timeline(), day(0), terms(0, 10)), day(1), terms(10, 20))


@pytest.mark.parametrize(
    ("alpha", "beta", "gap"),
    [
        (Timeline(), ALWAYS, 0),
        (ALWAYS, ALWAYS, None),
        (agree(Timeline(), day(0), terms(0, 10)), ALWAYS, 10),
        (agree(Timeline(), day(0), terms(5)), ALWAYS, 0),
        (agree(Timeline(), day(0), terms(0, 10)), agree(Timeline(), day(0), terms(0, 10)), None),
        (agree(Timeline(), day(0), terms(0, 10)), agree(Timeline(), day(0), terms(3, 11)), 10),
        (RENEWED, agree(Timeline(), day(0), terms(3, 19)), None),
    ],
)  # fmt: skip
def test_a_requirement__must_be_agreed_on_for_all_the_time(alpha, beta, gap):
    assert first_gap(alpha, beta.spans, day(0)) == (None if gap is None else day(gap))
    found = gaps(CATALOGUE, {"alpha": alpha, "beta": beta}, day(0))
    assert found == ((("beta", "alpha"),) if gap is not None else ())


def test_what_is_over__is_no_gap_any_more():
    both = agree(Timeline(), day(0), terms(0, 10))
    assert gaps(CATALOGUE, {"alpha": agree(Timeline(), day(0), terms(0, 5)), "beta": both}, day(10)) == ()


@pytest.mark.parametrize(("number", "using"), [(0, ("beta",)), (5, ("beta",)), (11, ("beta",)), (17, ())])
def test_who_uses_a_module__counts_until_its_grace_is_over(number, using):
    timelines = {"alpha": ALWAYS, "beta": agree(Timeline(), day(0), terms(5, 10))}
    assert users_of(CATALOGUE, timelines, "alpha", day(number)) == using


# -- against a model


class Lives(RuleBasedStateMachine):
    """Days go by; now and then something is agreed, ended, caught up. The model lives each day once."""

    def __init__(self):
        super().__init__()
        self.today = 0
        self.timeline = Timeline()
        self.agreed = [None] * HORIZON  # by day: (word, grace days)
        self.seen = {}  # what was, by day
        # what the model knows of yesterday
        self.ever, self.opened, self.mode, self.grace = False, True, None, (0, 0)

    def _live(self):
        """What today is, from what yesterday was."""
        plan = self.agreed[self.today]
        if plan:
            if self.mode in {None, "off"}:
                self.opened = not self.ever
            self.ever, self.mode = True, "on"
            self.grace = plan[1]
            return plan[0] if self.opened else "activating"
        if self.mode == "on":
            self.mode, self.lapsed = "grace", self.today
        if self.mode == "grace" and self.today >= self.lapsed + self.grace:
            self.mode = "off"
        if self.mode == "grace":
            return "grace" if self.opened else "activating"
        if any(self.agreed[self.today :]):
            return "scheduled"
        return self.mode

    def _word(self):
        """Today, lived again from what was known this morning: several things may happen on one day."""
        self.ever, self.opened, self.mode, self.grace, self.lapsed = self.morning
        if self.caught_up_today:
            self.opened = True
        word = self._live()
        if self.caught_up_today and word == "activating":
            self.opened = True
            word = self._live()
        return word

    lapsed = 0
    morning = (False, True, None, 0, 0)
    caught_up_today = False

    @rule(days=st.integers(1, 9))
    @precondition(lambda self: self.today < HORIZON - 200)
    def days_go_by(self, days):
        for _ in range(days):
            self.seen[self.today] = self._word()
            self.morning = (self.ever, self.opened, self.mode, self.grace, self.lapsed)
            self.caught_up_today = False
            self.today += 1
            assert state(self.timeline, day(self.today)) == self._word()

    @rule(
        start=st.integers(0, 20),
        length=st.none() | st.integers(1, 30),
        trial=st.integers(0, 9),
        grace=st.integers(0, 9),
    )
    def agrees(self, start, length, trial, grace):
        first = self.today + start
        end = None if length is None else first + max(length, trial)
        self.timeline = agree(self.timeline, day(self.today), terms(first, end, trial=trial, grace=grace))
        until = end if end is not None else first + trial if trial else HORIZON
        for number in range(first, HORIZON):
            word = "trial" if number < first + trial else "active"
            self.agreed[number] = (word, grace) if number < until else None

    @rule()
    @precondition(lambda self: subscribed(self.timeline).on(day(self.today)))
    def end(self):
        self.timeline = stop(self.timeline, day(self.today))
        self._word()
        if self.ever:
            self.morning = (True, True, "off", 0, 0)
            self.caught_up_today = False
        self.agreed[self.today :] = [None] * (HORIZON - self.today)

    @rule()
    @precondition(lambda self: state(self.timeline, day(self.today)) == "activating")
    def catch_up(self):
        self.timeline = open_(self.timeline, day(self.today))
        self.caught_up_today = True

    @invariant()
    def says_the_same(self):
        assert state(self.timeline, day(self.today)) == self._word()

    @invariant()
    def never_rewrites_what_was(self):
        if not self.timeline.resumed:
            for number, word in self.seen.items():
                found = state(self.timeline, day(number))
                # What was planned for later and never came is told by the history alone.
                assert (NOT_ON if found in NOT_ON else found) == (NOT_ON if word in NOT_ON else word), number

    @invariant()
    def changes_by_itself_only_when_it_says(self):
        at = next_change(self.timeline, day(self.today))
        ends = at or day(HORIZON * 2)
        now = state(self.timeline, day(self.today))
        assert state(self.timeline, ends - TICK) == now
        if at:
            assert subscribed(self.timeline).at(at) != subscribed(self.timeline).at(at - TICK)

    @invariant()
    def is_what_is_stored(self):
        assert Subscription().keep(self.timeline).timeline == self.timeline


TestLives = Lives.TestCase
TestLives.settings = settings(max_examples=150, stateful_step_count=25)


@pytest.mark.parametrize(("status", "state"), [("active", "active"), ("off", "off")])
def test_a_record_from_before_intervals__is_read_as_one_interval(status, state):
    made, changed = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)
    record = Subscription(module="contacts", plan="basic", status=status)
    record.created_at, record.updated_at = made, changed
    held = subscribed(record.timeline)
    assert held.at(datetime(2026, 1, 15, tzinfo=UTC)).state == "active"
    assert held.at(datetime(2026, 3, 1, tzinfo=UTC)).state == state
