"""`GET /v1/contacts?q=` on moto: who may find whom, in what order, page by page, and what is late."""

import pytest

from chalicelib.access.principal import Reach
from chalicelib.search import find as find_module
from modules.contacts.kinds import READ, WRITE
from tests.support.postings import index
from tests.unit.web.conftest import on_moto

UNITS = {"n": "/n/", "w": "/n/w/", "nn": "/nn/", "s": "/s/"}


@pytest.fixture(scope="module")
def house():
    with on_moto() as made:
        yield made


def create(client, **body):
    answer = client.call("POST", "/v1/contacts", body)
    assert answer.status == 201, answer
    return answer.body["id"]


def pages(client, query):
    """The ids of each page of a search."""
    found, cursor = [], ""
    while True:
        answer = client.call("GET", f"/v1/contacts?{query}{cursor}")
        assert answer.status == 200, answer
        found.append([each["id"] for each in answer.body["items"]])
        if not answer.body["next_cursor"]:
            return found
        cursor = f"&cursor={answer.body['next_cursor']}"


def found(client, query):
    return [each for page in pages(client, query) for each in page]


@pytest.fixture(scope="module")
def client(house):
    return house.client()


@pytest.fixture(scope="module")
def zhang(house, client):
    """Zhang with a line, some others, and their postings."""
    others = [{"name": "张三"}, {"name": "José Núñez", "phones": ["+14155550102"]}, {"name": "Zsfia"}]
    for body in others:
        create(client, **body)
    made = create(
        client,
        name="张三丰",
        phones=["+14155550101"],
        emails=["z.sanfeng@example.com"],
        external_ids=[{"system": "billing", "id": "0002-ORFBO"}],
    )
    line = {"msisdn": "+14155550177", "iccid": "8986000000000000001", "account": "ACC-9"}
    assert client.call("POST", f"/v1/contacts/{made}/lines", line).status == 201
    index(house.keyring, client.tenant_id)
    return made


NUMBERS = ["0101", "5550101", "%2B14155550101", "0177", "0001", "8986000000000000001"]


@pytest.mark.parametrize("number", NUMBERS)
def test_search__a_number_without_the_permission__nobody_and_nothing_to_infer(house, client, zhang, number):
    clerk = house.client(client.tenant_id, permissions=[READ])
    answer = clerk.call("GET", f"/v1/contacts?q={number}")
    assert answer.body == {"items": [], "next_cursor": None}
    for words in (f"张三丰 {number}", f"zsf {number}"):
        assert clerk.call("GET", f"/v1/contacts?q={words}").body == answer.body
    assert found(clerk, "q=zhangsf") == [zhang]
    assert found(clerk, "q=acc9") == [zhang]
    assert found(client, f"q={number}") == [zhang]


def test_search__another_tenant__finds_nobody(house, zhang):
    assert found(house.client(), "q=三丰") == []


def test_search__without_the_right_to_read__refused(house, client, zhang):
    assert house.client(client.tenant_id, permissions=[WRITE]).call("GET", "/v1/contacts?q=三丰").status == 403


@pytest.mark.parametrize(
    "text", ["三丰", "张三丰", "zhangsf", "zsf", "sanfeng", "0101", "0177", "张 0177", "zsf acc-9", "0002-orf", "z.san"]
)
def test_search__whatever_is_remembered__finds_the_one(client, zhang, text):
    assert zhang in found(client, f"q={text}")


@pytest.mark.parametrize("text", ["李 0177", "李 acc-9", "zsf 0102", "0177 acc-8", "丰张", "%20", "!", "😀"])
def test_search__a_word_that_does_not_fit__nobody(client, zhang, text):
    assert found(client, f"q={text}") == []


def test_search__with_filters__both_hold(client, zhang):
    assert found(client, "q=zsf&external_system=billing") == [zhang]
    assert found(client, "q=zsf&external_system=crm") == []
    assert found(client, "q=张&status=active&phone=%2B14155550101") == [zhang]


@pytest.mark.parametrize("query", ["q=", "q=" + "x" * 101, "q=a&q=b", "q.prefix=a", "q=a&colour=red"])
def test_search__not_a_query__refused(client, query):
    assert client.call("GET", f"/v1/contacts?{query}").status == 400


