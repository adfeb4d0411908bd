"""T6: no update is lost, and an If-Match holds what it promises."""

import threading
from collections import Counter
from functools import partial

import pytest

from tests.fault.crowd import all_at_once
from tests.support.faults import Conflict, LostAnswer, Throttle

WRITES = "TransactWriteItems"
FAULTS = {
    "quiet": (),
    "conflicts": (Conflict(probability=0.3),),
    "lost": (
        LostAnswer(probability=0.2, operations=WRITES),
        Throttle(probability=0.1, operations=WRITES),
        Conflict(probability=0.1),
    ),
}


@pytest.fixture(params=FAULTS, ids=str)
def disturbed(request, client, proxy, brisk):
    def start():
        proxy.inject(*FAULTS[request.param])

    return start


def test_each_version_lets_exactly_one_of_8_writers_with_if_match_through(client, proxy, holdings, disturbed):
    made = client.call("POST", "/v1/contacts", {"name": "José"}).body
    where = f"/v1/contacts/{made['id']}"
    disturbed()
    successes = 0
    for version in range(1, 6):
        tag = f'"{version}"'
        tasks = [partial(client.call, "PATCH", where, {"value_tier": f"{version}-{n}"}, If_Match=tag) for n in range(8)]
        answers = all_at_once(tasks)
        assert Counter(answer.status for answer in answers) == {200: 1, 412: 7}
        (winner,) = [answer for answer in answers if answer.status == 200]
        assert (winner.body["version"], winner.headers["ETag"]) == (version + 1, f'"{version + 1}"')
        for answer in answers:
            if answer.status == 412:
                assert answer.body["current_version"] == version + 1
                assert answer.body["current"] == {"value_tier": winner.body["value_tier"]}
        successes += 1
    proxy.clear()
    assert client.call("GET", where).body["version"] == 1 + successes
    assert holdings(client).flaws() == []


def test_8_writers_that_read_and_write_with_if_match_lose_no_update(client, proxy, holdings, disturbed):
    made = client.call("POST", "/v1/contacts", {"name": "José"}).body
    where = f"/v1/contacts/{made['id']}"
    written = []
    gate = threading.Lock()
    disturbed()

    def add_tags(writer):
        for number in range(3):
            tag = f"{writer}-{number}"
            while True:
                now = client.call("GET", where)
                assert now.status == 200
                wanted = {"tags": [*now.body["tags"], tag]}
                answer = client.call("PATCH", where, wanted, If_Match=now.headers["ETag"])
                if answer.status == 200:
                    break
                assert answer.status == 412
            with gate:
                written.append((answer.body["version"], tag))

    all_at_once([partial(add_tags, writer) for writer in range(8)])
    proxy.clear()
    final = client.call("GET", where).body
    # A counter by another name: each writer read all tags and put one more.
    assert final["tags"] == [tag for _, tag in sorted(written)]
    assert len(final["tags"]) == 24
    assert final["version"] == 1 + 24
    assert holdings(client).flaws() == []


def test_8_writers_without_if_match_who_change_different_fields_all_survive(client, proxy, holdings, disturbed):
    made = client.call("POST", "/v1/contacts", {"name": "José"}).body
    where = f"/v1/contacts/{made['id']}"
    patches = [
        {"name": "Josefa"},
        {"status": "churned"},
        {"churn_reason": "moved away"},
        {"value_tier": "gold"},
        {"language": "es"},
        {"emails": ["jose@example.com"]},
        {"addresses": [{"city": "Frazier Park"}]},
        {"external_ids": [{"system": "billing", "id": "7"}]},
    ]
    disturbed()
    answers = all_at_once([partial(client.call, "PATCH", where, patch) for patch in patches])
    proxy.clear()
    assert [answer.status for answer in answers] == [200] * 8
    assert sorted(answer.body["version"] for answer in answers) == list(range(2, 10))
    final = client.call("GET", where).body
    assert final["version"] == 9
    for patch in patches[:-2]:
        assert final.items() >= patch.items()
    assert final["addresses"][0]["city"] == "Frazier Park"
    assert final["external_ids"] == [{"system": "billing", "id": "7"}]
    assert holdings(client).flaws() == []


def test_of_8_deletes_with_if_match_one_succeeds_and_nothing_is_left(client, holdings, disturbed):
    whole = {"name": "José", "external_ids": [{"system": "billing", "id": "7"}], "emails": ["jose@example.com"]}
    made = client.call("POST", "/v1/contacts", whole).body
    disturbed()
    tasks = [partial(client.call, "DELETE", f"/v1/contacts/{made['id']}", If_Match='"1"')] * 8
    assert Counter(answer.status for answer in all_at_once(tasks)) == {204: 1, 404: 7}
    held = holdings(client)
    assert held.count() == {"event": 2}
    assert held.flaws() == []


def test_a_delete_with_if_match_of_a_contact_that_is_changed_meanwhile_is_refused(client, proxy, holdings):
    where = client.call("POST", "/v1/contacts", {"name": "José"}).headers["Location"]
    proxy.reset_steps(only="Query")
    proxy.pause_at(1, "before")  # the contact is read; whether it has children is asked next
    late = []
    deleting = threading.Thread(target=lambda: late.append(client.call("DELETE", where, If_Match='"1"')))
    deleting.start()
    assert proxy.paused.wait(30)
    assert client.call("PATCH", where, {"status": "churned"}).body["version"] == 2
    proxy.release()
    deleting.join()
    assert (late[0].status, late[0].body.get("current_version")) == (412, 2)
    assert client.call("GET", where).body["status"] == "churned"
    assert holdings(client).flaws() == []


def test_a_contact_that_gets_a_line_while_it_is_being_deleted_stays(client, proxy, holdings):
    made = client.call("POST", "/v1/contacts", {"name": "José"}).body
    where = f"/v1/contacts/{made['id']}"
    proxy.reset_steps(only=WRITES)
    proxy.pause_at(1, "before")
    late = []
    deleting = threading.Thread(target=lambda: late.append(client.call("DELETE", where)))
    deleting.start()
    assert proxy.paused.wait(30)
    line = client.call("POST", f"{where}/lines", {"msisdn": "415 555 0101"})
    touch = client.call("POST", f"{where}/interactions", {"channel": "phone", "direction": "inbound", "title": "bill"})
    proxy.release()
    deleting.join()
    assert (line.status, touch.status) == (201, 201)
    assert (late[0].status, late[0].code) == (409, "state_conflict")
    assert client.call("GET", where).status == 200
    assert holdings(client).flaws() == []
