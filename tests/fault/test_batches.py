"""Batches: every operation once, whatever happens to the others, to the store or to the server."""

from collections import Counter
from functools import partial

import pytest

from tests.fault.crowd import all_at_once
from tests.support.faults import Conflict, LostAnswer, Reset, Throttle, Unprocessed

WRITES = "TransactWriteItems"
BATCH = "/v1/contacts/batch"
FAULTS = {
    "quiet": (),
    "conflicts": (Conflict(probability=0.2), Unprocessed(probability=0.3, operations="BatchGetItem")),
    "lost": (LostAnswer(probability=0.2, operations=WRITES), Reset(probability=0.1, operations=WRITES)),
}


def upserts(numbers, **values):
    return {
        "operations": [
            {"op": "upsert", "key": {"system": "billing", "id": str(n)}, "data": {"name": f"customer {n}", **values}}
            for n in numbers
        ]
    }


def creates(number):
    """Contacts that nothing but the Idempotency-Key could tell from their doubles."""
    return {"operations": [{"op": "create", "data": {"name": f"customer {n}"}} for n in range(number)]}


def statuses(answer):
    assert answer.status == 207, answer.text
    return Counter(result["status"] for result in answer.body["results"])


def test_8_parallel_overlapping_batches_of_100_upserts_make_each_record_once(client, proxy, holdings, brisk):
    proxy.inject(*FAULTS["conflicts"], LostAnswer(probability=0.1, operations=WRITES))
    tasks = [partial(client.call, "POST", BATCH, upserts(range(start, start + 100))) for start in range(0, 200, 25)]
    answers = all_at_once(tasks)
    proxy.clear()
    counted = sum(map(statuses, answers), Counter())
    # A transaction whose answers are lost for longer than its event ids are young ends in 503: done, or not.
    assert counted.keys() <= {200, 201, 503}
    assert counted.total() == 800
    assert counted[201] <= 275
    assert counted[503] <= 100
    for task in tasks:
        assert statuses(task()).keys() <= {200, 201}
    held = holdings(client)
    assert held.count() == dict.fromkeys(("claim", "contact", "event", "subject_key"), 275)
    assert held.flaws() == []


def test_overlapping_batches_with_different_values_lose_none_of_them(client, proxy, holdings, brisk):
    proxy.inject(Conflict(probability=0.2))
    tasks = [partial(client.call, "POST", BATCH, upserts(range(20), value_tier=f"tier {n}")) for n in range(8)]
    answers = all_at_once(tasks)
    assert sum(map(statuses, answers), Counter()) == {201: 20, 200: 140}
    for position in range(20):
        assert sorted(answer.body["results"][position]["version"] for answer in answers) == list(range(1, 9))
    assert holdings(client).flaws() == []


def test_a_batch_killed_at_any_write_is_completed_by_its_repeat_and_nothing_is_done_twice(house, dies, clock, holdings):
    body = creates(40)  # four actions each: the contact, its key, its event, its answer; 25 go into one transaction
    rounds = [(step, when) for step in range(1, 10) for when in ("before", "after")]
    seen = set()
    for step, when in rounds:
        client = house.client()
        died = dies(step, when, "POST", BATCH, body, only=WRITES, by=client, Idempotency_Key="k1")
        place = f"{when} write {step}"
        held = holdings(client)
        assert held.flaws() == [], place
        seen.add(len(held.of("contact")))
        if not died:
            break
        soon = client.call("POST", BATCH, body, Idempotency_Key="k1")
        if (step, when) == (1, "before"):
            assert soon.status == 207, place  # the lease was never taken
        elif (step, when) == (1, "after") or "Idempotency-Replayed" not in soon.headers:
            assert (soon.status, soon.code) == (409, "idempotency_in_progress"), place
            assert soon.headers["Retry-After"] == "5"
        clock.advance(seconds=61)
        again = client.call("POST", BATCH, body, Idempotency_Key="k1")
        assert statuses(again) == {201: 40}, place
        now = holdings(client)
        assert now.flaws() == [], place
        assert sorted(each["id"]["S"] for each in now.of("contact")) == sorted(
            each["id"] for each in again.body["results"]
        )
        assert client.call("POST", BATCH, body, Idempotency_Key="k1").text == again.text
    else:
        pytest.fail("the batch never came to its end")
    assert {0, 25, 40} == seen, "no kill struck between two transactions"