def test_search__a_list_without_it__refused(client):
    answer = client.call("GET", "/v1/lines?q=a")
    assert answer.status == 400
    assert "q" not in answer.body["allowed"]


def test_search__order__whole_words_then_the_newest_or_as_asked(house):
    client = house.client()
    names = ["Anna Bell", "Ann Bello", "Ann Bell", "Annabel Bell", "Ann Bellamy"]
    ids = {name: create(client, name=name) for name in names}
    index(house.keyring, client.tenant_id)
    back = {made: name for name, made in ids.items()}
    best = [back[each] for each in found(client, "q=ann bell")]
    assert best == ["Ann Bell", "Ann Bellamy", "Annabel Bell", "Ann Bello", "Anna Bell"]
    assert [back[each] for each in found(client, "q=ann&sort=created_at")] == names
    assert [back[each] for each in found(client, "q=ann&sort=-created_at")] == names[::-1]


@pytest.mark.parametrize("limit", [1, 2, 3, 200])
@pytest.mark.parametrize("window", [3, 4, 500])
@pytest.mark.parametrize("query", ["q=a", "q=a&sort=created_at", "q=a&tag=t1", "q=an an"])
def test_search__page_by_page__everybody_once(house, monkeypatch, many, query, window, limit):
    client, ids = many
    monkeypatch.setattr(find_module, "MAX_POSTINGS", window)
    got = found(client, f"{query}&limit={limit}")
    expected = [each for number, each in enumerate(ids) if "tag" not in query or number % 2]
    assert sorted(got) == sorted(expected)
    if window == 500 and query == "q=a&sort=created_at":
        assert got == expected


@pytest.fixture(scope="module")
def many(house):
    """Nine people, several of whose words begin with the same letter, in a tenant of their own."""
    client = house.client()
    names = ["Ann Anders", "Anna An", "An", "安安", "Ana Anna Ann Anne", "安 Ann", "Andy", "Anton Anton", "Ansel"]
    ids = [create(client, name=name, tags=[f"t{number % 2}"]) for number, name in enumerate(names)]
    index(house.keyring, client.tenant_id)
    return client, ids


def test_search__more_than_a_window__says_so_and_goes_on(many, monkeypatch):
    client, _ = many
    monkeypatch.setattr(find_module, "MAX_POSTINGS", 4)
    answer = client.call("GET", "/v1/contacts?q=an")
    assert answer.body["truncated_scan"] is True
    assert answer.body["next_cursor"]
    monkeypatch.setattr(find_module, "MAX_POSTINGS", 500)
    assert "truncated_scan" not in client.call("GET", "/v1/contacts?q=an&limit=2").body


def test_search__a_cursor__is_bound_to_its_query_scope_and_tenant(house, many):
    client, _ = many
    cursor = client.call("GET", "/v1/contacts?q=an&limit=2").body["next_cursor"]
    narrow = house.client(client.tenant_id, reach=Reach.UNIT)
    for by, query in (
        (client, "q=ann"),
        (client, "q=an&tag=t1"),
        (client, "sort=created_at"),
        (client, "q=an&sort=created_at"),
        (narrow, "q=an"),
        (house.client(), "q=an"),
    ):
        answer = by.call("GET", f"/v1/contacts?{query}&limit=2&cursor={cursor}")
        assert (answer.status, answer.code) == (400, "invalid_cursor"), query
    assert client.call("GET", f"/v1/contacts?q=an&limit=5&cursor={cursor}").status == 200


def test_search__a_cursor_behind_a_number__is_worth_nothing_without_the_permission(house):
    client = house.client()
    for number in range(3):
        create(
            client, name="Ann", phones=[f"+1415555010{number}"], external_ids=[{"system": "b", "id": f"555{number}"}]
        )
    index(house.keyring, client.tenant_id)
    cursor = client.call("GET", "/v1/contacts?q=555&limit=1").body["next_cursor"]
    clerk = house.client(client.tenant_id, permissions=[READ])
    answer = clerk.call("GET", f"/v1/contacts?q=555&limit=1&cursor={cursor}")
    assert all("+" not in phone for each in answer.body.get("items", []) for phone in each["phones"])


