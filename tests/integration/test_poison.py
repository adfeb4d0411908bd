"""T12: what a handler can't handle is set aside, tried again on its timers, kept as a dead letter, and replayed."""

from datetime import timedelta

import pytest

from chalicelib.changes import retries
from tests.support.faults import Fail, Reset, Throttle
from tests.support.visits import made, tally, told, visit

DELAYS = (1, 5, 15, 60)  # minutes, as chalicelib/changes/retries.py states them


@pytest.fixture
def client(with_module):
    return with_module.house.client()


@pytest.fixture
def broken(with_module):
    """What the handlers of visits fail for."""
    from modules.visits.handlers import BROKEN  # noqa: PLC0415 - there is no such module before the fixture

    yield BROKEN
    BROKEN.clear()


@pytest.fixture
def impatient(monkeypatch):
    """All attempts a minute apart."""
    monkeypatch.setattr(retries, "DELAYS", (timedelta(minutes=1),) * len(DELAYS))


@pytest.fixture
def contact(client):
    return made(client.call("POST", "/v1/contacts", {"name": "José"}))


def letters(client, query=""):
    answer = client.call("GET", f"/v1/dead-letters{query}")
    assert answer.status == 200, answer
    return answer.body["items"]


def titles(client, contact):
    shown = client.call("GET", f"/v1/contacts/{contact}/timeline").body["items"]
    return sorted(each["title"] for each in shown if each["type"] != "change")


def add_visit(client, contact, title):
    return made(client.call("POST", "/v1/visits", visit(contact, title=title)))


def test_dead_letters__without_the_right_or_of_another_tenant__are_not_told(with_module, client, contact, broken):
    poison = add_visit(client, contact, "poison")
    broken.add(poison)
    with_module.catch_up()
    assert len(letters(client)) == 1
    assert letters(with_module.house.client()) == []
    for method, path in (("GET", "/v1/dead-letters"), ("POST", "/v1/dead-letters/replay")):
        reader = with_module.house.client(client.tenant_id, permissions=["contacts:read", "visits:write", "jobs:read"])
        answer = reader.call(method, path, {} if method == "POST" else None)
        assert (answer.status, answer.code) == (403, "permission_denied")
    other = with_module.house.client()
    with_module.job(other, other.call("POST", "/v1/dead-letters/replay", {}))
    assert letters(client)[0]["state"] == "retrying"


def test_poison__the_others_pass_and_it_dies_after_five_attempts(with_module, clock, client, contact, broken):
    before, poison, behind = (add_visit(client, contact, title) for title in ("before", "poison", "behind"))
    broken.add(poison)
    with_module.catch_up()
    assert titles(client, contact) == ["before", "behind"]
    assert client.call("GET", "/v1/visits?include_total=true").body["total"] == 3  # its other tasks are done
    (letter,) = letters(client)
    assert {letter[name] for name in ("task", "type", "subject", "state")} == {
        "visits.tell",
        "visit.created",
        poison,
        "retrying",
    }
    assert (letter["attempts"], letter["reason"]) == (1, "HandlerBrokenError")
    for attempt, minutes in enumerate(DELAYS, 2):
        clock.advance(minutes=minutes, seconds=-30)
        with_module.strike()
        assert letters(client)[0]["attempts"] == attempt - 1, "too early"
        clock.advance(seconds=31)
        with_module.strike()
        assert letters(client)[0]["attempts"] == attempt
    assert letters(client)[0]["state"] == "dead"
    clock.advance(minutes=20)
    with_module.strike()
    assert letters(client)[0]["attempts"] == 5
    assert titles(client, contact) == ["before", "behind"]
    assert {before, behind} & {each["subject"] for each in letters(client)} == set()


def test_poison__delivered_again__is_counted_by_its_timers_alone(with_module, client, contact, broken):
    poison = add_visit(client, contact, "poison")
    broken.add(poison)
    for _ in range(3):
        with_module.deliver(with_module.events())
    assert [each["attempts"] for each in letters(client)] == [1]


def test_poison__that_is_mended_in_time__needs_no_replay(with_module, clock, client, contact, broken):
    poison = add_visit(client, contact, "poison")
    broken.add(poison)
    with_module.catch_up()
    broken.clear()
    clock.advance(minutes=1, seconds=1)
    with_module.strike()
    assert letters(client) == []
    assert titles(client, contact) == ["poison"]


