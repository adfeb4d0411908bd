"""What a module tells of a customer through contacts' ports, and what the doors refuse."""

import pytest

from chalicelib.changes.handling import Doors, Handling
from chalicelib.modules import Port
from chalicelib.store import keys
from chalicelib.store.commit import Action
from chalicelib.store.errors import BoundaryError
from modules.contacts.contributions.records import Badge
from modules.contacts.people.records import Contact
from modules.contacts.public import BadgeValue, Entry, Source, contribute, tell, withdraw
from tests.support.visits import NOON, event_of, made, visit

pytestmark = pytest.mark.usefixtures("with_module")


@pytest.fixture
def client(with_module):
    return with_module.house.client()


@pytest.fixture
def contact(client):
    return made(client.call("POST", "/v1/contacts", {"name": "José", "value_tier": "gold"}))


def overview(client, contact):
    answer = client.call("GET", f"/v1/contacts/{contact}/overview")
    assert answer.status == 200, answer
    return answer.body


def timeline(client, contact, query=""):
    answer = client.call("GET", f"/v1/contacts/{contact}/timeline{query}")
    assert answer.status == 200, answer
    return [each["title"] for each in answer.body["items"] if each["type"] != "change"]


def doors(behind, client, module="visits"):
    return Doors.of(behind.background, module, client.tenant_id)


def test_doors__a_port_that_is_not_declared__is_refused(with_module, client):
    for port in (Port.METRIC, Port.NOTIFICATION):
        with pytest.raises(BoundaryError):
            doors(with_module, client).port(port)
    with pytest.raises(BoundaryError):
        doors(with_module, client, "nosuch").port(Port.BADGE)


def test_doors__a_module_that_is_not_required__can_not_be_read(with_module, client):
    for other in ("core", "visits", "nosuch"):
        with pytest.raises(BoundaryError):
            doors(with_module, client).reading(other)
    with pytest.raises(BoundaryError):
        doors(with_module, client, "contacts").reading("visits")


def test_doors__a_kind_that_is_not_opened__is_neither_read_nor_written(with_module, client, contact):
    store = doors(with_module, client).reading("contacts")
    assert client.call("POST", f"/v1/contacts/{contact}/interactions", TOUCH).status == 201
    with pytest.raises(BoundaryError):  # interactions are contacts' own
        list(store.query_all(keys.collection(client.tenant_id, "contact", contact)))
    badges = doors(with_module, client).port(Port.BADGE)
    with pytest.raises(BoundaryError):
        badges.put(badges.get(Contact, contact))
    record = badges.get(Contact, contact)
    record.status = "churned"
    with pytest.raises(BoundaryError):
        badges.update(record)
    with pytest.raises(BoundaryError):
        badges.delete(record)


TOUCH = {"channel": "sms", "direction": "outbound", "title": "bill"}


def place(client, contact):
    return Contact.key_of(client.tenant_id, contact)


def test_doors__a_write_through_a_reading_door__is_refused(with_module, client, contact):
    def badge():
        return Badge(contact_id=contact, module="visits", source_id="s", source_version=1).place(client.tenant_id)

    attempts = [
        lambda store: store.put(badge()),
        lambda store: store.remove(place(client, contact)),
        lambda store: store.add(Action(place(client, contact))),
        lambda store: store.add(Action(place(client, contact), {"kind": {"S": "contact"}}, add={"n": 1})),
        lambda store: store.claim(keys.claim(client.tenant_id, "external_id", "a"), "external_id", "a", contact),
        lambda store: store.require(store.get(Contact, contact)),
        lambda store: store.delete(store.get(Contact, contact)),
    ]
    for attempt in attempts:
        with pytest.raises(BoundaryError):
            attempt(doors(with_module, client).reading("contacts"))
    assert client.call("GET", f"/v1/contacts/{contact}").body["version"] == 1