def test_of_two_runs_of_one_batch_at_once_the_second_is_told_to_wait(client, proxy, holdings):
    proxy.reset_steps(only=WRITES)
    proxy.pause_at(2, "before")  # the lease is taken, nothing else is done
    first, second, third = [partial(client.call, "POST", BATCH, creates(10), Idempotency_Key="k1")] * 3

    def late():
        assert proxy.paused.wait(30)
        answer = second()
        other = client.call("POST", BATCH, creates(9), Idempotency_Key="k1")
        proxy.release()
        return answer, other

    one, (two, other) = all_at_once([first, late])
    assert statuses(one) == {201: 10}
    assert (two.status, two.code, two.headers["Retry-After"]) == (409, "idempotency_in_progress", "5")
    assert (other.status, other.code) == (422, "idempotency_key_reused")
    assert third().text == one.text
    assert len(holdings(client).of("contact")) == 10


def test_of_20_runs_of_one_batch_at_once_exactly_one_works(client, proxy, holdings):
    proxy.inject(Conflict(probability=0.2))
    answers = all_at_once([partial(client.call, "POST", BATCH, creates(30), Idempotency_Key="k1")] * 20)
    assert {answer.status for answer in answers} <= {207, 409}
    assert len({answer.text for answer in answers if answer.status == 207}) == 1
    held = holdings(client)
    assert len(held.of("contact")) == 30
    assert held.flaws() == []


def test_a_batch_that_the_store_failed_in_part_is_completed_by_its_repeat(client, proxy, holdings, brisk):
    # The lease is taken, then every transaction is throttled for longer than we try.
    proxy.inject(Throttle(operations=WRITES, where=lambda call: len(call.body["TransactItems"]) > 1))
    first = client.call("POST", BATCH, creates(30), Idempotency_Key="k1")
    assert statuses(first) == {503: 30}
    assert holdings(client).of("contact") == []
    proxy.clear()
    again = client.call("POST", BATCH, creates(30), Idempotency_Key="k1")
    assert statuses(again) == {201: 30}
    assert client.call("POST", BATCH, creates(30), Idempotency_Key="k1").text == again.text
    assert len(holdings(client).of("contact")) == 30


@pytest.mark.parametrize("seed", range(4))
def test_a_batch_sent_until_it_is_through_does_everything_once(client, proxy, clock, holdings, brisk, seed):
    proxy.inject(*[Conflict(probability=0.01)] * seed)  # shifts the draws
    proxy.inject(
        LostAnswer(probability=0.4), Throttle(probability=0.2), Conflict(probability=0.2), Reset(probability=0.1)
    )
    for _ in range(30):
        answer = client.call("POST", BATCH, creates(60), Idempotency_Key="k1")
        if answer.status == 207 and statuses(answer) == {201: 60}:
            break
        clock.advance(seconds=61)
    else:
        pytest.fail(f"30 attempts did not do it: {answer}")
    proxy.clear()
    held = holdings(client)
    assert held.flaws() == []
    assert sorted(each["id"]["S"] for each in held.of("contact")) == sorted(
        each["id"] for each in answer.body["results"]
    )


