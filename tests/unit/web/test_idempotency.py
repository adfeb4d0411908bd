"""What an Idempotency-Key is scoped to, and what is kept under it. (What it does under load: tests/fault.)"""

import base64
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.fernet import InvalidToken

from chalicelib.access.crypto import Keyring
from chalicelib.problems import IdempotencyInProgress, IdempotencyMismatch
from chalicelib.store.errors import AnswerExistsError
from chalicelib.web.idempotency import WINDOW, Idempotency
from chalicelib.web.render import Response

KEYRING = Keyring([base64.urlsafe_b64encode(b"1" * 32).decode()])
NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
ANSWER = Response(201, '{"id":"cnt_1","name":"José"}', {"Location": "/v1/contacts/cnt_1", "ETag": '"1"'})


def use(tenant="tnt_1", who="api_key:key_1", where="POST /v1/contacts []", key="k1", body=b"{}"):
    return Idempotency.of(KEYRING, tenant, who, where, key, body)


def test_the_stored_answer_is_the_answer_and_says_that_it_was_stored():
    answer = use().replay(use().keep(ANSWER, NOW).item)
    assert (answer.status, answer.body, answer.content_type) == (201, ANSWER.body, ANSWER.content_type)
    assert answer.headers == {**ANSWER.headers, "Idempotency-Replayed": "true"}


@pytest.mark.parametrize(
    "other", [{"tenant": "tnt_2"}, {"who": "api_key:key_2"}, {"where": "POST /v1/lines []"}, {"key": "k2"}], ids=str
)
def test_each_tenant_caller_route_and_key_has_a_place_of_its_own(other):
    assert use(**other).place != use().place


def test_no_parts_of_a_scope_run_into_each_other():
    assert use(who="a", where="b c").place != use(who="a b", where="c").place


def test_the_same_key_with_another_body_is_a_misuse():
    kept = use().keep(ANSWER, NOW).item
    assert use(body=b'{"name":"x"}').place == use().place
    with pytest.raises(IdempotencyMismatch):
        use(body=b'{"name":"x"}').replay(kept)


def test_an_answer_is_sealed_under_the_callers_own_key():
    kept = use().keep(ANSWER, NOW).item
    assert "cnt_1" not in str(kept)
    assert "k1" not in str(kept)
    with pytest.raises(InvalidToken):
        Idempotency("k2", use().place, use().body_digest, KEYRING).replay(kept)


def test_what_is_kept_expires_after_the_window_and_is_refused_where_something_lives():
    action = use().keep(ANSWER, NOW)
    assert int(action.item["ttl"]["N"]) == int((NOW + timedelta(hours=24)).timestamp())
    assert timedelta(hours=24) == WINDOW
    names, values = {}, {}
    condition = action.condition.serialize(names, values)
    assert "attribute_not_exists" in condition
    assert list(values.values()) == [{"N": str(int(NOW.timestamp()))}]
    refused = action.refused({"sealed": {"S": "x"}})
    assert isinstance(refused, AnswerExistsError)


def test_a_lease_says_to_wait_and_a_lapsed_one_can_be_taken():
    lease = use().lease(NOW, 60)
    with pytest.raises(IdempotencyInProgress) as caught:
        use().replay(lease.item)
    assert caught.value.headers["Retry-After"] == "5"
    assert lease.item["lease_until"]["S"] > use().lapse(NOW).item["lease_until"]["S"]
    with pytest.raises(IdempotencyMismatch):
        use(body=b"other").replay(lease.item)
