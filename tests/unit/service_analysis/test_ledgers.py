"""What may be written into the ledger of a clock, and what may not."""

import pytest

from modules.service_analysis.ledgers.rules import Act, Aim, Clock, EntryRefused, Ledger, Refusal, State, retarget
from tests.support.sla import told, utc

START = "Mon 08:00 start berlin 4h"
PAUSE = "Mon 09:00 pause"
STOP = "Mon 09:00 stop"


@pytest.mark.parametrize(
    "acts",
    [
        ("Mon 08:00 pause",),
        ("Mon 08:00 resume",),
        ("Mon 08:00 stop",),
        ("Mon 08:00 retarget berlin 1h",),
        (START, "Mon 09:00 start berlin 4h"),
        (START, "Mon 09:00 resume"),
        (START, PAUSE, "Mon 10:00 pause"),
        (START, PAUSE, "Mon 10:00 start berlin 4h"),
        (START, STOP, "Mon 10:00 stop"),
        (START, STOP, "Mon 10:00 pause"),
        (START, STOP, "Mon 10:00 resume"),
        (START, STOP, "Mon 10:00 retarget berlin 1h"),
    ],
    ids=lambda acts: ", ".join(each.split()[2] for each in acts),
)
def test_ledger__what_can_not_happen_to_the_clock_now__refused(acts):
    with pytest.raises(EntryRefused) as caught:
        told(*acts)
    assert caught.value.refusal is Refusal.NOT_NOW


@pytest.mark.parametrize("before", [(), (START,), (START, STOP)], ids=["waiting", "running", "stopped"])
def test_ledger__of_the_regulator__is_never_paused(before):
    with pytest.raises(EntryRefused) as caught:
        told(*before, "Mon 10:00 pause", clock=Clock.REGULATOR)
    assert caught.value.refusal is Refusal.CANNOT_BE_PAUSED


@pytest.mark.parametrize("act", ["pause", "stop", "retarget berlin 1h"])
def test_ledger__an_act_from_before_the_last__refused(act):
    with pytest.raises(EntryRefused) as caught:
        told(START, f"Mon 07:59:59 {act}")
    assert caught.value.refusal is Refusal.EARLIER_THAN_THE_LAST


@pytest.mark.parametrize("acts", [("Mon 08:00 start berlin -1s",), (START, "Mon 09:00 retarget berlin -1s")])
def test_ledger__less_than_no_time__refused(acts):
    with pytest.raises(EntryRefused) as caught:
        told(*acts)
    assert caught.value.refusal is Refusal.NEGATIVE_TARGET


def test_ledger__only_grows():
    ledger = told(START, PAUSE)
    longer = told(START, PAUSE, "Mon 09:30 warn 50", "Mon 10:00 retarget 24x7 1h", "Mon 10:00 resume", "Mon 11:00 stop")
    assert longer.entries[:2] == ledger.entries
    assert [each.act for each in longer.entries] == [
        Act.START,
        Act.PAUSE,
        Act.WARN,
        Act.RETARGET,
        Act.RESUME,
        Act.STOP,
    ]


def test_ledger__knows_its_state_its_aim_and_what_was_fired():
    nothing = Ledger(Clock.RESOLUTION)
    assert (nothing.state, nothing.aim, nothing.fired) == (State.WAITING, None, frozenset())
    ledger = told(START, PAUSE, "Mon 09:30 retarget 24x7 1h", "Mon 09:31 warn 80")
    assert (ledger.state, ledger.aim, ledger.fired) == (State.PAUSED, Aim(3600, "24x7"), frozenset({80}))


def test_warn__before_the_start__refused():
    with pytest.raises(EntryRefused) as caught:
        told("Mon 08:00 warn 50")
    assert caught.value.refusal is Refusal.NOT_NOW


def test_warn__a_second_time__is_not_noted():
    assert told(START, "Mon 10:00 warn 50", "Mon 10:01 warn 50") == told(START, "Mon 10:00 warn 50")


def test_warn__of_no_threshold__refused():
    with pytest.raises(EntryRefused) as caught:
        told(START, "Mon 10:00 warn 60")
    assert caught.value.refusal is Refusal.NO_THRESHOLD


def test_retarget__to_what_holds_already__is_not_noted():
    ledger = told(START)
    assert retarget(ledger, utc("Mon 09:00"), "policy", Aim(4 * 3600, "berlin")) is ledger


def test_warn__that_comes_behind_a_later_act__is_noted():
    assert told(START, "Mon 11:00 pause", "Mon 10:00 warn 50").fired == {50}


def test_act__earlier_than_a_late_warning__is_noted():
    assert told(START, "Mon 10:00:05 warn 50", "Mon 10:00 pause").state is State.PAUSED
