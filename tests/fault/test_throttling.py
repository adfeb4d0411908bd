"""T16 and T17: a slow store is waited for, within bounds; a store that is gone is said to be gone."""

from collections import Counter
from functools import partial

import pytest

from chalicelib.store.attempts import ATTEMPTS as RERUNS
from chalicelib.store.commit import SAME_TOKEN_CALLS
from tests.fault.crowd import all_at_once
from tests.support.application import House, deployed
from tests.support.faults import Fail, LostAnswer, Reset, Throttle, Unprocessed

WRITES = "TransactWriteItems"
ATTEMPTS = 2  # settings.store_attempts: the SDK's for one call
READS = 1
WHOLE = {"name": "José", "external_ids": [{"system": "billing", "id": "1"}], "emails": ["jose@example.com"]}


def requests_of(client, where, number):
    """A day's mix, each on a record of its own or reading a common one."""
    return [
        task
        for n in range(number)
        for task in (
            partial(client.call, "POST", "/v1/contacts", {"name": f"n{n}"}),
            partial(client.call, "PUT", f"/v1/contacts/by-external-id/s/{n}", {"name": f"u{n}"}),
            partial(client.call, "GET", where),
            partial(client.call, "GET", "/v1/contacts?status=active"),
            partial(client.call, "GET", "/v1/contacts/lookup?external_id=billing:1"),
        )
    ]


def test_under_30_percent_throttling_nothing_fails_but_the_reads_that_two_attempts_do_not_save(
    client, proxy, holdings, brisk
):
    where = client.call("POST", "/v1/contacts", WHOLE).headers["Location"]
    tasks = requests_of(client, where, 40)
    proxy.calls.reset()
    proxy.inject(Throttle(probability=0.3))
    answers = []
    for start in range(0, len(tasks), 10):
        answers += all_at_once(tasks[start : start + 10])
    proxy.clear()
    statuses = Counter(answer.status for answer in answers)
    assert statuses.keys() <= {200, 201, 503}
    # A read has two attempts: 0.3² = 9 % fail. The five kinds make 0, 1 to 2, 1, 1 and 2 reads: 200 requests, 18 to 27
    # refusals expected; 45 are five standard deviations more. The writes have 12 attempts: 0.3^12.
    assert statuses[503] <= 45
    creates = answers[0::5]
    assert {answer.status for answer in creates} == {201}
    for answer in answers:
        if answer.status == 503:
            assert (answer.code, answer.headers["Retry-After"]) == ("store_unavailable", "2")
            assert answer.headers["Content-Type"] == "application/problem+json"
    # 40 x (1 + 2 to 3 + 1 + 1 + 2) calls at most when nothing is refused; 0.3 of them come again, and so on.
    quiet = 40 * 8
    assert len(proxy.calls) <= 2 * quiet
    held = holdings(client)
    assert held.flaws() == []
    assert len(held.of("contact")) == 1 + 40 + sum(answer.status == 201 for answer in answers[1::5])


@pytest.mark.parametrize(
    "fault", [Throttle(), Fail(), Fail(code="ServiceUnavailable"), Reset()], ids=["throttled", "500", "503", "reset"]
)
def test_what_is_refused_for_good_costs_a_bounded_number_of_calls(client, proxy, holdings, brisk, fault):
    where = client.call("POST", "/v1/contacts", WHOLE).headers["Location"]
    before = holdings(client).items
    proxy.calls.reset()
    proxy.inject(fault)
    for calls, method, path, body in (
        # First, as long as the create above remembers the tenant's settings.
        (ATTEMPTS * SAME_TOKEN_CALLS, "POST", "/v1/contacts", {"name": "José"}),
        (ATTEMPTS, "GET", where, None),
        (ATTEMPTS * RERUNS, "PATCH", where, {"status": "churned"}),
        (ATTEMPTS, "GET", "/v1/contacts", None),
    ):
        answer = client.call(method, path, body)
        assert (answer.status, answer.code) == (503, "store_unavailable")
        assert answer.headers["Retry-After"] == "2"
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert 1 <= len(proxy.calls) <= calls
        proxy.calls.reset()
    assert holdings(client).items == before


def test_an_answer_that_never_comes_is_503_and_leaves_all_or_nothing(client, proxy, holdings, brisk):
    proxy.inject(LostAnswer(operations=WRITES))
    answer = client.call("POST", "/v1/contacts", WHOLE)
    assert (answer.status, answer.headers["Retry-After"]) == (503, "2")
    assert len({body["ClientRequestToken"] for operation, body in proxy.calls if operation == WRITES}) == 1
    held = holdings(client)
    assert held.flaws() == []
    assert len(held.of("contact")) == 1
    proxy.clear()
    assert client.call("POST", "/v1/contacts", WHOLE).body["existing_id"] == held.of("contact")[0]["id"]["S"]


def test_a_batch_read_that_comes_back_in_parts_is_read_to_the_end_within_bounds(client, proxy, brisk):
    operations = [{"op": "upsert", "key": {"system": "s", "id": str(n)}, "data": {"name": f"n{n}"}} for n in range(100)]
    client.call("POST", "/v1/contacts/batch", {"operations": operations})
    proxy.calls.reset()
    proxy.inject(Unprocessed(operations="BatchGetItem"))
    answer = client.call("POST", "/v1/contacts/batch", {"operations": operations})
    assert {result["status"] for result in answer.body["results"]} == {200}
    # 300 keys, halved at each answer: seven calls for each hundred, and one for the last key.
    assert proxy.calls.operations() == ["BatchGetItem"] * len(proxy.calls)
    assert len(proxy.calls) <= 3 * 8


def test_a_batch_read_of_which_nothing_more_comes_is_given_up(client, proxy, brisk, monkeypatch):
    made = client.call("POST", "/v1/contacts", WHOLE).headers["Location"]
    monkeypatch.setattr("tests.support.faults.split_batch", nothing_but_the_first)
    proxy.calls.reset()
    proxy.inject(Unprocessed(operations="BatchGetItem"))
    answer = client.call("PATCH", made, {"status": "churned"})
    assert (answer.status, answer.code) == (503, "store_unavailable")
    assert len(proxy.calls) <= 10


def nothing_but_the_first(call, share):
    """Hold all keys back, whatever the share: an engine that is throttled and yet answers."""
    del share
    ((table, wanted),) = call.body["RequestItems"].items()
    strange = [{"pk": {"S": "nobody"}, "sk": {"S": "nothing"}}]
    return {"RequestItems": {table: {"Keys": strange}}}, {table: wanted}


def test_no_engine_at_all_is_503_and_nothing_else(brisk):
    with deployed("http://127.0.0.1:9", "nowhere-"):
        client = House().client()
        for method, path, body in (
            ("GET", "/v1/contacts/cnt_1", None),
            ("GET", "/v1/contacts", None),
            ("POST", "/v1/contacts", {"name": "x"}),
            ("PATCH", "/v1/contacts/cnt_1", {"name": "x"}),
            ("DELETE", "/v1/contacts/cnt_1", None),
        ):
            answer = client.call(method, path, body)
            assert (answer.status, answer.code, answer.headers["Retry-After"]) == (503, "store_unavailable", "2")
        batch = client.call("POST", "/v1/contacts/batch", {"operations": [{"op": "create", "data": {"name": "x"}}]})
        assert batch.status == 503 or [result["status"] for result in batch.body["results"]] == [503]
