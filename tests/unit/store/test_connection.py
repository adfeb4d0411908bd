"""The process's one connection: made once under threads, and speaking the store's own errors."""

import threading

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, EndpointConnectionError, ReadTimeoutError
from pynamodb.connection import Connection

from chalicelib.store.capacity import start_meter
from chalicelib.store.connection import connection, table_name
from chalicelib.store.errors import CancelledError, StoreBusyError, StoreError, StoreUnavailableError
from tests.fault.crowd import all_at_once
from tests.support.application import deployed

URL = "http://127.0.0.1:9"


@pytest.fixture
def link():
    with deployed(URL, "unit-"):
        yield connection()


@pytest.fixture
def answers(link, monkeypatch):
    """Let the SDK's client answer or raise as the test says."""

    def install(outcome):
        def answer(operation, arguments):
            del operation, arguments
            if isinstance(outcome, Exception):
                raise outcome
            return outcome

        monkeypatch.setattr(link.client, "_make_api_call", answer)
        return link

    return install


def refusal(code, **more):
    return ClientError({"Error": {"Code": code, "Message": "said so"}, **more}, "TransactWriteItems")


def test_threads_that_come_together_get_one_connection_and_one_client(monkeypatch):
    made = []
    whole = Connection.__init__

    def counted(self, *arguments, **named):
        made.append(threading.get_ident())
        whole(self, *arguments, **named)

    monkeypatch.setattr(Connection, "__init__", counted)
    with deployed(URL, "unit-"):
        links = all_at_once([lambda: (connection(), connection().client)] * 16)
    assert len(made) == 1
    assert len({id(link) for link, _ in links}) == len({id(client) for _, client in links}) == 1


def test_time_outs_and_attempts_are_short_and_explicit(link):
    config = link.client.meta.config
    assert (config.connect_timeout, config.read_timeout) == (1.0, 2.0)
    assert config.retries == {"total_max_attempts": 2, "mode": "standard"}
    assert table_name("contacts") == "unit-contacts"


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("ThrottlingException", StoreBusyError),
        ("ProvisionedThroughputExceededException", StoreBusyError),
        ("RequestLimitExceeded", StoreBusyError),
        ("TransactionConflictException", StoreBusyError),
        ("TransactionInProgressException", StoreBusyError),
        ("InternalServerError", StoreUnavailableError),
        ("ServiceUnavailable", StoreUnavailableError),
        ("ValidationException", StoreError),
        ("AccessDeniedException", StoreError),
    ],
)
def test_each_refusal_is_told_in_the_stores_words(answers, code, error):
    with pytest.raises(StoreError) as caught:
        answers(refusal(code)).dispatch("GetItem", {})
    assert type(caught.value) is error


def test_a_cancellation_brings_the_reasons_with_the_items_that_stood_there(answers):
    stood = {"record": {"S": "cnt_1"}}
    reasons = [{"Code": "None"}, {"Code": "ConditionalCheckFailed", "Item": stood}]
    refused = refusal("TransactionCanceledException", CancellationReasons=reasons)
    with pytest.raises(CancelledError) as caught:
        answers(refused).dispatch("TransactWriteItems", {"TransactItems": []})
    assert caught.value.reasons == [None, ("ConditionalCheckFailed", stood)]


@pytest.mark.parametrize(
    ("failure", "maybe_done"),
    [
        (EndpointConnectionError(endpoint_url=URL), False),
        (ConnectionClosedError(endpoint_url=URL), True),
        (ReadTimeoutError(endpoint_url=URL), True),
    ],
)
def test_a_store_that_is_not_reached_or_does_not_answer_is_unavailable(answers, failure, maybe_done):
    with pytest.raises(StoreUnavailableError) as caught:
        answers(failure).dispatch("PutItem", {})
    assert caught.value.maybe_done is maybe_done


def test_every_call_is_counted_the_refused_ones_too(answers):
    meter = start_meter()
    answers({"ConsumedCapacity": {"CapacityUnits": 2.5}}).dispatch("Query", {})
    answers({"ConsumedCapacity": [{"CapacityUnits": 1.0}, {"CapacityUnits": 3.0}]}).dispatch("TransactWriteItems", {})
    with pytest.raises(StoreBusyError):
        answers(refusal("ThrottlingException")).dispatch("Query", {})
    assert (meter.round_trips, meter.read_units, meter.write_units) == (3, 2.5, 4.0)
    assert meter.by_operation == {"Query": 2, "TransactWriteItems": 1}
