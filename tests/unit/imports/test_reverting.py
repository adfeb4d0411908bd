"""Taking an import back, on moto: what was before, what was changed since, and a worker that dies."""

from datetime import timedelta

import pytest

from chalicelib.access.principal import Reach
from chalicelib.files.storage import storage
from chalicelib.imports import reverting, steps, undo
from chalicelib.imports.records import Import
from chalicelib.imports.undo import FORGET, forget, place_of
from chalicelib.jobs.timers import Firing
from chalicelib.store.errors import StoreUnavailableError
from chalicelib.store.keys import Key
from chalicelib.store.reader import SUBJECT_KEY
from chalicelib.store.store import Store
from modules.contacts.people.records import Contact
from tests.support.desk import Desk

PATH = "/v1/contacts/imports"
HEADER = "Customerid,Customerstatus,City,Monthlycharge,Email,Phone\r\n"
FIRST = "A-1,Stayed,Ojai,65.6,a@example.com,+14155550101\r\nA-2,Joined,Ojai,4,,\r\nA-3,Churned,Ventura,20,,\r\n"
SECOND = "A-1,Churned,Dali,70,b@example.com,+14155550102\r\nA-2,Joined,Dali,4,,\r\nA-4,Stayed,Ojai,1,,\r\n"


def load(desk, rows, **patch):
    draft = desk.draft((HEADER + rows).encode())
    if patch:
        assert desk.client.call("PATCH", f"{PATH}/{draft['id']}", patch).status == 200
    return desk.load(draft)


def contact(desk, number):
    return desk.client.call("GET", f"/v1/contacts/by-external-id/billing/{number}").body


def business(document):
    ours = {"version", "updated_at", "updated_by"}
    return {name: value for name, value in document.items() if name not in ours}


def change(desk, number, **patch):
    answer = desk.client.call("PATCH", f"/v1/contacts/{contact(desk, number)['id']}", patch)
    assert answer.status == 200, answer.text


def revert(desk, imported):
    """Take it back; the import as it is then."""
    desk.run(desk.client.call("POST", f"{PATH}/{imported['id']}/revert"))
    return desk.client.call("GET", f"{PATH}/{imported['id']}").body


def counts(reverted):
    return {name: count for name, count in reverted["revert"]["counts"].items() if count}


def kept(desk, reverted):
    file_id = reverted["revert"]["kept_file_id"]
    return desk.table(file_id) if file_id else []


def other(desk, **wanted):
    return Desk(desk.house, desk.house.client(desk.client.tenant_id, **wanted))


# -- who may, and when not


def test_without_the_permission_or_the_reach__nothing_is_reverted(desk):
    done = load(desk, FIRST)
    path = f"{PATH}/{done['id']}/revert"
    assert other(desk, permissions={"contacts:read", "contacts:write"}).client.call("POST", path).status == 403
    assert other(desk, permissions={"contacts:import"}, reach=Reach.OWN).client.call("POST", path).status == 404
    assert desk.house.client().call("POST", path).status == 404
    assert contact(desk, "A-1")["status"] == "active"


def test_draft_or_loading__has_to_end_first(desk):
    draft = desk.draft((HEADER + FIRST).encode())
    path = f"{PATH}/{draft['id']}"
    assert desk.client.call("POST", f"{path}/revert").code == "state_conflict"
    assert desk.client.call("POST", f"{path}/commit").status == 202
    assert desk.client.call("POST", f"{path}/revert").code == "state_conflict"


def test_twice__refused_while_it_runs_and_afterwards(desk):
    done = load(desk, FIRST)
    path = f"{PATH}/{done['id']}"
    assert done["revertible_until"] > done["updated_at"]
    answer = desk.client.call("POST", f"{path}/revert")
    assert answer.body["status"] == "reverting"
    assert desk.client.call("POST", f"{path}/revert").code == "already_reverted"
    desk.run(answer)
    assert desk.client.call("GET", path).body["status"] == "reverted"
    again = desk.client.call("POST", f"{path}/revert")
    assert (again.status, again.code) == (409, "already_reverted")


def test_after_seven_days__refused__and_what_was_before_is_gone(desk, monkeypatch):
    done = load(desk, FIRST)
    place = place_of(desk.client.tenant_id, done["job_id"])

    def due():
        store = desk.store()
        record = store.get(Import, done["id"])
        forget(Firing(desk.client.tenant_id, FORGET, record.id, store.clock(), None, store, desk.background))
        store.drop()

    due()
    assert list(storage().find(place))
    monkeypatch.setattr(undo, "REVERTIBLE", timedelta(0))
    monkeypatch.setattr("chalicelib.imports.service.REVERTIBLE", timedelta(0))
    refused = desk.client.call("POST", f"{PATH}/{done['id']}/revert")
    assert (refused.status, refused.code) == (409, "revert_expired")
    due()
    assert not list(storage().find(place))