def test_replay__after_the_fix__completes_it(with_module, clock, impatient, client, contact, broken):
    poison = add_visit(client, contact, "poison")
    broken |= {poison, contact}
    with_module.catch_up()
    for _ in DELAYS:
        clock.advance(minutes=1, seconds=1)
        with_module.strike()
    assert {each["task"] for each in letters(client)} == {"visits.tell", "visits.know_visitors", "visits.tally"}
    assert {each["state"] for each in letters(client)} == {"dead"}
    assert [each["task"] for each in letters(client, "?task=visits.tally")] == ["visits.tally"]
    broken.clear()
    job = with_module.job(client, client.call("POST", "/v1/dead-letters/replay", {"task": "visits.tally"}))
    assert job["result"] == {"replayed": 1}
    with_module.strike()
    assert tally(with_module, client, contact) == 1
    assert {each["task"] for each in letters(client)} == {"visits.tell", "visits.know_visitors"}
    job = with_module.job(client, client.call("POST", "/v1/dead-letters/replay", {}))
    assert job["result"] == {"replayed": 2}
    with_module.strike()
    assert letters(client) == []
    assert titles(client, contact) == ["poison"]
    for _ in range(2):  # neither a late timer nor the stream itself does it again
        clock.advance(minutes=5)
        with_module.strike()
        with_module.deliver_badly(seed=1)
    assert tally(with_module, client, contact) == 1


def test_replay__before_the_fix__begins_all_attempts_anew(with_module, clock, impatient, client, contact, broken):
    poison = add_visit(client, contact, "poison")
    broken.add(poison)
    with_module.catch_up()
    for _ in DELAYS:
        clock.advance(minutes=1, seconds=1)
        with_module.strike()
    with_module.job(client, client.call("POST", "/v1/dead-letters/replay", {}))
    for attempts in (1, 2):
        with_module.strike()
        assert [(each["attempts"], each["state"]) for each in letters(client)] == [(attempts, "retrying")]
        clock.advance(minutes=1, seconds=1)


def test_poison__of_a_task_that_is_gone__ends_in_the_dead_letters(with_module, clock, impatient, client, contact):
    event = next(each for each in with_module.events() if each["type"]["S"] == "contact.created")
    from chalicelib.store.records import Item  # noqa: PLC0415 - here alone

    retries.set_aside(with_module.background, "visits.gone", Item.from_raw_data(dict(event)), KeyError())
    for _ in DELAYS:
        clock.advance(minutes=1, seconds=1)
        with_module.strike()
    (letter,) = letters(client)
    assert (letter["task"], letter["state"], letter["reason"]) == ("visits.gone", "dead", "LookupError")


def test_poison__that_is_refused_each_time__holds_up_nothing(with_module, client, contact, monkeypatch):
    """A handler whose condition never holds looks as if somebody were faster, for ever."""
    from chalicelib.store import attempts  # noqa: PLC0415 - here alone
    from chalicelib.store.errors import VersionConflictError  # noqa: PLC0415 - here alone
    from modules.visits import handlers  # noqa: PLC0415 - there is no such module before the fixture

    def never(_):
        reason = "its condition never holds"
        raise VersionConflictError(reason)

    monkeypatch.setattr(attempts, "LONGEST_PAUSE_S", 0.0)
    monkeypatch.setattr(handlers, "_tell", lambda doors, visit: never(visit))
    add_visit(client, contact, "stubborn")
    with_module.catch_up()
    (letter,) = letters(client)
    assert (letter["task"], letter["reason"]) == ("visits.tell", "StoreBusyError")
    assert client.call("GET", "/v1/visits?include_total=true").body["total"] == 1


@pytest.mark.parametrize(
    "fault",
    [Fail(), Throttle(), Reset(operations="TransactWriteItems")],
    ids=["failing", "throttled", "cut_off"],
)
def test_store_that_is_down__stops_the_batch_and_nothing_is_lost(with_module, proxy, brisk, client, contact, fault):
    add_visit(client, contact, "one")
    add_visit(client, contact, "two")
    events = with_module.events()
    with_module.deliver(events[:1])
    proxy.inject(fault)
    assert with_module.give(events) == {"batchItemFailures": [{"itemIdentifier": "0"}]}
    proxy.clear()
    assert letters(client) == []
    with_module.catch_up()
    assert titles(client, contact) == ["one", "two"]
    assert tally(with_module, client, contact) == 1
    live = told(with_module, client)
    with_module.deliver(events)
    assert told(with_module, client) == live


def test_store_that_goes_down_in_the_middle__leaves_nothing_half_or_twice(with_module, proxy, brisk, client, contact):
    """The store stops answering after each number of transactions in turn."""
    add_visit(client, contact, "one")
    events, allowed, stopped = with_module.events(), 0, True
    while stopped:
        seen = iter(range(allowed))
        proxy.inject(Fail(operations="TransactWriteItems", where=lambda _, seen=seen: next(seen, None) is None))
        stopped = with_module.give(events) != {"batchItemFailures": []}
        proxy.clear()
        allowed += 1
    assert allowed > 4
    assert letters(client) == []
    assert titles(client, contact) == ["one"]
    assert tally(with_module, client, contact) == 1
    job = with_module.job(client, client.call("POST", "/v1/modules/visits/recount", {}))
    assert job["result"]["different"] == []
