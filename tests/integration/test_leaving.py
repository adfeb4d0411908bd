"""Export, erase, and then an auditor who reads every table whole: nothing of the tenant, everything of the others."""

import hashlib
import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from chalicelib.access.signed import is_signed
from chalicelib.files.storage import storage
from tenants.erasure.rules import is_genuine
from tests.support.application import Client, deployed
from tests.support.backstage import Backstage
from tests.support.control_plane import OPERATOR, RealHouse
from tests.support.engine import engine_client, fresh_tables
from tests.support.visits import UNITS, visit, with_visits

REASON = {"reason": "The contract has ended"}


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


@pytest.fixture
def operator(house):
    return Client(house.house.application, "", OPERATOR.removeprefix("Bearer "))


def furnished(house, number):
    """A tenant that has something of everything, also what was deleted, and what waits."""
    admin = house.house.onboard(["contacts", "visits"])
    for each in range(3):
        person = {
            "name": f"José {number} {each}",
            "external_ids": [{"system": "billing", "id": f"{number}-{each}"}],
            "emails": ["shared@example.com", f"jose.{number}.{each}@example.com"],
            "phones": [f"+1415555{number}{each:03}"],
        }
        contact = created(admin, "/v1/contacts?allow_duplicates=true", person)
        created(admin, f"/v1/contacts/{contact}/lines", {"msisdn": f"+1416555{number}{each:03}", "account": f"a{each}"})
        touch = {"channel": "sms", "direction": "outbound", "title": "bill"}
        created(admin, f"/v1/contacts/{contact}/interactions", touch)
        created(admin, "/v1/visits", visit(contact, title=f"word{each} bill", day=each))
    gone = created(admin, "/v1/contacts", {"name": "Gone", "emails": ["gone@example.com"]})
    created(admin, "/v1/contacts/custom-fields", {"name": "colour", "type": "text"})
    created(admin, "/v1/org-units", {"name": "East", "parent_id": root_of(admin)})
    created(admin, "/v1/users", {"name": "Bob", "email": f"bob{number}@example.com", "role": "viewer"})
    created(
        admin,
        "/v1/work/tasks",
        {"title": "Call back", "due_at": (house.background.clock() + timedelta(days=90)).isoformat()},
    )
    hooks = [created(admin, "/v1/webhooks", {"url": f"https://h.example/{each}", "events": ["*"]}) for each in "ab"]
    upload = {"name": "c.csv", "content_type": "text/csv", "size": 3}
    created(admin, "/v1/files", upload, Idempotency_Key=f"k{number}")
    assert admin.call("POST", "/v1/contacts/exports", {"format": "jsonl"}).status == 202
    house.catch_up()
    assert admin.call("DELETE", f"/v1/contacts/{gone}").status == 204
    assert admin.call("DELETE", f"/v1/webhooks/{hooks[0]}").status == 204
    house.catch_up()
    house.work()
    return admin


def root_of(admin):
    return admin.call("GET", "/v1/org-units").body["items"][0]["id"]


def created(admin, path, body, **headers):
    made = admin.call("POST", path, body, **headers)
    assert made.status == 201, made
    return made.body["id"]


def audited(house, files):
    """Every item of every table and index as the auditor finds it, and every file: a full scan, in tests alone."""
    client = engine_client(house.engine)
    found = []
    for unit in house.units:
        for index in (None, "gsi1", "gsi2", "gsi3", "gsi4"):
            pages = client.get_paginator("scan").paginate(
                TableName=house.table(unit), **({"IndexName": index} if index else {})
            )
            found += [(unit, index or "table", each) for page in pages for each in page["Items"]]
    client.close()
    objects = sorted(str(each.relative_to(files)) for each in Path(files).rglob("*") if each.is_file())
    return found, objects


def naming(found, *words):
    """The items in which any of the words stands, in whatever attribute."""
    return [each for each in found if any(word in json.dumps(each[2], ensure_ascii=False) for word in words)]