def test_of_operations_on_one_record_or_key_the_later_is_refused(client, holdings):
    made = client.call("POST", "/v1/contacts", {"name": "José"}).body["id"]
    twice = {"name": "double", "external_ids": [{"system": "s", "id": "1"}]}
    operations = [
        {"op": "update", "id": made, "data": {"status": "churned"}},
        {"op": "update", "id": made, "data": {"status": "joined"}},
        {"op": "delete", "id": made},
        {"op": "create", "data": twice},
        {"op": "create", "data": twice},
        {"op": "upsert", "key": {"system": "s", "id": "1"}, "data": {"name": "upserted"}},
        {"op": "upsert", "key": {"system": "s", "id": "2"}, "data": {"name": "first"}},
        {"op": "upsert", "key": {"system": "s", "id": "2"}, "data": {"name": "second"}},
        {"op": "create", "data": {"name": "free"}},
    ]
    answer = client.call("POST", BATCH, {"operations": operations})
    assert [result["status"] for result in answer.body["results"]] == [200, 409, 409, 201, 409, 409, 201, 409, 201]
    assert {result["problem"]["code"] for result in answer.body["results"] if result["problem"]} == {"conflict"}
    held = holdings(client)
    assert len(held.of("contact")) == 4
    assert held.flaws() == []


def test_a_batch_without_a_change_writes_nothing(client, proxy):
    client.call("POST", BATCH, upserts(range(120)))
    proxy.calls.reset()
    answer = client.call("POST", BATCH, upserts(range(120)))
    assert statuses(answer) == {200: 120}
    assert {result["version"] for result in answer.body["results"]} == {1}
    # Claims, then contacts with their keys: 120 + 240 keys, a hundred in a round trip.
    assert proxy.calls.operations() == ["BatchGetItem"] * 5


@pytest.mark.parametrize("faults", FAULTS.values(), ids=FAULTS)
def test_an_atomic_batch_does_all_or_nothing(client, proxy, holdings, brisk, faults):
    for number in range(5):
        proxy.inject(*faults)
        body = creates(15)
        answer = client.call("POST", f"{BATCH}?atomic=true", body, Idempotency_Key=f"k{number}")
        proxy.clear()
        held = holdings(client)
        assert held.flaws() == []
        gained = len(held.of("contact")) - 15 * number
        assert gained == 15 if answer.status == 207 else gained in {0, 15}
        assert answer.status in {207, 503}, answer
        again = client.call("POST", f"{BATCH}?atomic=true", body, Idempotency_Key=f"k{number}")
        assert statuses(again) == {201: 15}
        assert len(holdings(client).of("contact")) == 15 * (number + 1)


def test_of_parallel_atomic_batches_on_the_same_records_each_leaves_all_or_nothing(client, proxy, holdings, brisk):
    assert statuses(client.call("POST", BATCH, upserts(range(15)))) == {201: 15}
    proxy.inject(Conflict(probability=0.1))
    where = f"{BATCH}?atomic=true"
    answers = all_at_once(
        [partial(client.call, "POST", where, upserts(range(15), value_tier=f"t{n}")) for n in range(8)]
    )
    assert {answer.status for answer in answers} <= {207, 409, 503}
    done = [answer for answer in answers if answer.status == 207]
    assert done, "nobody came through"
    held = holdings(client)
    assert held.flaws() == []
    assert len({each["value_tier"]["S"] for each in held.of("contact")}) == 1
    assert {int(each["version"]["N"]) for each in held.of("contact")} == {1 + len(done)}


def test_an_atomic_batch_with_one_wrong_operation_does_nothing(client, holdings, proxy):
    client.call("POST", "/v1/contacts", {"name": "holder", "external_ids": [{"system": "s", "id": "1"}]})
    taken = {"op": "create", "data": {"name": "late", "external_ids": [{"system": "s", "id": "1"}]}}
    gone = {"op": "update", "id": "cnt_0", "data": {"status": "churned"}}
    for wrong, status in ((taken, 409), (gone, 404)):
        operations = [*creates(5)["operations"], wrong]
        answer = client.call("POST", f"{BATCH}?atomic=true", {"operations": operations})
        assert answer.status == status
    assert len(holdings(client).of("contact")) == 1
