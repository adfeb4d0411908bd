"""Segments over many: the real customers on the engine, and what reading costs however large a segment is."""

import pytest

from tests.support.real_customers import mapped, read_rows
from tests.support.segment_trees import TREES
from tests.support.segments import ACTIVE, contact, members, segment, size

SOME = 60


@pytest.fixture
def client(behind):
    return behind.house.client()


def load(client, rows):
    """The rows as customers of the tenant, with the custom fields that they need."""
    bodies, own = mapped(rows)
    for each in own:
        wanted = {"name": each.name, "type": each.type.value, "options": list(each.options)}
        assert client.call("POST", "/v1/contacts/custom-fields", wanted).status == 201
    for start in range(0, len(bodies), 100):
        operations = [{"op": "create", "data": body} for body in bodies[start : start + 100]]
        results = client.call("POST", "/v1/contacts/batch", {"operations": operations}).body["results"]
        assert {each["status"] for each in results} == {201}, results


def sizes_of_all(behind, client):
    found = {}
    for name, (rule, _) in TREES.items():
        answer = client.call("POST", "/v1/segments", {"name": name, "rule": rule})
        assert answer.status == 201, answer
        found[name] = answer.body["id"]
    behind.work()
    return {name: size(client, each) for name, each in found.items()}


def counted(rows):
    return {name: sum(means(row) for row in rows) for name, (_, means) in TREES.items()}


def test_segments_of_the_first_real_customers__have_the_sizes_of_a_plain_count(behind, client, shared_data):
    rows = read_rows(shared_data / "telecom_customers.csv")[:SOME]
    load(client, rows)
    assert sizes_of_all(behind, client) == counted(rows)


@pytest.mark.slow  # three minutes on an idle machine
def test_segments_of_all_real_customers__have_the_sizes_of_a_plain_count(behind, client, shared_data):
    rows = read_rows(shared_data / "telecom_customers.csv")
    load(client, rows)
    sizes = sizes_of_all(behind, client)
    assert sizes == counted(rows)
    left = members(client, client.call("GET", "/v1/segments?limit=200").body["items"][0]["id"], "?limit=200")
    assert left


@pytest.fixture
def costs(client, proxy):
    def of(path):
        proxy.calls.reset()
        assert client.call("GET", path).status == 200
        return proxy.calls.operations()

    return of


def test_reading_a_segment__costs_the_same_with_five_times_the_members(behind, client, costs):
    for _ in range(12):
        contact(client)
    found = segment(behind, client)
    someone = members(client, found)[0]
    paths = [
        f"/v1/segments/{found}",
        f"/v1/segments/{found}/members?limit=5",
        f"/v1/segments/{found}/history?limit=5",
        f"/v1/segments/{found}/explain?contact={someone}",
        f"/v1/contacts/{someone}/segments",
        f"/v1/contacts?segment_id={found}&limit=5",
    ]
    few = [costs(path) for path in paths]
    operations = [{"op": "create", "data": {"name": "Li"}} for _ in range(48)]
    assert client.call("POST", "/v1/contacts/batch", {"operations": operations}).status == 207
    behind.catch_up()
    assert size(client, found) == 60
    assert [costs(path) for path in paths] == few
    assert {path.rpartition("/")[2].partition("?")[0]: len(each) for path, each in zip(paths, few, strict=True)} == {
        found: 2,
        "members": 3,
        "history": 3,
        "explain": 4,
        "segments": 3,
        "contacts": 2,
    }


def test_an_event__costs_a_customer_three_round_trips(behind, client, proxy):
    someone = contact(client)
    segment(behind, client, {"any_line": ACTIVE})
    behind.catch_up()
    client.call("PATCH", f"/v1/contacts/{someone}", {"status": "churned"})
    proxy.calls.reset()
    from modules.contacts.memberships.service import reassess  # noqa: PLC0415 - here alone

    reassess(behind.background, client.tenant_id, [someone])
    assert proxy.calls.operations() == ["BatchGetItem", "Query", "TransactWriteItems"]
