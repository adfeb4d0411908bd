"""The journal by cursor: every change exactly once, each subject's in their order, none skipped."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from chalicelib.access.principal import Reach
from tests.support.faults import Conflict, Delay
from tests.support.visits import made, visit

WRITERS, ROUNDS, WRITES = 8, 10, 2
NEVER = 10**6


@pytest.fixture
def client(with_module):
    return with_module.house.client()


def page(client, cursor=None, query="limit=200"):
    answer = client.call("GET", f"/v1/events?{query}" + (f"&cursor={cursor}" if cursor else ""))
    assert answer.status == 200, answer
    return answer.body["items"], answer.body["next_cursor"]


def read_on(client, cursor=None, query="limit=200", pages=200):
    """All that there is behind a cursor, and the cursor behind it."""
    found = []
    for _ in range(pages):
        items, cursor = page(client, cursor, query)
        if not items:
            return found, cursor
        found += items
    raise AssertionError(found)


def written(behind, client):
    """What there really is, by unit and id."""
    return [each for each in behind.events() if each["tenant"]["S"] == client.tenant_id]


def check_complete(seen, events):
    ids = [each["id"] for each in seen]
    assert sorted(ids) == sorted(each["id"]["S"] for each in events)
    assert len(set(ids)) == len(ids)
    versions = {}
    for each in seen:
        assert each["version"] == versions.get(each["subject"], 0) + 1, each
        versions[each["subject"]] = each["version"]


# -- who may


def test_journal__without_the_right_or_the_whole_tenant__is_refused(with_module, client):
    made(client.call("POST", "/v1/contacts", {"name": "José"}))
    everything = with_module.house.catalogue.permissions()
    for reach in (Reach.OWN, Reach.UNIT, Reach.SUBTREE):
        answer = with_module.house.client(client.tenant_id, reach=reach).call("GET", "/v1/events")
        assert (answer.status, answer.code) == (403, "permission_denied")
    without = with_module.house.client(client.tenant_id, permissions=everything - {"journal:follow"})
    answer = without.call("GET", "/v1/events")
    assert (answer.status, answer.body["permission"]) == (403, "journal:follow")


def test_journal__of_another_tenant__is_not_told(with_module, clock, client):
    made(client.call("POST", "/v1/contacts", {"name": "José"}))
    other = with_module.house.client()
    clock.advance(seconds=11)
    assert page(other)[0] == []
    assert len(page(client)[0]) == 1


def test_cursor__forged_foreign_or_of_another_query__is_refused(with_module, clock, client):
    made(client.call("POST", "/v1/contacts", {"name": "José"}))
    clock.advance(seconds=11)
    other = with_module.house.client()
    cursor, foreign = page(client)[1], page(other)[1]
    filtered = page(client, query="type=contact.created")[1]
    for query in (
        f"cursor={foreign}",
        f"cursor={filtered}",
        f"cursor={filtered}&type=contact.updated",
        f"cursor={cursor}&subject=cnt_1",
        f"cursor={cursor[:-2]}AA",
        "cursor=x",
        f"cursor={cursor}x",
    ):
        answer = client.call("GET", f"/v1/events?{query}")
        assert (answer.status, answer.code) == (400, "invalid_cursor"), query
    assert client.call("GET", f"/v1/contacts?cursor={cursor}").status == 400
    assert page(client, cursor, "limit=1")[0] == []


def test_filters__that_are_not_declared__are_refused(client):
    for query in ("actor=x", "sort=time", "include_total=true", "limit=0"):
        assert client.call("GET", f"/v1/events?{query}").status == 400, query


# -- what it tells


def test_journal__an_event__says_which_change_by_whom_and_the_fields_names(with_module, clock, client):
    contact = made(client.call("POST", "/v1/contacts", {"name": "José"}))
    assert client.call("PATCH", f"/v1/contacts/{contact}", {"status": "churned"}).status == 200
    clock.advance(seconds=11)
    first, second = page(client)[0]
    assert (first["type"], second["type"]) == ("contact.created", "contact.updated")
    assert second == {
        "id": second["id"],
        "type": "contact.updated",
        "subject": contact,
        "actor": second["actor"],
        "time": second["time"],
        "version": 2,
        "changed": ["status"],
    }
    assert "José" not in str(first)


def test_journal__before_it_is_settled__shows_nothing(with_module, clock, client):
    contact = made(client.call("POST", "/v1/contacts", {"name": "José"}))
    items, cursor = page(client)
    assert items == []
    clock.advance(seconds=8)
    items, cursor = page(client, cursor)
    assert items == []
    clock.advance(seconds=4)
    items, cursor = page(client, cursor)
    assert [each["subject"] for each in items] == [contact]
    assert page(client, cursor)[0] == []


def test_journal__by_type_and_subject__tells_these_alone(with_module, clock, client):
    contacts = [made(client.call("POST", "/v1/contacts", {"name": name})) for name in "abc"]
    for each in contacts[:2]:
        assert client.call("PATCH", f"/v1/contacts/{each}", {"status": "churned"}).status == 200
    made(client.call("POST", "/v1/visits", visit(contacts[0])))
    clock.advance(seconds=11)

    def told(query):
        found, position = [], None
        for _ in range(6):  # a page may be empty and not the last
            items, position = page(client, position, f"{query}&limit=2")
            found += [(each["type"], each["subject"]) for each in items]
        return found

    assert told("type=contact.updated") == [("contact.updated", each) for each in contacts[:2]]
    assert told(f"subject={contacts[1]}") == [("contact.created", contacts[1]), ("contact.updated", contacts[1])]
    assert told(f"subject={contacts[1]}&type=contact.updated") == [("contact.updated", contacts[1])]
    assert [each for each, _ in told("type=visit.created")] == ["visit.created"]
    assert told("type=nosuch.event") == []


@pytest.mark.parametrize("limit", [1, 2, 3, 200])
def test_journal__over_days_and_units__is_whole_at_any_page_size(with_module, clock, client, limit):
    contact = made(client.call("POST", "/v1/contacts", {"name": "José"}))
    for _ in range(4):
        made(client.call("POST", "/v1/visits", visit(contact)))
        assert client.call("POST", "/v1/visit-jobs", {"name": "climb", "params": {"steps": 1}}).status == 202
        with_module.work()
        clock.advance(hours=19)
    made(client.call("POST", "/v1/contacts", {"name": "last"}))
    clock.advance(seconds=11)
    seen, cursor = read_on(client, query=f"limit={limit}")
    events = written(with_module, client)
    check_complete(seen, events)
    assert len({(each["unit"]["S"], each["pk"]["S"]) for each in events}) > 6
    assert [each["id"] for each in seen] == sorted(each["id"] for each in seen)
    assert read_on(client, cursor, f"limit={limit}")[0] == []


def test_journal__after_thirty_days__goes_on_where_there_still_is_something(with_module, clock, client):
    made(client.call("POST", "/v1/contacts", {"name": "old"}))
    clock.advance(seconds=11)
    cursor = page(client)[1]
    clock.advance(days=45)
    young = made(client.call("POST", "/v1/contacts", {"name": "young"}))
    clock.advance(seconds=11)
    for position in (None, cursor):
        assert [each["subject"] for each in read_on(client, position)[0]] == [young]


def test_journal__a_commit_that_comes_late__is_not_passed_by(with_module, proxy, clock, client):
    made(client.call("POST", "/v1/contacts", {"name": "first"}))
    proxy.reset_steps("TransactWriteItems")
    proxy.pause_at(1, "before")
    late = threading.Thread(target=client.call, args=("POST", "/v1/contacts", {"name": "late"}))
    late.start()
    assert proxy.paused.wait(10)
    clock.advance(seconds=2)
    made(client.call("POST", "/v1/contacts", {"name": "younger"}))  # is in before the other, with a greater id
    clock.advance(seconds=7)
    items, cursor = page(client)
    assert items == []
    proxy.release()
    late.join(10)
    clock.advance(seconds=5)
    seen, _ = read_on(client, cursor)
    check_complete(seen, written(with_module, client))
    assert len(seen) == 3


# -- under load


@contextmanager
def following(client):
    """A reader in a thread of its own; gives what it has seen, whole when the block is over."""
    seen, stop, problems = [], threading.Event(), []
    _, start = page(client)  # looks at thirty days, once

    def follow():
        cursor = start
        try:
            while True:
                over = stop.is_set()
                found, cursor = read_on(client, cursor, "limit=17", NEVER)
                seen.extend(found)
                if over:
                    return
        except Exception as error:  # noqa: BLE001 - told to the test
            problems.append(error)

    reader = threading.Thread(target=follow)
    reader.start()
    try:
        yield seen
    finally:
        stop.set()
        reader.join(60)
    assert problems == []


@pytest.mark.parametrize("faults", [[], [Conflict(probability=0.2), Delay(seconds=0.2, probability=0.1)]])
def test_journal__eight_writers_and_a_reader__every_event_exactly_once(
    with_module, proxy, brisk, clock, client, faults
):
    shared = [made(client.call("POST", "/v1/contacts", {"name": f"c{at}"})) for at in range(3)]
    proxy.inject(*faults)

    def write(writer, turn):
        """One new record, and one change of a record that all writers change."""
        for at in range(WRITES):
            if (writer + at) % 2:
                answer = client.call("PATCH", f"/v1/contacts/{shared[writer % 3]}", {"tags": [f"{writer}.{turn}.{at}"]})
                assert answer.status == 200, answer
            elif writer % 4 == 0:
                made(client.call("POST", "/v1/visits", visit(shared[0])))
            else:
                made(client.call("POST", "/v1/contacts", {"name": f"{writer}.{turn}.{at}"}))

    with following(client) as seen, ThreadPoolExecutor(WRITERS) as pool:
        for turn in range(ROUNDS):
            list(pool.map(write, range(WRITERS), [turn] * WRITERS))
            clock.advance(seconds=3)  # when nothing is on its way: a commit takes its real time and no more
        early = len(seen)
        clock.advance(seconds=11)
    assert early, "the reader has not followed"
    proxy.clear()
    events = written(with_module, client)
    assert len(events) == 3 + WRITERS * ROUNDS * WRITES
    check_complete(seen, events)
