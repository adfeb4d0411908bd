"""A person's records are handed over to another one: all kinds, each once, and nothing is left behind."""

import pytest

from chalicelib.changes import rewriting
from chalicelib.changes.handling import Doors
from chalicelib.work.approvals import ApprovalWanted, ask_for_approval
from chalicelib.work.asked import Source
from chalicelib.work.records import Asked
from tests.fault.conftest import driver
from tests.integration.test_moves import _taken, settle
from tests.support.control_plane import person
from tests.support.driver import Place, killed_there
from tests.support.tree import Tree, pages
from tests.support.visits import made

__all__ = ["driver"]

HELD = {"contact", "line", "interaction", "task"}


@pytest.fixture
def tree(whole):
    return Tree(whole, whole.house.onboard(["contacts", "visits"])).grow()


@pytest.fixture
def people(tree):
    """Ann leaves, Bob follows, Cleo has asked for something."""
    found = {}
    for name in ("ann", "bob", "cleo"):
        body = {"name": name, "email": f"{name}@people.example.com", "role": "account_manager"}
        found[name] = made(tree.admin.call("POST", "/v1/users", body))
    return found


def furnish(tree, people):
    """Records of every kind that Ann looks after, in two units; an ended task, and one that she asked for."""
    ann, admin = people["ann"], tree.admin
    kept = {}
    for unit in ("west", "east"):
        at = {"org_unit_id": tree.units[unit]}
        contact = made(admin.call("POST", "/v1/contacts", {"name": f"Of Ann {unit}", "owner_id": ann, **at}))
        made(admin.call("POST", f"/v1/contacts/{contact}/lines", {"product": "5G"}))
        touch = {"channel": "phone", "direction": "inbound", "title": "Asks"}
        made(admin.call("POST", f"/v1/contacts/{contact}/interactions", touch))
        made(admin.call("POST", "/v1/work/tasks", {"title": "Open", "assignee_id": ann, **at}))
    ended = made(admin.call("POST", "/v1/work/tasks", {"title": "Done", "assignee_id": ann}))
    assert admin.call("POST", f"/v1/work/tasks/{ended}/finish", {"state": "done", "outcome": "x"}).status == 200
    doors = Doors.of(tree.whole.background, "core", admin.tenant_id)
    for asker in ("cleo", "bob"):
        source = Source(f"{asker} {ann}", 1, "quote", "quo_1")
        ask_for_approval(doors, source, ApprovalWanted(asker, tree.path("west"), people[asker], ann))
    doors.store.commit()
    for asker in ("cleo", "bob"):
        note = doors.store.get_item(Asked, Asked.key_of(admin.tenant_id, "approval", "core", f"{asker} {ann}"))
        kept[asker] = str(note.record)
    tree.whole.catch_up()
    return {"ended": ended, **kept}


def owned(tree, user):
    """What names the user as who looks after it, by kind."""
    found = {}
    for unit in tree.whole.units:
        for item in tree.whole.items(unit):
            kind = item["kind"]["S"]
            if kind in HELD and user in {item.get(each, {}).get("S") for each in ("owner_id", "assignee_id")}:
                found.setdefault(kind, []).append(item)
    return found


