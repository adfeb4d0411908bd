"""Consents: refused and foreign first; what stands, what was, what came too late, and what time ends."""

from datetime import timedelta

import pytest

from modules.contacts.public import contactability
from tests.support.visits import made

DAY = timedelta(days=1)
SOON = timedelta(hours=2)


@pytest.fixture
def client(behind):
    return behind.house.client()


@pytest.fixture
def contact(client):
    person = {"name": "José", "external_ids": [{"system": "shop", "id": "S-1"}]}
    return made(client.call("POST", "/v1/contacts", person))


@pytest.fixture
def tell(client, contact, clock):
    now = clock()

    def say(status, days=0, channel="email", purpose="marketing", **more):
        body = {"status": status, "decided_at": (now + days * DAY).isoformat(), **more}
        headers = {"If_Match": more.pop("If_Match")} if "If_Match" in more else {}
        body.pop("If_Match", None)
        return client.call("PUT", f"/v1/contacts/{contact}/consents/{channel}/{purpose}", body, **headers)

    return say


def stands(client, contact):
    items = client.call("GET", f"/v1/contacts/{contact}/consents").body["items"]
    return {(each["channel"], each["purpose"]): each["status"] for each in items}


def told(client, contact):
    items = client.call("GET", f"/v1/contacts/{contact}/consents/history?sort=decided_at").body["items"]
    return [each["status"] for each in items]


def asked(client, contact, channel="email", purpose="marketing"):
    query = f"channel={channel}&purpose={purpose}"
    body = client.call("GET", f"/v1/contacts/{contact}/contactability?{query}").body
    return body["allowed"], body["reason"]


def test_foreign_and_unknown__are_refused(behind, client, contact, tell):
    other = behind.house.client()
    where = f"/v1/contacts/{contact}"
    assert other.call("PUT", f"{where}/consents/email/marketing", {"status": "granted"}).status == 404
    for path in ("consents", "consents/history", "contactability?channel=sms&purpose=service"):
        assert other.call("GET", f"{where}/{path}").status == 404, path
    batch = {
        "op": "create",
        "data": {"contact_id": contact, "channel": "sms", "purpose": "service", "status": "granted"},
    }
    answer = other.call("POST", "/v1/contacts/consents/batch", {"operations": [batch]})
    assert [each["status"] for each in answer.body["results"]] == [404]
    assert tell("granted", channel="pigeon").status == 422
    assert tell("granted", purpose="everything").status == 422
    assert tell("granted", 1).body["errors"][0]["code"] == "in_the_future"
    assert tell("granted", expires_at="2020-01-01T00:00:00Z").body["errors"][0]["code"] == "before_start"
    assert tell("granted", evidence_file_id="fil_1").body["errors"][0]["code"] == "unknown_reference"
    assert stands(client, contact) == {}


def test_late_and_repeated__an_older_decision_changes_the_history_alone(client, contact, tell):
    assert tell("granted", -3).body["status"] == "granted"
    assert tell("withdrawn", -1).body["status"] == "withdrawn"
    late = tell("granted", -2)
    assert (late.status, late.body["status"], late.body["version"]) == (200, "withdrawn", 2)
    for _ in range(2):
        tell("granted", -2)
        tell("withdrawn", -1)
        tell("granted", -3)
    assert stands(client, contact) == {("email", "marketing"): "withdrawn"}
    assert told(client, contact) == ["granted", "granted", "withdrawn"]
    assert asked(client, contact) == (False, "withdrawn")


def test_withdrawal__with_an_old_version__is_not_refused(client, contact, tell):
    tell("granted", -2)
    tell("granted", -1, source="call centre")
    assert tell("withdrawn", If_Match='"1"').body["status"] == "withdrawn"


