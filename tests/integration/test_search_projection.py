"""Search behind real events: what is found after any delivery is what a rebuild would find, and nobody else's."""

import random

import pytest

from chalicelib.search.projection import postings_of
from chalicelib.store.records import Item
from infra.sample_people import people

KINDS = ("contact", "line")


def placed(items):
    """Postings by key, as they are stored."""
    return {(item["pk"]["S"], item["sk"]["S"]): item for item in items}


def wanted(behind):
    records = (Item.from_raw_data(dict(item)) for item in behind.of("contacts", *KINDS))
    return placed(posting.raw() for record in records for posting in postings_of(record))


def stand(behind):
    return placed(behind.of("contacts", "posting"))


def found(client, text):
    answer = client.call("GET", f"/v1/contacts?q={text}")
    assert answer.status == 200, answer
    return [each["id"] for each in answer.body["items"]]


def live(client, seed):
    """Create contacts with lines, rename some, end some lines, delete some contacts."""
    chance = random.Random(seed)
    for number, person in enumerate(people(20, seed)):
        body = {"name": person.name, "phones": [person.phone], "external_ids": [{"system": "b", "id": f"C-{number}"}]}
        made = client.call("POST", "/v1/contacts", body).body["id"]
        where = f"/v1/contacts/{made}"
        match chance.randrange(5):
            case 0:
                client.call("PATCH", where, {"name": "王小明", "phones": []})
            case 1:
                client.call("PATCH", where, {"value_tier": "gold"})
            case 2:
                assert client.call("DELETE", where).status == 204
            case 3 | 4 as end:
                line = client.call("POST", f"{where}/lines", {"msisdn": f"+1415555{number:04d}", "account": "A-1"})
                if end == 4:
                    client.call("PATCH", f"{where}/lines/{line.body['id']}", {"status": "ended"})


@pytest.mark.parametrize("seed", [1, 2])
def test_postings__after_any_delivery__are_those_of_the_records(behind, seed):
    client = behind.house.client()
    live(client, seed)
    behind.deliver_badly(seed)
    assert stand(behind) == wanted(behind)
    answer = client.call("POST", "/v1/modules/contacts/rebuild", {})
    behind.job(client, answer)
    assert stand(behind) == wanted(behind)


def test_search__as_written__found_seconds_later(behind):
    client = behind.house.client()
    ids = {}
    for name, phone in (("张三丰", "+8619900004321"), ("José Núñez", "+34600012240")):
        ids[name] = client.call("POST", "/v1/contacts", {"name": name, "phones": [phone]}).body["id"]
    assert found(client, "三丰") == []
    behind.catch_up()
    for text in ("三丰", "zhangsf", "zsf", "4321"):
        assert found(client, text) == [ids["张三丰"]], text
    assert found(client, "jose nun") == [ids["José Núñez"]]
    assert found(behind.house.client(), "三丰") == []
    client.call("PATCH", f"/v1/contacts/{ids['张三丰']}", {"name": "张君宝"})
    behind.catch_up()
    assert found(client, "zsf") == []
    assert found(client, "zjb") == [ids["张三丰"]]
    client.call("DELETE", f"/v1/contacts/{ids['张三丰']}")
    behind.catch_up()
    assert found(client, "zjb") == []
    assert {item["record"]["S"] for item in behind.of("contacts", "posting")} == {ids["José Núñez"]}
