"""The application under 16 threads: every answer belongs to its request (stack-facts 5; sketches/race.py)."""

from functools import partial

from tests.fault.crowd import all_at_once

THREADS = 16
REQUESTS = 12


def test_every_answer_belongs_to_its_request_and_tenant(house, holdings):
    clients = [house.client() for _ in range(4)]

    def work(number):
        client = clients[number % len(clients)]
        wrong = []

        def call(step, method, path, body=None, **headers):
            request_id = f"thread-{number:02}-{step}-{path.count('/')}-{method.lower()}"
            answer = client.call(method, path, body, X_Request_Id=request_id, **headers)
            if answer.headers["X-Request-Id"] != request_id:
                wrong.append((request_id, answer.headers["X-Request-Id"]))
            if answer.status >= 400 and answer.body["request_id"] != request_id:
                wrong.append((request_id, answer.body["request_id"]))
            return answer

        for step in range(REQUESTS):
            name = f"{number}-{step}"
            body = {"name": name, "external_ids": [{"system": "s", "id": name}], "tags": [client.tenant_id]}
            made = call(step, "POST", "/v1/contacts", body)
            where = made.headers["Location"]
            got = call(step, "GET", where)
            if (got.body["name"], got.body["tags"]) != (name, [client.tenant_id]):
                wrong.append((name, got.text))
            if call(step, "GET", f"/v1/contacts/cnt_{name}").body["instance"] != f"/v1/contacts/cnt_{name}":
                wrong.append((name, "instance"))
            if call(step, "GET", f"/v1/contacts/lookup?external_id=s:{name}").body["id"] != made.body["id"]:
                wrong.append((name, "look-up"))
            listed = call(step, "GET", "/v1/contacts?limit=200").body["items"]
            if {each["tags"][0] for each in listed} != {client.tenant_id}:
                wrong.append((name, "another tenant's contacts"))
        return wrong

    assert all_at_once([partial(work, number) for number in range(THREADS)]) == [[]] * THREADS
    for client in clients:
        held = holdings(client)
        assert len(held.of("contact")) == THREADS // len(clients) * REQUESTS
        assert held.flaws() == []


def test_16_threads_that_come_together_before_anything_is_connected_are_all_served(house, client, holdings):
    from chalicelib.store.connection import connection  # noqa: PLC0415

    connection().client.close()
    connection.cache_clear()
    answers = all_at_once([partial(client.call, "POST", "/v1/contacts", {"name": str(n)}) for n in range(THREADS)])
    assert [answer.status for answer in answers] == [201] * THREADS
    assert len(holdings(client).of("contact")) == THREADS