@pytest.mark.parametrize(
    ("reach", "unit", "expected"),
    [
        (Reach.ALL, "/n/", {"north", "north-west", "northern", "south", "none"}),
        (Reach.SUBTREE, "/n/", {"north", "north-west"}),
        (Reach.SUBTREE, "/n/w/", {"north-west"}),
        (Reach.UNIT, "/n/", {"north"}),
        (Reach.UNIT, "/s/", {"south"}),
        (Reach.OWN, "/n/", set()),
    ],
)
@pytest.mark.parametrize("query", ["q=ann", "q=0107", "q=ann 0107", "q=acc"])
def test_search__finds_what_is_in_the_callers_reach(house, organised, query, reach, unit, expected):
    tenant_id, ids = organised
    reader = house.client(tenant_id, reach=reach, unit=("x", unit))
    assert {name for name, made in ids.items() if made in found(reader, query)} == expected


@pytest.fixture(scope="module")
def organised(house):
    """A contact with a line in each unit, one in none; none is the reader's own."""
    tenant = house.directory.add_tenant(units=UNITS, users={"usr_1"})
    writer = house.client(tenant.tenant_id, unit=("", ""))
    ids = {}
    for number, (name, where) in enumerate(
        (("north", "n"), ("north-west", "w"), ("northern", "nn"), ("south", "s"), ("none", None))
    ):
        ids[name] = create(writer, name=f"Ann {name}", org_unit_id=where, owner_id="usr_1")
        line = {"msisdn": f"+141555{number}0107", "account": f"acc{number}"}
        assert writer.call("POST", f"/v1/contacts/{ids[name]}/lines", line).status == 201
    index(house.keyring, tenant.tenant_id)
    return tenant.tenant_id, ids


# -- what is late


def test_search__since_renamed__found_by_what_still_holds_alone(house):
    client = house.client()
    made = create(client, name="张三丰", phones=["+14155550101"])
    index(house.keyring, client.tenant_id)
    client.call("PATCH", f"/v1/contacts/{made}", {"name": "张四"})
    assert found(client, "q=张") == [made]
    assert found(client, "q=zhang") == [made]
    assert found(client, "q=0101") == [made]
    assert found(client, "q=三丰") == []
    assert found(client, "q=张 三") == []
    index(house.keyring, client.tenant_id)
    assert found(client, "q=zs") == [made]
    assert found(client, "q=zsf") == []


def test_search__since_moved_away__not_found(house):
    tenant = house.directory.add_tenant(units=UNITS)
    writer = house.client(tenant.tenant_id, unit=("", ""))
    made = create(writer, name="Ann", org_unit_id="n")
    index(house.keyring, tenant.tenant_id)
    writer.call("PATCH", f"/v1/contacts/{made}", {"org_unit_id": "s"})
    north = house.client(tenant.tenant_id, reach=Reach.UNIT, unit=("n", "/n/"))
    assert found(north, "q=ann") == []
    assert found(writer, "q=ann") == [made]


def test_search__since_deleted__not_found(house):
    client = house.client()
    made = create(client, name="Ann", phones=["+14155550101"])
    index(house.keyring, client.tenant_id)
    assert client.call("DELETE", f"/v1/contacts/{made}").status == 204
    assert found(client, "q=ann") == []
    assert found(client, "q=0101") == []


def test_search__a_line_that_ended_and_its_number_with_somebody_else__leads_to_the_new_owner_alone(house):
    client = house.client()
    before, after = create(client, name="Ann"), create(client, name="Ben")
    line = client.call("POST", f"/v1/contacts/{before}/lines", {"msisdn": "+14155550101", "account": "a-1"}).body["id"]
    index(house.keyring, client.tenant_id)
    assert found(client, "q=0101") == [before]
    client.call("PATCH", f"/v1/contacts/{before}/lines/{line}", {"status": "ended"})
    assert found(client, "q=0101") == []
    assert found(client, "q=a-1") == []
    client.call("POST", f"/v1/contacts/{after}/lines", {"msisdn": "+14155550101"})
    index(house.keyring, client.tenant_id)
    assert found(client, "q=0101") == [after]


def test_search__number_of_contact_and_line_alike__once(house):
    client = house.client()
    made = create(client, name="张三", phones=["+14155550101"])
    client.call("POST", f"/v1/contacts/{made}/lines", {"msisdn": "+14155550101"})
    index(house.keyring, client.tenant_id)
    assert found(client, "q=0101&limit=1") == [made]
    assert found(client, "q=zs 0101") == [made]
