"""Imports of contacts as a whole, on moto: drafts, previews, the job and what it leaves behind."""

import pytest

from chalicelib.access.principal import Reach
from chalicelib.files.paths import prefix
from chalicelib.files.storage import storage
from chalicelib.imports import steps
from chalicelib.jobs.records import Job
from chalicelib.store.errors import StoreUnavailableError, VersionConflictError
from chalicelib.store.store import Store
from modules.contacts.people import service
from tests.support.desk import Desk

HEADER = "Customerid ,Customerstatus ,City,Monthlycharge ,Contract\r\n"
GOOD = "A-1,Stayed,Ojai,65.6,One Year\r\nA-2,Joined,Ojai,-4,Two Year\r\nA-3,Churned,Ventura,20,One Year\r\n"
PATH = "/v1/contacts/imports"


def file_of(rows):
    return b"\xef\xbb\xbf" + (HEADER + rows).encode()


def contact(desk, number):
    return desk.client.call("GET", f"/v1/contacts/by-external-id/billing/{number}").body


def other(desk, **wanted):
    """Another caller of the same tenant."""
    return Desk(desk.house, desk.house.client(desk.client.tenant_id, **wanted))


def fates(imported):
    return {name: imported["counts"][name] for name in ("created", "updated", "unchanged", "rejected", "warnings")}


def only(**wanted):
    return dict.fromkeys(("created", "updated", "unchanged", "rejected", "warnings"), 0) | wanted


# -- who may


def test_without_the_permission__nothing_of_imports_is_open(desk):
    draft = desk.draft(file_of(GOOD))
    reader = other(desk, permissions={"contacts:read", "contacts:write"}).client
    calls = [
        ("POST", PATH, {"file_id": "fil_1", "system": "x"}),
        ("GET", PATH, None),
        ("GET", f"{PATH}/{draft['id']}", None),
    ]
    calls += [("PATCH", f"{PATH}/{draft['id']}", {}), ("POST", f"{PATH}/{draft['id']}/commit", None)]
    assert {reader.call(*each).status for each in calls} == {403}


def test_feature_off__says_so(desk):
    desk.house.directory.tenants[desk.client.tenant_id].off = {"contacts.import_export"}
    assert desk.client.call("GET", PATH).code == "feature_disabled"


def test_file_of_somebody_else__is_not_there(desk):
    theirs = other(desk).keep(file_of(GOOD))
    mine = other(desk, permissions={"contacts:import"})
    assert mine.client.call("POST", PATH, {"file_id": theirs, "system": "billing"}).status == 404


def test_import_of_another_tenant__is_not_there(desk):
    draft = desk.draft(file_of(GOOD))
    stranger = desk.house.client()
    assert stranger.call("GET", f"{PATH}/{draft['id']}").status == 404
    assert stranger.call("POST", f"{PATH}/{draft['id']}/commit").status == 404


def test_new_custom_fields__need_the_permission_to_declare_them(desk):
    mine = other(desk, permissions={"contacts:import"})
    draft = mine.draft(file_of(GOOD))
    refused = mine.client.call("POST", f"{PATH}/{draft['id']}/commit")
    assert (refused.status, refused.body["permission"]) == (403, "contacts:configure")


@pytest.mark.parametrize("content", [b"PK\x03\x04\xff\xfe", b"\xd0\xcf\x11\xe0 xls", b"\xff\xfe", b"\r\n"])
def test_file_that_is_no_csv__refused(desk, content):
    answer = desk.client.call("POST", PATH, {"file_id": desk.keep(content), "system": "billing"})
    assert (answer.status, answer.body["errors"][0]["code"]) == (422, "unreadable_file")


# -- the draft


def test_draft__suggests_and_says_why(desk):
    draft = desk.draft(file_of(GOOD))
    assert (draft["status"], draft["mode"], draft["key"]) == ("draft", "upsert", "external_id")
    assert draft["mapping"]["Customerstatus"]["values"] == {
        "Stayed": "active",
        "Joined": "joined",
        "Churned": "churned",
    }
    assert [each["reason"] for each in draft["columns"]] == ["synonym", "synonym", "name", "new_field", "new_field"]
    assert draft["mapping"]["Monthlycharge"]["warn_if_negative"] is True


