"""One transaction: how it is sent, how often, and what a cancellation means."""

import pytest

from chalicelib.store import commit, keys
from chalicelib.store.commit import MAX_ACTIONS, MAX_BYTES, SAME_TOKEN_CALLS, Action, fits, meaning, send, try_send
from chalicelib.store.errors import (
    CancelledError,
    ClaimTakenError,
    StoreBusyError,
    StoreError,
    StoreUnavailableError,
    TransactionTooLargeError,
    VersionConflictError,
)
from chalicelib.store.records import Item

ONE = keys.claim("tnt_1", "email", "a@example.com")
TWO = keys.claim("tnt_1", "email", "b@example.com")


class Engine:
    """Answers TransactWriteItems with what the test lined up, then with success."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.calls = []

    def dispatch(self, operation, request):
        self.calls.append((operation, request))
        if self.answers and (answer := self.answers.pop(0)):
            raise answer


@pytest.fixture
def engine(monkeypatch):
    def install(*answers):
        made = Engine(*answers)
        monkeypatch.setattr(commit, "connection", lambda: made)
        return made

    return install


def test_a_transaction_that_is_in_is_sent_once(engine):
    made = engine()
    assert try_send("table", [Action(ONE)], "token") is None
    (call,) = made.calls
    assert call[1]["ClientRequestToken"] == "token"


@pytest.mark.parametrize("failure", [StoreUnavailableError("lost", maybe_done=True), StoreBusyError("slow down")])
def test_what_may_have_been_done_is_asked_for_again_with_the_same_token(engine, failure):
    made = engine(failure, failure)
    assert try_send("table", [Action(ONE)], "token") is None
    assert [request["ClientRequestToken"] for _, request in made.calls] == ["token"] * 3


@pytest.mark.parametrize("failure", [StoreUnavailableError("lost", maybe_done=True), StoreBusyError("slow down")])
def test_what_stays_unknown_is_given_up_after_a_bounded_number_of_calls(engine, failure):
    made = engine(*[failure] * 100)
    with pytest.raises(StoreUnavailableError) as caught:
        try_send("table", [Action(ONE)], "token")
    assert caught.value.maybe_done
    assert len(made.calls) == SAME_TOKEN_CALLS


def test_no_call_is_repeated_once_its_event_ids_are_no_longer_young(engine, monkeypatch):
    made = engine(*[StoreUnavailableError("lost")] * 100)
    ticks = iter((0.0, 0.9, 1.1))
    monkeypatch.setattr(commit.time, "monotonic", lambda: next(ticks))
    with pytest.raises(StoreUnavailableError):
        try_send("table", [Action(ONE)], "token")
    assert len(made.calls) == 2


def test_the_reasons_of_a_cancellation_stand_at_their_actions_though_shared_ones_are_sent_once(engine):
    parent = [Action(ONE, condition=Item.pk.exists(), check_only=True, shared=True) for _ in range(3)]
    made = engine(CancelledError([None, ("TransactionConflict", None)]))
    cancelled = try_send("table", [parent[0], parent[1], Action(TWO), parent[2]], "token")
    assert len(made.calls[0][1]["TransactItems"]) == 2
    assert cancelled.reasons == [None, None, ("TransactionConflict", None), None]


def test_the_first_condition_that_failed_gives_the_error_and_conflicts_only_when_none_did():
    taken = Action(ONE, refused=lambda stood: ClaimTakenError("email", "a", stood["record"]["S"]))
    changed = Action(TWO)
    stood = {"record": {"S": "cnt_1"}}
    failed, conflict = ("ConditionalCheckFailed", stood), ("TransactionConflict", None)
    assert isinstance(meaning([taken, changed], [None, failed]), VersionConflictError)
    error = meaning([changed, taken, changed], [conflict, failed, failed])
    assert isinstance(error, ClaimTakenError)
    assert error.owner == "cnt_1"
    assert isinstance(meaning([taken, changed], [conflict, None]), StoreBusyError)
    assert isinstance(meaning([taken, changed], [("ThrottlingError", None), None]), StoreBusyError)
    other = meaning([taken, changed], [("ItemCollectionSizeLimitExceeded", None), None])
    assert type(other) is StoreError


def test_send_raises_what_the_cancellation_means(engine):
    engine(CancelledError([("ConditionalCheckFailed", None)]))
    with pytest.raises(VersionConflictError):
        send("table", [Action(ONE)], "token")


def test_more_than_a_transaction_takes_is_refused_before_it_is_sent(engine):
    made = engine()
    with pytest.raises(TransactionTooLargeError):
        try_send("table", [Action(ONE)] * (MAX_ACTIONS + 1), "token")
    assert made.calls == []


def test_the_size_of_a_transaction_is_counted_in_bytes_not_in_characters():
    chinese = {"name": {"S": "客" * (MAX_BYTES // 30)}}  # three bytes each in UTF-8
    assert fits([Action(ONE, chinese)] * 9)
    assert not fits([Action(ONE, chinese)] * 11)


def test_an_action_is_a_put_a_check_or_a_delete_with_its_condition():
    condition = Item.pk.does_not_exist()
    put = Action(ONE, {"pk": {"S": "x"}}, condition).request("t")["Put"]
    assert put["Item"] == {"pk": {"S": "x"}}
    assert put["ReturnValuesOnConditionCheckFailure"] == "ALL_OLD"
    assert "attribute_not_exists" in put["ConditionExpression"]
    assert Action(ONE, check_only=True, condition=condition).request("t")["ConditionCheck"]["Key"] == {
        "pk": {"S": str(ONE.pk)},
        "sk": {"S": str(ONE.sk)},
    }
    assert "ConditionExpression" not in Action(ONE).request("t")["Delete"]
