"""Likely duplicates: candidates for a new contact, clusters of those that are there."""

from uuid import uuid4

import pytest

from chalicelib.access.principal import Reach
from chalicelib.changes.entry import handle_stream
from chalicelib.store.connection import connection, table_name
from tests.support.desk import Desk, desk_on
from tests.support.light_moto import light_moto

CONTACTS = "/v1/contacts"
ANYWAY = f"{CONTACTS}?allow_duplicates=true"
JOSE = {"name": "José Núñez", "phones": ["+14155550101"], "birth_date": "1980-02-01"}


@pytest.fixture
def desk(tmp_path):
    with light_moto(), desk_on(None, f"duplicates-{uuid4().hex[:8]}-", tmp_path) as made:
        yield made


def contact(desk, **more):
    answer = desk.client.call("POST", ANYWAY, more)
    assert answer.status == 201, answer
    return answer.body["id"]


def narrow(desk, **more):
    desk.house.directory.tenants[desk.client.tenant_id].units["ou_9"] = "/ou_9/"
    wanted = {"permissions": {"contacts:read", "contacts:write", "contacts:merge"}, "unit": ("ou_9", "/ou_9/")}
    return Desk(desk.house, desk.house.client(desk.client.tenant_id, reach=Reach.SUBTREE, **{**wanted, **more}))


def deliver(desk):
    """Hand over all events, as the stream does."""
    found = connection().client.scan(TableName=table_name("contacts"))["Items"]
    events = sorted((each for each in found if each["kind"]["S"] == "event"), key=lambda each: each["id"]["S"])
    records = [{"eventName": "INSERT", "dynamodb": {"NewImage": each, "SequenceNumber": "1"}} for each in events]
    assert handle_stream(desk.background, {"Records": records}) == {"batchItemFailures": []}


# -- candidates


def test_create__a_likely_duplicate__is_refused_with_the_candidates(desk):
    there = contact(desk, **JOSE)
    answer = desk.client.call("POST", CONTACTS, {"name": "nunez, jose", "phones": ["(415) 555-0101"]})
    assert (answer.status, answer.code) == (409, "possible_duplicates")
    (candidate,) = answer.body["candidates"]
    assert (candidate["id"], candidate["display_name"]) == (there, "José Núñez")
    assert candidate["reasons"] == ["phone", "name"]
    assert 0.7 <= candidate["score"] <= 1
    assert desk.client.call("POST", ANYWAY, {"name": "nunez, jose", "phones": ["(415) 555-0101"]}).status == 201


@pytest.mark.parametrize(
    "other",
    [
        {"name": "María Gómez", "phones": ["+14155550101"]},
        {"name": "José Núñez"},
        {"name": "José Núñez", "birth_date": "1981-02-01"},
        {"name": "Somebody", "emails": ["somebody@example.com"]},
    ],
)
def test_create__somebody_else__is_created(desk, other):
    contact(desk, **JOSE)
    assert desk.client.call("POST", CONTACTS, other).status == 201


def test_create__of_somebody_out_of_reach_or_of_another_tenant__tells_nothing(desk):
    contact(desk, **JOSE)
    assert narrow(desk).client.call("POST", CONTACTS, JOSE).status == 201
    assert desk.house.client().call("POST", CONTACTS, JOSE).status == 201


def test_create__by_who_may_not_read__tells_nothing(desk):
    contact(desk, **JOSE)
    writer = desk.house.client(desk.client.tenant_id, permissions={"contacts:write"})
    assert writer.call("POST", CONTACTS, JOSE).status == 201


def test_create__with_the_feature_off__is_not_asked(desk):
    contact(desk, **JOSE)
    desk.house.directory.tenants[desk.client.tenant_id].off = ("contacts.duplicates",)
    assert desk.client.call("POST", CONTACTS, JOSE).status == 201


def test_create__a_key_that_is_taken__says_so_first(desk):
    own = {"external_ids": [{"system": "crm", "id": "1"}]}
    contact(desk, **JOSE, **own)
    assert desk.client.call("POST", CONTACTS, {**JOSE, **own}).code == "already_exists"


def test_create__after_a_change_or_an_end__knows_the_candidates_as_they_are(desk):
    there = contact(desk, **JOSE)
    assert desk.client.call("PATCH", f"{CONTACTS}/{there}", {"phones": [], "birth_date": None}).status == 200
    again = desk.client.call("POST", CONTACTS, JOSE)
    assert again.status == 201
    assert desk.client.call("DELETE", f"{CONTACTS}/{again.body['id']}").status == 204
    assert desk.client.call("POST", CONTACTS, JOSE).status == 201


