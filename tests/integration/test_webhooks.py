"""Webhooks end to end against a receiver that misbehaves: order, schedule, rights, rotation, replay, and its end."""

import socket
from datetime import datetime, timedelta

import pytest
from standardwebhooks.webhooks import Webhook

from chalicelib.access import posting
from chalicelib.access.api_keys import mint, stored_form
from chalicelib.access.posting import Poster
from chalicelib.jobs import positions
from chalicelib.jobs.scheduler import SCHEDULER
from chalicelib.store import keys
from tenants.api_keys.records import ApiKey
from tenants.users.records import User
from tenants.webhook_deliveries import handlers
from tenants.webhook_deliveries.rules import DELAYS
from tests.support.application import Client, deployed
from tests.support.backstage import Backstage
from tests.support.control_plane import RealHouse
from tests.support.engine import fresh_tables
from tests.support.receiver import receiving
from tests.support.units import UNITS


@pytest.fixture
def local(proxy, engine, clock):
    """The whole product as a local run, where http to this machine is allowed."""
    units = UNITS
    with (
        fresh_tables(engine.endpoint, units) as made,
        deployed(proxy.endpoint, made, SWITCHBOARD_STAGE="local"),
    ):
        yield Backstage(engine.endpoint, made, clock, RealHouse(clock))


@pytest.fixture
def receiver():
    with receiving() as made:
        yield made


@pytest.fixture
def admin(local):
    return local.house.onboard(["contacts"])


@pytest.fixture
def hook(admin, receiver):
    return subscribe(admin, receiver)


def subscribe(admin, receiver, **more):
    body = {"url": receiver.url, "events": ["contact.*"]} | more
    answer = admin.call("POST", "/v1/webhooks", body)
    assert answer.status == 201, answer
    return answer.body


def contact(admin, name="José", **more):
    answer = admin.call("POST", "/v1/contacts", {"name": name} | more)
    assert answer.status == 201, answer
    return answer.body["id"]


def rename(admin, contact_id, name):
    assert admin.call("PATCH", f"/v1/contacts/{contact_id}", {"name": name}).status == 200


def run(local):
    """Deliver what there is, and let the workers send."""
    local.catch_up()
    local.work()


def later(local, clock, **by):
    """Let time pass, the clock strike and the workers send."""
    clock.advance(**by)
    local.strike()
    local.work()


def leap(local, clock, to):
    """Move to a time, and the scheduler with it past minutes in which nothing is due; then as `later`."""
    for unit in local.units:
        positions.save(local.background, unit, SCHEDULER, to.replace(second=0, microsecond=0).isoformat())
    later(local, clock, seconds=(to - clock()).total_seconds())


def log(admin, hook):
    return admin.call("GET", f"/v1/webhooks/{hook['id']}/deliveries").body["items"]


def state(admin, hook):
    shown = admin.call("GET", f"/v1/webhooks/{hook['id']}").body
    return shown["state"], shown["disabled_reason"]


# -- who is told what


def test_event__of_another_tenant__is_not_told(local, receiver, hook):
    contact(local.house.onboard(["contacts"]))
    run(local)
    assert receiver.got == []


def test_data__of_a_record_out_of_the_subscribers_reach__is_not_sent(local, admin, receiver):
    token = _integrator(local, admin, reach="own")
    hook = subscribe(token, receiver, content="data")
    contact(admin)
    run(local)
    assert receiver.got == []
    assert [(each["state"], each["reason"]) for each in log(token, hook)] == [("skipped", "not_readable")]
    own = contact(token, "Own")
    run(local)
    assert [each.document["data"]["name"] for each in receiver.got] == ["Own"]
    assert receiver.got[0].document["subject"] == own


def test_ids__of_a_record_out_of_the_subscribers_reach__are_not_sent_either(local, admin, receiver):
    subscribe(_integrator(local, admin, reach="own"), receiver)
    contact(admin)
    run(local)
    assert receiver.got == []


def test_data__is_masked_as_the_subscribers_key_would_read_it(local, admin, receiver):
    scopes = ["contacts:read", "webhooks:admin", "webhooks:read"]
    subscribe(_key(local, admin, scopes), receiver, content="data")
    subscribe(admin, receiver, content="data")
    contact(admin, phones=["+14155550100"])
    run(local)
    shown = sorted(str(each.document["data"]["phones"]) for each in receiver.got)
    assert len(shown) == 2
    assert shown[0] != shown[1]
    assert sum("+14155550100" in each for each in shown) == 1


def test_ids__tell_names_of_fields_and_no_values(local, admin, receiver, hook):
    contact_id = contact(admin, "Zoë Secret")
    run(local)
    (got,) = receiver.got
    assert {"id", "type", "subject", "actor", "time", "version", "changed"} == got.document.keys()
    assert (got.document["type"], got.document["subject"]) == ("contact.created", contact_id)
    assert "name" in got.document["changed"]
    assert b"Zo" not in got.body
    assert got.headers["webhook-id"] == got.document["id"]