# -- what comes back


def test_created_and_updated__are_as_before__and_versions_go_on(desk):
    load(desk, FIRST)
    before = {number: contact(desk, number) for number in ("A-1", "A-2", "A-3")}
    done = load(desk, SECOND)
    assert contact(desk, "A-1")["emails"] == ["b@example.com", "a@example.com"]
    reverted = revert(desk, done)
    assert (reverted["status"], counts(reverted)) == ("reverted", {"restored": 2, "deleted": 1})
    assert reverted["revert"]["progress"] == {"done": 3, "total": 3, "unit": "records"}
    assert kept(desk, reverted) == []
    assert {number: business(contact(desk, number)) for number in before} == {
        number: business(each) for number, each in before.items()
    }
    assert [contact(desk, number)["version"] for number in ("A-1", "A-2", "A-3")] == [3, 3, 1]
    assert desk.client.call("GET", "/v1/contacts/by-external-id/billing/A-4").status == 404
    assert load(desk, FIRST)["counts"]["unchanged"] == 3


def test_later_edits__stay__and_are_listed_field_by_field(desk):
    load(desk, FIRST)
    done = load(desk, SECOND)
    change(desk, "A-1", status="suspended", custom={"monthlycharge": 99})
    change(desk, "A-2", name="José")
    change(desk, "A-4", name="New")
    ids = {number: contact(desk, number)["id"] for number in ("A-1", "A-4")}
    reverted = revert(desk, done)
    assert counts(reverted) == {"restored": 2, "kept": 2}
    now = contact(desk, "A-1")
    assert (now["status"], now["custom"], now["addresses"][0]["city"]) == ("suspended", {"monthlycharge": 99}, "Ojai")
    assert now["emails"] == ["a@example.com"]
    assert (contact(desk, "A-2")["name"], contact(desk, "A-2")["addresses"][0]["city"]) == ("José", "Ojai")
    found = [tuple(each.values()) for each in kept(desk, reverted)]
    assert sorted(found) == sorted(
        [
            (ids["A-1"], "custom.monthlycharge", "65.6", "70", "99", "changed_since"),
            (ids["A-1"], "status", "active", "churned", "suspended", "changed_since"),
            (ids["A-4"], "name", "", "", "New", "changed_since"),
        ]
    )


def test_created_one_that_has_gained_something__is_kept_and_listed(desk):
    done = load(desk, FIRST)
    contact_id = contact(desk, "A-3")["id"]
    line = desk.client.call("POST", f"/v1/contacts/{contact_id}/lines", {"product": "Fibre", "account": "77"})
    assert line.status == 201, line.text
    gone = contact(desk, "A-2")["id"]
    assert desk.client.call("DELETE", f"/v1/contacts/{gone}").status == 204
    reverted = revert(desk, done)
    assert counts(reverted) == {"deleted": 1, "kept": 1, "gone": 1}
    assert {(each["record"], each["reason"]) for each in kept(desk, reverted)} == {
        (contact_id, "state_conflict"),
        (gone, "not_there"),
    }


def test_several_rows_of_one_customer__back_to_what_was_before_the_first(desk):
    load(desk, "A-1,Stayed,Ojai,1,,\r\n")
    before = contact(desk, "A-1")
    done = load(desk, "A-1,Churned,Ojai,2,,\r\nA-1,Stayed,Dali,3,,\r\nA-5,Stayed,,1,,\r\nA-5,Churned,,2,,\r\n")
    assert counts(revert(desk, done)) == {"restored": 3, "deleted": 1}
    assert business(contact(desk, "A-1")) == business(before)


def test_number_that_is_somebody_elses_by_now__is_listed(desk):
    load(desk, "A-1,Stayed,Ojai,1,,\r\n")
    contact_id = contact(desk, "A-1")["id"]
    draft = desk.draft(f"id,Account number\r\n{contact_id},A-9\r\n".encode())
    done = desk.load(draft)
    assert contact(desk, "A-9")["id"] == contact_id
    taken = {"name": "Faster", "external_ids": [{"system": "billing", "id": "A-1"}]}
    assert desk.client.call("POST", "/v1/contacts", taken).status == 201
    reverted = revert(desk, done)
    assert counts(reverted) == {"kept": 1}
    assert [(each["field"], each["reason"]) for each in kept(desk, reverted)] == [("external_ids", "already_exists")]


