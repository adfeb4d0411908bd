"""Batches as large as they may be, on the engine: moto copies its tables for every transaction."""

import json

import pytest

from chalicelib.store.commit import MAX_BYTES
from chalicelib.web.batch_models import MAX_OPERATIONS

BATCH = "/v1/contacts/batch"


def create(**data):
    return {"op": "create", "data": data}


def send(client, *operations, path=BATCH):
    answer = client.call("POST", path, {"operations": list(operations)})
    assert answer.status == 207, answer
    return answer.body["results"]


def test_500_operations_are_one_batch_of_full_transactions(client, proxy, holdings):
    results = send(client, *[create(name=f"n{number}") for number in range(MAX_OPERATIONS)])
    assert {each["status"] for each in results} == {201}
    assert len({each["id"] for each in results}) == MAX_OPERATIONS
    # Contact, key and event: 33 of them in a transaction of 100 actions.
    assert proxy.calls.operations() == ["TransactWriteItems"] * 16
    assert holdings(client).flaws() == []


@pytest.mark.parametrize("letter", ["x", "客"], ids=["one byte", "three bytes"])
def test_a_batch_of_large_records_is_cut_where_a_transaction_ends(client, proxy, holdings, letter):
    tags = [letter * 95 + f"{number:05}" for number in range(50)]
    text = letter * 150
    large = {"addresses": [{"street": text, "city": letter * 90}] * 5, "interest": text, "churn_reason": text}
    custom = [f"note_{number}" for number in range(12)]
    for name in custom:
        assert client.call("POST", "/v1/contacts/custom-fields", {"name": name, "type": "text"}).status == 201
    large["custom"] = dict.fromkeys(custom, letter * 1200)
    proxy.calls.reset()
    # Below 64 KB each, even in Chinese.
    results = send(client, *[create(name=f"n{number}", tags=tags, **large) for number in range(60)])
    assert {each["status"] for each in results} == {201}
    sizes = [
        len(json.dumps(body, ensure_ascii=False).encode()) for name, body in proxy.calls if name == "TransactWriteItems"
    ]
    assert len(sizes) >= 2
    assert max(sizes) < MAX_BYTES * 1.1
    assert holdings(client).flaws() == []


def test_interactions_of_one_contact_go_into_one_batch(client, holdings):
    made = client.call("POST", "/v1/contacts", {"name": "José"}).body["id"]
    touch = {"contact_id": made, "channel": "sms", "direction": "outbound"}
    operations = [create(title=f"t{number}", **touch) for number in range(60)]
    lost = create(title="lost", **{**touch, "contact_id": "cnt_0"})
    results = send(client, *operations, lost, path="/v1/interactions/batch")
    assert [each["status"] for each in results] == [201] * 60 + [404]
    timeline = client.call("GET", f"/v1/contacts/{made}/timeline?limit=100").body["items"]
    assert {each["title"] for each in timeline} == {f"t{number}" for number in range(60)}
    assert holdings(client).flaws() == []
