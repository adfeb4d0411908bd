"""The fault proxy against the real engine: what botocore sees, and what DynamoDB Local holds afterwards."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError

from infra.local.engine import Engine
from tests.support.fault_bench import (
    CREDENTIALS,
    TABLE,
    client_of,
    count,
    counter,
    item,
    make_table,
    on_shelf,
    put_both,
    stored,
)
from tests.support.fault_steps import When
from tests.support.faults import (
    Conflict,
    Delay,
    Fail,
    FaultProxy,
    FaultProxyError,
    Lag,
    LostAnswer,
    Reset,
    Throttle,
    Unprocessed,
)


@pytest.fixture
def target(engine: Engine) -> str:
    """Give the engine's URL."""
    return engine.endpoint


@pytest.fixture
def proxy(target: str) -> Iterator[FaultProxy]:
    """Put a proxy before an engine that holds one empty table with an index."""
    with FaultProxy(target, seed=7) as started:
        client = client_of(started.endpoint)
        make_table(client)
        started.calls.reset()
        started.reset_steps()
        yield started
        started.clear()
        client.delete_table(TableName=TABLE)


def test_conflict__transaction__is_cancelled_for_one_item_and_not_retried(proxy: FaultProxy, target: str) -> None:
    proxy.inject(Conflict())
    with pytest.raises(ClientError) as caught:
        put_both(client_of(proxy.endpoint, attempts=5), "x", "y", "z")
    assert caught.value.response["Error"]["Code"] == "TransactionCanceledException"
    codes = [reason["Code"] for reason in caught.value.response["CancellationReasons"]]
    assert sorted(codes) == ["None", "None", "TransactionConflict"]
    assert proxy.calls.operations() == ["TransactWriteItems"]
    assert stored(target) == {}


def test_conflict__single_write__is_transaction_conflict(proxy: FaultProxy) -> None:
    client = client_of(proxy.endpoint)
    proxy.inject(Conflict())
    with pytest.raises(client.exceptions.TransactionConflictException):
        client.put_item(TableName=TABLE, Item=item("x"))
    assert "Item" not in client.get_item(TableName=TABLE, Key={"pk": {"S": "x"}})


@pytest.mark.parametrize(
    "fault",
    [
        Throttle(times=2),
        Throttle(code="ProvisionedThroughputExceededException", times=2),
        Throttle(code="RequestLimitExceeded", times=2),
        Fail(times=2),
        Fail(code="ServiceUnavailable", times=2),
        Fail(code="TransactionInProgressException", times=2),
        Reset(times=2),
    ],
    ids=lambda fault: str(getattr(fault, "code", "reset")),
)
def test_passing_fault__twice__is_seen_and_then_absorbed_by_the_sdk(
    proxy: FaultProxy, target: str, fault: Throttle | Fail | Reset
) -> None:
    proxy.inject(fault)
    with pytest.raises((ClientError, ConnectionClosedError)) as caught:
        put_both(client_of(proxy.endpoint), "x")
    seen = caught.value.response["Error"]["Code"] if isinstance(caught.value, ClientError) else "reset"
    assert seen == getattr(fault, "code", "reset")
    assert stored(target) == {}
    put_both(client_of(proxy.endpoint, attempts=3), "x")
    assert proxy.calls.operations() == ["TransactWriteItems"] * 3
    assert [fired.fault for fired in proxy.fired] == [fault, fault]
    assert stored(target) == {"x": "a"}


def test_throttle__as_reason__cancels_the_transaction(proxy: FaultProxy) -> None:
    client = client_of(proxy.endpoint)
    proxy.inject(Throttle(as_reason=True))
    with pytest.raises(client.exceptions.TransactionCanceledException) as caught:
        put_both(client, "x")
    assert caught.value.response["CancellationReasons"][0]["Code"] == "ThrottlingError"