def test_draft__changed_column_by_column__the_rest_stays(desk):
    draft = desk.draft(file_of(GOOD))
    patch = {"mode": "create", "mapping": {"Contract": None, "City": {"field": "addresses.region"}}}
    changed = desk.client.call("PATCH", f"{PATH}/{draft['id']}", patch)
    assert changed.status == 200, changed.text
    assert "ETag" not in changed.headers
    assert changed.body["mapping"] == {
        **{name: each for name, each in draft["mapping"].items() if name != "Contract"},
        "City": draft["mapping"]["City"] | {"field": "addresses.region"},
    }
    stale = desk.client.call("PATCH", f"{PATH}/{draft['id']}", patch, If_Match=f'"{draft["version"]}"')
    assert stale.status == 412


def test_draft__no_personal_values_in_its_events(desk):
    desk.draft(file_of(GOOD))
    events = [each for each in desk.events("core") if each.type == "import.created"]
    assert [each.changed["mapping"] for each in events] == [None]


def test_constants__patched_shown_and_loaded(desk):
    draft = desk.draft(b"Customerid,City\r\nA-1,Ojai\r\nA-2,Dali\r\n")
    assert draft["constants"] == {}
    path = f"{PATH}/{draft['id']}"
    refused = desk.client.call("PATCH", path, {"constants": {"status": "gone"}})
    assert [each["pointer"] for each in refused.body["errors"]] == ["/constants/status"]
    changed = desk.client.call("PATCH", path, {"constants": {"status": "Left", "source": "fair"}})
    assert changed.body["constants"] == {"status": "Left", "source": "fair"}
    assert desk.client.call("PATCH", path, {"constants": {"source": None}}).body["constants"] == {"status": "Left"}
    assert fates(desk.load(draft)) == only(created=2)
    assert {contact(desk, number)["status"] for number in ("A-1", "A-2")} == {"churned"}


# -- the preview


def test_preview__tells_what_would_be__and_writes_nothing(desk):
    desk.load(desk.draft(file_of(GOOD)))
    rows = "A-1,Stayed,Ojai,65.6,One Year\r\nA-2,Stayed,Ojai,-4,Two Year\r\nA-9,Joined,Ojai,x,One Year\r\n"
    draft = desk.draft(file_of(rows + "A-1,Stayed,Ojai,1,One Year\r\nA-4,Stayed,Ojai\r\n"))
    before = desk.snapshot()
    seen = desk.client.call("POST", f"{PATH}/{draft['id']}/preview")
    assert seen.status == 200, seen.text
    assert desk.snapshot() == before
    outcomes = [each["outcome"] for each in seen.body["rows"]]
    assert outcomes == ["unchanged", "changed", "invalid", "duplicate", "invalid"]
    assert seen.body["counts"] == {"new": 0, "changed": 1, "unchanged": 1, "duplicate": 1, "invalid": 2, "warnings": 1}
    assert (seen.body["rows_read"], seen.body["whole_file"]) == (5, True)
    charge = seen.body["columns"][3]
    assert [(each["code"], each["count"], each["first_line"]) for each in charge["problems"]] == [
        ("number_expected", 1, 4)
    ]
    assert [each["code"] for each in seen.body["unplaced"]] == ["row_too_short"]


def test_preview__a_field_that_is_still_to_be_declared__is_a_change(desk):
    desk.load(desk.draft(file_of(GOOD)))
    draft = desk.draft(b"Customerid,Shoe size\r\nA-1,43\r\nA-2,\r\n")
    counts = desk.client.call("POST", f"{PATH}/{draft['id']}/preview").body["counts"]
    assert (counts["changed"], counts["unchanged"]) == (1, 1)


# -- the job


def test_upsert__creates_with_values_and_custom_fields__and_warns(desk):
    done = desk.load(desk.draft(file_of(GOOD)))
    assert (done["status"], done["progress"]) == ("succeeded", {"done": 3, "total": 3, "unit": "rows"})
    assert fates(done) == only(created=3, warnings=1)
    assert done["warnings"] == [{"column": "Monthlycharge", "rule": "negative", "count": 1}]
    made = contact(desk, "A-2")
    assert (made["status"], made["addresses"][0]["city"]) == ("joined", "Ojai")
    assert made["custom"] == {"monthlycharge": -4, "contract": "Two Year"}
    warned = desk.table(done["warnings_file_id"])
    assert [(each["Customerid"], each["_line"]) for each in warned] == [("A-2", "3")]
    assert done["rejected_file_id"] is None


