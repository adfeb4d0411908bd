"""A module is off for longer than its data is kept: it is exported, and gone; nothing else is touched."""

import hashlib
import json
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from chalicelib.jobs import positions
from chalicelib.jobs.scheduler import SCHEDULER
from tests.fault.conftest import driver
from tests.integration.test_leaving import audited, created, files, furnished, house, naming
from tests.integration.test_leaving_deaths import die_all_the_way, dies

__all__ = ["dies", "driver", "files", "house"]

CONTACTS = "/v1/modules/contacts/subscription"
VISITS = "/v1/modules/visits/subscription"


@pytest.fixture
def north(house):
    """A tenant whose contacts are off, kept for 30 days; its visits, off too, are kept for a year."""
    admin = furnished(house, 1)
    for method, path, body in (
        ("PUT", VISITS, {"plan": "enterprise"}),
        ("DELETE", VISITS, None),
        ("PUT", CONTACTS, {"plan": "trial"}),
        ("DELETE", CONTACTS, None),
    ):
        assert admin.call(method, path, body).status in {200, 204}
    house.catch_up()
    house.strike()
    house.work()
    return admin


def pass_(house, clock, **time):
    """Let time pass in which the scheduler finds nothing to do."""
    clock.advance(**time)
    minute = clock().replace(second=0, microsecond=0) - timedelta(minutes=3)
    positions.save(house.background, "core", SCHEDULER, minute.isoformat())


def past_its_days(house, clock, admin):
    until = datetime.fromisoformat(admin.call("GET", CONTACTS).body["kept_until"])
    left = until - clock()
    assert timedelta(days=29) < left <= timedelta(days=30)  # as the plan trial says
    pass_(house, clock, seconds=left.total_seconds() + 1)


def of_tenant(house, files, admin, unit):
    found, _ = audited(house, files)
    # A timer that has become due meanwhile goes, whoever's it is.
    return sorted(
        json.dumps(each)
        for each in naming(found, admin.tenant_id)
        if each[0] == unit and "due" not in str(each[2]["kind"])
    )


def kinds(house, admin):
    """How many items of which kind the tenant has in the table."""
    held = [each for each in house.items("contacts") if admin.tenant_id in json.dumps(each)]
    return Counter(each["kind"]["S"] for each in held)


def exported(admin, files, result):
    """What the manifest says, after the files were held against it."""

    def content(file_id):
        shown = admin.call("GET", f"/v1/files/{file_id}")
        assert shown.status == 200, shown
        read = Path(files, admin.tenant_id, "results", file_id, "content").read_bytes()
        assert hashlib.sha256(read).hexdigest() == shown.body["sha256"]
        return read

    manifest = json.loads(content(result["manifest_file"]))
    assert (manifest["module"], manifest["tenant_id"]) == ("contacts", admin.tenant_id)
    assert {each["name"] for each in manifest["files"]} == result["files"].keys()
    for each in manifest["files"]:
        read = content(result["files"][each["name"]])
        assert (hashlib.sha256(read).hexdigest(), len(read)) == (each["sha256"], each["bytes"])
        assert len(read.splitlines()) == each["rows"]
    assert result["rows"] == manifest["rows"] == sum(each["rows"] for each in manifest["files"])
    return {each["kind"]: each["rows"] for each in manifest["files"]}


def test_purge__after_the_days_it_is_kept__exports_and_deletes_this_module_of_this_tenant_alone(
    house, north, clock, files
):
    south = furnished(house, 2)
    held, visits, others = (
        kinds(house, north),
        of_tenant(house, files, north, "visits"),
        of_tenant(house, files, south, "contacts"),
    )
    past_its_days(house, clock, north)
    house.strike()
    house.work()
    shown = north.call("GET", CONTACTS).body
    assert (shown["state"], shown["history"][0]["what"]) == ("off", "purged")
    job = north.call("GET", f"/v1/jobs/{shown['purge_job']}").body
    assert (job["state"], job["result"]["purged"]) == ("succeeded", True), job
    assert job["result"]["counts"] == held
    rows = exported(north, files, job["result"])
    # A deleted contact's event is there; what it has left is no record.
    assert rows["contact"] == 3
    assert {kind: count for kind, count in rows.items() if kind != "timeline_entry"} == {
        kind: held[kind] for kind in rows if kind != "timeline_entry"
    }
    assert rows["timeline_entry"] == 12  # three times: customer, line, interaction, visit
    assert of_tenant(house, files, north, "contacts") == []
    assert of_tenant(house, files, north, "visits") == visits
    assert of_tenant(house, files, south, "contacts") == others
    (told,) = [each for each in house.of("core", "event") if each["type"]["S"] == "subscription.purged"]
    assert north.tenant_id in told["pk"]["S"]
    again(house, north, clock, shown)
    comes_back_empty(house, north)


