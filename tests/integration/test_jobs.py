"""Each step of a job happens once, whoever dies, holds it twice or cancels it; the clock finds what was not woken."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from queue import Empty

import pytest

from chalicelib.access.principal import Reach
from chalicelib.jobs import queue
from chalicelib.jobs.entry import handle_wake_ups
from chalicelib.jobs.records import Job, JobProgress
from chalicelib.jobs.service import start_for
from chalicelib.jobs.worker import Worker
from tests.support.faults import Conflict, Fail, LostAnswer
from tests.support.visits import made, tally, visit


@pytest.fixture
def client(with_module):
    return with_module.house.client()


@pytest.fixture
def in_the_step(with_module):
    """What each step of ``climb`` does when it has staged its own."""
    from modules.visits.jobs import IN_THE_STEP  # noqa: PLC0415 - there is no such module before the fixture

    yield IN_THE_STEP
    IN_THE_STEP.clear()


def begin(client, name="climb", **params):
    answer = client.call("POST", "/v1/visit-jobs", {"name": name, "params": params})
    assert answer.status == 202, answer
    return answer.body["id"]


def shown(client, job):
    answer = client.call("GET", f"/v1/jobs/{job}")
    assert answer.status == 200, answer
    return answer.body


def tallies(behind, client, job, steps):
    return [tally(behind, client, f"{job}.{at}") for at in range(steps)]


def lose_wake_ups():
    with suppress(Empty):
        while True:
            queue.LOCAL.get_nowait()


def swept(behind, clock, minutes=1):
    for _ in range(minutes):
        clock.advance(seconds=61)
        behind.strike()
    return behind.work()


# -- who may


def test_job__of_others__is_neither_seen_nor_cancelled(with_module, client):
    job = begin(client, steps=1)
    permissions = with_module.house.catalogue.permissions()
    colleague = with_module.house.client(client.tenant_id, reach=Reach.OWN)
    stranger = with_module.house.client()
    for caller in (colleague, stranger):
        assert caller.call("GET", f"/v1/jobs/{job}").status == 404
        assert caller.call("POST", f"/v1/jobs/{job}/cancel").status == 404
        assert caller.call("GET", "/v1/jobs").body["items"] == []
    reader = with_module.house.client(client.tenant_id, permissions=permissions - {"jobs:write"})
    assert reader.call("POST", f"/v1/jobs/{job}/cancel").status == 403
    assert shown(client, job)["state"] == "queued"


def test_job__of_a_starter_who_sees_only_their_own__sees_no_more(with_module, client):
    contact = made(client.call("POST", "/v1/contacts", {"name": "José"}))
    made(client.call("POST", "/v1/visits", visit(contact)))
    clerk = with_module.house.client(client.tenant_id, reach=Reach.OWN)
    mine = made(clerk.call("POST", "/v1/visits", visit(contact)))
    other_unit = with_module.house.client(client.tenant_id, reach=Reach.UNIT, unit=("ou_9", "/ou_9/"))
    theirs = made(other_unit.call("POST", "/v1/visits", visit(contact)))
    jobs = {caller: begin(caller, "look_around") for caller in (clerk, other_unit, client)}
    with_module.work()
    assert shown(clerk, jobs[clerk])["result"] == {"seen": [mine]}
    assert shown(other_unit, jobs[other_unit])["result"] == {"seen": [theirs]}
    assert len(shown(client, jobs[client])["result"]["seen"]) == 3


# -- how it ends


def test_job__from_start_to_end__tells_its_progress(with_module, client, in_the_step):
    seen = []
    in_the_step.append(lambda work: seen.append(shown(client, work.job_id)["progress"]))
    job = begin(client, steps=3)
    assert shown(client, job)["state"] == "queued"
    assert with_module.work() == 1
    assert seen == [{"done": at, "total": 3, "unit": "steps"} for at in range(3)]
    ended = shown(client, job)
    assert (ended["state"], ended["result"], ended["progress"]["done"]) == ("succeeded", {"climbed": 3}, 3)
    assert tallies(with_module, client, job, 4) == [1, 1, 1, 0]
    types = [each["type"]["S"] for each in with_module.events() if each["subject"]["S"] == job]
    assert types == ["job.created", "job.started", "job.succeeded"]


def test_job__whose_step_is_refused__fails_with_the_reason_in_its_starters_language(with_module, client):
    english = begin(client, "refuse")
    answer = client.call("POST", "/v1/visit-jobs", {"name": "refuse", "params": {}}, Accept_Language="zh-CN")
    with_module.work()
    assert shown(client, english)["state"] == "failed"
    assert shown(client, english)["reason"] == {"code": "state_conflict", "detail": "The shop is closed."}
    assert shown(client, answer.body["id"])["reason"] == {"code": "state_conflict", "detail": "门店已关门。"}
    assert with_module.work() == 0


def test_job__whose_step_has_a_mistake__is_tried_five_times(with_module, clock, client):
    job = begin(client, "stumble")
    with_module.work()
    for _ in range(3):
        assert shown(client, job)["state"] == "running"
        assert swept(with_module, clock) == 1
    assert shown(client, job)["state"] == "running"
    assert swept(with_module, clock) == 1
    assert shown(client, job)["state"] == "failed"
    assert shown(client, job)["reason"] == {"code": "internal_error", "detail": "internal error"}
    assert swept(with_module, clock, 2) == 0


def test_job__that_fails_under_conflicts__counts_each_failure_once(with_module, proxy, clock, client):
    job = begin(client, "stumble")
    proxy.inject(Conflict(every=2, operations="TransactWriteItems"))
    with_module.work()
    proxy.clear()
    progress = next(each for each in with_module.of("core", "job_progress"))
    assert progress["failures"] == {"N": "1"}
    assert shown(client, job)["state"] == "running"


def test_job__of_a_type_that_is_gone__fails_and_holds_up_no_other(with_module, clock, client):
    store = with_module.background.store("core", client.tenant_id, "test", "test")
    from chalicelib.access.principal import ANONYMOUS  # noqa: PLC0415 - here alone

    gone = start_for(store, ANONYMOUS, "visits.gone", {}).id
    store.commit()
    job = begin(client, steps=1)
    records = [
        {"messageId": each, "body": f'{{"tenant": "{client.tenant_id}", "job": "{each}"}}'} for each in (gone, job)
    ]
    assert handle_wake_ups(with_module.background, {"Records": records}, None) == {"batchItemFailures": []}
    assert shown(client, job)["state"] == "succeeded"
    lose_wake_ups()
    for _ in range(4):
        swept(with_module, clock)
    assert shown(client, gone)["state"] == "failed"


# -- workers that die, or are two


@pytest.mark.parametrize("at", range(3))
@pytest.mark.parametrize("steps", [3])
def test_worker__that_breaks_in_a_step__leaves_nothing_of_it(with_module, clock, client, in_the_step, at, steps):
    broken = []

    def breaks(work):
        if work.checkpoint.get("at", 0) == at and not broken:
            broken.append(work.job_id)
            raise ConnectionError

    in_the_step.append(breaks)
    job = begin(client, steps=steps)
    with_module.work()
    assert (shown(client, job)["state"], shown(client, job)["progress"]["done"]) == ("running", at)
    assert tallies(with_module, client, job, steps) == [1] * at + [0] * (steps - at)
    assert swept(with_module, clock) == 1
    assert shown(client, job)["state"] == "succeeded"
    assert tallies(with_module, client, job, steps) == [1] * steps


def test_worker__whose_commits_are_answered_by_nobody__does_each_step_once(with_module, proxy, brisk, client):
    jobs = [begin(client, steps=4) for _ in range(3)]
    proxy.inject(LostAnswer(every=2, operations="TransactWriteItems"), Conflict(probability=0.3))
    with_module.work()
    proxy.clear()
    for job in jobs:
        assert shown(client, job)["state"] == "succeeded"
        assert tallies(with_module, client, job, 4) == [1] * 4


def test_worker__without_a_store__leaves_the_job_to_the_sweeper(with_module, proxy, brisk, clock, client):
    job = begin(client, steps=2)
    lose_wake_ups()
    proxy.inject(Fail())
    record = {"messageId": "m1", "body": f'{{"tenant": "{client.tenant_id}", "job": "{job}"}}'}
    answer = handle_wake_ups(with_module.background, {"Records": [record]}, None)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m1"}]}
    proxy.clear()
    assert swept(with_module, clock, 2) >= 1
    assert tallies(with_module, client, job, 2) == [1, 1]


def test_workers__two_at_once__do_each_step_once(with_module, client):
    job = begin(client, steps=6)
    gate = threading.Barrier(4)

    def run(_):
        gate.wait(10)
        return Worker(with_module.background).run(client.tenant_id, job)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(run, range(4)))
    assert shown(client, job)["state"] == "succeeded"
    assert tallies(with_module, client, job, 7) == [1] * 6 + [0]


def test_workers__one_that_comes_while_another_ends_the_job__leaves_it_ended(with_module, client, monkeypatch):
    """It has read the job as running; when it reads the progress the other one has finished, and nobody holds it."""
    job, worker = begin(client, steps=2), Worker(with_module.background)
    worker.run(client.tenant_id, job, iter([True, False]).__next__)
    at, came = JobProgress.key_of, []

    def meanwhile(tenant, job_id):
        if not came:
            came.append(job_id)
            assert worker.run(tenant, job_id)
        return at(tenant, job_id)

    monkeypatch.setattr(JobProgress, "key_of", meanwhile)
    assert worker.run(client.tenant_id, job, iter([True, False]).__next__)
    assert shown(client, job)["state"] == "succeeded"
    assert tallies(with_module, client, job, 3) == [1, 1, 0]


def test_workers__a_second_one_after_the_lease__makes_the_first_ones_step_void(with_module, clock, client, in_the_step):
    """The first worker sleeps in a step for longer than its lease; when it wakes up the job is done."""
    job = begin(client, steps=2)
    slept = []

    def sleeps(work):
        if slept:
            return
        slept.append(work.job_id)
        clock.advance(seconds=61)
        assert Worker(with_module.background).run(client.tenant_id, job)

    in_the_step.append(sleeps)
    with_module.work()
    assert shown(client, job)["state"] == "succeeded"
    assert tallies(with_module, client, job, 2) == [1, 1]
    types = [each["type"]["S"] for each in with_module.events() if each["subject"]["S"] == job]
    assert types == ["job.created", "job.started", "job.succeeded"]


def test_worker__whose_time_is_up__hands_the_rest_on(with_module, client):
    job = begin(client, steps=3)
    lose_wake_ups()
    left = iter((True, False))
    assert Worker(with_module.background).run(client.tenant_id, job, lambda: next(left)) is False
    assert shown(client, job)["progress"]["done"] == 1
    assert with_module.work() == 1
    assert tallies(with_module, client, job, 3) == [1, 1, 1]


# -- cancelling


def test_cancel__in_the_middle_of_a_step__its_commit_is_refused(with_module, clock, client, in_the_step):
    answers = []

    def cancels(work):
        if work.checkpoint.get("at") == 1:
            answers.append(client.call("POST", f"/v1/jobs/{work.job_id}/cancel"))

    in_the_step.append(cancels)
    job = begin(client, steps=3)
    with_module.work()
    assert [each.status for each in answers] == [200]
    ended = shown(client, job)
    assert (ended["state"], ended["progress"]["done"]) == ("cancelled", 1)
    assert tallies(with_module, client, job, 3) == [1, 0, 0]
    assert swept(with_module, clock, 3) == 0
    again = client.call("POST", f"/v1/jobs/{job}/cancel")
    assert (again.status, again.body["state"], again.body["version"]) == (200, "cancelled", ended["version"])


def test_cancel__before_a_worker_came__nothing_is_done(with_module, client):
    job = begin(client, steps=1)
    assert client.call("POST", f"/v1/jobs/{job}/cancel").status == 200
    with_module.work()
    assert shown(client, job)["state"] == "cancelled"
    assert tallies(with_module, client, job, 1) == [0]


def test_cancel__of_what_has_ended__is_refused(with_module, client):
    job = begin(client, steps=1)
    with_module.work()
    answer = client.call("POST", f"/v1/jobs/{job}/cancel")
    assert (answer.status, answer.code) == (409, "state_conflict")


def test_cancel__while_another_worker_takes_the_job__stops_that_one_too(with_module, proxy, clock, client, in_the_step):
    """The cancellation has read the job; before it is in, a worker takes the job over from a dead one."""
    job = begin(client, steps=3)
    taken = []

    def hold_up(work):
        if taken:
            return
        taken.append(work.job_id)
        raise ConnectionError  # the first worker is gone, with its lease

    in_the_step.append(hold_up)
    with_module.work()
    assert shown(client, job)["state"] == "running"
    proxy.reset_steps("TransactWriteItems")
    proxy.pause_at(1, "before")  # the cancellation's
    with ThreadPoolExecutor(1) as pool:
        cancelled = pool.submit(client.call, "POST", f"/v1/jobs/{job}/cancel")
        assert proxy.paused.wait(10)

        def lets_it_in(work):
            if len(taken) == 1:
                taken.append(work.job_id)
                proxy.release()
                assert cancelled.result(20).status == 200

        in_the_step.append(lets_it_in)
        Worker(with_module.background).run(client.tenant_id, job)
    assert shown(client, job)["state"] == "cancelled"
    assert tallies(with_module, client, job, 3) == [0, 0, 0]


# -- the sweeper


def test_sweeper__a_lost_wake_up__is_found(with_module, clock, client):
    job = begin(client, steps=2)
    lose_wake_ups()
    clock.advance(seconds=20)
    with_module.strike()
    assert with_module.work() == 0
    assert swept(with_module, clock) == 1
    assert shown(client, job)["state"] == "succeeded"
    assert swept(with_module, clock, 3) == 0
    assert [each for each in with_module.of("core", "due") if each["name"]["S"] == "core.sweep_job"] == []


def test_sweeper__a_job_that_a_worker_holds__is_left_alone(with_module, clock, client, in_the_step):
    woken = []

    def strikes(work):
        clock.advance(seconds=25)
        with_module.strike()
        woken.append(queue.LOCAL.qsize())

    in_the_step.append(strikes)
    job = begin(client, steps=3)
    with_module.work()
    assert woken == [0, 0, 0]
    assert shown(client, job)["state"] == "succeeded"


def test_sweeper__that_looks_twice_in_a_minute__goes_on_looking(with_module, clock, client):
    """The timer that it sets stands where the one stood that has just fired."""
    with_module.house.directory.tenants[client.tenant_id].changes_blocked = False
    at_second(clock, 35)
    job = begin(client, steps=1)
    lose_wake_ups()
    with_module.house.directory.tenants[client.tenant_id].changes_blocked = True
    for second in (10, 42, 14, 46):
        at_second(clock, second)
        with_module.strike()
        (sweep,) = (each for each in with_module.of("core", "due") if each["name"]["S"] == "core.sweep_job")
        assert sweep["failures"] == {"N": "0"}
        assert with_module.work() == 1
    with_module.house.directory.tenants[client.tenant_id].changes_blocked = False
    assert swept(with_module, clock) == 1
    assert shown(client, job)["state"] == "succeeded"


def at_second(clock, second):
    """Move on to that second of this minute or the next."""
    now = clock()
    clock.advance(seconds=(second - now.second - now.microsecond / 1e6) % 60 + 0.01)


def test_sweeper__of_a_tenant_that_may_not_be_changed__waits(with_module, clock, client):
    job = begin(client, steps=1)
    with_module.house.directory.tenants[client.tenant_id].changes_blocked = True
    with_module.work()
    assert swept(with_module, clock) == 1
    assert shown(client, job)["state"] == "queued"
    with_module.house.directory.tenants[client.tenant_id].changes_blocked = False
    assert swept(with_module, clock) == 1
    assert shown(client, job)["state"] == "succeeded"


def test_job__and_its_progress__stand_side_by_side(with_module, client):
    job = begin(client, steps=1)
    assert JobProgress.key_of(client.tenant_id, job).pk == Job.key_of(client.tenant_id, job).pk