def test_subscriber__that_is_deactivated__ends_the_webhook(local, admin, receiver):
    token = _integrator(local, admin)
    hook = subscribe(token, receiver)
    assert admin.call("POST", f"/v1/users/{hook['user_id']}/deactivate").status in {200, 204}
    contact(admin)
    run(local)
    assert receiver.got == []
    assert state(admin, hook) == ("disabled", "subscriber_gone")


# -- signatures


def test_signature__verifies_and_a_rotation_signs_by_both(local, admin, receiver, hook):
    rotated = admin.call("POST", f"/v1/webhooks/{hook['id']}/rotate-secret").body["secret"]
    contact(admin)
    run(local)
    (got,) = receiver.got
    for secret in (hook["secret"], rotated):
        assert Webhook(secret).verify(got.body, got.headers)["type"] == "contact.created"
    assert got.path == "/hooks?token=t"


# -- order


def test_order__one_failing_subject_waits_and_holds_up_no_other(local, clock, admin, receiver, hook):
    bad, good = contact(admin), contact(admin, "Li")
    receiver.of[bad] = 500
    for name in ("a", "b"):
        rename(admin, bad, name)
        rename(admin, good, name)
    run(local)
    assert [each for each in receiver.told() if each[0] == bad] == [(bad, 1)]
    assert [each for each in receiver.told() if each[0] == good] == [(good, 1), (good, 2), (good, 3)]
    receiver.of.clear()
    receiver.got.clear()
    later(local, clock, seconds=6)
    assert receiver.told() == [(bad, 1), (bad, 2), (bad, 3)]
    assert {each["state"] for each in log(admin, hook)} == {"delivered"}


def test_event__that_is_delivered_twice__is_sent_once(local, admin, receiver, hook):
    contact(admin)
    run(local)
    local.deliver(local.events())
    local.work()
    assert len(receiver.got) == 1


def test_wake_up__that_is_lost__is_made_up_by_the_timer(local, clock, admin, receiver, hook):
    contact(admin)
    local.strike()
    local.catch_up()
    _nobody_works()
    later(local, clock, minutes=1, seconds=1)
    assert len(receiver.got) == 1


def test_turn__that_two_workers_take__is_sent_once(local, admin, receiver, hook, monkeypatch):
    contact(admin)
    local.catch_up()
    line = f"{hook['id']}/{local.events()[-1]['subject']['S']}"
    take = handlers._take_turn

    def beside(store, head):
        monkeypatch.setattr(handlers, "_take_turn", take)
        handlers.send(local.background, admin.tenant_id, line)
        take(store, head)

    monkeypatch.setattr(handlers, "_take_turn", beside)
    handlers.send(local.background, admin.tenant_id, line)
    assert len(receiver.got) == 1


# -- a receiver that misbehaves


@pytest.fixture
def quick(admin, hook, monkeypatch):
    """An admin and a webhook, where a POST ends after 0.4 s."""
    monkeypatch.setattr(handlers, "Poster", lambda resolve, **more: Poster(resolve, total_s=0.4, **more))
    return admin, hook


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (500, (500, "status")),
        (404, (404, "status")),
        ((302, {"Location": "http://127.0.0.1:1/inside"}), (302, "redirect")),
        ("reset", (None, "connection")),
        ("silent", (None, "timeout")),
        ("dripping", (None, "timeout")),
    ],
)
def test_failure__is_logged_and_tried_again(local, clock, receiver, quick, answer, said):
    admin, hook = quick
    receiver.next.append(answer)
    contact(admin)
    run(local)
    (delivery,) = log(admin, hook)
    assert (delivery["state"], delivery["attempts"]) == ("waiting", 1)
    assert (delivery["status"], delivery["reason"]) == said
    later(local, clock, seconds=6)
    (delivery,) = log(admin, hook)
    assert (delivery["state"], delivery["attempts"], delivery["status"]) == ("delivered", 2, 200)
    assert [each.headers["webhook-id"] for each in receiver.got] == [delivery["event_id"]] * 2


def test_schedule__ten_attempts_then_failed_and_the_next_of_the_subject_goes_on(local, clock, admin, receiver, hook):
    clock.stand_still()
    subject = contact(admin)
    receiver.of[subject] = 500
    run(local)
    for attempt, delay in enumerate(DELAYS, 1):
        assert len(receiver.got) == attempt
        at = datetime.fromisoformat(log(admin, hook)[0]["next_attempt_at"])
        assert delay * 0.89 < at - clock() <= delay * 1.1
        leap(local, clock, at - timedelta(seconds=2))
        assert len(receiver.got) == attempt, "too early"
        later(local, clock, seconds=3)
    assert len(receiver.got) == 10
    (delivery,) = log(admin, hook)
    assert (delivery["state"], delivery["attempts"]) == ("failed", 10)
    assert state(admin, hook) == ("enabled", None)
    receiver.of.clear()
    rename(admin, subject, "b")
    run(local)
    assert receiver.told()[-1] == (subject, 2)


