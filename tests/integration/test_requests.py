"""Requests: their way from the first word to the last, who answers for them, and what their customer's page says."""

import pytest

from chalicelib.access.principal import Reach
from tests.support.visits import made

pytestmark = pytest.mark.integration

ELSEWHERE = ("ou_2", "/ou_2/")
COMPLAINT = {"type": "complaint", "title": "Charged twice in April", "channel": "phone", "area": ["Georgia", "Acworth"]}


@pytest.fixture
def client(behind):
    return behind.house.client()


@pytest.fixture
def ann(behind, client):
    return behind.house.client(client.tenant_id, user="usr_ann")


@pytest.fixture
def bob(behind, client):
    return behind.house.client(client.tenant_id, user="usr_bob")


def opened(client, **more):
    return made(client.call("POST", "/v1/requests", {**COMPLAINT, **more}))


def acted(client, request_id, action, **more):
    answer = client.call("POST", f"/v1/requests/{request_id}/actions", {"action": action, **more})
    assert answer.status == 200, answer.text
    return answer.body


def test_foreign__a_request_of_another_tenant_or_unit__is_not_there(behind, client):
    request = opened(client)
    behind.house.directory.tenants[client.tenant_id].units |= dict([ELSEWHERE])
    below = behind.house.client(client.tenant_id, reach=Reach.SUBTREE, unit=ELSEWHERE)
    for stranger in (behind.house.client(), below):
        for method, path, body in (
            ("GET", "", None),
            ("PATCH", "", {"priority": "high"}),
            ("POST", "/actions", {"action": "take"}),
            ("POST", "/entries", {"text": "Hello"}),
            ("GET", "/entries", None),
        ):
            assert stranger.call(method, f"/v1/requests/{request}{path}", body).status == 404


def test_refused__what_a_request_names_and_is_not_there(client):
    for field, value in (
        ("contact_id", "cnt_0"),
        ("parent_id", "req_0"),
        ("watchers", ["usr_nobody"]),
        ("attachments", ["fil_0"]),
        ("category", "/no_such/"),
        ("org_unit_id", "ou_0"),
    ):
        answer = client.call("POST", "/v1/requests", {**COMPLAINT, field: value})
        assert answer.status == 422, (field, answer.text)
        assert answer.body["errors"][0]["pointer"].startswith(f"/{field}")
    later = client.call("POST", "/v1/requests", {**COMPLAINT, "opened_at": "2099-01-01T00:00:00Z"})
    assert later.body["errors"][0]["code"] == "in_the_future"


def test_the_first_responder_answers_until_the_customer_confirms(client, ann, bob):
    request = opened(client)
    acted(ann, request, "take")
    acted(ann, request, "start")
    assert acted(ann, request, "assign", to="usr_bob")["accountable_id"] == "usr_ann"
    acted(bob, request, "start")
    solved = acted(bob, request, "resolve", note="Refunded")
    assert (solved["status"], solved["accountable_id"], solved["solution"]) == ("resolved", "usr_ann", "Refunded")
    confirmed = acted(bob, request, "confirm")
    assert (confirmed["status"], confirmed["accountable_id"], confirmed["confirmed"]) == ("closed", None, True)
    history = client.call("GET", f"/v1/requests/{request}/entries").body["items"]
    assert [each["action"] for each in reversed(history)] == ["take", "start", "assign", "start", "resolve", "confirm"]
    assert history[3]["details"]["handler"] == ["usr_ann", "usr_bob"]


def test_a_message_of_the_customer_wakes_what_waits_for_them(client, ann):
    request = opened(client)
    for action, more in (("take", {}), ("start", {}), ("wait", {"pending_on": "customer"})):
        acted(ann, request, action, **more)
    made(client.call("POST", f"/v1/requests/{request}/entries", {"type": "message", "text": "Here is my invoice"}))
    assert client.call("GET", f"/v1/requests/{request}").body["status"] == "in_progress"
    made(ann.call("POST", f"/v1/requests/{request}/entries", {"type": "reply", "text": "Thank you"}))
    first = client.call("GET", f"/v1/requests/{request}").body["responded_at"]
    made(ann.call("POST", f"/v1/requests/{request}/entries", {"type": "reply", "text": "It is done"}))
    assert client.call("GET", f"/v1/requests/{request}").body["responded_at"] == first


def test_what_its_text_is_about__is_its_category_unless_one_is_named(client):
    assert client.call("GET", f"/v1/requests/{opened(client)}").body["category"] == "/billing/"
    named = opened(client, category="/speed/")
    assert client.call("GET", f"/v1/requests/{named}").body["category"] == "/speed/"
    assert client.call("GET", f"/v1/requests/{opened(client, title='Hm')}").body["category"] is None


def test_what_is_merged__goes_on_in_the_other_one(client, ann, bob):
    stays, goes = opened(client, watchers=["usr_ann"]), opened(client, watchers=["usr_bob"])
    assert acted(ann, goes, "merge", to=stays)["merged_into"] == stays
    heir = client.call("GET", f"/v1/requests/{stays}").body
    assert heir["watchers"] == ["usr_ann", "usr_bob"]
    again = ann.call("POST", f"/v1/requests/{goes}/actions", {"action": "take"})
    assert (again.status, again.body["reason"]) == (409, "merged")
    listed = client.call("GET", f"/v1/requests?merged_into={stays}").body["items"]
    assert [each["id"] for each in listed] == [goes]


def test_what_was_resolved__closes_by_itself_after_the_tenants_days(behind, clock, client, ann):
    request = opened(client)
    for action in ("take", "start", "resolve"):
        acted(ann, request, action)
    clock.advance(days=6)
    behind.settle()
    assert client.call("GET", f"/v1/requests/{request}").body["status"] == "resolved"
    clock.advance(days=2)
    behind.settle()
    closed = client.call("GET", f"/v1/requests/{request}").body
    assert (closed["status"], closed["confirmed"]) == ("closed", False)
    assert acted(ann, request, "reopen")["status"] == "assigned"


def test_a_request_shows_on_its_customers_page_while_it_is_open(behind, client, ann):
    customer = made(client.call("POST", "/v1/contacts", {"name": "José"}))
    request = opened(client, contact_id=customer, severity="major")
    made(ann.call("POST", f"/v1/requests/{request}/entries", {"type": "reply", "text": "We look into it"}))
    behind.settle()
    page = client.call("GET", f"/v1/contacts/{customer}/overview").body
    assert [(each["name"], each["severity"]) for each in page["badges"]] == [("request", "warning")]
    assert {"request", "request_reply"} <= {each["type"] for each in page["timeline"]}
    for action in ("take", "start", "resolve"):
        acted(ann, request, action)
    behind.settle()
    page = client.call("GET", f"/v1/contacts/{customer}/overview").body
    assert page["badges"] == []
    entry = next(each for each in page["timeline"] if each["type"] == "request")
    assert entry["title"] == "Charged twice in April (resolved)"
