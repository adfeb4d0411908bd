"""A person who stands out, everywhere in the house: the export holds every word, and after the erasure nothing does."""

import gzip
import io
import json
import zipfile
from datetime import timedelta
from hashlib import sha256

import pytest

from chalicelib.access.signed import is_signed
from chalicelib.changes.handling import Doors
from chalicelib.files.storage import storage
from chalicelib.work.asked import Source
from chalicelib.work.notifications import Notice, notify
from chalicelib.work.tasks import TaskWanted, ask_for_task
from modules.contacts.erasures.rules import is_genuine
from tests.integration.test_leaving import audited
from tests.support.application import deployed
from tests.support.backstage import Backstage
from tests.support.control_plane import RealHouse
from tests.support.engine import fresh_tables
from tests.support.files import send_content
from tests.support.visits import UNITS, visit, with_visits

PERSON = {
    "name": "Zyxwina Quorndotter",
    "given_name": "Zyxwina",
    "family_name": "Quorndotter",
    "external_ids": [{"system": "billing", "id": "QX-77-ZULU"}],
    "emails": ["Zyxwina@quorn.example.com"],
    "phones": ["+14155559871"],
    "addresses": [{"street": "Quornlane 7", "city": "Quornville", "postal_code": "Q7Q7"}],
    "birth_date": "1931-07-17",
    "churn_reason": "Quornreason",
    "churn_category": "Quorncategory",
    "tags": ["Quorntag"],
    "source": "Quornsource",
    "interest": "Quorninterest",
    "qualification": "Quornqualified",
    "preferred_hours": "Quornhours",
    "do_not_contact": True,
    "do_not_contact_reason": "Quornlawyer",
}
LINE = {"msisdn": "+14165559872", "iccid": "8986000000007717717", "imsi": "460000000771771", "account": "QACC-771"}
OTHER = {"name": "Bystander Brown", "external_ids": [{"system": "billing", "id": "BB-1"}], "emails": ["bb@example.com"]}
WORDS = (
    "uorn",
    "yxwin",
    "QX-77-ZULU",
    "4155559871",
    "4165559872",
    "8986000000007717717",
    "460000000771771",
    "QACC-771",
    "4165559873",
    "QACC-772",
    "1931-07-17",
)


@pytest.fixture
def files(tmp_path):
    return tmp_path / "files"


@pytest.fixture
def house(proxy, engine, clock, files):
    """The whole product with files on a disk."""
    with (
        with_visits(),
        fresh_tables(engine.endpoint, UNITS) as made,
        deployed(proxy.endpoint, made, SWITCHBOARD_PUBLIC_URL="https://crm.example", SWITCHBOARD_FILES_DIR=str(files)),
    ):
        yield Backstage(engine.endpoint, made, clock, RealHouse(clock))


def created(client, path, body, **headers):
    answer = client.call("POST", path, body, **headers)
    assert answer.status in {201, 202}, answer
    return answer.body["id"]


def uploaded(client, name, content):
    made = client.call("POST", "/v1/files", {"name": name, "content_type": "text/csv", "size": len(content)}).body
    send_content(made["upload"], content)
    return client.call("POST", f"/v1/files/{made['id']}/complete").body["id"]


def imported(house, client, content):
    """Load a file of customers; the import's id."""
    draft = created(
        client, "/v1/contacts/imports", {"file_id": uploaded(client, "load.csv", content), "system": "shop"}
    )
    preview = client.call("POST", f"/v1/contacts/imports/{draft}/preview", {}, Idempotency_Key=f"preview-{draft}")
    assert preview.status == 200, preview
    done = house.job(client, client.call("POST", f"/v1/contacts/imports/{draft}/commit"))
    assert done["state"] == "succeeded", done
    return draft


def told_by(house, client, contact):
    """A task and a notification of a module's about the contact, and one about nobody."""
    opened = Doors.of(house.background, "core", client.tenant_id)
    me = client.call("GET", "/v1/me").body["user_id"]
    path = client.call("GET", "/v1/org-units").body["items"][0]
    where = f"/{path['id']}/"
    for number, of in enumerate((contact, "cnt_01ARZ3NDEKTSV4RRFFQ69G5FAV")):
        text = "Quorntask" if of == contact else "Nobody's"
        source = Source(f"s{number}", 1, "contact", of, f"/v1/contacts/{of}")
        ask_for_task(opened, source, TaskWanted(text, where, assignee_id=me, detail=text))
        notify(opened, source, Notice(me, text, text))
    opened.store.commit()


