"""E-mails and phones as unique keys, by the tenant's choice."""

from datetime import timedelta
from uuid import uuid4

import pytest

from modules.contacts.unique_keys.handlers import KNOWN
from modules.contacts.unique_keys.rules import held_after
from tests.support.desk import Desk, desk_on
from tests.support.light_moto import light_moto

PATH = "/v1/contacts/settings"
ANYWAY = "/v1/contacts?allow_duplicates=true"


@pytest.fixture
def desk(tmp_path):
    with light_moto(), desk_on(None, f"keys-{uuid4().hex[:8]}-", tmp_path) as made:
        yield made


def contact(desk, **more):
    answer = desk.client.call("POST", ANYWAY, {"name": "José", **more})
    assert answer.status == 201, answer
    return answer.body["id"]


def claimed(desk, monkeypatch, answer):
    """Do the job; the time that other processes are given to hear of it is over."""
    monkeypatch.setattr("modules.contacts.unique_keys.handlers.KNOWN", timedelta(0))
    job = answer.body["job_id"]
    assert desk.worker.run(desk.client.tenant_id, job)
    return desk.client.call("GET", PATH).body


def test_settings__without_the_right__are_only_read(desk):
    reader = Desk(desk.house, desk.house.client(desk.client.tenant_id, permissions={"contacts:read"})).client
    assert reader.call("PUT", PATH, {"unique_email": True}).status == 403
    assert reader.call("GET", PATH).body["unique_email"] is False


def test_unique_email__of_new_contacts__is_refused_whatever_its_case(desk):
    answer = desk.client.call("PUT", PATH, {"unique_email": True})
    assert (answer.status, answer.body["status"]) == (200, "claiming")
    first = contact(desk, emails=["jose@example.com"])
    refused = desk.client.call("POST", ANYWAY, {"name": "X", "emails": ["Jose@example.com"]})
    assert (refused.code, refused.body["key"], refused.body["existing_id"]) == ("already_exists", "email", first)
    contact(desk, phones=["+14155550101"])
    contact(desk, phones=["+14155550101"])
    assert desk.client.call("PATCH", f"/v1/contacts/{first}", {"emails": ["other@example.com"]}).status == 200
    contact(desk, emails=["jose@example.com"])
    stranger = desk.house.client()
    assert stranger.call("POST", ANYWAY, {"name": "X", "emails": ["jose@example.com"]}).status == 201


def test_unique_phone__of_contacts_that_are_there__is_claimed_and_conflicts_are_listed(desk, monkeypatch):
    one, two = contact(desk, phones=["+14155550101"]), contact(desk, phones=["+14155550101", "+14155550102"])
    for number in range(10):
        contact(desk, phones=[f"+141555502{number:02}"])
    answer = desk.client.call("PUT", PATH, {"unique_phone": True})
    shown = claimed(desk, monkeypatch, answer)
    assert (shown["status"], shown["conflict_count"]) == ("settled", 1)
    assert shown["conflicts"] == [{"key": "phone", "contact_id": two, "held_by": one}]
    assert desk.client.call("POST", ANYWAY, {"name": "X", "phones": ["+14155550205"]}).code == "already_exists"
    # Who shares one is not locked out, and may not take another one's either.
    assert desk.client.call("PATCH", f"/v1/contacts/{two}", {"name": "Y"}).status == 200
    assert desk.client.call("PATCH", f"/v1/contacts/{two}", {"phones": ["+14155550205"]}).code == "already_exists"
    assert desk.client.call("PATCH", f"/v1/contacts/{two}", {"phones": ["+14155550102"]}).status == 200
    assert desk.client.call("POST", ANYWAY, {"name": "X", "phones": ["+14155550102"]}).code == "already_exists"


def test_unique_phone__switched_off__is_shared_again(desk):
    desk.client.call("PUT", PATH, {"unique_phone": True})
    contact(desk, phones=["+14155550101"])
    assert desk.client.call("PUT", PATH, {}).body["status"] == "settled"
    contact(desk, phones=["+14155550101"])


def test_claiming__waits_until_every_process_knows(desk):
    answer = desk.client.call("PUT", PATH, {"unique_phone": True})
    assert timedelta(seconds=5) < KNOWN
    assert desk.worker.run(desk.client.tenant_id, answer.body["job_id"])
    assert desk.client.call("GET", PATH).body["status"] == "claiming"


@pytest.mark.parametrize(
    ("unique", "held", "before", "now", "expected"),
    [
        ({"email"}, None, None, {"emails": ["a"]}, ["email"]),
        ({"email"}, None, {"emails": ["a"]}, {"emails": ["a"]}, None),
        ({"email"}, None, {"emails": ["a"]}, {"emails": ["b"]}, ["email"]),
        ({"email"}, ["email"], {"emails": ["a"]}, {"emails": ["a"]}, ["email"]),
        (set(), ["email"], {"emails": ["a"]}, {"emails": ["a"]}, None),
        ({"email", "phone"}, None, None, {}, ["email", "phone"]),
    ],
)
def test_held_after__a_write(unique, held, before, now, expected):
    assert held_after(unique, held, before, now) == expected