def again(house, admin, clock, shown):
    """Nothing is begun once more."""
    for _ in range(3):
        clock.advance(hours=1)
        house.strike()
        house.work()
    after = admin.call("GET", CONTACTS).body
    assert (after["version"], after["purge_job"]) == (shown["version"], shown["purge_job"])
    jobs = [each for each in house.of("core", "job") if each["type"]["S"] == "core.purge_module"]
    assert len(jobs) == 1


def comes_back_empty(house, admin):
    assert admin.call("PUT", CONTACTS, {}).body["state"] == "activating"
    house.work()
    assert admin.call("GET", CONTACTS).body["state"] == "active"
    assert admin.call("GET", "/v1/contacts?include_total=true").body["total"] == 0
    same = {"name": "José 1 0", "emails": ["jose.1.0@example.com"]}
    made = created(admin, "/v1/contacts", {**same, "external_ids": [{"system": "billing", "id": "1-0"}]})
    house.catch_up()
    assert [each["id"] for each in admin.call("GET", "/v1/contacts").body["items"]] == [made]
    assert admin.call("GET", "/v1/contacts?include_total=true").body["total"] == 1


@pytest.mark.slow
def test_purge__enabled_again_in_time__nothing_goes(house, north, clock):
    held = kinds(house, north)["contact"]
    pass_(house, clock, days=29)
    house.strike()
    assert north.call("PUT", CONTACTS, {}).body["state"] == "activating"
    house.work()
    pass_(house, clock, days=2)
    house.strike()
    house.work()
    shown = north.call("GET", CONTACTS).body
    assert (shown["state"], shown["purge_job"], shown["kept_until"]) == ("active", None, None)
    assert kinds(house, north)["contact"] == held
    assert north.call("GET", "/v1/contacts?include_total=true").body["total"] == 3


@pytest.mark.slow
def test_purge__enabled_again_before_its_first_step__leaves_it_untouched(house, north, clock):
    past_its_days(house, clock, north)
    house.strike()
    job = north.call("GET", CONTACTS).body["purge_job"]
    assert job is not None
    assert north.call("PUT", CONTACTS, {}).body["state"] == "activating"
    house.work()
    ended = north.call("GET", f"/v1/jobs/{job}").body
    assert (ended["state"], ended["result"]) == ("succeeded", {"module": "contacts", "purged": False})
    assert north.call("GET", "/v1/contacts?include_total=true").body["total"] == 3


@pytest.mark.slow
def test_purge__killed_again_and_again__comes_to_its_whole_end_and_counts_each_item_once(
    house, north, clock, files, dies
):
    held = kinds(house, north)
    past_its_days(house, clock, north)
    house.strike()
    job = north.call("GET", CONTACTS).body["purge_job"]
    assert die_all_the_way(dies, job, north.tenant_id) > 5
    ended = north.call("GET", f"/v1/jobs/{job}").body
    assert (ended["state"], ended["result"]["counts"]) == ("succeeded", held), ended
    assert exported(north, files, ended["result"])["contact"] == 3
    assert of_tenant(house, files, north, "contacts") == []


@pytest.mark.slow
def test_purge__cancelled_in_the_middle__keeps_the_module_closed_and_is_begun_anew(house, north, clock, files, dies):
    past_its_days(house, clock, north)
    house.strike()
    job = north.call("GET", CONTACTS).body["purge_job"]
    while "purging" not in subscription(house, north):
        assert dies(2, "after", job, north.tenant_id)
    refused = north.call("PUT", CONTACTS, {})
    assert (refused.status, refused.code) == (409, "state_conflict")
    assert north.call("POST", f"/v1/jobs/{job}/cancel", {}).status == 200
    clock.advance(hours=1, minutes=1)
    house.strike()
    house.work()
    shown = north.call("GET", CONTACTS).body
    assert shown["purge_job"] != job
    assert shown["history"][0]["what"] == "purged"
    assert of_tenant(house, files, north, "contacts") == []
    comes_back_empty(house, north)


def subscription(house, admin):
    held = house.of("core", "subscription")
    return next(each for each in held if admin.tenant_id in each["pk"]["S"] and each["module"]["S"] == "contacts")