def test_retry_after__is_waited_for(local, clock, admin, receiver, hook):
    receiver.next.append((429, {"Retry-After": "600"}))
    contact(admin)
    run(local)
    later(local, clock, minutes=9, seconds=50)
    assert len(receiver.got) == 1
    later(local, clock, seconds=15)
    assert len(receiver.got) == 2


def test_gone__ends_the_webhook_and_what_waits_for_it(local, clock, admin, receiver, hook):
    subject = contact(admin)
    rename(admin, subject, "b")
    receiver.always = 410
    run(local)
    later(local, clock, minutes=2)
    assert state(admin, hook) == ("disabled", "gone")
    assert [each["state"] for each in log(admin, hook)] == ["skipped", "failed"]
    contact(admin, "Li")
    run(local)
    assert len(receiver.got) == 1


def test_five_days_of_failures__end_the_webhook(local, clock, admin, receiver, hook):
    receiver.always = 503
    contact(admin)
    run(local)
    clock.advance(days=5, seconds=1)
    contact(admin, "Li")
    run(local)
    assert state(admin, hook) == ("disabled", "failing")


def test_five_days__begin_again_with_a_success(local, clock, admin, receiver, hook):
    receiver.next.append(503)
    contact(admin)
    run(local)
    contact(admin, "Li")
    run(local)
    clock.advance(days=5, seconds=1)
    receiver.next.append(503)
    contact(admin, "Wang")
    run(local)
    assert state(admin, hook) == ("enabled", None)


# -- where it may be sent


def test_name__that_resolves_inside_when_it_is_sent__is_not_called(local, admin, receiver, monkeypatch):
    hook = subscribe(admin, receiver, url=f"https://rebinding.example.com:{receiver.port}/")
    resolved = []

    def inside(host, port, **_):
        resolved.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", inside)
    outcome = Poster(handlers.resolve_by_system).post(hook["url"], b"{}", {})
    assert outcome == posting.Outcome(failure=posting.Failure.ADDRESS)
    assert (resolved, receiver.got) == (["rebinding.example.com"], [])


# -- replay and test


def test_replay__sends_again_what_was_missed_with_the_same_ids(local, clock, admin, receiver, hook):
    before = admin.call("PATCH", f"/v1/webhooks/{hook['id']}", {"state": "disabled"})
    assert before.status == 200
    subject = contact(admin)
    rename(admin, subject, "b")
    run(local)
    assert receiver.got == []
    admin.call("PATCH", f"/v1/webhooks/{hook['id']}", {"state": "enabled"})
    since = (clock() - timedelta(minutes=5)).isoformat()
    for _ in range(2):
        job = local.job(admin, admin.call("POST", f"/v1/webhooks/{hook['id']}/replay", {"since": since}))
        local.work()
        assert (job["state"], job["result"]) == ("succeeded", {"replayed": 2})
        clock.advance(minutes=10, seconds=1)
        since = (clock() - timedelta(minutes=30)).isoformat()
    assert receiver.told() == [(subject, 1), (subject, 2)] * 2
    ids = [each.headers["webhook-id"] for each in receiver.got]
    assert ids[:2] == ids[2:]


def test_test__is_sent_and_logged(local, admin, receiver, hook):
    answer = admin.call("POST", f"/v1/webhooks/{hook['id']}/test")
    assert answer.status == 200, answer
    local.work()
    (got,) = receiver.got
    assert got.document["type"] == "webhook.test"
    assert Webhook(hook["secret"]).verify(got.body, got.headers)
    assert [(each["type"], each["state"]) for each in log(admin, hook)] == [("webhook.test", "delivered")]


def _nobody_works():
    from chalicelib.jobs import queue  # noqa: PLC0415 - here alone

    while not queue.LOCAL.empty():
        queue.LOCAL.get_nowait()


def _integrator(local, admin, reach="all"):
    """Another user of the admin's unit, and a key of his with all that he may."""
    store = local.background.store("core", admin.tenant_id, "test", "test")
    first = next(each for each in store.query(keys.by_kind(admin.tenant_id, "user"), index="gsi1")[0])
    user = User.fresh(
        store.clock(),
        name="Ira",
        email="ira@example.com",
        role="integrator",
        reach=reach,
        unit_id=first.unit_id,
        unit_path=first.unit_path,
        status="active",
    )
    store.create(user)
    return _keyed(local, store, user, local.house.catalogue.permissions())


def _keyed(local, store, user, scopes):
    text = mint(store.boundary)
    key = ApiKey.fresh(
        store.clock(),
        name="k",
        user_id=user.id,
        scopes=sorted(scopes),
        expires_at=store.clock() + timedelta(days=300),
        hashed=stored_form(local.background.keyring, text),
    )
    store.create(key)
    store.commit()
    return Client(local.house.application, store.boundary, text)


def _key(local, admin, scopes):
    """Another key of the admin's, which holds these scopes alone."""
    store = local.background.store("core", admin.tenant_id, "test", "test")
    (first,) = store.query(keys.by_kind(admin.tenant_id, "user"), index="gsi1")[0]
    return _keyed(local, store, first, scopes)