def test_conflict__token_committed_but_answer_lost__does_not_cancel_the_replay(proxy: FaultProxy, target: str) -> None:
    proxy.inject(LostAnswer(times=1), Conflict())
    count(client_of(proxy.endpoint, attempts=2))
    assert proxy.calls.operations() == ["TransactWriteItems"] * 2
    assert counter(target) == 1


def test_lost_answer__no_retry__was_committed(proxy: FaultProxy, target: str) -> None:
    proxy.inject(LostAnswer())
    with pytest.raises(ConnectionClosedError):
        client_of(proxy.endpoint).put_item(TableName=TABLE, Item=item("x"))
    assert stored(target) == {"x": "a"}


def test_lost_answer__sdk_retries__plain_add_counts_twice_but_token_once(proxy: FaultProxy, target: str) -> None:
    client = client_of(proxy.endpoint, attempts=3)
    proxy.inject(LostAnswer(times=1, operations="UpdateItem"), LostAnswer(times=1, operations="TransactWriteItems"))
    add = {"UpdateExpression": "ADD n :n", "ExpressionAttributeValues": {":n": {"N": "1"}}}
    client.update_item(TableName=TABLE, Key={"pk": {"S": "counter"}}, **add)
    assert counter(target) == 2
    count(client, 10)
    assert counter(target) == 12
    tokens = [call.body["ClientRequestToken"] for call in proxy.calls if call.operation == "TransactWriteItems"]
    assert len(tokens) == 2
    assert len(set(tokens)) == 1


def test_delay__longer_than_the_client_waits__times_out_and_is_done_all_the_same(
    proxy: FaultProxy, target: str
) -> None:
    proxy.inject(Delay(seconds=1.0, times=1))
    with pytest.raises(ReadTimeoutError):
        client_of(proxy.endpoint, read_timeout=0.3).put_item(TableName=TABLE, Item=item("x"))
    give_up = time.monotonic() + 10
    while stored(target) == {} and time.monotonic() < give_up:
        time.sleep(0.1)
    assert stored(target) == {"x": "a"}


def test_unprocessed__batches__are_done_in_part_and_the_rest_handed_back(proxy: FaultProxy, target: str) -> None:
    client = client_of(proxy.endpoint)
    proxy.inject(Unprocessed(share=0.5, every=2))
    rows = [{"PutRequest": {"Item": item(name)}} for name in "wxyz"]
    assert client.batch_write_item(RequestItems={TABLE: rows[:1]})["UnprocessedItems"] == {}
    rest = client.batch_write_item(RequestItems={TABLE: rows})["UnprocessedItems"]
    assert rest == {TABLE: rows[2:]}
    assert sorted(stored(target)) == ["w", "x"]
    assert client.batch_write_item(RequestItems=rest)["UnprocessedItems"] == {}
    keys = {TABLE: {"Keys": [{"pk": {"S": name}} for name in "wxyz"], "ConsistentRead": True}}
    found = client.batch_get_item(RequestItems=keys)
    assert len(found["Responses"][TABLE]) == 2
    assert found["UnprocessedKeys"] == {TABLE: {"Keys": keys[TABLE]["Keys"][2:], "ConsistentRead": True}}  # type: ignore[index]


def test_fault__limited__strikes_only_what_it_admits(proxy: FaultProxy) -> None:
    client = client_of(proxy.endpoint)
    proxy.inject(Throttle(every=2, times=1, operations=("PutItem",), where=lambda call: "T1" in str(call.body)))
    refused = []
    for name in ["T1#1", "T2#1", "T1#2", "T1#3", "T1#4"]:
        client.get_item(TableName=TABLE, Key={"pk": {"S": name}})
        try:
            client.put_item(TableName=TABLE, Item=item(name))
        except ClientError:
            refused.append(name)
    assert refused == ["T1#2"]
    proxy.clear()
    client.put_item(TableName=TABLE, Item=item("T1#2"))


