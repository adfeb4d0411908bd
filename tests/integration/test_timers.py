"""A timer fires once, at its time or later, if its record is still what it was set for; none holds up another."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from chalicelib.jobs import scheduler as scheduling
from chalicelib.jobs.scheduler import Scheduler
from chalicelib.jobs.timers import remind
from chalicelib.store import keys
from chalicelib.store.errors import BoundaryError
from tests.support.faults import Conflict, Fail, LostAnswer
from tests.support.visits import made, tally, visit


@pytest.fixture
def client(with_module):
    return with_module.house.client()


@pytest.fixture
def contact(client):
    return made(client.call("POST", "/v1/contacts", {"name": "José"}))


@pytest.fixture
def broken(with_module):
    from modules.visits.handlers import BROKEN  # noqa: PLC0415 - there is no such module before the fixture

    yield BROKEN
    BROKEN.clear()


@pytest.fixture
def follow_up(with_module, clock, client, contact):
    """Note a visit to be followed up so many seconds from now; its id."""
    with_module.strike()

    def note(name="follow_up_at", caller=client, **later):
        at = (clock() + timedelta(**later)).isoformat()
        return made(caller.call("POST", "/v1/visits", visit(contact, **{name: at})))

    return note


def fired(behind, client, *ids):
    return [tally(behind, client, f"fired.{each}") for each in ids]


def waiting(behind):
    return behind.of("visits", "due")


def strike(behind):
    return Scheduler(behind.background).run(("visits",))


def test_timer__of_another_tenant__can_not_be_set(with_module, client):
    store = with_module.background.store("visits", client.tenant_id, "test", "test")
    other = with_module.house.client()
    from chalicelib.jobs.records import Timer  # noqa: PLC0415 - here alone

    foreign = Timer(tenant=other.tenant_id, name="visits.clear_up", record_id="x", at=store.clock())
    with pytest.raises(BoundaryError):
        store.put(foreign.put_at(keys.due(store.clock(), other.tenant_id, "visits.clear_up", "x")))


def test_timer__before_its_time__waits_and_then_fires_once(with_module, clock, client, follow_up):
    visited = follow_up(minutes=3)
    assert len(waiting(with_module)) == 1
    clock.advance(minutes=2, seconds=50)
    assert strike(with_module) == 0
    clock.advance(seconds=11)
    assert strike(with_module) == 1
    assert waiting(with_module) == []
    for _ in range(3):
        clock.advance(minutes=1)
        assert strike(with_module) == 0
    assert fired(with_module, client, visited) == [1]


def test_timer__at_a_time_that_has_passed__is_due_at_once(with_module, client, follow_up):
    visited = follow_up(days=-3)
    assert strike(with_module) == 1
    assert fired(with_module, client, visited) == [1]


def test_timer__whose_record_has_moved_on_or_is_gone__does_not_fire(with_module, clock, client, contact, follow_up):
    moved, gone, same, unversioned = (follow_up(minutes=1) for _ in range(4))
    free = follow_up("clear_up_at", minutes=1)
    assert client.call("PUT", f"/v1/visits/{moved}", visit(contact, title="other")).status == 200
    for each in (gone, free):
        assert client.call("DELETE", f"/v1/visits/{each}").status == 204
    store = with_module.background.store("visits", client.tenant_id, "test", "test")
    from modules.visits.records import Visit  # noqa: PLC0415 - there is no such module before the fixture

    remind(
        store,
        "visits.clear_up",
        unversioned,
        clock() + timedelta(minutes=1),
        store.get(Visit, unversioned),
        versioned=False,
    )
    store.commit()
    assert client.call("PUT", f"/v1/visits/{unversioned}", visit(contact, title="other")).status == 200
    clock.advance(minutes=1, seconds=1)
    strike(with_module)
    assert fired(with_module, client, moved, gone, same, unversioned, free) == [0, 0, 1, 1, 1]
    assert waiting(with_module) == []


def test_timer__set_again_for_later__fires_at_the_later_time_alone(with_module, clock, client, contact, follow_up):
    visited = follow_up(minutes=1)
    later = (clock() + timedelta(minutes=5)).isoformat()
    body = visit(contact, title="other", follow_up_at=later)
    assert client.call("PUT", f"/v1/visits/{visited}", body).status == 200
    clock.advance(minutes=2)
    strike(with_module)
    assert fired(with_module, client, visited) == [0]
    clock.advance(minutes=4)
    strike(with_module)
    assert fired(with_module, client, visited) == [1]


def test_timers__of_two_schedulers_at_once__fire_once(with_module, clock, client, follow_up):
    visits = [follow_up(minutes=1) for _ in range(6)]
    clock.advance(minutes=1, seconds=1)
    gate = threading.Barrier(3)

    def run(_):
        gate.wait(10)
        return strike(with_module)

    with ThreadPoolExecutor(3) as pool:
        assert sum(pool.map(run, range(3))) == 6
    assert fired(with_module, client, *visits) == [1] * 6
    assert waiting(with_module) == []


def test_timers__under_conflicts_and_lost_answers__fire_once(with_module, proxy, brisk, clock, client, follow_up):
    visits = [follow_up(minutes=1) for _ in range(4)]
    off = with_module.house.client()
    passed = follow_up(caller=off, minutes=1)
    with_module.house.directory.tenants[off.tenant_id].off = ["visits"]
    clock.advance(minutes=1, seconds=1)
    proxy.inject(Conflict(probability=0.4), LostAnswer(every=3, operations="TransactWriteItems"))
    strike(with_module)
    proxy.clear()
    clock.advance(minutes=2)
    strike(with_module)
    assert fired(with_module, client, *visits) == [1] * 4
    assert fired(with_module, off, passed) == [0]
    assert waiting(with_module) == []


def test_scheduler__down_for_an_hour__makes_up_for_all_of_it(with_module, clock, client, follow_up):
    visits = [follow_up(minutes=each) for each in (1, 7, 30, 59)]
    late = follow_up(minutes=90)
    clock.advance(hours=1)
    assert strike(with_module) == 4
    assert fired(with_module, client, *visits, late) == [1, 1, 1, 1, 0]


def test_scheduler__down_for_longer_than_a_run_makes_up_for__goes_on_in_the_next(
    with_module, clock, client, follow_up, monkeypatch
):
    monkeypatch.setattr(scheduling, "MINUTES_A_RUN", 20)
    visits = [follow_up(minutes=each) for each in (1, 25, 55)]
    clock.advance(hours=1)
    counts = [strike(with_module) for _ in range(4)]
    assert sum(counts) == 3
    assert counts[0] == 1
    assert fired(with_module, client, *visits) == [1, 1, 1]


def test_scheduler__whose_store_goes_down__fires_the_rest_the_next_time(
    with_module, proxy, brisk, clock, client, follow_up
):
    visits = [follow_up(minutes=1) for _ in range(3)]
    clock.advance(minutes=1, seconds=1)
    seen = iter(range(1))
    proxy.inject(Fail(operations="TransactWriteItems", where=lambda _: next(seen, None) is None))
    from chalicelib.store.errors import StoreUnavailableError  # noqa: PLC0415 - here alone

    with pytest.raises(StoreUnavailableError):
        strike(with_module)
    proxy.clear()
    assert sum(fired(with_module, client, *visits)) == 1
    strike(with_module)
    assert fired(with_module, client, *visits) == [1, 1, 1]


def test_timer__that_fails__is_put_off_longer_each_time_and_holds_up_no_other(
    with_module, clock, client, follow_up, broken
):
    first, poison, last = (follow_up(minutes=1) for _ in range(3))
    broken.add(poison)
    clock.advance(minutes=1, seconds=1)
    assert strike(with_module) == 2
    assert fired(with_module, client, first, poison, last) == [1, 0, 1]
    for failures, minutes in enumerate((1, 2, 4), 1):
        (timer,) = waiting(with_module)
        assert timer["failures"] == {"N": str(failures)}
        clock.advance(minutes=minutes, seconds=-30)
        strike(with_module)
        assert [each["failures"] for each in waiting(with_module)] == [{"N": str(failures)}], "too early"
        clock.advance(seconds=31)
        strike(with_module)
    broken.clear()
    clock.advance(minutes=8, seconds=1)
    assert strike(with_module) == 1
    assert fired(with_module, client, poison) == [1]
    assert waiting(with_module) == []


def test_timer__that_no_module_knows__holds_up_no_other(with_module, clock, client, follow_up):
    store = with_module.background.store("visits", client.tenant_id, "test", "test")
    remind(store, "visits.gone", "x", clock())
    store.commit()
    visited = follow_up(seconds=1)
    clock.advance(seconds=2)
    strike(with_module)
    assert fired(with_module, client, visited) == [1]


@pytest.mark.parametrize("late", [10, 70])
def test_timer__whose_commit_comes_after_its_minute__fires(with_module, proxy, clock, client, contact, late):
    """It is spelled at the end of a minute, and in the table when the scheduler has been there already."""
    strike(with_module)
    to_the_next = timedelta(minutes=1) - timedelta(seconds=clock().second, microseconds=clock().microsecond)
    clock.advance(seconds=to_the_next.total_seconds() - 5)
    at = clock().isoformat()
    proxy.reset_steps("TransactWriteItems")
    proxy.pause_at(1, "before")
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(client.call, "POST", "/v1/visits", visit(contact, clear_up_at=at))
        assert proxy.paused.wait(10)
        clock.advance(seconds=late)
        assert strike(with_module) == 0
        proxy.release()
        visited = made(answer.result(20))
    (timer,) = waiting(with_module)
    assert timer["pk"]["S"].split(chr(35))[1] < clock().strftime("%Y%m%d%H%M")
    assert strike(with_module) == 1
    assert fired(with_module, client, visited) == [1]
