"""The audit on the engine: everything that happened is in exactly one chunk of a whole chain, whoever dies or races."""

import gzip
import random
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from functools import partial
from threading import Barrier

import httpx
import pytest
from typer.testing import CliRunner
from werkzeug.middleware.dispatcher import DispatcherMiddleware

import tenants
from chalicelib.access.crypto import Keyring
from chalicelib.access.principal import Reach
from chalicelib.access.signed import public_key_of
from chalicelib.files.storage import storage
from chalicelib.store import keys
from chalicelib.store.attempts import until_in
from chalicelib.store.errors import StoreUnavailableError
from infra.local.files import FileServer
from infra.local.gateway import gateway
from switchboard_cli import session
from switchboard_cli.__main__ import app
from switchboard_cli.api import Api
from switchboard_cli.verification import Sealed, verify
from tenants.audit.handlers import PURPOSE, seal_next
from tenants.audit.records import AuditChunk, path_of
from tenants.audit.routes import routes as audit_routes
from tenants.audit.rules import entries_in
from tenants.jobs.routes import routes as job_routes
from tenants.kinds import AUDIT_CHUNK
from tests.fault.conftest import driver
from tests.support.application import SECRET_KEY, House, deployed
from tests.support.backstage import Backstage
from tests.support.driver import Place, killed_there
from tests.support.engine import fresh_tables
from tests.support.faults import Conflict, LostAnswer
from tests.support.visits import UNITS, made, visit, with_visits

__all__ = ["driver"]

NEW_KEY = "TmV3IGtleSBmb3IgdGVzdHMsIDMyIGJ5dGVzIGxvbmc="


@pytest.fixture
def behind(proxy, engine, clock, tmp_path):
    with (
        with_visits(),
        fresh_tables(engine.endpoint, UNITS) as prefix,
        deployed(proxy.endpoint, prefix, SWITCHBOARD_FILES_DIR=str(tmp_path)),
    ):
        house = House(clock, tenants.MANIFEST, (audit_routes, job_routes))
        # The middle of an hour: what a test does at once is in one hour.
        now = clock()
        clock.advance(minutes=(90 - now.minute) % 60)
        yield Backstage(engine.endpoint, prefix, clock, house)


@pytest.fixture
def client(behind):
    return behind.house.client()


def chain(behind, client):
    """The sealed chunks as an auditor holds them."""
    store = behind.background.store("core", client.tenant_id, "test", "test")
    found = store.query_all(keys.shelf(client.tenant_id, AUDIT_CHUNK.name))
    return [
        Sealed(each.seal, each.signature, stored(client, each.end)) for each in found if isinstance(each, AuditChunk)
    ]


def stored(client, end):
    with storage().open(path_of(client.tenant_id, end)) as stream:
        return stream.read()


def happened(behind, client):
    """The ids of all that there is to be audited, in order."""
    items = [*behind.events(), *behind.of("core", "audit_note")]
    return sorted(each["id"]["S"] for each in items if each["pk"]["S"].startswith(f"{client.tenant_id}#"))


def sealed_ids(chunks):
    return [entry["id"] for each in chunks for entry in entries_in(each.packed)]


def seal_all(behind, client, background=None, entries=1000):
    count = 0
    while until_in(lambda: seal_next(background or behind.background, client.tenant_id, entries)):
        count += 1
    return count


def check_whole(behind, client):
    chunks = chain(behind, client)
    assert verify(chunks) == []
    assert sealed_ids(chunks) == happened(behind, client)
    return chunks


def told(client, query="", limit=200):
    """All that the API tells, over its pages."""
    found, cursor = [], ""
    while True:
        answer = client.call("GET", f"/v1/audit?limit={limit}{query}{cursor}")
        assert answer.status == 200, answer.text
        found += answer.body["items"]
        if answer.body["next_cursor"] is None:
            return found
        cursor = f"&cursor={answer.body['next_cursor']}"


# -- who may


def test_audit__without_the_right_or_the_whole_tenant__is_refused(behind, client):
    everything = behind.house.catalogue.permissions()
    for path in ("/v1/audit", "/v1/audit/chunks", "/v1/audit/chunks/auc_01ARZ3NDEKTSV4RRFFQ69G5FAV"):
        for reach in (Reach.OWN, Reach.UNIT, Reach.SUBTREE):
            answer = behind.house.client(client.tenant_id, reach=reach).call("GET", path)
            assert (answer.status, answer.code) == (403, "permission_denied")
        without = behind.house.client(client.tenant_id, permissions=everything - {"audit:read"})
        assert without.call("GET", path).body["permission"] == "audit:read"