def test_seed__same__strikes_the_same_calls(proxy: FaultProxy, target: str) -> None:
    def struck(seed: int) -> list[int]:
        with FaultProxy(target, seed=seed) as other:
            client, hit = client_of(other.endpoint), []
            other.inject(Throttle(probability=0.3))
            for number in range(60):
                try:
                    client.get_item(TableName=TABLE, Key={"pk": {"S": "x"}})
                except ClientError:
                    hit.append(number)
            return hit

    assert struck(1) == struck(1) != struck(2)
    assert 5 < len(struck(1)) < 35
    assert proxy.fired == []


def test_proxy__fifty_connections_and_faults__loses_and_doubles_nothing(proxy: FaultProxy, target: str) -> None:
    client = client_of(proxy.endpoint, attempts=10, max_pool_connections=50)
    proxy.inject(Conflict(probability=0.2), LostAnswer(probability=0.1), Reset(probability=0.1))

    def work(_: int) -> None:
        for _turn in range(8):
            while True:
                try:
                    count(client)
                    break
                except client.exceptions.TransactionCanceledException:
                    continue

    with ThreadPoolExecutor(50) as pool:
        list(pool.map(work, range(50)))
    assert counter(target) == 400
    assert {type(fired.fault).__name__ for fired in proxy.fired} == {"Conflict", "LostAnswer", "Reset"}


class Clock:
    """A clock that the test moves."""

    now = 0.0

    def __call__(self) -> float:
        """Return the time in seconds."""
        return self.now


def test_lag__in_seconds__hides_then_shows(proxy: FaultProxy, target: str) -> None:
    clock = Clock()
    with FaultProxy(target, clock=clock) as late:
        client = client_of(late.endpoint)
        client.put_item(TableName=TABLE, Item=item("old"))
        late.inject(Lag(seconds=2.0))
        client.put_item(TableName=TABLE, Item=item("new"))
        clock.now = 1.9
        put_both(client, "newer")
        assert on_shelf(client, "a") == ["old"]
        assert "Item" in client.get_item(TableName=TABLE, Key={"pk": {"S": "new"}})
        clock.now = 2.0
        assert on_shelf(client, "a") == ["new", "old"]
        clock.now = 3.9
        assert on_shelf(client, "a") == ["new", "newer", "old"]
        client.delete_item(TableName=TABLE, Key={"pk": {"S": "old"}})
        assert on_shelf(client, "a") == ["new", "newer", "old"]
        late.clear()
        assert on_shelf(client, "a") == ["new", "newer"]
    assert proxy.errors == []


def test_lag__until_released__shows_older_images_under_older_keys(proxy: FaultProxy, target: str) -> None:
    client = client_of(proxy.endpoint)
    put_both(client, "moved", "gone", "kept")
    proxy.inject(Lag(), LostAnswer(operations="TransactWriteItems", times=1))
    move = {"UpdateExpression": "SET shelf = :s", "ExpressionAttributeValues": {":s": {"S": "b"}}}
    client.update_item(TableName=TABLE, Key={"pk": {"S": "moved"}}, **move)
    requests = [{"DeleteRequest": {"Key": {"pk": {"S": "gone"}}}}, {"PutRequest": {"Item": item("batch")}}]
    client.batch_write_item(RequestItems={TABLE: requests})
    with pytest.raises(ConnectionClosedError):
        put_both(client, "lost")
    assert on_shelf(client, "a") == ["gone", "kept", "moved"]
    assert on_shelf(client, "a", Limit=1, ExclusiveStartKey=item("gone")) == ["kept"]
    assert on_shelf(client, "b") == []
    assert sorted(stored(target)) == ["batch", "kept", "lost", "moved"]
    proxy.release_lag()
    client.put_item(TableName=TABLE, Item=item("later"))
    assert on_shelf(client, "a") == ["batch", "kept", "lost"]
    assert on_shelf(client, "b") == ["moved"]
    assert client.list_tables()["TableNames"] == [TABLE]


KILLED: Final = f"""
import boto3, sys
client = boto3.client("dynamodb", endpoint_url=sys.argv[1], **{CREDENTIALS})
for name in ("one", "two", "three"):
    client.put_item(TableName="{TABLE}", Item={{"pk": {{"S": name}}, "shelf": {{"S": "a"}}}})
"""