def test_doors__of_one_tenant__do_not_reach_another(with_module, client, contact):
    other = with_module.house.client()
    with pytest.raises(BoundaryError):
        doors(with_module, other).reading("contacts").fetch([place(client, contact)])
    assert tell(doors(with_module, other), Source(contact, "s", 1), Entry("t", "x", NOON)) is False


def test_contributions__through_all_five_ports__appear(with_module, client, contact):
    visited = made(client.call("POST", "/v1/visits", visit(contact, title="Asks for a SIM", mood="bad", minutes=12)))
    assert client.call("POST", f"/v1/contacts/{contact}/interactions", TOUCH).status == 201
    assert overview(client, contact)["level"] == "gold"
    with_module.catch_up()
    assert set(timeline(client, contact)) == {"Asks for a SIM", "bill"}
    assert timeline(client, contact, "?type=visit_ask") == ["Asks for a SIM"]
    assert timeline(client, contact, "?type=visit_buy") == []
    seen = overview(client, contact)
    assert [(each["module"], each["value"], each["severity"]) for each in seen["badges"]] == [
        ("visits", "bad", "warning")
    ]
    assert seen["level"] == "bad"
    entry = next(each for each in seen["timeline"] if each["module"] == "visits")
    assert (entry["source_id"], entry["link"]) == (visited, f"/v1/visits/{visited}")
    (attribute,) = with_module.of("contacts", "segment_attribute")
    assert (attribute["name"]["S"], attribute["value"]["S"]) == ("last_minutes", "12")
    (excluded,) = with_module.of("contacts", "exclusion_reason")
    assert (excluded["purpose"]["S"], excluded["reason"]["S"]) == ("marketing", "visited centre")


def test_contributions__the_best_of_several_levels__is_the_customers(with_module, client, contact):
    for mood in ("bad", "good", "fair"):
        made(client.call("POST", "/v1/visits", visit(contact, mood=mood)))
    with_module.catch_up()
    assert overview(client, contact)["level"] == "good"


def test_contributions__an_update__moves_and_replaces(with_module, client, contact):
    visited = made(client.call("POST", "/v1/visits", visit(contact, title="old", purpose="ask")))
    made(client.call("POST", "/v1/visits", visit(contact, title="other", day=1)))
    with_module.catch_up()
    assert timeline(client, contact) == ["other", "old"]
    changed = visit(contact, title="new", purpose="buy", mood="good", minutes=7, day=2)
    assert client.call("PUT", f"/v1/visits/{visited}", changed).status == 200
    with_module.catch_up()
    assert timeline(client, contact) == ["new", "other"]
    assert timeline(client, contact, "?type=visit_ask") == ["other"]
    assert timeline(client, contact, "?type=visit_buy") == ["new"]
    assert sorted(each["value"] for each in overview(client, contact)["badges"]) == ["fair", "good"]


def test_contributions__an_older_version__changes_nothing(with_module, client, contact):
    def tell_as(version, title):
        opened = doors(with_module, client)
        source = Source(contact, "s1", version)
        staged = (
            tell(opened, source, Entry("t", title, NOON)),
            contribute(opened, source, BadgeValue("b", title)),
        )
        opened.store.commit()
        return staged

    assert tell_as(2, "two") == (True, True)
    assert tell_as(1, "one") == tell_as(2, "two again") == (False, False)
    assert timeline(client, contact) == ["two"]
    assert [each["value"] for each in overview(client, contact)["badges"]] == ["two"]
    assert tell_as(3, "three") == (True, True)
    assert timeline(client, contact) == ["three"]