def test_audit__of_another_tenant__is_not_told(behind, clock, client):
    made(client.call("POST", "/v1/contacts", {"name": "José"}))
    other = behind.house.client()
    clock.advance(hours=1)
    assert seal_all(behind, client) == 1
    (chunk,) = client.call("GET", "/v1/audit/chunks").body["items"]
    assert client.call("GET", f"/v1/audit/chunks/{chunk['id']}").status == 200
    assert other.call("GET", f"/v1/audit/chunks/{chunk['id']}").status == 404
    assert other.call("GET", "/v1/audit/chunks").body["items"] == []
    assert told(other) == []
    made(client.call("POST", "/v1/contacts", {"name": "more"}))
    clock.advance(seconds=11)
    cursor = client.call("GET", "/v1/audit?limit=1").body["next_cursor"]
    assert other.call("GET", f"/v1/audit?limit=1&cursor={cursor}").code == "invalid_cursor"
    assert client.call("GET", f"/v1/audit?limit=1&action=denied&cursor={cursor}").code == "invalid_cursor"


def test_values__without_the_right_to_see_them__are_withheld(behind, clock, client):
    contact = made(client.call("POST", "/v1/contacts", {"name": "José", "status": "active"}))
    clock.advance(seconds=11)
    everything = behind.house.catalogue.permissions()
    for lacking, shown in (({"contacts:read"}, set()), ({"contacts:read_sensitive"}, {"status"})):
        caller = behind.house.client(client.tenant_id, permissions=everything - lacking)
        (entry,) = [each for each in told(caller) if each["record"] == contact]
        assert "José" not in str(entry)
        seen = {each["field"] for each in entry["changes"] if each["withheld"] is None}
        assert shown <= seen if shown else not seen


def test_values__of_a_person_who_was_erased__are_gone_and_the_chain_stays_whole(behind, clock, client):
    contact = made(client.call("POST", "/v1/contacts", {"name": "José", "status": "active"}))
    clock.advance(hours=1)
    seal_all(behind, client)

    def name():
        (entry,) = told(client, f"&record={contact}&action=contact.created")
        (change,) = [each for each in entry["changes"] if each["field"] == "name"]
        return change

    assert name() == {"field": "name", "old": None, "new": "José", "withheld": None}
    assert client.call("DELETE", f"/v1/contacts/{contact}").status == 204
    assert name() == {"field": "name", "old": None, "new": None, "withheld": "erased"}
    (entry,) = told(client, f"&record={contact}&action=contact.created")
    assert {"field": "status", "old": None, "new": "active", "withheld": None} in entry["changes"]
    assert verify(chain(behind, client)) == []
    assert all("José" not in str(entries_in(each.packed)) for each in chain(behind, client))


# -- what is noted beside changes


def test_a_denial__says_who_what_and_which_record_and_a_flood_is_counted(behind, clock, client):
    contact = made(client.call("POST", "/v1/contacts", {"name": "José"}))
    viewer = behind.house.client(client.tenant_id, permissions={"contacts:read"})
    for _ in range(100):
        assert viewer.call("DELETE", f"/v1/contacts/{contact}").status == 403
    clock.advance(seconds=61)
    assert viewer.call("DELETE", "/v1/contacts/a-name-that-somebody-typed").status == 403
    clock.advance(seconds=11)
    denials = told(client, "&action=denied")
    assert sum(each["detail"].get("count", 1) for each in denials) == 101
    assert len(denials) <= 25
    assert denials[-1]["record"] == contact
    assert denials[-1]["actor"].startswith("key_")
    assert denials[-1]["detail"] == {
        "code": "permission_denied",
        "operation": "delete_contact",
        "permission": "contacts:delete",
    }
    assert "somebody-typed" not in str(denials)


def test_a_look_at_a_number_by_who_may_not_search_for_it__is_kept_hit_or_miss(behind, clock, client):
    contact = made(client.call("POST", "/v1/contacts", {"name": "José", "phones": ["+14155558431"]}))
    agent = behind.house.client(client.tenant_id, permissions={"contacts:read"})
    assert agent.call("GET", "/v1/contacts/lookup?phone=%2B14155558431").status == 200
    assert agent.call("GET", "/v1/contacts/lookup?phone=%2B14155558432").status == 404
    assert client.call("GET", "/v1/contacts/lookup?phone=%2B14155558431").status == 200  # who may is not asked
    clock.advance(seconds=11)
    miss, hit = told(client, "&action=contact.looked_up")
    assert (hit["record"], hit["detail"]) == (contact, {"key": "phone", "found": 1})
    assert (miss["record"], miss["detail"]) == (None, {"key": "phone", "found": 0})
    assert "5558431" not in str([hit, miss])


