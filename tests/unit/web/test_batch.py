"""Batches: one status per operation, each as its own route would have answered. (Under load: tests/fault.)"""

import pytest

from chalicelib.web.batch_models import MAX_OPERATIONS

BATCH = "/v1/contacts/batch"


@pytest.fixture
def send(client):
    def run(*operations, path=BATCH, **headers):
        answer = client.call("POST", path, {"operations": list(operations)}, **headers)
        assert answer.status == 207, answer
        return answer.body["results"]

    return run


def create(**data):
    return {"op": "create", "data": data}


def test_each_operation_answers_as_its_own_route_would(client, send):
    made = client.call("POST", "/v1/contacts", {"name": "José"}).body["id"]
    gone = client.call("POST", "/v1/contacts", {"name": "Gone"}).body["id"]
    results = send(
        create(name="new"),
        {"op": "update", "id": made, "data": {"status": "churned"}},
        {"op": "upsert", "key": {"system": "s", "id": "1"}, "data": {"name": "by key"}},
        {"op": "delete", "id": gone},
        {"op": "update", "id": "cnt_0", "data": {"status": "churned"}},
    )
    assert [each["index"] for each in results] == list(range(5))
    assert [each["status"] for each in results] == [201, 200, 201, 204, 404]
    assert [each["version"] for each in results] == [1, 2, 1, None, None]
    assert client.call("GET", f"/v1/contacts/{results[0]['id']}").body["name"] == "new"
    assert client.call("GET", f"/v1/contacts/{gone}").status == 404
    assert results[4]["problem"]["instance"] == "/operations/4"


def test_a_wrong_operation_is_refused_alone_with_a_pointer_into_it(send):
    results = send(
        create(name="good"),
        create(nam="typo"),
        {"op": "create", "data": {"status": "lost"}},
        {"op": "rename", "id": "x"},
        "no object",
        {"op": "upsert", "key": {"system": "NO", "id": "1"}, "data": {}},
        {"op": "update", "id": "cnt_0", "data": {"id": "cnt_1"}, "extra": 1},
        create(phones=["no phone"]),
    )
    assert [each["status"] for each in results] == [201, 422, 422, 422, 422, 422, 422, 422]
    pointers = [each["problem"]["errors"][0]["pointer"] if each["problem"] else None for each in results]
    assert pointers[1:3] == ["/data/nam", "/data/status"]
    assert pointers[5:] == ["/key/system", "/extra", "/data/phones/0"]


def test_an_operation_can_expect_a_version(client, send):
    made = client.call("POST", "/v1/contacts", {"name": "José"}).body["id"]
    stale = {"op": "update", "id": made, "if_match": 2, "data": {"status": "churned"}}
    (result,) = send(stale)
    assert (result["status"], result["problem"]["current_version"]) == (412, 1)
    assert send({**stale, "if_match": 1})[0]["version"] == 2
    assert send({"op": "delete", "id": made, "if_match": 1})[0]["status"] == 412
    assert send({"op": "delete", "id": made, "if_match": 2})[0]["status"] == 204


def test_deleting_in_a_batch_needs_the_right_to_delete(house, client):
    made = client.call("POST", "/v1/contacts", {"name": "José"}).body["id"]
    writer = house.client(client.tenant_id, permissions=["contacts:read", "contacts:write"])
    answer = writer.call("POST", BATCH, {"operations": [{"op": "delete", "id": made}, create(name="new")]})
    assert [each["status"] for each in answer.body["results"]] == [403, 201]
    assert answer.body["results"][0]["problem"]["permission"] == "contacts:delete"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"operations": []},
        {"operations": {}},
        {"operations": [create(name="x")] * (MAX_OPERATIONS + 1)},
        {"operations": [create(name="x")], "more": 1},
        [],
    ],
    ids=["nothing", "empty", "an object", "too many", "more", "a list"],
)
def test_a_batch_that_is_none_is_refused_as_a_whole(client, body):
    answer = client.call("POST", BATCH, body)
    assert answer.status == 422, answer


def test_an_atomic_batch_that_is_too_large_says_how_much_fits(client):
    body = {"operations": [create(name=f"n{number}") for number in range(60)]}
    answer = client.call("POST", f"{BATCH}?atomic=true", body)
    assert (answer.status, answer.code) == (422, "atomic_batch_too_large")
    fits = answer.body["fits"]
    assert client.call("GET", "/v1/contacts").body["items"] == []
    assert client.call("POST", f"{BATCH}?atomic=true", {"operations": body["operations"][:fits]}).status == 207
    more = {"operations": body["operations"][: fits + 1]}
    assert client.call("POST", f"{BATCH}?atomic=true", more).status == 422


def test_an_atomic_batch_names_the_operation_that_stopped_it(client):
    body = {"operations": [create(name="good"), create(nam="typo")]}
    answer = client.call("POST", f"{BATCH}?atomic=true", body)
    assert (answer.status, answer.body["operation"]) == (422, 1)
    assert answer.body["cause"]["errors"][0]["pointer"] == "/data/nam"
    assert client.call("POST", f"{BATCH}?atomic=maybe", body).status == 422


def test_a_repeated_batch_gives_the_first_answer_with_its_refusals(client):
    body = {"operations": [create(name="good"), create(nam="typo"), {"op": "delete", "id": "cnt_0"}]}
    first = client.call("POST", BATCH, body, Idempotency_Key="k1")
    again = client.call("POST", BATCH, body, Idempotency_Key="k1")
    assert again.text == first.text
    assert (first.headers.get("Idempotency-Replayed"), again.headers["Idempotency-Replayed"]) == (None, "true")
    other = client.call("POST", BATCH, {"operations": [create(name="other")]}, Idempotency_Key="k1")
    assert (other.status, other.code) == (422, "idempotency_key_reused")
    assert len(client.call("GET", "/v1/contacts").body["items"]) == 1