@pytest.mark.parametrize(("when", "left"), [("before", {"one"}), ("after", {"one", "two"})])
def test_pause__process_killed_at_step_two__leaves_exactly_that_step(
    proxy: FaultProxy, target: str, when: When, left: set[str]
) -> None:
    proxy.pause_at(2, when)
    with subprocess.Popen([sys.executable, "-c", KILLED, proxy.endpoint]) as process:
        assert proxy.paused.wait(30)
        assert process.poll() is None
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
    proxy.release()
    assert not proxy.paused.is_set()
    put_both(client_of(proxy.endpoint), "next")
    assert set(stored(target)) == left | {"next"}


def test_pause__one_call_held__others_go_on(proxy: FaultProxy) -> None:
    client = client_of(proxy.endpoint, max_pool_connections=2)
    proxy.reset_steps(only="PutItem")
    client.get_item(TableName=TABLE, Key={"pk": {"S": "x"}})
    proxy.pause_at(1, "after")
    with ThreadPoolExecutor(1) as pool:
        held = pool.submit(client.put_item, TableName=TABLE, Item=item("x"))
        assert proxy.paused.wait(30)
        assert "Item" in client.get_item(TableName=TABLE, Key={"pk": {"S": "x"}})
        assert not held.done()
        proxy.release()
        assert held.result()["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert proxy.steps == 1


def test_spy__calls__are_decoded_in_order(proxy: FaultProxy) -> None:
    client = client_of(proxy.endpoint)
    client.put_item(TableName=TABLE, Item=item("T1#x"))
    on_shelf(client, "a")
    (first, body), (second, _) = proxy.calls
    assert (first, second) == ("PutItem", "Query")
    assert body == {"TableName": TABLE, "Item": item("T1#x")}
    proxy.calls.reset()
    assert proxy.calls == []


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (lambda: Conflict(operations="TransactWriteItem"), "did you mean TransactWriteItems"),
        (lambda: Conflict(operations="GetItem"), "Conflict never happens to GetItem"),
        (lambda: Throttle(probability=30), "share from 0 to 1"),
        (lambda: Throttle(code="Throttled"), "code is one of"),  # type: ignore[arg-type]
        (lambda: LostAnswer(every=0), "every counts from 1"),
        (lambda: Unprocessed(share=0), "share is above 0"),
        (lambda: Lag(seconds=-1), "0 seconds or more"),
        (lambda: FaultProxy("dynamodb:8000"), "http://host:port"),
    ],
)
def test_misuse__of_values__is_refused_with_the_reason(wrong: Any, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        wrong()


def test_misuse__of_the_proxy__is_refused_with_the_reason(proxy: FaultProxy) -> None:
    with pytest.raises(FaultProxyError, match="no engine listens"), FaultProxy("http://127.0.0.1:9"):
        pass
    with pytest.raises(FaultProxyError, match="does not run"):
        _ = FaultProxy("http://127.0.0.1:9").endpoint
    with pytest.raises(FaultProxyError, match="no Lag"):
        proxy.release_lag()
    proxy.inject(Lag())
    with pytest.raises(FaultProxyError, match="a Lag is at work"):
        proxy.inject(Lag())
    with pytest.raises(ClientError, match="PartiQL"):
        client_of(proxy.endpoint).execute_statement(Statement="SELECT * FROM faults")
    with pytest.raises(ValueError, match="step 1 has passed"):
        proxy.pause_at(1, "before")
    proxy.pause_at(5, "before")
    with pytest.raises(FaultProxyError, match="step 5 is still"):
        proxy.pause_at(6, "before")


def test_engine__gone__is_said_in_the_answer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as engine:
        port = engine.getsockname()[1]
        gone = FaultProxy(f"http://127.0.0.1:{port}")
        gone.__enter__()
    with pytest.raises(ClientError, match=f"the engine at 127.0.0.1:{port} does not answer"):
        client_of(gone.endpoint).list_tables()
    gone.__exit__(None, None, None)
