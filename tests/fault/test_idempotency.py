"""T1 to T5: one Idempotency-Key, one execution, one answer."""

from collections import Counter
from functools import partial

import pytest

from tests.fault.crowd import all_at_once
from tests.support.faults import Conflict, LostAnswer, Reset, Throttle

WRITES = "TransactWriteItems"
BODY = {"name": "José", "external_ids": [{"system": "billing", "id": "1"}], "emails": ["jose@example.com"]}
ANONYMOUS = {"name": "José"}  # nothing but the key tells one from the other
FAULTS = {
    "quiet": (),
    "conflicts": (Conflict(probability=0.3), Throttle(probability=0.2, as_reason=True, operations=WRITES)),
    "lost": (LostAnswer(probability=0.3, operations=WRITES), Reset(probability=0.1, operations=WRITES)),
}


def same(answers):
    return {(answer.status, answer.text, answer.headers["Location"], answer.headers["ETag"]) for answer in answers}


@pytest.mark.parametrize("body", [BODY, ANONYMOUS], ids=["with external id", "without"])
@pytest.mark.parametrize("faults", FAULTS.values(), ids=FAULTS)
def test_50_parallel_posts_with_one_key_execute_once_and_answer_alike(client, proxy, holdings, brisk, faults, body):
    proxy.inject(*faults)
    answers = all_at_once([partial(client.call, "POST", "/v1/contacts", body, Idempotency_Key="k1")] * 50)
    proxy.clear()
    assert Counter(answer.status for answer in answers) == {201: 50}
    assert len(same(answers)) == 1
    assert sum("Idempotency-Replayed" not in answer.headers for answer in answers) <= 1
    held = holdings(client)
    assert held.flaws() == []
    assert (len(held.of("contact")), len(held.of("event")), len(held.of("idempotency"))) == (1, 1, 1)
    assert held.of("contact")[0]["id"]["S"] == answers[0].body["id"]


def test_a_repeat_gives_the_first_answer_though_the_record_has_changed_since(client, holdings):
    first = client.call("POST", "/v1/contacts", BODY, Idempotency_Key="k1")
    assert client.call("PATCH", f"/v1/contacts/{first.body['id']}", {"status": "churned"}).status == 200
    again = client.call("POST", "/v1/contacts", BODY, Idempotency_Key="k1")
    assert same([first, again]) == same([first])
    assert (first.headers.get("Idempotency-Replayed"), again.headers.get("Idempotency-Replayed")) == (None, "true")
    assert len(holdings(client).of("contact")) == 1


def test_a_repeat_after_the_record_is_gone_still_gives_the_first_answer(client, holdings):
    first = client.call("POST", "/v1/contacts", BODY, Idempotency_Key="k1")
    assert client.call("DELETE", f"/v1/contacts/{first.body['id']}").status == 204
    assert client.call("POST", "/v1/contacts", BODY, Idempotency_Key="k1").body == first.body
    assert holdings(client).of("contact") == []


def test_a_key_with_another_body_is_refused_and_changes_nothing(client, holdings):
    client.call("POST", "/v1/contacts", BODY, Idempotency_Key="k1")
    before = holdings(client).count()
    for other in ({"name": "Josefa"}, BODY | {"status": "churned"}, {"name": "no", "status": "no such"}):
        answer = client.call("POST", "/v1/contacts", other, Idempotency_Key="k1")
        assert answer.status == 422
    assert (
        client.call("POST", "/v1/contacts", {"name": "Josefa"}, Idempotency_Key="k1").code == "idempotency_key_reused"
    )
    assert holdings(client).count() == before


def test_of_parallel_posts_with_one_key_and_two_bodies_one_body_wins(client, proxy, holdings):
    proxy.inject(Conflict(probability=0.2))
    tasks = [
        partial(client.call, "POST", "/v1/contacts", {"name": f"name {n % 2}"}, Idempotency_Key="k1") for n in range(20)
    ]
    assert Counter(answer.status for answer in all_at_once(tasks)) == {201: 10, 422: 10}
    assert len(holdings(client).of("contact")) == 1


