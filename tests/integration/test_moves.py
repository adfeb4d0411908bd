"""A branch of the org tree is moved: whoever reads sees the tree as it is now, whatever the records still say."""

import pytest

from chalicelib.changes import rewriting
from tests.fault.conftest import driver
from tests.support.control_plane import RealHouse
from tests.support.driver import Place, killed_there
from tests.support.tree import Tree, pages

__all__ = ["driver"]

EVERYBODY = ("west", "east", "town", "quarter")


@pytest.fixture
def tree(whole):
    return Tree(whole, whole.house.onboard(["contacts", "visits"])).grow()


@pytest.fixture
def one_at_a_time(monkeypatch):
    monkeypatch.setattr(rewriting, "A_PAGE", 1)


def settle(tree, clock, job):
    """Let the clock strike until the job has ended; how often it had to."""
    for strikes in range(1, 20):
        clock.advance(seconds=61)
        tree.whole.strike()
        tree.whole.work()
        tree.whole.catch_up()
        state = tree.admin.call("GET", f"/v1/jobs/{job}").body["state"]
        if state not in {"queued", "running"}:
            assert state == "succeeded"
            return strikes
    raise AssertionError(job)


def noted(tree):
    """The moves that are under way."""
    return [each for each in tree.whole.of("core", "unit_moves") if each["moves"]["S"] != "[]"]


def stale(tree, path):
    """What still stands in an old place: by its path, or in the order of org units."""
    found = []
    for unit in tree.whole.units:
        for item in tree.whole.items(unit):
            texts = [item[each]["S"] for each in ("unit_path", "path", "gsi2sk") if each in item]
            if item["kind"]["S"] not in {"event", "cell"} and any(path in each for each in texts):
                found.append(item)
    return found


def test_move__at_every_moment__everybody_sees_the_subtree_and_nothing_else(tree, clock, one_at_a_time):
    tree.check(EVERYBODY)
    old = tree.path("town")
    answer = tree.move("town", "east")
    assert (answer.status, answer.body["state"]) == (202, "queued")
    job = answer.body["id"]
    tree.check(EVERYBODY)
    assert tree.step(job) == "running"  # every process must know of the move before the first record follows
    assert stale(tree, old)
    clock.advance(seconds=6)
    steps = 0
    while stale(tree, old):
        tree.step(job)
        steps += 1
        tree.check(EVERYBODY if steps % 6 == 0 else [EVERYBODY[steps % 4]])
        if steps % 5 == 0:
            tree.whole.catch_up()
    assert steps > 10
    assert noted(tree)
    settle(tree, clock, job)
    assert not noted(tree)
    tree.check(EVERYBODY)
    assert not stale(tree, old)
    for module in ("contacts", "visits"):
        found = tree.whole.job(tree.admin, tree.admin.call("POST", f"/v1/modules/{module}/recount", {}))
        assert found["result"]["different"] == []


def test_move__another_process__knows_within_five_seconds(tree, clock):
    other = RealHouse(clock)
    tree.check(EVERYBODY, other)
    job = tree.move("town", "east").body["id"]
    clock.advance(seconds=5)
    tree.check(EVERYBODY, other)
    settle(tree, clock, job)
    tree.check(EVERYBODY, other)


def test_move__a_record_that_is_written_with_the_old_path_meanwhile__follows_too(tree, clock):
    other = RealHouse(clock)
    admin_there = type(tree.admin)(other.application, tree.admin.tenant_id, tree.admin.key)
    body = {"name": "Zoe late", "org_unit_id": tree.units["town"]}
    assert admin_there.call("POST", "/v1/contacts", body).status == 201  # it knows the unit's path now
    tree.whole.catch_up()
    contacts = tree.held["town"]["contacts"]
    contacts |= set(pages(tree.admin, "/v1/contacts?limit=200")) - {
        one for held in tree.held.values() for one in held["contacts"]
    }
    old = tree.path("town")
    job = tree.move("town", "east").body["id"]
    late = admin_there.call("POST", "/v1/contacts", body).body["id"]
    assert len(stale(tree, old)) > 0
    contacts.add(late)
    tree.whole.catch_up()
    for name in EVERYBODY:
        assert set(pages(tree.manager(name), "/v1/contacts?limit=1")) == tree.expected(name, "contacts")
    settle(tree, clock, job)
    assert not stale(tree, old)
    for name in EVERYBODY:
        assert set(pages(tree.manager(name), "/v1/contacts?limit=1")) == tree.expected(name, "contacts")


