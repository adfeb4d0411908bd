"""While a module is off what reacts stands still and what maintains goes on; coming back it catches up first."""

from datetime import timedelta

import pytest

from chalicelib.changes import catching_up
from chalicelib.jobs.worker import Worker
from tests.support.visits import made, tally, told, visit

ON = "/v1/modules/visits/subscription"


def missed(behind):
    return [raw["sk"]["S"] for raw in behind.of("core", "missed")]


def timeline(client, contact):
    answer = client.call("GET", f"/v1/contacts/{contact}/timeline")
    assert answer.status == 200, answer
    return sorted(each["title"] for each in answer.body["items"] if each["type"] != "change")


def total(client, path="visits"):
    answer = client.call("GET", f"/v1/{path}?include_total=true&limit=1")
    assert answer.status == 200, answer
    return answer.body["total"]


def recounted(behind, client, module="visits"):
    job = behind.job(client, client.call("POST", f"/v1/modules/{module}/recount", {}))
    return job["result"]["different"]


# -- off, by a directory that says so


@pytest.fixture
def client(with_module):
    return with_module.house.client()


@pytest.fixture
def switch(with_module, client):
    def turn(*off):
        with_module.house.directory.tenants[client.tenant_id].off = off

    return turn


def test_off__what_reacts_does_nothing_and_leaves_a_note(with_module, client, switch):
    contact = made(client.call("POST", "/v1/contacts", {"name": "José"}))
    made(client.call("POST", "/v1/visits", visit(contact, title="one")))
    switch("visits")
    with_module.catch_up()
    assert timeline(client, contact) == []
    assert tally(with_module, client, contact) == 0
    for kind in ("visitor", "visit_word", "cell", "posted", "head"):
        assert with_module.of("visits", kind) == []
    assert missed(with_module) == ["visits"]
    assert total(client, "contacts") == 1  # another module is no less on for it


def test_off__nothing_to_pass_over__leaves_no_note(with_module, client, switch):
    switch("visits")
    with_module.deliver([each for each in with_module.events() if each["unit"]["S"] == "core"])
    assert missed(with_module) == []


def test_off__what_maintains_and_what_is_deleted_goes_on(with_module, client, switch):
    contact, other = (made(client.call("POST", "/v1/contacts", {"name": name})) for name in "ab")
    gone, kept = (made(client.call("POST", "/v1/visits", visit(contact, title=title))) for title in ("gone", "kept"))
    with_module.catch_up()
    assert {each["visit_id"]["S"] for each in with_module.of("visits", "visit_word")} == {gone, kept}
    switch_off_after = client.call("DELETE", f"/v1/visits/{gone}")
    assert switch_off_after.status == client.call("DELETE", f"/v1/contacts/{other}").status == 204
    switch("visits")
    with_module.catch_up()
    assert {each["visit_id"]["S"] for each in with_module.of("visits", "visit_word")} == {kept}
    visitors = {raw["pk"]["S"].rpartition(chr(35))[2]: "gone" in raw for raw in with_module.of("visits", "visitor")}
    assert visitors == {contact: False, other: True}
    switch()
    assert total(client) == 1
    assert recounted(with_module, client) == []
    assert timeline(client, contact) == ["kept"]


def test_off__a_delivery_that_is_tried_again_then__leaves_a_note(with_module, clock, client, switch):
    from modules.visits.handlers import BROKEN  # noqa: PLC0415 - there is no such module before the fixture

    contact = made(client.call("POST", "/v1/contacts", {"name": "José"}))
    poison = made(client.call("POST", "/v1/visits", visit(contact)))
    BROKEN.add(poison)
    with_module.catch_up()
    BROKEN.clear()
    assert missed(with_module) == []
    switch("visits")
    clock.advance(minutes=1, seconds=1)
    with_module.strike()
    assert with_module.of("core", "delivery") == []
    assert missed(with_module) == ["visits"]


def test_off__timers_that_react_are_passed_over_with_a_note_and_others_fire(with_module, clock, client, switch):
    contact = made(client.call("POST", "/v1/contacts", {"name": "José"}))
    with_module.strike()
    at = clock().isoformat()
    reacts = made(client.call("POST", "/v1/visits", visit(contact, follow_up_at=at)))
    maintains = made(client.call("POST", "/v1/visits", visit(contact, clear_up_at=at)))
    switch("visits")
    with_module.strike()
    assert tally(with_module, client, f"fired.{reacts}") == 0
    assert tally(with_module, client, f"fired.{maintains}") == 1
    assert with_module.of("visits", "due") == []
    assert missed(with_module) == ["visits"]


# -- off and on again, by the real control plane


@pytest.fixture
def admin(whole, clock, monkeypatch):
    monkeypatch.setattr(catching_up, "_noted", catching_up.Memory(lambda: clock().timestamp()))
    return whole.house.onboard(["contacts", "visits"])


def switched_off(admin):
    assert admin.call("DELETE", ON).status == 204