def test_who_may_not_see_numbers__finds_them_masked(desk):
    mine = other(desk, permissions={"contacts:import", "contacts:configure", "contacts:read", "contacts:write"})
    load(mine, FIRST)
    done = load(mine, SECOND)
    change(desk, "A-1", phones=["+14155550199"])
    (row,) = kept(mine, revert(mine, done))
    assert (row["field"], row["before"], row["imported"], row["now"]) == ("phones", "•••", "•••", "•••")


def test_erased_meanwhile__what_was_before_cannot_be_read_any_more(desk):
    load(desk, FIRST)
    done = load(desk, SECOND)
    store = desk.background.store("contacts", desk.client.tenant_id, "test", "test")
    store.remove(Key(Contact.key_of(desk.client.tenant_id, contact(desk, "A-1")["id"]).pk, SUBJECT_KEY))
    store.commit()
    parts = undo.parts_of(desk.client.tenant_id, done["job_id"])
    with parts.open(0) as stream:
        content = stream.read().decode()
    assert "example.com" not in content
    assert "Dali" not in content
    assert counts(revert(desk, done)) == {"restored": 1, "deleted": 1, "gone": 1}


def test_nothing_changed__nothing_to_take_back(desk):
    load(desk, FIRST)
    assert counts(revert(desk, load(desk, FIRST))) == {}


# -- when it is stopped


ROWS = "".join(f"B-{number},Stayed,Ojai,{number},,\r\n" for number in range(24))


@pytest.mark.parametrize("dying", ["before", "after"])
def test_worker_dies_around_each_commit__nothing_is_lost_and_nothing_done_twice(desk, monkeypatch, dying):
    monkeypatch.setattr(reverting, "ROOM", 20)
    load(desk, ROWS[: ROWS.index("B-12")])
    before = [business(contact(desk, f"B-{number}")) for number in range(12)]
    done = load(desk, ROWS.replace("Ojai", "Dali"))
    change(desk, "B-7", addresses=[{"city": "Kunming"}])
    answer = desk.client.call("POST", f"{PATH}/{done['id']}/revert")
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
    deaths = 0
    while True:
        try:
            if desk.run(answer):
                break
        except StoreUnavailableError:
            deaths += 1
            desk.expire_lease(answer)
    monkeypatch.undo()
    reverted = desk.client.call("GET", f"{PATH}/{done['id']}").body
    assert deaths >= 3
    assert counts(reverted) == {"restored": 11, "deleted": 12, "kept": 1}
    assert [(each["field"], each["now"]) for each in kept(desk, reverted)] == [("addresses.city", "Kunming")]
    now = [business(contact(desk, f"B-{number}")) for number in range(12)]
    assert [each for each in now if each != before[now.index(each)]] == [now[7]]
    assert len([each for each in desk.events("contacts") if each.type == "contact.deleted"]) == 12


def test_cancelled_import__what_is_in_is_taken_back(desk, monkeypatch):
    monkeypatch.setattr(steps, "ROOM", 30)
    draft = desk.draft((HEADER + ROWS).encode())
    answer = desk.client.call("POST", f"{PATH}/{draft['id']}/commit")
    assert not desk.run(answer, more=iter([True, True, True, False]).__next__)
    assert desk.client.call("POST", f"{answer.headers['Location']}/cancel").status == 200
    shown = desk.client.call("GET", f"{PATH}/{draft['id']}").body
    assert counts(revert(desk, draft)) == {"deleted": shown["counts"]["created"]}
    assert desk.client.call("GET", "/v1/contacts").body["items"] == []


def test_cancelled_revert__can_be_begun_again(desk, monkeypatch):
    monkeypatch.setattr(reverting, "ROOM", 20)
    done = load(desk, ROWS)
    answer = desk.client.call("POST", f"{PATH}/{done['id']}/revert")
    assert not desk.run(answer, more=iter([True, True, False]).__next__)
    assert desk.client.call("POST", f"{answer.headers['Location']}/cancel").status == 200
    shown = desk.client.call("GET", f"{PATH}/{done['id']}").body
    assert (shown["status"], shown["revert"]["status"]) == ("succeeded", "cancelled")
    again = counts(revert(desk, done))
    assert again["deleted"] + again["gone"] == 24
    assert again["gone"] == shown["revert"]["counts"]["deleted"] > 0


def test_many_parts_of_what_is_kept__are_joined_step_by_step(desk, monkeypatch):
    monkeypatch.setattr("chalicelib.jobs.parts.JOINED", 2)
    monkeypatch.setattr(reverting, "JOINED", 2)
    done = load(desk, ROWS)
    monkeypatch.setattr(reverting, "ROOM", 5)
    for number in (1, 8, 16, 23):
        change(desk, f"B-{number}", name="Kept")
    reverted = revert(desk, done)
    assert counts(reverted) == {"deleted": 20, "kept": 4}
    assert len(kept(desk, reverted)) == 4