def test_the_same_file_again__changes_nothing__and_tells_nobody(desk):
    desk.load(desk.draft(file_of(GOOD)))
    before = {each.id for each in desk.events("contacts")}
    assert fates(desk.load(desk.draft(file_of(GOOD)))) == only(unchanged=3, warnings=1)
    assert {each.id for each in desk.events("contacts")} == before
    assert contact(desk, "A-1")["version"] == 1


@pytest.mark.parametrize(
    ("mode", "expected", "code"),
    [
        ("create", only(created=1, rejected=1), "already_exists"),
        ("update", only(updated=1, rejected=1), "not_found"),
        ("upsert", only(created=1, updated=1), None),
    ],
)
def test_modes__reject_what_is_there_or_what_is_not(desk, mode, expected, code):
    desk.load(desk.draft(file_of("A-1,Stayed,Ojai,1,One Year\r\n")))
    draft = desk.draft(file_of("A-1,Churned,Ojai,1,One Year\r\nA-2,Stayed,Ojai,1,One Year\r\n"))
    answer = desk.client.call("PATCH", f"{PATH}/{draft['id']}", {"mode": mode})
    assert answer.status == 200, answer.text
    done = desk.load(draft)
    assert fates(done) == expected
    if code:
        (row,) = desk.table(done["rejected_file_id"])
        assert row["_reasons"].endswith(f"({code})")
        job = desk.store().get(Job, done["job_id"])
        assert job.errors_file == done["rejected_file_id"]


def test_update__writes_the_mapped_fields_alone__and_an_empty_cell_leaves_what_is_there(desk):
    desk.load(desk.draft(file_of("A-1,Stayed,Ojai,1,One Year\r\n")))
    path = f"/v1/contacts/{contact(desk, 'A-1')['id']}"
    desk.client.call("PATCH", path, {"name": "José", "tags": ["vip"]})
    assert fates(desk.load(desk.draft(file_of("A-1,Churned,,2,\r\n")))) == only(updated=1)
    now = contact(desk, "A-1")
    assert (now["name"], now["tags"], now["status"]) == ("José", ["vip"], "churned")
    assert (now["addresses"][0]["city"], now["custom"]) == ("Ojai", {"monthlycharge": 2, "contract": "One Year"})


def test_rejected_rows__come_back_with_line_and_reasons__and_load_when_mended(desk):
    rows = "A-1,Gone fishing,=1+1,x,One Year\r\n,Stayed,Ojai,1,One Year\r\n"
    rows += "A-3,Stayed\r\nA-4,Stayed,Ojai,1,One Year,6,7\r\n"
    draft = desk.draft(file_of(GOOD + rows))
    patch = {"mapping": {"Monthlycharge": {"new": {"type": "number"}, "warn_if_negative": True}, "Contract": None}}
    assert desk.client.call("PATCH", f"{PATH}/{draft['id']}", patch).status == 200
    done = desk.load(draft)
    assert fates(done) == only(created=3, rejected=4, warnings=1)
    found = desk.table(done["rejected_file_id"])
    assert [each["_line"] for each in found] == ["5", "6", "7", "8"]
    assert found[0]["City"] == "'=1+1"
    assert "(unknown_value) | Monthlycharge" in found[0]["_reasons"]
    assert ["missing_key" in found[1]["_reasons"], "row_too_short" in found[2]["_reasons"]] == [True, True]
    mended = desk.content(done["rejected_file_id"]).decode().replace("Gone fishing", "Stayed").replace(",x,", ",9,")
    again = desk.load(desk.draft("".join(mended.splitlines(keepends=True)[:2]).encode()))
    assert fates(again) == only(updated=1)
    assert contact(desk, "A-1")["addresses"][0]["city"] == "=1+1"


def test_reasons__in_the_language_of_who_committed(desk):
    draft = desk.draft(file_of(",Stayed,Ojai,1,One Year\r\n"))
    desk.run(desk.client.call("POST", f"{PATH}/{draft['id']}/commit", Accept_Language="zh-CN"))
    done = desk.client.call("GET", f"{PATH}/{draft['id']}").body
    assert "该行缺少" in desk.table(done["rejected_file_id"])[0]["_reasons"]