def test_a_look_that_can_not_be_noted__shows_nothing(behind, client, proxy):
    made(client.call("POST", "/v1/contacts", {"name": "José", "phones": ["+14155558431"]}))
    agent = behind.house.client(client.tenant_id, permissions={"contacts:read"})
    proxy.inject(Conflict(probability=1.0))
    answer = agent.call("GET", "/v1/contacts/lookup?phone=%2B14155558431")
    proxy.clear()
    assert (answer.status, "José" in answer.text) == (503, False)


# -- sealing


def test_timers__what_happened_is_sealed_in_the_next_hour_once_and_an_idle_tenant_costs_nothing(behind, clock, client):
    contact = made(client.call("POST", "/v1/contacts", {"name": "José"}))
    behind.catch_up()
    behind.strike()
    assert chain(behind, client) == []
    for _ in range(2):
        clock.advance(minutes=50)
        behind.deliver_badly(seed=3)
        behind.strike()
        check_whole(behind, client)
    assert len(chain(behind, client)) == 1
    clock.advance(hours=1)
    behind.strike()
    assert [each for each in behind.of("core", "due") if each["name"]["S"] == "core.seal_audit"] == []
    assert client.call("PATCH", f"/v1/contacts/{contact}", {"status": "churned"}).status == 200
    behind.catch_up()
    clock.advance(minutes=65)
    behind.strike()
    assert len(check_whole(behind, client)) == 2


@pytest.mark.parametrize("seed", range(2))
def test_any_history__every_entry_is_in_exactly_one_chunk_and_every_page_and_filter_tells_the_same(
    behind, clock, client, seed
):
    chance = random.Random(seed)
    contacts = [made(client.call("POST", "/v1/contacts", {"name": "first"}))]
    viewer = behind.house.client(client.tenant_id, permissions={"contacts:read"})
    for _ in range(25):
        match chance.randrange(6):
            case 0:
                contacts.append(made(client.call("POST", "/v1/contacts", {"name": f"c{len(contacts)}"})))
            case 1 | 2:
                path = f"/v1/contacts/{chance.choice(contacts)}"
                client.call("PATCH", path, {"tags": [str(chance.random())]})
            case 3:
                made(client.call("POST", "/v1/visits", visit(chance.choice(contacts))))
            case 4:
                viewer.call("PATCH", f"/v1/contacts/{chance.choice(contacts)}", {"status": "churned"})
            case _:
                clock.advance(seconds=chance.choice([1, 20, 600, 3600, 30_000]))
                if chance.random() < 0.5:
                    seal_all(behind, client, entries=chance.choice([1, 3, 1000]))
    clock.advance(seconds=11)
    everything = [each["id"] for each in told(client)]
    assert everything == sorted(happened(behind, client), reverse=True)  # the part that is not sealed, too
    clock.advance(hours=1)
    seal_all(behind, client, entries=5)
    chunks = check_whole(behind, client)
    entries = [entry for each in chunks for entry in entries_in(each.packed)]
    for limit in (3, 200):
        assert [each["id"] for each in told(client, limit=limit)] == everything
    for name in ("actor", "record", "action"):
        for value in {each[name] for each in entries if each[name]}:
            wanted = [each["id"] for each in reversed(entries) if each[name] == value]
            assert [each["id"] for each in told(client, f"&{name}={value}", limit=9)] == wanted
    at = entries[len(entries) // 2]["time"].replace("+", "%2B")
    middle = entries[len(entries) // 2]["time"]
    later = [each["id"] for each in reversed(entries) if each["time"] >= middle]
    assert [each["id"] for each in told(client, f"&time.gte={at}")] == later
    assert [each["id"] for each in told(client, f"&time.lt={at}")] == everything[len(later) :]


@pytest.mark.parametrize("faults", [[], [Conflict(probability=0.2), LostAnswer(probability=0.1)]])
def test_six_workers_at_once__one_chain(behind, proxy, brisk, clock, client, faults):
    for number in range(12):
        made(client.call("POST", "/v1/contacts", {"name": f"c{number}"}))
        clock.advance(minutes=17)
    clock.advance(hours=1)
    together = Barrier(6)
    proxy.inject(*faults)

    def work(_):
        together.wait(10)
        while True:
            with suppress(StoreUnavailableError):  # its timer is put off, and fires again
                return seal_all(behind, client, entries=2)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, range(6)))
    proxy.clear()
    seal_all(behind, client, entries=2)
    check_whole(behind, client)


