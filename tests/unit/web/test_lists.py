"""Lists: filters, sorts, pages and scopes; what is not declared is refused by name."""

import pytest

from chalicelib.access.principal import Reach
from chalicelib.store import lists
from tests.unit.web.conftest import on_moto

CITIES = ["Frazier Park", "Fresno", "Los Angeles"]


@pytest.fixture(scope="module")
def house():
    """One for the file: most of these tests only read."""
    with on_moto() as made:
        yield made


@pytest.fixture(scope="module")
def client(house):
    return house.client()


@pytest.fixture(scope="module")
def filled(client):
    """Nine contacts; their ids, by number."""
    operations = [
        {
            "op": "create",
            "data": {
                "name": f"n{number}",
                "status": "churned" if number % 3 == 0 else "active",
                "value_tier": "gold" if number < 4 else None,
                "tags": [f"t{number % 2}", "all"],
                "addresses": [{"city": CITIES[number % 3]}, {"city": "Elsewhere"}] if number != 8 else [],
                "emails": [f"N{number}@example.com"],
            },
        }
        for number in range(9)
    ]
    results = client.call("POST", "/v1/contacts/batch", {"operations": operations}).body["results"]
    return [each["id"] for each in results]


@pytest.fixture
def numbers(client, filled):
    """The numbers of the contacts that a query finds, over all its pages, in order."""

    def find(query, by=client):
        found, cursor = [], ""
        while True:
            answer = by.call("GET", f"/v1/contacts?{query}{cursor}")
            assert answer.status == 200, answer
            found += [filled.index(each["id"]) for each in answer.body["items"]]
            if not answer.body["next_cursor"]:
                return found
            cursor = f"&cursor={answer.body['next_cursor']}"

    return find


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", {0, 1, 2, 3, 4, 5, 6, 7, 8}),
        ("status=active", {1, 2, 4, 5, 7, 8}),
        ("status.in=active,churned", {0, 1, 2, 3, 4, 5, 6, 7, 8}),
        ("status.ne=active", {0, 3, 6}),
        ("status=active&value_tier=gold", {1, 2}),
        ("city=Fresno", {1, 4, 7}),
        ("city.prefix=Fr", {0, 1, 3, 4, 6, 7}),
        ("city.ne=Elsewhere", {8}),
        ("tag=t1", {1, 3, 5, 7}),
        ("tag=all&tag.ne=t0", {1, 3, 5, 7}),
        ("email=n4@example.com", {4}),
        ("email=N4@EXAMPLE.com,n5@example.com", {4, 5}),
        ("email.ne=n4@example.com", {0, 1, 2, 3, 5, 6, 7, 8}),
        ("value_tier=silver", set()),
        ("created_at.gte=2000-01-01T00:00:00Z", {0, 1, 2, 3, 4, 5, 6, 7, 8}),
        ("created_at.lt=2000-01-01T00:00:00Z", set()),
        ("created_at.gt=2000-01-01T00:00:00Z&created_at.lt=1999-01-01T00:00:00Z", set()),
    ],
)
@pytest.mark.parametrize("limit", [1, 2, 200])
def test_a_filter_finds_what_it_says_whatever_the_page_size(numbers, query, expected, limit):
    found = numbers(f"{query}&limit={limit}")
    assert len(found) == len(expected)
    assert set(found) == expected


def test_newest_come_first_and_the_other_way_round_when_asked(client, numbers, filled):
    newest_first = sorted(range(9), key=lambda number: filled[number], reverse=True)
    assert numbers("limit=4") == numbers("sort=-created_at&limit=2") == newest_first
    assert numbers("sort=created_at&limit=4") == newest_first[::-1]


def test_a_list_that_no_index_answers_reads_so_much_a_page_and_says_so(client, numbers, monkeypatch):
    monkeypatch.setattr(lists, "MAX_SCANNED", 4)
    monkeypatch.setattr(lists, "CHUNK", 3)
    answer = client.call("GET", "/v1/contacts?value_tier=platinum")
    assert (answer.body["items"], answer.body["truncated_scan"]) == ([], True)
    assert answer.body["next_cursor"]
    assert sorted(numbers("value_tier=gold")) == [0, 1, 2, 3]
    assert "truncated_scan" not in client.call("GET", "/v1/contacts?status=active&limit=1").body


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("colour=red", "colour"),
        ("status=lost", "status"),
        ("status.prefix=a", "status"),
        ("value_tier.gte=a", "value_tier"),
        ("created_at=yesterday", "created_at"),
        ("created_at.gte=2026-01-01T00:00:00", "created_at"),
        ("sort=name", "sort"),
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=ten", "limit"),
        ("limit=1&limit=2", "limit"),
        ("fields=colour", "colour"),
        ("cursor=x", ""),
    ],
)
def test_what_is_not_declared_is_refused_by_name(client, query, said):
    answer = client.call("GET", f"/v1/contacts?{query}")
    assert answer.status == 400
    assert said in answer.text


def test_fields_choose_what_is_shown(client, filled):
    answer = client.call("GET", "/v1/contacts?fields=id,name&limit=1")
    assert set(answer.body["items"][0]) == {"id", "name"}


@pytest.mark.parametrize(
    ("reach", "unit", "expected"),
    [
        (Reach.ALL, "/n/", {"north", "north-west", "northern", "south", "none"}),
        (Reach.SUBTREE, "/n/", {"north", "north-west", "none"}),
        (Reach.SUBTREE, "/n/w/", {"north-west", "none"}),
        (Reach.UNIT, "/n/", {"north", "none"}),
        (Reach.UNIT, "/s/", {"south", "none"}),
    ],
)
@pytest.mark.parametrize("query", ["limit=1", "status=active&limit=2", "sort=created_at"])
def test_a_list_shows_what_is_in_the_callers_reach(house, query, reach, unit, expected):
    units = {"n": "/n/", "w": "/n/w/", "nn": "/nn/", "s": "/s/"}
    tenant = house.directory.add_tenant(units=units)
    writer = house.client(tenant.tenant_id, unit=("", ""))
    for name, where in (("north", "n"), ("north-west", "w"), ("northern", "nn"), ("south", "s"), ("none", None)):
        assert writer.call("POST", "/v1/contacts", {"name": name, "org_unit_id": where}).status == 201
    reader = house.client(tenant.tenant_id, reach=reach, unit=("x", unit))
    found, cursor = [], ""
    while True:
        answer = reader.call("GET", f"/v1/contacts?{query}{cursor}")
        assert answer.status == 200, answer
        found += [each["name"] for each in answer.body["items"]]
        if not answer.body["next_cursor"]:
            break
        cursor = f"&cursor={answer.body['next_cursor']}"
    assert len(found) == len(set(found))
    assert set(found) - {"none"} == expected - {"none"}
    ids = {each["name"]: each["id"] for each in writer.call("GET", "/v1/contacts").body["items"]}
    for name, contact_id in ids.items():
        assert (reader.call("GET", f"/v1/contacts/{contact_id}").status == 200) is (name in expected)