def test_two_rows_of_one_customer__act_in_the_order_of_the_file(desk):
    rows = "A-1,Stayed,Ojai,1,One Year\r\nA-1,Churned,Ojai,1,One Year\r\nA-1,Stayed,Ojai,1,One Year\r\n"
    assert fates(desk.load(desk.draft(file_of(rows)))) == only(created=1, updated=2)
    assert (contact(desk, "A-1")["status"], contact(desk, "A-1")["version"]) == ("active", 3)


def test_customer_out_of_reach__is_rejected_and_not_told(desk):
    desk.load(desk.draft(file_of(GOOD)))
    mine = other(desk, permissions={"contacts:import"}, reach=Reach.OWN)
    draft = mine.draft(file_of("A-1,Churned,Ojai,1,One Year\r\n"))
    done = mine.load(draft)
    (row,) = mine.table(done["rejected_file_id"])
    assert "already_exists" in row["_reasons"]
    assert "cnt_" not in row["_reasons"]
    assert contact(desk, "A-1")["status"] == "active"


def test_no_key__every_row_is_a_new_one(desk):
    draft = desk.draft(b"Name,City\r\nLi Wei,Kunming\r\nLi Wei,Kunming\r\n")
    assert (draft["mode"], draft["key"]) == ("create", None)
    assert fates(desk.load(draft)) == only(created=2)


def test_committed__cannot_be_changed_or_committed_again(desk):
    draft = desk.draft(file_of(GOOD))
    desk.load(draft)
    assert desk.client.call("PATCH", f"{PATH}/{draft['id']}", {"mode": "create"}).code == "state_conflict"
    assert desk.client.call("POST", f"{PATH}/{draft['id']}/commit").code == "state_conflict"


def test_file_gone__refused_and_the_job_fails(desk):
    draft = desk.draft(file_of(GOOD))
    answer = desk.client.call("POST", f"{PATH}/{draft['id']}/commit")
    storage().delete_all(prefix(desk.client.tenant_id))
    assert desk.client.call("POST", f"{PATH}/{draft['id']}/preview").code == "state_conflict"
    desk.run(answer)
    assert desk.client.call("GET", f"{PATH}/{draft['id']}").body["status"] == "failed"


# -- when it is stopped, and when somebody is faster


ROWS = "".join(f"B-{number},Stayed,Ojai,{number - 3},One Year\r\n" for number in range(60))
BAD = "B-60,Gone,Ojai,1,One Year\r\n"


@pytest.fixture
def long(desk):
    draft = desk.draft(file_of(ROWS + BAD))
    patch = {"mapping": {"Customerstatus": {"field": "status"}}}
    assert desk.client.call("PATCH", f"{PATH}/{draft['id']}", patch).status == 200
    return draft


def test_stopped_between_any_two_steps__goes_on_where_it_was(desk, long):
    answer = desk.client.call("POST", f"{PATH}/{long['id']}/commit")
    runs = 0
    while not desk.run(answer, more=iter([True, False]).__next__):
        runs += 1
        shown = desk.client.call("GET", f"{PATH}/{long['id']}").body
        assert shown["counts"]["rows"] == shown["progress"]["done"]
    assert runs >= 4
    assert fates(desk.client.call("GET", f"{PATH}/{long['id']}").body) == only(created=60, rejected=1, warnings=3)
    assert len([each for each in desk.events("contacts") if each.type == "contact.created"]) == 60


@pytest.mark.parametrize("dying", ["before", "after"])
def test_worker_dies_around_each_commit__nothing_lost_nothing_twice(desk, long, monkeypatch, dying):
    answer = desk.client.call("POST", f"{PATH}/{long['id']}/commit")
    commit, calls = Store.commit, []

    def deadly(self, *more):
        calls.append(self)
        if self.unit != "contacts" or len(calls) % 2:
            return commit(self, *more)
        if dying == "after":
            commit(self, *more)
        reason = "killed"
        raise StoreUnavailableError(reason)

    monkeypatch.setattr(Store, "commit", deadly)
    for _ in range(30):
        try:
            if desk.run(answer):
                break
        except StoreUnavailableError:
            desk.expire_lease(answer)
    monkeypatch.undo()
    done = desk.client.call("GET", f"{PATH}/{long['id']}").body
    assert (done["status"], fates(done)) == ("succeeded", only(created=60, rejected=1, warnings=3))
    assert len([each for each in desk.events("contacts") if each.type == "contact.created"]) == 60
    assert [each["Customerid"] for each in desk.table(done["rejected_file_id"])] == ["B-60"]
    assert len(desk.table(done["warnings_file_id"])) == 3