def switched_on(admin):
    answer = admin.call("PUT", ON, {})
    assert answer.status == 200, answer
    return answer.body["state"]


def decided(admin):
    return admin.call("GET", "/v1/entitlements?explain=visits").body["items"][0]["reason"]


def test_on_again__nothing_missed__catches_up_all_the_same(whole, admin):
    contact = made(admin.call("POST", "/v1/contacts", {"name": "José"}))
    made(admin.call("POST", "/v1/visits", visit(contact)))
    whole.catch_up()
    switched_off(admin)
    refused = admin.call("GET", "/v1/visits")
    assert (refused.status, refused.code, refused.body["state"]) == (403, "module_not_enabled", "off")
    assert switched_on(admin) == "activating"
    whole.work()
    assert total(admin) == 1
    assert timeline(admin, contact) == ["A visit"]


def test_on_again__it_catches_up_before_the_first_read(whole, clock, admin):
    contact, other = (made(admin.call("POST", "/v1/contacts", {"name": name})) for name in "ab")
    first, second = (made(admin.call("POST", "/v1/visits", visit(contact, title=title))) for title in ("one", "two"))
    whole.catch_up()
    # Written before it is switched off, and only delivered then; and what other modules' records say meanwhile.
    assert admin.call("PUT", f"/v1/visits/{first}", visit(contact, title="changed", outlet="airport")).status == 200
    third = made(admin.call("POST", "/v1/visits", visit(contact, title="three")))
    assert admin.call("DELETE", f"/v1/visits/{second}").status == 204
    switched_off(admin)
    assert admin.call("PATCH", f"/v1/contacts/{contact}", {"status": "churned"}).status == 200
    whole.catch_up()
    assert missed(whole) == ["visits"]
    assert timeline(admin, contact) == ["one"]  # withdrawing what is gone maintains
    clock.advance(seconds=10)
    assert switched_on(admin) == "activating"
    for path in ("/v1/visits", "/v1/visits?include_total=true"):
        refused = admin.call("GET", path)
        assert (refused.status, refused.code) == (503, "module_activating")
        assert refused.headers["Retry-After"]
    assert decided(admin) == "activating"
    # What changes while it catches up is not lost: what reacts does so already.
    assert admin.call("PATCH", f"/v1/contacts/{other}", {"status": "churned"}).status == 200
    whole.catch_up()
    whole.work()
    assert decided(admin) == "active"
    assert missed(whole) == []
    assert total(admin) == 2
    assert admin.call("GET", "/v1/visits?include_total=true&outlet=airport").body["total"] == 1
    assert timeline(admin, contact) == ["changed", "three"]
    words = {(raw["pk"]["S"].rpartition(chr(35))[2], raw["sk"]["S"]) for raw in whole.of("visits", "visit_word")}
    assert words == {("changed", first), ("three", third)}
    visitors = {raw["pk"]["S"].rpartition(chr(35))[2]: raw["status"]["S"] for raw in whole.of("visits", "visitor")}
    assert visitors == {contact: "churned", other: "churned"}
    assert recounted(whole, admin) == []
    assert {raw["type"]["S"] for raw in whole.events()} >= {"subscription.ended", "subscription.activated"}


def test_on_again__what_is_caught_up__is_what_a_rebuild_gives(whole, clock, admin):
    contact = made(admin.call("POST", "/v1/contacts", {"name": "José"}))
    made(admin.call("POST", "/v1/visits", visit(contact, title="one")))
    switched_off(admin)
    whole.catch_up()
    clock.advance(seconds=10)
    assert switched_on(admin) == "activating"
    whole.work()
    live = told(whole, admin)
    whole.deliver_badly(seed=2)
    assert told(whole, admin) == live


def test_on_again__passed_over_while_it_catches_up__is_caught_up_later(whole, clock, admin, monkeypatch):
    """A process that does not know yet that the module is on passes over changes for up to five seconds more."""
    contact = made(admin.call("POST", "/v1/contacts", {"name": "José"}))
    switched_off(admin)
    whole.catch_up()
    clock.advance(seconds=10)
    assert switched_on(admin) == "activating"
    with monkeypatch.context() as stale:
        stale.setattr(type(whole.background), "reacts", lambda _, __, module: module != "visits")
        late = made(admin.call("POST", "/v1/contacts", {"name": "late"}))
        whole.work()  # the rebuild reads the contacts …
        assert decided(admin) == "active"
        assert admin.call("PATCH", f"/v1/contacts/{contact}", {"status": "churned"}).status == 200
        whole.catch_up()  # … before this change, which is passed over with what came before
    assert missed(whole) == ["visits"]
    assert visitor_status(whole, contact) != "churned"
    clock.advance(seconds=31)
    whole.strike()
    whole.work()
    assert visitor_status(whole, contact) == "churned"
    assert visitor_status(whole, late)
    assert missed(whole) == []


