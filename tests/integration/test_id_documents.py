"""Identity documents: written, found by the exact number, and never told or kept in clear."""

import base64
import json

from tests.support.application import SECRET_KEY
from tests.support.engine import engine_client

NUMBER = "11010519491231002x"
AS_TOLD = {"type": "id_card", "last4": "002X"}
LOOK_UP = "/v1/contacts/lookup?id_document="


def made(client, **document):
    body = {"name": "A", "id_document": {"type": "id_card", "number": NUMBER} | document}
    answer = client.call("POST", "/v1/contacts", body, Idempotency_Key="k")
    assert answer.status == 201, answer.text
    return answer.body


def test_a_number_is_looked_up_by_those_alone_who_may_see_such(house, client):
    made(client)
    agent = house.client(client.tenant_id, permissions=["contacts:read", "contacts:write"])
    answer = agent.call("GET", LOOK_UP + NUMBER)
    assert (answer.status, answer.code) == (403, "permission_denied")
    assert house.client().call("GET", LOOK_UP + NUMBER).status == 404


def test_a_document_is_found_by_its_number_however_it_is_written(client, proxy):
    contact = made(client)
    assert contact["id_document"] == AS_TOLD
    for written in (NUMBER, "110105-19491231-002X", "110105 19491231 002x", "１１０１０５１９４９１２３１００２Ｘ"):
        proxy.calls.reset()
        assert client.call("GET", LOOK_UP + written.replace(" ", "%20")).body["id"] == contact["id"]
        assert proxy.calls.operations() == ["Query", "GetItem"]
    assert client.call("GET", LOOK_UP + NUMBER[:-1]).status == 404


def test_a_number_too_short_to_be_one_is_refused__and_of_a_short_one_nothing_is_told(client):
    answer = client.call("POST", "/v1/contacts", {"id_document": {"type": "other", "number": "--- 123"}})
    assert (answer.status, answer.body["errors"][0]["pointer"]) == (422, "/id_document/number")
    assert made(client, type="other", number="A-12345")["id_document"] == {"type": "other", "last4": None}


def test_it_stays_unless_it_is_named__and_null_takes_it_away(client):
    contact = made(client)
    where = f"/v1/contacts/{contact['id']}"
    assert client.call("PATCH", where, {"name": "B"}).body["id_document"] == AS_TOLD
    same = client.call("PATCH", where, {"id_document": {"type": "id_card", "number": NUMBER.upper()}}).body
    assert (same["version"], same["id_document"]) == (2, AS_TOLD)
    client.call(
        "PUT", "/v1/contacts/by-external-id/s/1", {"name": "C", "id_document": {"type": "other", "number": "9" * 9}}
    )
    kept = client.call("PUT", "/v1/contacts/by-external-id/s/1", {"name": "D"}).body
    assert kept["id_document"] == {"type": "other", "last4": "9999"}
    assert client.call("PATCH", where, {"id_document": None}).body["id_document"] is None
    assert client.call("GET", LOOK_UP + NUMBER).status == 404


def test_nothing_that_is_stored_has_the_number(client, engine, prefix, house):
    made(client)
    client.call("GET", LOOK_UP + NUMBER)
    reader = engine_client(engine.endpoint)
    pages = reader.get_paginator("scan").paginate(TableName=f"{prefix}contacts")
    items = [item for page in pages for item in page["Items"]]
    reader.close()
    text = json.dumps(items).casefold()
    assert "id_document" in text
    assert NUMBER[:-4] not in text
    (event,) = [each for each in items if each["kind"]["S"] == "event"]
    changed = json.loads(event["changed"]["S"])
    assert changed["id_document"] is None
    assert changed["id_document_hash"] is None


def test_after_a_rotation_of_keys_it_is_still_found__and_written_again_by_the_newest(client, house, holdings):
    contact = made(client)
    (before,) = holdings(client).of("contact")
    newest = base64.urlsafe_b64encode(b"another key for tests, 32 bytes.").decode()
    house.keyring.__init__([newest, SECRET_KEY])
    assert client.call("GET", LOOK_UP + NUMBER).body["id"] == contact["id"]
    same = {"id_document": {"type": "id_card", "number": NUMBER}}
    where = f"/v1/contacts/{contact['id']}"
    assert client.call("PATCH", where, same).body["version"] == 1  # the same number is no change
    client.call("PATCH", where, {"id_document": None})
    client.call("PATCH", where, same)
    (after,) = holdings(client).of("contact")
    assert after["id_document_hash"] != before["id_document_hash"]
    assert client.call("GET", LOOK_UP + NUMBER).body["id"] == contact["id"]