def seeded(house, client, clock):
    """The person everywhere, and a bystander beside."""
    contact = created(client, "/v1/contacts", PERSON, Idempotency_Key="person")
    other = created(client, "/v1/contacts", OTHER)
    where = f"/v1/contacts/{contact}"
    for person, number in ((where, LINE), (f"/v1/contacts/{other}", {"msisdn": "+14165550000"})):
        created(client, f"{person}/lines", number, Idempotency_Key=f"line {person}")
        touch = {"channel": "phone", "direction": "inbound", "title": "Quorncall", "summary": "Quornsummary"}
        touch |= {"agent": "Quornagent", "outcome": "Quornoutcome", "link": "Quornlink"} if person == where else {}
        touch = touch if person == where else {**touch, "title": "call", "summary": "said"}
        created(client, f"{person}/interactions", touch)
        said = {
            "status": "granted",
            "expires_at": "2030-01-01T00:00:00Z",
            "evidence": "Quornevidence",
            "source": "Quorncon",
        }
        said = said if person == where else {"status": "granted"}
        assert client.call("PUT", f"{person}/consents/email/marketing", said).status == 200
    changed = client.call("PATCH", where, {"preferred_hours": "Quornevening", "status": "churned"})
    assert changed.status == 200
    note = visit(contact, title="Quornvisit", follow_up_at=(house.background.clock() + timedelta(days=9)).isoformat())
    created(client, "/v1/visits", note, Idempotency_Key="visit")
    created(client, "/v1/visits", visit(other, title="Bystander's"))
    created(client, "/v1/work/tasks", {"title": "Quornmanual", "link": where}, Idempotency_Key="task")
    created(client, "/v1/work/tasks", {"title": "Call 415-555-9871 back"})
    created(client, "/v1/work/tasks", {"title": "Clean the shop"})
    created(client, "/v1/work/approvals", {"title": "Quorndiscount", "link": where})
    told_by(house, client, contact)
    home = created(client, "/v1/contacts/households", {"name": "Quornhouse", "address": {"street": "Quornlane 7"}})
    assert client.call("PATCH", where, {"household_id": home}).status == 200
    same = created(
        client,
        "/v1/contacts?allow_duplicates=true",
        {"name": "Zyxwina Quornmaiden", "emails": ["quornmaiden@example.com"], "phones": ["+14155559871"]},
    )
    created(client, f"/v1/contacts/{same}/lines", {"msisdn": "+14165559873", "account": "QACC-772"})
    group = client.call("POST", "/v1/segments", {"name": "All", "rule": {"attribute": "type", "is": "individual"}})
    assert group.status == 201, group
    house.work()
    house.catch_up()
    merged = client.call("POST", f"/v1/contacts/{contact}/merge", {"loser_id": same})
    assert merged.status == 202, merged
    house.work()
    house.catch_up()
    header = "Customerid,Full name,Email,Colour\r\n"
    imported(house, client, f"{header}S-1,Somebody,s@example.com,red\r\n,Zyxwina Quorndotter,,Quorncolour\r\n".encode())
    imported(house, client, f"{header}S-2,Other,o@example.com,red\r\n".encode())
    for wanted in ({"format": "csv"}, {"format": "jsonl", "filters": {"email": "zyxwina@quorn.example.com"}}):
        house.job(client, client.call("POST", "/v1/contacts/exports", wanted))
    house.job(
        client, client.call("POST", "/v1/contacts/exports", {"format": "csv", "filters": {"email": "bb@example.com"}})
    )
    assert client.call("GET", "/v1/contacts?q=quornd").status == 200
    house.catch_up()
    house.work()
    # The audit of that hour is sealed, and what comes behind is not yet.
    clock.advance(hours=2)
    house.strike()
    assert client.call("PATCH", where, {"interest": "Quornlately"}).status == 200
    house.catch_up()
    return contact, other