def of_tenant(found, objects, tenant_id):
    items = sorted(json.dumps(each, sort_keys=True) for each in naming(found, tenant_id))
    return items, [each for each in objects if each.startswith(tenant_id)]


# What two weeks of the clock bring to whoever stays: the audit is sealed, what is held is noted, timers fire.
BY_TIME = frozenset({"audit_chunk", "audit_head", "audit_index", "due", "quota", "usage_stock"})


def untouched(found, objects, tenant_id):
    """All of a tenant but for what time alone brings."""
    lasting = [each for each in found if each[2]["kind"]["S"] not in BY_TIME]
    return of_tenant(lasting, [each for each in objects if "/audit/" not in each], tenant_id)


def leave(house, operator, clock, tenant_id):
    """Offboard, and let the grace period pass."""
    left = operator.call("POST", f"/v1/tenants/{tenant_id}/offboard", REASON)
    assert left.status == 200, left
    house.work()
    over = datetime.fromisoformat(left.body["offboarding"]["erase_after"]) - clock()
    assert timedelta(days=13) < over <= timedelta(days=14)  # as the plan basic says
    clock.advance(seconds=over.total_seconds() + 1)
    return left.body


def strike_through(house, clock):
    """Let timer after timer fire and every job end."""
    for _ in range(4):
        house.strike()
        house.work()
        clock.advance(minutes=2)


def finish_stopped(house, clock):
    """The scheduler makes up for four hours a run."""
    while True:
        before = house.background.clock()
        house.strike()
        house.work()
        kept = list(house.of("core", "position"))
        if kept and json.loads(kept[0]["value"]["S"]) > (before - timedelta(minutes=10)).isoformat():
            return


def test_export_then_erase__an_auditor_finds_nothing_of_the_tenant_and_all_of_the_other(house, operator, clock, files):
    north, south = furnished(house, 1), furnished(house, 2)
    name = operator.call("GET", f"/v1/tenants/{north.tenant_id}").body["name"]
    created(north, "/v1/contacts", {"name": "José late"})
    late = [each for each in house.undelivered() if each["tenant"]["S"] == north.tenant_id]
    shown = {path: north.call("GET", f"{path}?limit=200").body["items"] for path in API}
    left = leave(house, operator, clock, north.tenant_id)
    assert left["state"] == "offboarding"
    clock.advance(days=-1)
    assert north.call("POST", "/v1/contacts", {"name": "José"}).code == "tenant_read_only"
    check_export(north, files, shown)
    early = operator.call("POST", f"/v1/tenants/{north.tenant_id}/erase", {})
    assert early.code == "state_conflict"
    clock.advance(days=1)
    found, objects = audited(house, files)
    before = untouched(found, objects, south.tenant_id)
    assert before[1]
    begun = operator.call("POST", f"/v1/tenants/{north.tenant_id}/erase", {})
    assert (begun.status, begun.body["settings"]) == (200, None), begun
    assert north.call("GET", "/v1/contacts").status == 401
    held = len(of_tenant(*audited(house, files), north.tenant_id)[0])
    house.give(late)
    house.strike()
    assert len(of_tenant(*audited(house, files), north.tenant_id)[0]) == held  # nobody does anything for it any more
    finish_stopped(house, clock)
    strike_through(house, clock)
    gone = operator.call("GET", f"/v1/tenants/{north.tenant_id}").body
    assert (gone["state"], gone["name"], gone["settings"]) == ("erased", None, None), house.of("core", "job")
    found, objects = audited(house, files)
    assert {(unit, item["kind"]["S"]) for unit, _, item in naming(found, north.tenant_id)} == {
        ("core", "tenant"),  # that it was there
        ("core", "offboarding"),  # the certificate
        ("core", "event"),  # tenant.erasure_begun and tenant.erased, under the platform's keys for 37 days
    }
    assert all(item["pk"]["S"].startswith(("platform",)) for _, _, item in naming(found, north.tenant_id))
    assert naming(found, name, "José 1", "José late", "jose.1.", "+14155551", north.key) == []
    assert [each for each in objects if north.tenant_id in each] == []
    assert untouched(found, objects, south.tenant_id) == before
    check_certificate(house, operator, north.tenant_id)
    listed = operator.call("GET", "/v1/tenants?state=erased").body["items"]
    assert [each["id"] for each in listed] == [north.tenant_id]
    assert operator.call("POST", f"/v1/tenants/{north.tenant_id}/reactivate", {}).code == "state_conflict"
    assert south.call("GET", "/v1/contacts?include_total=true").body["total"] == 3