def test_keys_of_other_tenants_callers_and_routes_are_independent(house, client, holdings):
    first = client.call("POST", "/v1/contacts", ANONYMOUS, Idempotency_Key="k1")
    colleague = house.client(client.tenant_id)
    stranger = house.client()
    assert colleague.call("POST", "/v1/contacts", ANONYMOUS, Idempotency_Key="k1").body["id"] != first.body["id"]
    assert stranger.call("POST", "/v1/contacts", ANONYMOUS, Idempotency_Key="k1").body["id"] != first.body["id"]
    line = {"account": "a1"}
    lines = [
        client.call("POST", f"/v1/contacts/{first.body['id']}/lines", line, Idempotency_Key="k1"),
        client.call("POST", f"/v1/contacts/{first.body['id']}/lines", line, Idempotency_Key="k1"),
    ]
    assert [each.status for each in lines] == [201, 201]
    assert lines[0].body == lines[1].body
    mine, theirs = holdings(client), holdings(stranger)
    assert (len(mine.of("contact")), len(mine.of("line")), len(theirs.of("contact"))) == (2, 1, 1)
    assert mine.flaws() == theirs.flaws() == []


def test_a_refused_post_keeps_no_answer(client, holdings):
    client.call("POST", "/v1/contacts", BODY)
    assert client.call("POST", "/v1/contacts", BODY, Idempotency_Key="k1").status == 409
    assert holdings(client).of("idempotency") == []
    assert client.call("POST", "/v1/contacts", ANONYMOUS, Idempotency_Key="k1").status == 201


def test_within_24_hours_a_key_is_remembered_and_after_them_it_is_new(client, clock, holdings):
    first = client.call("POST", "/v1/contacts", ANONYMOUS, Idempotency_Key="k1").body["id"]
    clock.advance(hours=23, minutes=59)
    assert client.call("POST", "/v1/contacts", ANONYMOUS, Idempotency_Key="k1").body["id"] == first
    clock.advance(minutes=2)
    # The engine deletes what has expired days later, so the old answer still stands there.
    assert len(holdings(client).of("idempotency")) == 1
    second = client.call("POST", "/v1/contacts", {"name": "another body"}, Idempotency_Key="k1")
    assert second.status == 201
    assert second.body["id"] != first
    held = holdings(client)
    assert (len(held.of("contact")), len(held.of("idempotency"))) == (2, 1)
    assert client.call("POST", "/v1/contacts", {"name": "another body"}, Idempotency_Key="k1").body == second.body


def test_after_24_hours_50_parallel_posts_execute_once_again(client, clock, holdings):
    client.call("POST", "/v1/contacts", ANONYMOUS, Idempotency_Key="k1")
    clock.advance(hours=24, seconds=2)
    answers = all_at_once([partial(client.call, "POST", "/v1/contacts", ANONYMOUS, Idempotency_Key="k1")] * 50)
    assert len(same(answers)) == 1
    assert len(holdings(client).of("contact")) == 2


def test_a_stored_answer_shows_nothing_without_its_key(client, holdings):
    client.call("POST", "/v1/contacts", {"name": "Grandiosa Ocultada"}, Idempotency_Key="k1-secret")
    (stored,) = holdings(client).of("idempotency")
    assert "Ocultada" not in str(stored)
    assert "k1-secret" not in str(stored)


def test_a_post_whose_outcome_nobody_learned_can_be_sent_again(client, proxy, holdings, brisk):
    proxy.inject(LostAnswer(operations=WRITES), Reset(operations="GetItem"))
    answer = client.call("POST", "/v1/contacts", ANONYMOUS, Idempotency_Key="k1")
    assert answer.status == 503
    proxy.clear()
    again = client.call("POST", "/v1/contacts", ANONYMOUS, Idempotency_Key="k1")
    assert again.status == 201
    held = holdings(client)
    assert [contact["id"]["S"] for contact in held.of("contact")] == [again.body["id"]]
    assert held.flaws() == []


def test_a_post_whose_answer_was_lost_for_good_is_answered_from_what_was_stored(client, proxy, holdings, brisk):
    proxy.inject(LostAnswer(operations=WRITES))
    answer = client.call("POST", "/v1/contacts", ANONYMOUS, Idempotency_Key="k1")
    assert answer.status == 201
    assert [contact["id"]["S"] for contact in holdings(client).of("contact")] == [answer.body["id"]]