def words_of(found, objects, files, tenant_id=""):
    """Which of the person's words stand anywhere: in which kinds' items, and in which files."""
    hits = set()
    for unit, index, item in found:
        text = json.dumps(item, ensure_ascii=False)
        if tenant_id in item["pk"]["S"] + json.dumps(item.get("tenant", "")):
            hits |= {(word, unit, index, item["kind"]["S"]) for word in WORDS if word in text}
    for each in objects:
        content = (files / each).read_bytes()
        content = gzip.decompress(content) if each.endswith(".gz") else content
        hits |= {(word, "files", each, "") for word in WORDS if word.encode() in content}
    return hits


def erased(house, client, clock, contact, confirm=None):
    """Let the job run to its end."""
    body = {"reason": "Quornreason: asked", "confirm": confirm or contact}
    begun = client.call("POST", f"/v1/contacts/{contact}/erasure", body)
    assert begun.status == 202, begun
    for _ in range(8):
        house.work()
        house.catch_up()
        shown = client.call("GET", f"/v1/contacts/{contact}/erasure").body
        if shown["status"] != "running":
            return shown
        clock.advance(seconds=40)
        house.strike()
    raise AssertionError(client.call("GET", begun.headers["Location"]).body)


def test_erasure__of_a_stranger_and_unconfirmed__is_refused(house, clock):
    client, foreign = house.house.onboard(["contacts"]), house.house.onboard(["contacts"])
    contact = created(client, "/v1/contacts", PERSON)
    where = f"/v1/contacts/{contact}"
    body = {"reason": "Asked", "confirm": contact}
    assert foreign.call("POST", f"{where}/erasure", body).status == 404
    assert foreign.call("POST", f"{where}/subject-export").status == 404
    assert client.call("GET", f"{where}/erasure").status == 404
    wrong = client.call("POST", f"{where}/erasure", {**body, "confirm": "Somebody else"})
    assert (wrong.status, wrong.body["errors"][0]["code"]) == (422, "not_confirmed")
    begun = client.call("POST", f"{where}/erasure", {**body, "confirm": PERSON["name"]})
    assert begun.status == 202
    assert client.call("POST", f"{where}/erasure", body).body["job_id"] == begun.body["job_id"]
    assert client.call("GET", where).status == 200
    house.work()
    assert client.call("GET", where).status == 404
    assert foreign.call("GET", f"{where}/erasure").status == 404


def test_export__holds_every_word_from_every_module(house, clock, files):
    client = house.house.onboard(["contacts", "visits"])
    contact, _ = seeded(house, client, clock)
    asked = client.call("POST", f"/v1/contacts/{contact}/subject-export")
    job = house.job(client, asked)
    assert job["state"] == "succeeded", job
    shown = client.call("GET", f"/v1/contacts/{contact}/subject-export/{asked.body['id']}").body
    path = client.call("GET", f"/v1/files/{shown['file_id']}").body
    assert path["name"].endswith(".zip")
    stored = next(files.glob(f"{client.tenant_id}/results/{shown['file_id']}/content")).read_bytes()
    assert sha256(stored).hexdigest() == shown["sha256"]
    with zipfile.ZipFile(io.BytesIO(stored)) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    manifest = json.loads(content["manifest.json"])
    assert {each["name"]: (each["rows"], each["sha256"]) for each in manifest["files"]} == {
        name: (len(each.splitlines()), sha256(each).hexdigest()) for name, each in content.items() if "jsonl" in name
    }
    assert content.keys() >= {
        f"{each}.jsonl"
        for each in (
            "contacts.contact", "contacts.line", "contacts.interaction", "contacts.timeline_entry", "contacts.badge",
            "contacts.consent", "contacts.consent_decision", "contacts.claim", "contacts.posting", "visits.visit",
            "visits.visitor", "core.task", "core.approval", "core.notification", "core.file", "core.audit_entry",
        )
    }  # fmt: skip
    everything = b"".join(content.values()).decode()
    assert [word for word in WORDS if word not in everything] == []
    assert [word for word in ("Bystander", "BB-1", "Clean the shop", "Nobody's") if word in everything] == []
    for said in (
        "Quornvisit",
        "Quornevidence",
        "Quornmanual",
        "Quorntask",
        "Quorndiscount",
        "415-555-9871",
        "Quornevening",
    ):
        assert said in everything, said
    audit = [json.loads(line) for line in content["core.audit_entry.jsonl"].splitlines()]
    assert {"contact.created", "contact.updated", "line.created", "consent.created"} <= {
        each["action"] for each in audit
    }
    first = next(each for each in audit if each["action"] == "contact.created")
    assert first["changed"]["name"] == [None, PERSON["name"]]
    assert len([each for each in audit if each["action"] == "contact.updated"]) == 3  # two sealed, one not yet
    assert len({each["id"] for each in audit}) == len(audit)
    assert "关于一位客户" in content["README.txt"].decode()
    assert house.of("contacts", "subject_note") == []