def test_move__paging_across_its_beginning_and_end__tells_each_record_once(tree, clock, one_at_a_time):
    client = tree.manager("town")
    everything = tree.expected("town", "contacts")
    first = client.call("GET", "/v1/contacts?limit=1&sort=created_at").body
    job = tree.move("town", "east").body["id"]
    cursor = first["next_cursor"]
    second = client.call("GET", f"/v1/contacts?limit=1&sort=created_at&cursor={cursor}").body
    assert {each["id"] for page in (first, second) for each in page["items"]} == everything
    clock.advance(seconds=6)
    half = client.call("GET", "/v1/contacts?limit=1&sort=created_at").body
    settle(tree, clock, job)
    rest = pages(client, f"/v1/contacts?limit=50&sort=created_at&cursor={half['next_cursor']}")
    assert {half["items"][0]["id"], *rest} == everything
    assert half["items"][0]["id"] not in rest


def test_move__what_follows_is_told_to_who_names_it_and_the_move_to_everybody(tree, clock):
    hooks = {
        name: tree.manager("west")
        and tree.admin.call("POST", "/v1/webhooks", {"url": f"https://example.com/{name}", "events": events})
        for name, events in (("all", ["*"]), ("contacts", ["contact.*"]), ("named", ["contact.relocated"]))
    }
    assert {each.status for each in hooks.values()} == {201}, hooks
    tree.whole.catch_up()
    settle(tree, clock, tree.move("town", "east").body["id"])

    def told(name):
        items = tree.admin.call("GET", f"/v1/webhooks/{hooks[name].body['id']}/deliveries?limit=200").body["items"]
        return [each["type"] for each in items if "relocated" in each["type"] or each["type"] == "org_unit.moved"]

    assert told("all") == ["org_unit.moved"]
    assert told("contacts") == []
    assert told("named") == ["contact.relocated"] * 2


@pytest.mark.parametrize(
    ("name", "parent", "status", "code"),
    [
        ("root", "west", 422, "root"),
        ("west", "west", 422, "cycle"),
        ("west", "quarter", 422, "cycle"),
        ("town", "west", 422, "there_already"),
    ],
)
def test_move__to_where_it_can_not_stand__is_refused(tree, name, parent, status, code):
    answer = tree.admin.call("POST", f"/v1/org-units/{tree.units[name]}/move", {"parent_id": tree.units[parent]})
    assert (answer.status, answer.body["errors"][0]["code"]) == (status, code)
    assert not noted(tree)


def test_move__too_deep__is_refused_by_the_deepest_unit_below(tree):
    chain = ["east"]
    for number in range(7):
        tree.unit(f"deep {number}", chain[-1])
        chain.append(f"deep {number}")
    answer = tree.admin.call("POST", f"/v1/org-units/{tree.units['west']}/move", {"parent_id": tree.units[chain[-1]]})
    assert (answer.status, answer.body["errors"][0]["code"]) == (422, "too_deep")
    assert tree.move("quarter", chain[-1]).status == 202


def test_move__of_what_is_out_of_reach__is_as_if_it_did_not_exist(tree):
    role = {"name": "mover", "titles": {"en": "Mover", "zh": "m"}, "permissions": ["org_units:read", "org_units:write"]}
    assert tree.admin.call("POST", "/v1/roles", role).status == 201
    path = f"/v1/users/{tree.managers['west']}"
    assert tree.admin.call("PATCH", path, {"role": "mover"}).status == 200
    mover = tree.manager("west")
    assert tree.move("east", "town", mover).status == 404
    refused = tree.move("town", "east", mover)
    unknown = mover.call("POST", f"/v1/org-units/{tree.units['town']}/move", {"parent_id": "ou_none"})
    assert (refused.status, refused.body["errors"]) == (422, unknown.body["errors"])
    tree.unit("port", "west")
    assert tree.move("town", "port", mover).status == 202


def test_move__a_branch_that_is_being_moved__waits_and_another_one_goes(tree, clock):
    first = tree.move("town", "east")
    assert tree.move("town", "east").body["id"] == first.body["id"]
    for name, parent in (("quarter", "root"), ("west", "east"), ("town", "root"), ("east", "west")):
        refused = tree.admin.call("POST", f"/v1/org-units/{tree.units[name]}/move", {"parent_id": tree.units[parent]})
        assert (refused.status, refused.code) == (409, "state_conflict"), name
        assert refused.body["job"] == first.body["id"]
    tree.unit("a", "root")
    tree.unit("b", "root")
    second = tree.move("a", "b")
    assert second.status == 202
    tree.check(EVERYBODY)
    settle(tree, clock, first.body["id"])
    settle(tree, clock, second.body["id"])
    assert not noted(tree)
    back = tree.move("town", "west")
    assert back.status == 202
    tree.check(EVERYBODY)
    settle(tree, clock, back.body["id"])
    tree.check(EVERYBODY)