def test_batch_and_upsert__do_not_ask(desk):
    contact(desk, **JOSE)
    batch = desk.client.call("POST", f"{CONTACTS}/batch", {"operations": [{"op": "create", "data": JOSE}] * 2})
    assert [each["status"] for each in batch.body["results"]] == [201, 201]
    assert desk.client.call("PUT", f"{CONTACTS}/by-external-id/crm/9", JOSE).status == 201


# -- the search


def scanned(desk):
    answer = desk.client.call("POST", f"{CONTACTS}/duplicate-scans")
    desk.run(answer)
    job = desk.client.call("GET", answer.headers["Location"]).body
    assert job["state"] == "succeeded", job
    return job["result"]


def listed(client, **more):
    query = "&".join(f"{name}={value}" for name, value in more.items())
    return client.call("GET", f"{CONTACTS}/duplicates?{query}").body["items"]


@pytest.fixture
def found(desk):
    """Two that are one, another two, and somebody else; searched."""
    pairs = [
        [contact(desk, **JOSE), contact(desk, **{**JOSE, "name": "Nunez Jose", "emails": ["j@example.com"]})],
        [
            contact(desk, name="张三丰", emails=["z@example.com"]),
            contact(desk, name="张三丰", emails=["z@example.com"]),
        ],
    ]
    contact(desk, name="Somebody Else", phones=["+14155550199"])
    assert scanned(desk) == {"clusters": 2, "opened": 2, "closed": 0, "contacts": 5}
    return pairs


def test_scan__without_the_right__is_refused(desk):
    reader = desk.house.client(desk.client.tenant_id, permissions={"contacts:read"})
    assert reader.call("POST", f"{CONTACTS}/duplicate-scans").status == 403


def test_clusters__say_who_and_why(desk, found):
    clusters = listed(desk.client, status="open")
    assert sorted(sorted(member["id"] for member in each["members"]) for each in clusters) == sorted(map(sorted, found))
    jose = next(each for each in clusters if each["members"][0]["display_name"] != "张三丰")
    assert jose["pairs"][0]["reasons"] == ["name", "phone", "birth_date"]
    assert 0.9 < jose["score"] <= 1
    assert desk.client.call("GET", f"{CONTACTS}/duplicates/{jose['id']}").body == jose


def test_clusters__with_a_member_out_of_reach_or_of_another_tenant__are_not_there(desk, found):
    cluster = listed(desk.client)[0]["id"]
    for other in (narrow(desk).client, desk.house.client()):
        assert listed(other) == []
        path = f"{CONTACTS}/duplicates/{cluster}"
        assert [other.call(*each).status for each in (("GET", path), ("POST", f"{path}/dismiss"))] == [404, 404]


def test_dismissed__is_never_open_again(desk, found):
    cluster = listed(desk.client)[0]["id"]
    answer = desk.client.call("POST", f"{CONTACTS}/duplicates/{cluster}/dismiss")
    assert (answer.status, answer.body["status"]) == (200, "dismissed")
    assert scanned(desk) == {"clusters": 2, "opened": 0, "closed": 0, "contacts": 5}
    assert [each["id"] for each in listed(desk.client, status="dismissed")] == [cluster]
    assert len(listed(desk.client, status="open")) == 1


def test_scan__what_is_no_duplicate_any_more__goes(desk, found):
    assert desk.client.call("PATCH", f"{CONTACTS}/{found[1][1]}", {"name": "李四", "emails": []}).status == 200
    assert scanned(desk) == {"clusters": 1, "opened": 0, "closed": 1, "contacts": 5}


def test_merged__the_cluster_ends(desk, found):
    cluster = next(each for each in listed(desk.client) if {one["id"] for one in each["members"]} == set(found[0]))
    path = f"{CONTACTS}/duplicates/{cluster['id']}"
    wanted = {"winner_id": found[0][0], "loser_id": found[1][0]}
    assert desk.client.call("POST", f"{path}/merge", wanted).status == 404
    answer = desk.client.call("POST", f"{path}/merge", {**wanted, "loser_id": found[0][1]})
    assert answer.status == 202, answer
    desk.run(answer)
    deliver(desk)
    after = desk.client.call("GET", path).body
    assert (after["status"], [each["id"] for each in after["members"]]) == ("merged", [found[0][0]])
    assert desk.client.call("POST", f"{path}/dismiss").code == "state_conflict"
    undone = desk.client.call("POST", f"{CONTACTS}/merges/{answer.body['merge_id']}/unmerge")
    assert desk.worker.run(desk.client.tenant_id, undone.body["job_id"])
    assert scanned(desk)["opened"] == 1
    assert desk.client.call("GET", path).body["status"] == "open"


def test_deleted__the_cluster_goes(desk, found):
    assert desk.client.call("DELETE", f"{CONTACTS}/{found[1][0]}").status == 204
    deliver(desk)
    assert len(listed(desk.client)) == 1