def test_reassign__all_kinds_in_every_unit__and_what_has_ended_stays(tree, people, clock):
    kept = furnish(tree, people)
    ann, bob = people["ann"], people["bob"]
    answer = tree.admin.call("POST", f"/v1/users/{ann}/reassign", {"to_user_id": bob})
    job = tree.whole.job(tree.admin, answer)
    assert (job["state"], job["result"]) == ("succeeded", {"records": 10})
    tree.whole.catch_up()
    left = owned(tree, ann)
    assert {kind: [each["id"]["S"] for each in items] for kind, items in left.items()} == {"task": [kept["ended"]]}
    assert {kind: len(items) for kind, items in owned(tree, bob).items()} == dict.fromkeys(HELD, 2)
    approvals = {name: tree.admin.call("GET", f"/v1/work/approvals/{kept[name]}").body for name in ("cleo", "bob")}
    # Who has asked does not decide: it waits for anybody of the unit.
    assert {name: each["approver_id"] for name, each in approvals.items()} == {"cleo": bob, "bob": None}
    reader = person(tree.whole.house, tree.admin.tenant_id, bob)
    assert len(pages(reader, "/v1/contacts?limit=1")) == 2
    assert len(pages(reader, "/v1/contacts?q=ann&limit=1")) == 2
    assert len(pages(person(tree.whole.house, tree.admin.tenant_id, ann), "/v1/contacts?limit=1")) == 0
    types = {each["type"]["S"] for each in tree.whole.events() if each["type"]["S"].endswith(".reassigned")}
    assert types == {f"{kind}.reassigned" for kind in (*HELD, "approval")}


def test_reassign__some_kinds__and_no_others(tree, people):
    kept = furnish(tree, people)
    body = {"to_user_id": people["bob"], "kinds": ["task"]}
    job = tree.whole.job(tree.admin, tree.admin.call("POST", f"/v1/users/{people['ann']}/reassign", body))
    assert job["result"] == {"records": 2}
    assert set(owned(tree, people["bob"])) == {"task"}
    assert set(owned(tree, people["ann"])) == HELD
    assert tree.admin.call("GET", f"/v1/work/approvals/{kept['cleo']}").body["approver_id"] == people["ann"]


def test_reassign__of_one_who_has_just_left__waits_for_what_is_still_given(tree, people, clock):
    furnish(tree, people)
    ann, bob = people["ann"], people["bob"]
    assert tree.admin.call("POST", f"/v1/users/{ann}/deactivate", {}).status == 200
    answer = tree.admin.call("POST", f"/v1/users/{ann}/reassign", {"to_user_id": bob})
    assert tree.whole.job(tree.admin, answer)["state"] == "running"
    contact = next(iter(tree.held["west"]["contacts"]))
    store = tree.whole.background.store("contacts", tree.admin.tenant_id, "late", "late")
    from modules.contacts.people.records import Contact  # noqa: PLC0415 - a writer that knows no better

    late = store.get(Contact, contact)
    late.owner_id = ann
    store.update(late)
    store.commit()
    settle(tree, clock, answer.body["id"])
    assert set(owned(tree, ann)) == {"task"}
    assert contact in {each["id"]["S"] for each in owned(tree, bob)["contact"]}


@pytest.mark.slow
def test_reassign__killed_at_any_transaction__each_record_is_handed_over_once(
    tree, people, clock, proxy, driver, monkeypatch
):
    monkeypatch.setattr(rewriting, "A_PAGE", 2)
    furnish(tree, people)
    who = [people["ann"], people["bob"]]
    step, died = 0, True
    while died:
        step += 1
        for when in ("before", "after"):
            giver, taker = who
            before = versions(tree, giver)
            job = tree.admin.call("POST", f"/v1/users/{giver}/reassign", {"to_user_id": taker}).body["id"]
            while _taken(tree):
                pass
            place = Place(proxy.endpoint, tree.whole.prefix, clock.ahead.total_seconds())
            proxy.reset_steps("TransactWriteItems")
            proxy.pause_at(step, when)
            died = killed_there(proxy, driver.work(place, tree.admin.tenant_id, job, whole=True))
            if died:
                settle(tree, clock, job)
            after = versions(tree, taker)
            handed = {each: after[each] - version for each, version in before.items() if each in after}
            assert set(handed.values()) == {1}, (step, when)
            assert len(before) - len(handed) == (giver == people["ann"])  # the task that has ended
            who.reverse()
    assert step > 3


def versions(tree, user):
    """The versions of what the user looks after."""
    return {each["id"]["S"]: int(each["version"]["N"]) for items in owned(tree, user).values() for each in items}