def visitor_status(whole, contact):
    found = [raw for raw in whole.of("visits", "visitor") if raw["pk"]["S"].endswith(contact)]
    return found[0]["status"]["S"] if found else None


def test_off_again__while_it_catches_up__what_is_passed_over_then_is_not_forgotten(whole, clock, admin):
    contact = made(admin.call("POST", "/v1/contacts", {"name": "José"}))
    switched_off(admin)
    whole.catch_up()
    clock.advance(seconds=10)
    assert switched_on(admin) == "activating"
    switched_off(admin)
    assert admin.call("PATCH", f"/v1/contacts/{contact}", {"status": "churned"}).status == 200
    clock.advance(seconds=10)
    whole.catch_up()
    whole.work()  # the catch-up ends in a module that is off
    assert decided(admin) == "off"
    assert missed(whole) == ["visits"]
    clock.advance(seconds=10)
    assert switched_on(admin) == "activating"
    whole.work()
    assert visitor_status(whole, contact) == "churned"
    assert decided(admin) == "active"


# -- time alone


def agreed(admin, clock, **span):
    body = {name: (clock() + timedelta(minutes=minutes)).isoformat() for name, minutes in span.items()}
    answer = admin.call("PUT", ON, body)
    assert answer.status == 200, answer
    return answer.body["state"]


def told_of_subscription(whole):
    found = [raw for raw in whole.events() if raw["type"]["S"].startswith("subscription.")]
    return [raw["type"]["S"].partition(".")[2] for raw in found if "visits" in raw["place"]["S"]]


def test_lapsed__reads_refuses_changes_and_jobs_wait__what_reacts_goes_on__and_renewed_it_is_whole(whole, clock, admin):
    contact = made(admin.call("POST", "/v1/contacts", {"name": "José"}))
    made(admin.call("POST", "/v1/visits", visit(contact, title="one")))
    whole.strike()
    assert agreed(admin, clock, ends_at=3) == "active"
    job = admin.call("POST", "/v1/visit-jobs", {"name": "climb", "params": {"steps": 2}}).headers["Location"]
    clock.advance(minutes=4)
    whole.work()
    assert admin.call("GET", job).body["state"] == "queued"
    whole.strike()
    assert told_of_subscription(whole)[-1] == "lapsed"
    assert total(admin) == 0  # nothing was counted yet; reading is allowed
    refused = admin.call("POST", "/v1/visits", visit(contact))
    assert (refused.status, refused.code, refused.body["state"]) == (403, "module_read_only", "grace")
    whole.catch_up()
    assert total(admin) == 1
    assert timeline(admin, contact) == ["one"]
    assert agreed(admin, clock) == "active"
    clock.advance(minutes=5)
    whole.strike()
    whole.work()
    assert admin.call("GET", job).body["state"] == "succeeded"
    made(admin.call("POST", "/v1/visits", visit(contact, title="two")))


def test_scheduled_after_a_pause__begins_with_a_catch_up_at_its_instant(whole, clock, admin):
    contact = made(admin.call("POST", "/v1/contacts", {"name": "José"}))
    switched_off(admin)
    whole.catch_up()
    assert agreed(admin, clock, starts_at=60) == "scheduled"
    assert whole.work() == 0
    clock.advance(minutes=62)
    refused = admin.call("GET", "/v1/visits")
    assert (refused.status, refused.code) == (503, "module_activating")  # exactly then, whatever timers do
    whole.strike()
    whole.work()
    assert decided(admin) == "active"
    assert visitor_status(whole, contact)
    assert told_of_subscription(whole)[-2:] == ["started", "activated"]


def test_a_catch_up_of_an_earlier_stretch__does_not_open_the_module(whole, clock, admin):
    made(admin.call("POST", "/v1/contacts", {"name": "José"}))
    switched_off(admin)
    assert switched_on(admin) == "activating"
    first = admin.call("GET", ON).body["catch_up_job"]
    switched_off(admin)
    assert switched_on(admin) == "activating"
    assert admin.call("GET", ON).body["catch_up_job"] != first
    Worker(whole.background).run(admin.tenant_id, first)
    assert decided(admin) == "activating"
    whole.work()
    assert decided(admin) == "active"


def test_a_kill_switch_is_lifted__what_was_passed_over_is_caught_up(whole, clock, admin):
    operator = whole.house.operator()
    whole.strike()
    contact = made(admin.call("POST", "/v1/contacts", {"name": "José"}))
    assert operator.call("PUT", "/v1/kill-switches/visits", {"reason": "broken"}).status == 200
    assert admin.call("GET", "/v1/visits").body["decided_by"] == "kill_switch"
    whole.catch_up()
    assert missed(whole) == ["visits"]
    clock.advance(minutes=3)
    whole.strike()
    assert operator.call("DELETE", "/v1/kill-switches/visits").status == 204
    assert decided(admin) == "active"
    clock.advance(minutes=5)
    whole.strike()
    whole.work()
    assert missed(whole) == []
    assert visitor_status(whole, contact)