def test_expiry__at_its_time_by_itself__once(behind, clock, client, contact, tell):
    tell("granted", -1, expires_at=(clock() + SOON).isoformat())
    tell("granted", -1, channel="sms", expires_at=(clock() + SOON).isoformat())
    tell("withdrawn", channel="sms")
    assert asked(client, contact) == (True, "granted")
    behind.strike()
    clock.advance(hours=2)
    assert asked(client, contact) == (False, "expired")
    assert behind.strike() > 0
    behind.strike()
    assert [each["type"]["S"] for each in behind.events() if each["type"]["S"] == "consent.expired"] == [
        "consent.expired"
    ]
    assert stands(client, contact) == {("email", "marketing"): "expired", ("sms", "marketing"): "withdrawn"}
    assert told(client, contact) == ["granted", "granted", "withdrawn", "expired"]
    assert tell("granted", 1 / 24).body["status"] == "granted"


def test_do_not_contact__overrides_and_stays(behind, client, contact, tell):
    tell("granted", -1)
    assert asked(client, contact) == (True, "granted")
    assert asked(client, contact, "sms", "service") == (True, "contract")
    where = f"/v1/contacts/{contact}"
    said = client.call("PATCH", where, {"do_not_contact": True, "do_not_contact_reason": "Asked José's lawyer"}).body
    assert said["do_not_contact"] is True
    assert said["created_at"] < said["do_not_contact_since"] <= said["updated_at"]
    for purpose in ("marketing", "service"):
        assert asked(client, contact, purpose=purpose) == (False, "do_not_contact")
    # A feed that knows nothing of it.
    again = {"name": "José", "external_ids": [{"system": "shop", "id": "S-1"}]}
    assert client.call("PUT", "/v1/contacts/by-external-id/shop/S-1", again).body["do_not_contact"] is True
    listed = client.call("GET", "/v1/contacts?do_not_contact=true").body["items"]
    assert [each["id"] for each in listed] == [contact]
    assert client.call("GET", "/v1/contacts?do_not_contact=false").body["items"] == []
    client.call("PUT", f"{where}/consents/sms/marketing", {"status": "withdrawn"})
    overview = client.call("GET", f"{where}/overview").body
    assert overview["contact"]["do_not_contact"] is True
    assert [(each["channel"], each["purpose"]) for each in overview["withdrawals"]] == [("sms", "marketing")]
    store = behind.background.store("contacts", client.tenant_id, "test", "test")
    found = contactability(store, contact, "sms", "service", behind.background.clock())
    assert found is not None
    assert found.allowed is False
    assert contactability(store, "cnt_1", "sms", "service", behind.background.clock()) is None
    free = client.call("PATCH", where, {"do_not_contact": False}).body
    assert (free["do_not_contact_reason"], free["do_not_contact_since"]) == (None, None)


def test_batch__by_both_ids__twice_changes_nothing(behind, client, contact):
    pair = {"channel": "phone", "purpose": "research", "status": "granted", "decided_at": "2026-01-05T08:00:00Z"}
    operations = [
        {"op": "create", "data": {"contact_id": contact, **pair}},
        {"op": "create", "data": {"external_id": {"system": "shop", "id": "S-1"}, **pair, "channel": "post"}},
        {"op": "create", "data": {"external_id": {"system": "shop", "id": "S-2"}, **pair}},
        {"op": "create", "data": pair},
    ]
    for _ in range(2):
        answer = client.call("POST", "/v1/contacts/consents/batch", {"operations": operations})
        assert [each["status"] for each in answer.body["results"]][2:] == [404, 422]
        assert {each["status"] for each in answer.body["results"][:2]} <= {200, 201}, answer.body
    assert stands(client, contact) == {("phone", "research"): "granted", ("post", "research"): "granted"}
    assert len(behind.of("contacts", "consent")) == len(behind.of("contacts", "consent_decision")) == 2


def test_what_is_personal__stands_in_no_event_in_clear(behind, client, contact, tell):
    tell("granted", -1, evidence="Zürichsee said yes", source="Zürichsee 7")
    tell("withdrawn", evidence="Zürichsee said no")
    assert not [each for each in behind.events() if "Zürichsee" in str(each)]
    assert client.call("DELETE", f"/v1/contacts/{contact}").status == 409
