"""What an operation costs in round trips (quality.md, Budgets), seen by the spy between application and engine."""

import pytest

WHOLE = {
    "name": "José",
    "external_ids": [{"system": "billing", "id": "1"}],
    "emails": ["jose@example.com"],
    "phones": ["+14155550101"],
    "addresses": [{"city": "Frazier Park"}],
}
SEVERAL_AT_ONCE = "BatchGetItem"
COMMIT = "TransactWriteItems"


@pytest.fixture
def made(client, proxy):
    """A contact with a line and an interaction, on warm caches."""
    contact = client.call("POST", "/v1/contacts", WHOLE).body
    where = f"/v1/contacts/{contact['id']}"
    line = client.call("POST", f"{where}/lines", {"msisdn": "+1 415 555 0102", "account": "a1"}).body
    client.call("POST", f"{where}/interactions", {"channel": "phone", "direction": "inbound", "title": "bill"})
    proxy.calls.reset()
    return where, line["id"]


@pytest.fixture
def costs(client, proxy):
    """The store's calls that one request makes, and its answer."""

    def run(method, path, body=None, **headers):
        proxy.calls.reset()
        answer = client.call(method, path, body, **headers)
        return proxy.calls.operations(), answer

    return run


def test_a_read_by_id_is_one_round_trip(made, client, costs):
    where, line = made
    assert costs("GET", where)[0] == ["GetItem"]
    # With its contact, which says whether it is visible.
    assert costs("GET", f"{where}/lines/{line}")[0] == [SEVERAL_AT_ONCE]
    touch = client.call("GET", f"{where}/overview").body["timeline"][0]["link"]
    assert costs("GET", touch)[0] == [SEVERAL_AT_ONCE]


@pytest.mark.parametrize(
    "key",
    [
        "external_id=billing:1",
        "email=jose@example.com",
        "phone=%2B14155550101",
        "msisdn=%2B14155550102",
        "account=a1",
    ],
)
def test_a_look_up_by_any_key_is_at_most_two_round_trips(made, costs, key):
    operations, answer = costs("GET", f"/v1/contacts/lookup?{key}")
    assert answer.status == 200
    assert operations == ["Query", "GetItem"]


def test_a_look_up_that_finds_nothing_is_one_round_trip(made, costs):
    operations, answer = costs("GET", "/v1/contacts/lookup?email=nobody@example.com")
    assert (operations, answer.status) == (["Query"], 404)


def test_the_overview_is_two_round_trips(made, costs):
    operations, answer = costs("GET", f"{made[0]}/overview")
    assert operations == ["Query", "Query"]
    assert (len(answer.body["lines"]), len(answer.body["timeline"])) == (1, 1)


@pytest.mark.parametrize(
    "path",
    [
        "/v1/contacts",
        "/v1/contacts?status=active",
        "/v1/contacts?status=active&limit=1",
        "/v1/contacts?owner_id=usr_1",
        "/v1/contacts?sort=created_at",
        "/v1/lines",
        "/v1/lines?status=active",
    ],
)
def test_a_page_of_an_indexed_list_is_one_round_trip(made, costs, path):
    operations, answer = costs("GET", path)
    assert (operations, answer.status) == (["Query"], 200)


def test_a_create_is_one_read_of_what_likely_duplicates_have_in_common_and_one_transaction(client, costs):
    operations, answer = costs("POST", "/v1/contacts", WHOLE)
    assert (operations, answer.status) == (["BatchGetItem", COMMIT], 201)
    operations, answer = costs("POST", "/v1/contacts", {**WHOLE, "external_ids": []}, Idempotency_Key="k0")
    assert answer.code == "possible_duplicates"
    assert operations[:2] == ["BatchGetItem", "GetItem"]  # the candidate; then whether the key was used before


def test_a_create_that_does_not_ask_is_one_transaction(client, costs):
    path = "/v1/contacts?allow_duplicates=true"
    operations, answer = costs("POST", path, WHOLE)
    assert (operations, answer.status) == ([COMMIT], 201)
    other = {**WHOLE, "external_ids": [{"system": "billing", "id": "2"}]}
    assert costs("POST", path, other, Idempotency_Key="k1")[0] == [COMMIT]
    assert costs("POST", path, other, Idempotency_Key="k1")[0] == [COMMIT]  # refused, and so answered


def test_a_create_sent_again_with_its_key_is_answered_alike_and_meets_no_duplicate(client):
    body = {name: value for name, value in WHOLE.items() if name != "external_ids"}
    first, again = (client.call("POST", "/v1/contacts", body, Idempotency_Key="k2") for _ in range(2))
    assert (first.status, again.status) == (201, 201)
    assert (again.body, again.headers["Idempotency-Replayed"]) == (first.body, "true")


def test_a_child_is_one_read_and_one_transaction(made, costs):
    where, _ = made
    assert costs("POST", f"{where}/lines", {"account": "a2"})[0] == [SEVERAL_AT_ONCE, COMMIT]
    touch = {"channel": "sms", "direction": "outbound", "title": "bill"}
    assert costs("POST", f"{where}/interactions", touch)[0] == [SEVERAL_AT_ONCE, COMMIT]


def test_a_change_is_one_read_and_one_transaction(made, costs):
    assert costs("PATCH", made[0], {"status": "churned"})[0] == [SEVERAL_AT_ONCE, COMMIT]


def test_an_upsert_is_at_most_two_reads_and_one_transaction(costs):
    where = "/v1/contacts/by-external-id/s/1"
    assert costs("PUT", where, {"name": "José"})[0] == ["GetItem", COMMIT]
    assert costs("PUT", where, {"name": "Josefa"})[0] == ["GetItem", SEVERAL_AT_ONCE, COMMIT]


def test_a_change_that_changes_nothing_writes_nothing(made, client, costs):
    where, line = made
    now = client.call("GET", where).body
    same = {name: now[name] for name in ("name", "external_ids", "emails", "phones", "addresses", "status", "tags")}
    for method, path, body in (
        ("PATCH", where, {"status": "active"}),
        ("PATCH", where, same),
        ("PATCH", where, {}),
        ("PATCH", where, {"churn_reason": None}),
        ("PATCH", f"{where}/lines/{line}", {"account": "a1"}),
        ("PUT", "/v1/contacts/by-external-id/billing/1", same),
    ):
        operations, answer = costs(method, path, body)
        assert answer.status == 200, answer
        assert answer.body["version"] == 1
        assert COMMIT not in operations
        assert len(operations) <= 2


def test_a_request_that_is_refused_before_the_data_reads_nothing(made, house, client, costs):
    where, _ = made
    assert costs("PATCH", where, {"status": "no such"})[0] == ["BatchGetItem"]  # a patch is whole only on its record
    assert costs("POST", "/v1/contacts", {"nam": "x"})[0] == []
    assert costs("GET", "/v1/contacts?colour=red")[0] == []
    powerless = house.client(client.tenant_id, permissions=())
    for method, path in (("GET", where), ("POST", "/v1/contacts"), ("PATCH", where), ("GET", "/v1/contacts")):
        assert powerless.call(method, path, {}).status == 403
    assert costs("GET", "/v1/no-such-path")[0] == []


def test_a_stored_answer_makes_no_second_record_and_no_other_call(made, client, costs):
    body = {"name": "José"}
    first = costs("POST", "/v1/contacts", body, Idempotency_Key="k9")[1]
    operations, again = costs("POST", "/v1/contacts", body, Idempotency_Key="k9")
    assert operations == [COMMIT]
    assert again.text == first.text