def test_move__cancelled__access_stays_right_and_the_same_call_ends_it(tree, clock, one_at_a_time):
    job = tree.move("town", "east").body["id"]
    clock.advance(seconds=6)
    for _ in range(4):
        tree.step(job)
    assert tree.admin.call("POST", f"/v1/jobs/{job}/cancel", {}).status == 200
    tree.check(EVERYBODY)
    again = tree.move("town", "east")
    assert (again.status, again.body["id"] != job) == (202, True)
    settle(tree, clock, again.body["id"])
    assert not noted(tree)
    tree.check(EVERYBODY)


@pytest.fixture
def with_files(monkeypatch, tmp_path):
    monkeypatch.setenv("SWITCHBOARD_FILES_DIR", str(tmp_path / "files"))


def test_export__a_move_in_the_midst__every_record_of_the_subtree_once(
    with_files, tree, clock, one_at_a_time, monkeypatch
):
    from chalicelib.exports import steps  # noqa: PLC0415 - its numbers are changed here

    monkeypatch.setattr(steps, "PAGE", 1)
    monkeypatch.setattr(steps, "PAGES", 1)
    role = {
        "name": "exporter",
        "titles": {"en": "Exporter", "zh": "e"},
        "permissions": ["contacts:read", "contacts:export", "jobs:read"],
    }
    assert tree.admin.call("POST", "/v1/roles", role).status == 201
    for name in ("east", "town"):
        grant = {"more_grants": [{"role": "exporter", "reach": "subtree"}]}
        assert tree.admin.call("PATCH", f"/v1/users/{tree.managers[name]}", grant).status == 200
    clients = {name: tree.manager(name) for name in ("east", "town")}
    exports = {}
    for name, client in clients.items():
        asked = client.call("POST", "/v1/contacts/exports", {"format": "jsonl", "fields": ["id"]})
        assert asked.status == 202, asked
        exports[name] = asked.body
        tree.step(asked.body["job_id"])
    job = tree.move("town", "east").body["id"]
    clock.advance(seconds=6)
    for _ in range(60):
        tree.step(job)
        states = {tree.step(each["job_id"]) for each in exports.values()}
        if states == {"succeeded"}:
            break
    for name, client in clients.items():
        shown = client.call("GET", f"/v1/contacts/exports/{exports[name]['id']}").body
        assert (shown["status"], shown["rows"]) == ("succeeded", len(tree.expected(name, "contacts"))), name


@pytest.mark.slow
def test_move__killed_at_any_transaction__every_record_follows_once(tree, clock, proxy, driver):
    places = []
    targets = ("east", "west")
    step = 0
    died = True
    while died:
        step += 1
        for when in ("before", "after"):
            parent = targets[len(places) % 2]
            before = versions(tree)
            job = tree.move("town", parent).body["id"]
            clock.advance(seconds=61)
            while tree.whole.background and _taken(tree):
                pass
            place = Place(proxy.endpoint, tree.whole.prefix, clock.ahead.total_seconds())
            proxy.reset_steps("TransactWriteItems")
            proxy.pause_at(step, when)
            died = killed_there(proxy, driver.work(place, tree.admin.tenant_id, job, whole=True))
            tree.check(("town",) if step % 2 else ("east",))
            settle(tree, clock, job)
            after = versions(tree)
            assert {each: after[each] - before[each] for each in after} == dict.fromkeys(after, 1), (step, when)
            assert not noted(tree)
            places.append(when)
    assert step > 3


def _taken(tree):
    """Empty the queue: the process that is killed is the one that works."""
    from chalicelib.jobs import queue  # noqa: PLC0415 - beside its use

    return not queue.LOCAL.empty() and queue.LOCAL.get_nowait()


def versions(tree):
    """The versions of the records that stand in the moved branch."""
    ids = {each for unit in ("town", "quarter") for held in tree.held[unit].values() for each in held}
    found = {}
    for unit in tree.whole.units:
        for item in tree.whole.items(unit):
            if item["kind"]["S"] != "event" and item.get("id", {}).get("S") in ids and "version" in item:
                found[item["id"]["S"]] = int(item["version"]["N"])
    return found