def test_erasure__leaves_no_word_anywhere_and_all_of_the_others(house, clock, files):
    client, foreign = house.house.onboard(["contacts", "visits"]), house.house.onboard(["contacts", "visits"])
    contact, other = seeded(house, client, clock)
    theirs, _ = seeded(house, foreign, clock)
    house.job(client, client.call("POST", f"/v1/contacts/{contact}/subject-export"))
    found, objects = audited(house, files)
    assert {word for word, *_ in words_of(found, objects, files)} == set(WORDS)
    shown = erased(house, client, clock, contact)
    assert shown["status"] == "erased", house.of("core", "job")
    found, objects = audited(house, files)
    mine = [each for each in objects if each.startswith(client.tenant_id)]
    assert [each for each in mine if "/audit/" in each]
    keys_left = [each for _, index, each in found if each["kind"]["S"] == "subject_key" and contact in each["pk"]["S"]]
    assert keys_left == []
    assert words_of(found, mine, files, client.tenant_id) == set()
    for path in ("", "/overview", "/timeline", "/lines", "/consents"):
        assert client.call("GET", f"/v1/contacts/{contact}{path}").status == 404, path
    assert client.call("GET", "/v1/contacts?q=quornd").body["items"] == []
    assert client.call("GET", "/v1/contacts/lookup?msisdn=%2B14165559872").status == 404
    late = {"channel": "phone", "direction": "inbound", "title": "late"}
    assert client.call("POST", f"/v1/contacts/{contact}/interactions", late).status == 404
    again = client.call("POST", "/v1/contacts", PERSON, Idempotency_Key="person")
    assert (again.status, again.code) == (409, "state_conflict")
    assert client.call("POST", f"/v1/contacts/{contact}/erasure", {"reason": "x", "confirm": contact}).status == 409
    _check_others(house, client, foreign, other, theirs)
    _check_certificate(house, shown, contact)


def _check_others(house, client, foreign, other, theirs):
    overview = client.call("GET", f"/v1/contacts/{other}/overview").body
    assert (overview["contact"]["name"], len(overview["lines"]), len(overview["timeline"])) == (OTHER["name"], 1, 2)
    assert len(client.call("GET", f"/v1/contacts/{other}/consents").body["items"]) == 1
    titles = {each["title"] for each in client.call("GET", "/v1/work/tasks").body["items"]}
    assert titles == {"Clean the shop", "Nobody's", "[erased]"}
    assert {each["title"] for each in client.call("GET", "/v1/visits").body["items"]} == {"Bystander's"}
    whole = foreign.call("GET", f"/v1/contacts/{theirs}/overview").body
    assert (whole["contact"]["name"], len(whole["lines"]), len(whole["timeline"])) == (PERSON["name"], 1, 2)
    assert theirs in {each["id"] for each in foreign.call("GET", "/v1/contacts?q=quornd").body["items"]}
    listed = client.call("GET", "/v1/files?limit=200").body["items"]
    kept = {each["name"] for each in listed}
    assert "load.csv" in kept  # the one that did not name the person
    total = client.call("GET", "/v1/contacts?include_total=true").body
    assert total["total"] == len(total["items"])
    house.catch_up()


def _check_certificate(house, shown, contact):
    said = shown["certificate"]
    assert (shown["genuine"], said["found_afterwards"], said["contact_id"]) == (True, 0, contact)
    assert said["deleted"]["contacts"] == said["deleted"]["contacts"] | {
        "contact": 1,
        "line": 1,
        "interaction": 1,
        "consent": 1,
    }
    assert said["deleted"]["visits"]["visit"] == 1
    assert said["rewritten"]["core"]["task"] == 3
    assert said["deleted"]["core"]["notification"] == 1
    assert said["files_deleted"] == len(said["files"]) >= 4
    assert is_signed(said, shown["signature"], shown["public_key"])
    assert not is_genuine(house.house.keyring, said | {"files_deleted": 0}, shown["signature"])
    assert storage()