@pytest.mark.slow
def test_killed_at_any_transaction__the_chain_is_whole_and_nothing_is_left_over(
    behind, proxy, clock, client, driver, tmp_path
):
    places = []
    for step, when in ((step, when) for step in range(1, 9) for when in ("before", "after")):
        made(client.call("POST", "/v1/contacts", {"name": f"{step} {when}"}))
        clock.advance(hours=1)
        proxy.reset_steps("TransactWriteItems")
        proxy.pause_at(step, when)
        place = Place(proxy.endpoint, behind.prefix, clock.ahead.total_seconds())
        died = killed_there(proxy, driver.seal(place, client.tenant_id, tmp_path))
        seal_all(behind, client)
        check_whole(behind, client)
        if not died:
            break
        places.append((step, when))
    assert places == [(1, "before"), (1, "after"), (2, "before"), (2, "after")]  # the mentions, and the seal
    chunks = chain(behind, client)
    ends = {each.seal["end"] for each in chunks}
    assert {each["sk"]["S"].rpartition("#")[2] for each in behind.of("core", "audit_index")} == ends
    assert len(list(tmp_path.rglob("entries.jsonl.gz*"))) in {len(chunks), 2 * len(chunks)}  # a directory and its part


def test_a_changed_byte_of_a_stored_file__is_found(behind, clock, client):
    for number in range(3):
        made(client.call("POST", "/v1/contacts", {"name": f"c{number}"}))
        clock.advance(hours=1)
    seal_all(behind, client)
    chunks = chain(behind, client)
    content = bytearray(chunks[1].packed)
    content[len(content) // 2] ^= 1
    storage().write(path_of(client.tenant_id, chunks[1].seal["end"]), [bytes(content)], "application/gzip")
    found = verify(chain(behind, client))
    assert {(each.number, each.code in {"changed", "unreadable"}) for each in found} == {(2, True)}


def test_rotated_secret_keys__old_seals_verify_values_are_shown_and_the_new_key_vouches(behind, clock, client):
    """Seals by the old key, by the new one with the old beside it, and by the new one alone."""
    rings = [Keyring(each) for each in ([SECRET_KEY], [NEW_KEY, SECRET_KEY], [NEW_KEY])]
    for ring in rings:
        made(client.call("POST", "/v1/contacts", {"name": "José"}))
        clock.advance(hours=1)
        assert seal_all(behind, client, replace(behind.background, keyring=ring)) == 1
    chunks = check_whole(behind, client)
    signers = [each.seal["public_key"] for each in chunks]
    assert signers[0] != signers[1] == signers[2]
    newest = public_key_of(rings[2].derived(PURPOSE, client.tenant_id)[0])
    assert verify(chunks, trusted={newest}) == []
    assert [each.code for each in verify(chunks[:1], trusted={newest})] == ["key_not_trusted"]
    published = [each["public_key"] for each in client.call("GET", "/v1/audit/keys").body["items"]]
    assert published == signers[:1]


# -- the command line


def test_the_command_line__exports_through_the_api_and_verifies_offline(behind, client, clock, tmp_path, monkeypatch):
    for name in ("José", "Zoë"):
        made(client.call("POST", "/v1/contacts", {"name": name}))
    clock.advance(hours=2)
    seal_all(behind, client, entries=1)
    monkeypatch.setenv("SWITCHBOARD_TOKEN", client.key)
    served = {"/files": FileServer(storage()).wsgi}
    transport = httpx.WSGITransport(app=DispatcherMiddleware(gateway(behind.house.application), served))
    monkeypatch.setattr(session, "Api", partial(Api, transport=transport))
    folder = tmp_path / "audit"
    first = CliRunner().invoke(app, ["audit", "export", str(folder)])
    assert first.exit_code == 0, first.output
    assert len(list(folder.glob("*.jsonl.gz"))) == len(check_whole(behind, client)) > 1
    assert CliRunner().invoke(app, ["audit", "verify", str(folder)]).exit_code == 0
    again = CliRunner().invoke(app, ["audit", "export", str(folder)])
    assert "0 of" in again.output
    path = next(folder.glob("*.jsonl.gz"))
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()).replace(b"created", b"deleted")))
    assert CliRunner().invoke(app, ["audit", "verify", str(folder)]).exit_code == 1