def test_contributions__a_withdrawal__is_not_undone_by_an_older_event(with_module, client, contact):
    visited = made(client.call("POST", "/v1/visits", visit(contact, mood="good")))
    created = event_of(with_module, visited, "created")
    with_module.catch_up()
    assert client.call("DELETE", f"/v1/visits/{visited}").status == 204
    with_module.catch_up()
    assert timeline(client, contact) == []
    seen = overview(client, contact)
    assert (seen["badges"], seen["level"]) == ([], "gold")

    def late():  # a handler that still believes what the event told
        store = with_module.background.store("visits", client.tenant_id, "test", "test")
        handling = Handling("visits", store, with_module.background, created)
        source = Source(contact, visited, int(created.subject_version))
        answers = (
            tell(handling, source, Entry("visit_ask", "ghost", NOON)),
            contribute(handling, source, BadgeValue("mood", "ghost")),
        )
        store.commit()
        return answers

    assert late() == (False, False)
    with_module.deliver_badly(seed=1)
    assert timeline(client, contact) == []
    assert overview(client, contact)["badges"] == []
    for raw in with_module.of("contacts", "badge", "customer_level"):
        assert raw["gone"] == {"BOOL": True}
        assert int(raw["ttl"]["N"]) > created.at.timestamp() + 30 * 86400


def test_contributions__what_is_void_again_made__comes_back(with_module, client, contact):
    visited = made(client.call("POST", "/v1/visits", visit(contact)))
    for void, entries in ((True, 0), (False, 1)):
        with_module.catch_up()
        assert client.call("PUT", f"/v1/visits/{visited}", visit(contact, void=void)).status == 200
        with_module.catch_up()
        assert len(timeline(client, contact)) == len(overview(client, contact)["badges"]) == entries
    (badge,) = with_module.of("contacts", "badge")
    assert "ttl" not in badge


def test_contributions__withdrawn__do_not_keep_the_contact(with_module, client, contact):
    visits = [made(client.call("POST", "/v1/visits", visit(contact, day=day))) for day in range(4)]
    with_module.catch_up()
    assert client.call("DELETE", f"/v1/contacts/{contact}").status == 409
    for each in visits:
        assert client.call("DELETE", f"/v1/visits/{each}").status == 204
    with_module.catch_up()
    assert client.call("DELETE", f"/v1/contacts/{contact}").status == 204


def test_contributions__to_a_contact_that_is_gone__are_passed_over(with_module, client, contact):
    visited = made(client.call("POST", "/v1/visits", visit(contact)))
    assert client.call("DELETE", f"/v1/contacts/{contact}").status == 204
    with_module.catch_up()
    for kind in ("timeline_entry", "badge", "segment_attribute", "exclusion_reason", "customer_level"):
        assert with_module.of("contacts", kind) == []
    opened = doors(with_module, client)
    source = Source(contact, visited, 9)
    assert tell(opened, source, Entry("t", "x", NOON)) is False
    assert contribute(opened, source, BadgeValue("b", "x")) is withdraw(opened, source, BadgeValue) is False
    assert with_module.of("core", "delivery") == []


def test_contributions__texts_and_times_that_do_not_fit__are_refused(with_module, client, contact):
    opened = doors(with_module, client)
    source = Source(contact, "s1", 1)
    for entry in (Entry("t", "x" * 201, NOON), Entry("t", "x", NOON.replace(tzinfo=None))):
        with pytest.raises(ValueError, match="Entry"):
            tell(opened, source, entry)
    with pytest.raises(ValueError, match=r"BadgeValue\.value"):
        contribute(opened, source, BadgeValue("b", "x" * 201))


def test_timeline__times_of_any_zone__stand_in_their_order(with_module, client, contact):
    from datetime import timedelta, timezone  # noqa: PLC0415 - here alone

    east = timezone(timedelta(hours=8))
    for number, at in enumerate((NOON, (NOON + timedelta(hours=1)).astimezone(east), NOON + timedelta(hours=2))):
        opened = doors(with_module, client)
        tell(opened, Source(contact, f"s{number}", 1), Entry("t", str(number), at))
        opened.store.commit()
    assert timeline(client, contact) == timeline(client, contact, "?type=t") == ["2", "1", "0"]
