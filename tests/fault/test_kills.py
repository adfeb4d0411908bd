"""T4 and T8: the server dies by kill -9 at each of its steps, and nothing is ever half done."""

import json

import pytest

WHEN = ("before", "after")
WHOLE = {
    "name": "José",
    "external_ids": [{"system": "billing", "id": "1"}, {"system": "boss", "id": "9"}],
    "emails": ["jose@example.com"],
    "phones": ["+14155550101"],
}
# All of them have one e-mail address and number.
ANYWAY = "/v1/contacts?allow_duplicates=true"
HELD = {"claim": 4, "contact": 1, "event": 1, "idempotency": 1, "subject_key": 1}


def every_step(dies, *request, **headers):
    """Kill at each call to the store, before and after it, until a server lives to answer; give each place."""
    step = 0
    while True:
        step += 1
        for when in WHEN:
            if not dies(step, when, *request, **headers):
                assert step > 1, "no call to the store was seen"
                return
            yield f"{when} call {step}"


def test_a_create_killed_at_any_step_has_left_nothing_or_all_and_its_repeat_completes_it(client, dies, holdings):
    seen = set()
    # Each round is a create of its own: its ids, e-mail and key differ.
    round_number, places = 0, []
    while True:
        round_number += 1
        step, when = (round_number + 1) // 2, WHEN[(round_number + 1) % 2]
        body = json.loads(json.dumps(WHOLE).replace('"1"', f'"a{round_number}"').replace('"9"', f'"b{round_number}"'))
        before = holdings(client).count()
        died = dies(step, when, "POST", ANYWAY, body, Idempotency_Key=f"k{round_number}")
        between = holdings(client)
        assert between.flaws() == []
        gained = {kind: number - before.get(kind, 0) for kind, number in between.count().items()}
        gained = {kind: number for kind, number in gained.items() if number}
        assert gained in ({}, HELD), f"{when} call {step}"
        seen.add(bool(gained))
        again = client.call("POST", ANYWAY, body, Idempotency_Key=f"k{round_number}")
        assert again.status == 201
        assert ("Idempotency-Replayed" in again.headers) is bool(gained)
        now = holdings(client)
        assert now.flaws() == []
        assert now.count() == {kind: number * round_number for kind, number in HELD.items()}
        if not died:
            break
        places.append((step, when))
    # What is unique and which custom fields there are, which a fresh process does not know yet, and the transaction.
    assert places == [(step, when) for step in (1, 2, 3) for when in WHEN]
    assert seen == {True, False}


@pytest.mark.parametrize(
    ("path", "body", "gained"),
    [
        ("lines", {"msisdn": "415 555 0101", "account": "a1"}, {"line": 1, "holding": 2, "claim": 2}),
        (
            "interactions",
            {"channel": "sms", "direction": "outbound", "title": "bill"},
            {"interaction": 1, "timeline_entry": 1},
        ),
    ],
)
def test_a_child_killed_at_any_step_is_there_with_all_that_belongs_to_it_or_not_at_all(
    client, dies, holdings, path, body, gained
):
    where = client.call("POST", "/v1/contacts", {"name": "José"}).headers["Location"]
    whole = {**gained, "event": 1, "idempotency": 1, "with_children": 1}
    base = holdings(client).count()
    outcomes = set()
    for place in every_step(dies, "POST", f"{where}/{path}", body, Idempotency_Key="k1"):
        held = holdings(client)
        assert held.flaws() == [], place
        now = {kind: held.count().get(kind, 0) - base.get(kind, 0) for kind in held.count()}
        now = {kind: number for kind, number in now.items() if number}
        assert now in ({}, whole), place
        outcomes.add(bool(now))
    assert outcomes == {True, False}
    again = [client.call("POST", f"{where}/{path}", body, Idempotency_Key="k1") for _ in range(2)]
    assert [(each.status, each.headers.get("Idempotency-Replayed")) for each in again] == [(201, "true")] * 2
    assert len(holdings(client).of(path.removesuffix("s"))) == 1


def test_a_delete_killed_at_any_step_has_left_all_or_its_event_alone(client, dies, holdings):
    where = client.call("POST", "/v1/contacts", WHOLE).headers["Location"]
    outcomes = []
    for place in every_step(dies, "DELETE", where):
        held = holdings(client)
        assert held.flaws() == [], place
        assert len(held.of("contact")) == len(held.of("event")) % 2, place
        outcomes.append(len(held.of("contact")))
    assert outcomes == sorted(outcomes, reverse=True)
    assert holdings(client).count() == {"event": 2}


def test_through_a_chain_of_renames_with_crashes_the_claims_equal_the_live_set(client, proxy, dies, holdings):
    where = client.call("POST", "/v1/contacts", {"name": "José", "external_ids": [{"system": "s", "id": "a"}]}).headers[
        "Location"
    ]
    contact_id = where.rpartition("/")[2]
    for old, new in ("ab", "bc"):
        for place in every_step(dies, "PATCH", where, {"external_ids": [{"system": "s", "id": new}]}):
            proxy.clear()
            held = holdings(client)
            assert held.flaws() == [], place
            (live,) = client.call("GET", where).body["external_ids"]
            assert live["id"] in {old, new}
            assert held.claims() == {f"external_id#s:{live['id']}": contact_id}, place
            # What is given up can be had by another, what is held can't; both at once.
            other = {"name": "Other", "external_ids": [{"system": "s", "id": old if live["id"] == new else new}]}
            made = client.call("POST", "/v1/contacts", other)
            assert made.status == 201
            assert client.call("DELETE", made.headers["Location"]).status == 204
            taken = client.call("POST", "/v1/contacts", {"name": "Other", "external_ids": [live]})
            assert (taken.status, taken.body["existing_id"]) == (409, contact_id)
        assert client.call("GET", where).body["external_ids"] == [{"system": "s", "id": new}]
    assert holdings(client).claims() == {"external_id#s:c": contact_id}