def test_cancelled__stops_between_steps__and_what_is_in_stays(desk, long):
    answer = desk.client.call("POST", f"{PATH}/{long['id']}/commit")
    steps_left = iter([True, True, True, False])
    assert not desk.run(answer, more=lambda: next(steps_left))
    assert desk.client.call("POST", f"{answer.headers['Location']}/cancel").status == 200
    assert desk.run(answer)
    shown = desk.client.call("GET", f"{PATH}/{long['id']}").body
    assert (shown["status"], shown["counts"]["created"]) == ("cancelled", steps.ROOM // 4)
    parts = prefix(desk.client.tenant_id, "jobs")
    assert list(storage().find(parts))
    desk.sweep(answer)
    assert not list(storage().find(parts))


def test_somebody_takes_an_id_meanwhile__that_row_alone_is_decided_anew(desk, monkeypatch):
    draft = desk.draft(file_of(GOOD))
    assert desk.client.call("PATCH", f"{PATH}/{draft['id']}", {"mode": "create"}).status == 200
    fill, once = service._fill, []

    def slow(call, record, body):
        fill(call, record, body)
        if not once:
            once.append(1)
            taken = {"name": "Faster", "external_ids": [{"system": "billing", "id": "A-2"}]}
            assert desk.client.call("POST", "/v1/contacts", taken).status == 201

    monkeypatch.setattr(service, "_fill", slow)
    done = desk.load(draft)
    assert fates(done) == only(created=2, rejected=1)
    assert contact(desk, "A-2")["name"] == "Faster"
    assert [each["Customerid"] for each in desk.table(done["rejected_file_id"])] == ["A-2"]


def test_step_that_rejects_and_then_runs_again_without__leaves_no_rejected_row(desk, monkeypatch):
    """A part that a lost attempt has written is overwritten, or lies behind the last number."""
    draft = desk.draft(file_of(GOOD))
    act, attempts = steps.Acting.act, []

    def first_bad(self, parsed, size):
        attempts.append(1)
        if len(attempts) <= 3:
            parsed.values["status"] = "gone"
        return act(self, parsed, size)

    commit, refused = Store.commit, []

    def once_refused(self, *more):
        if self.unit == "contacts" and attempts and not refused:
            refused.append(1)
            raise VersionConflictError
        return commit(self, *more)

    monkeypatch.setattr(steps.Acting, "act", first_bad)
    monkeypatch.setattr(Store, "commit", once_refused)
    done = desk.load(draft)
    assert fates(done) == only(created=3, warnings=1)
    assert done["rejected_file_id"] is None


def test_many_parts__are_joined_step_by_step(desk, monkeypatch):
    monkeypatch.setattr("chalicelib.jobs.parts.JOINED", 2)
    monkeypatch.setattr(steps, "JOINED", 2)
    monkeypatch.setattr(steps, "MOST_ROWS", 1)
    rows = "".join(f"C-{number},Gone,Ojai,1,One Year\r\n" for number in range(5))
    draft = desk.draft(file_of(rows))
    patch = {"mapping": {"Customerstatus": {"field": "status"}}}
    assert desk.client.call("PATCH", f"{PATH}/{draft['id']}", patch).status == 200
    done = desk.load(draft)
    assert [each["Customerid"] for each in desk.table(done["rejected_file_id"])] == [f"C-{n}" for n in range(5)]


def test_list__shows_imports_of_this_target_newest_first(desk):
    first, second = desk.draft(file_of(GOOD)), desk.draft(file_of(GOOD))
    desk.load(first)
    page = desk.client.call("GET", f"{PATH}?limit=1").body
    assert [(each["id"], each["status"]) for each in page["items"]] == [(second["id"], "draft")]
    rest = desk.client.call("GET", f"{PATH}?limit=1&cursor={page['next_cursor']}").body
    assert [(each["id"], each["status"]) for each in rest["items"]] == [(first["id"], "succeeded")]