API = {
    "/v1/contacts": "contacts.contact",
    "/v1/lines": "contacts.line",
    "/v1/visits": "visits.visit",
    "/v1/users": "core.user",
    "/v1/org-units": "core.org_unit",
    "/v1/webhooks": "core.webhook",
    "/v1/work/tasks": "core.task",
}


def check_export(admin, files, shown):
    """The files say what the manifest says, and as much as the API shows."""
    made = admin.call("GET", "/v1/tenant/export")
    assert (made.status, made.body["state"]) == (200, "ready"), made
    folder = next(Path(files, admin.tenant_id, "exports").iterdir())
    manifest = (folder / "manifest.json").read_bytes()
    assert hashlib.sha256(manifest).hexdigest() == made.body["manifest_sha256"]
    listed = {each["name"]: each for each in json.loads(manifest)["files"]}
    assert listed.keys() == {each["name"] for each in made.body["files"]}
    records = {}
    for name, each in listed.items():
        content = (folder / name).read_bytes()
        assert (hashlib.sha256(content).hexdigest(), len(content)) == (each["sha256"], each["bytes"])
        records[name.removesuffix(".jsonl")] = [json.loads(line) for line in content.splitlines()]
        assert len(records[name.removesuffix(".jsonl")]) == each["rows"]
    for path, name in API.items():
        assert {each["id"] for each in records[name]} == {each["id"] for each in shown[path]}, path
    people = {each["name"]: each.get("phones", []) for each in records["contacts.contact"]}
    assert people == {each["name"]: each["phones"] for each in shown["/v1/contacts"]}
    assert not any("hashed" in each for each in records["core.api_key"])
    assert len(records["contacts.timeline_entry"]) == 12  # three times: customer, line, interaction, visit
    changed = next(each for each in records["contacts.event"] if each["type"] == "contact.created")
    assert changed["changed"]["name"][1].startswith(("José", "Gone"))
    urls = [made.body["manifest_url"], *(each["download_url"] for each in made.body["files"])]
    assert all(each.startswith("https://crm.example/files/") for each in urls)


def check_certificate(house, operator, tenant_id):
    shown = operator.call("GET", f"/v1/tenants/{tenant_id}/certificate").body
    said = shown["certificate"]
    assert (shown["genuine"], said["found_afterwards"], said["tenant_id"]) == (True, 0, tenant_id)
    assert said["deleted"]["contacts"]["contact"] == 4
    assert said["deleted"]["contacts"]["posting"] > 0 < said["deleted"]["visits"]["cell"]
    assert said["files_deleted"] > 0
    assert len(said["export_manifest_sha256"]) == 64
    assert is_signed(said, shown["signature"], shown["public_key"])
    for name in said:
        forged = said | {name: "another"}
        assert not is_signed(forged, shown["signature"], shown["public_key"]), name
        assert not is_genuine(house.house.keyring, forged, shown["signature"])


def test_the_timer_erases_by_itself__when_the_grace_period_is_over(house, operator, clock, files):
    north = furnished(house, 1)
    assert storage()
    leave(house, operator, clock, north.tenant_id)
    finish_stopped(house, clock)
    strike_through(house, clock)
    assert operator.call("GET", f"/v1/tenants/{north.tenant_id}").body["state"] == "erased"
