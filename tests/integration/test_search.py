"""What a search reads on the engine: postings and round trips, the same at 1,000 and at 20,000 customers."""

from contextlib import contextmanager
from datetime import UTC, datetime
from urllib.parse import quote

import pytest

from chalicelib.search.find import MAX_POSTINGS
from chalicelib.search.projection import postings_of
from chalicelib.store.connection import connection
from infra.sample_people import people
from modules.contacts.people.records import Contact
from tests.support.engine import engine_client
from tests.support.postings import write

# A query, the number of the customer that it must find (张三丰 is the first, José Núñez the second), its round trips.
QUERIES = [
    ("三丰", 0, 2),
    ("zhangsf", 0, 3),
    ("zsf", 0, 2),
    ("4321", 0, 3),
    ("张 4321", 0, 3),
    ("199 0000 4321", 0, 3),
    ("c-0000", 0, 3),
    ("jose nun", 1, 2),
    ("núñez josé 2240", 1, 3),
    ("张", None, 2),
    ("zhang", None, 2),
    ("c", None, 2),
    ("nobodyofthatname", None, 1),
]


def id_of(number):
    return f"cnt_{number:026d}"


def customers(tenant_id, count):
    """Customers, each with its postings behind it."""
    now = datetime.now(UTC)
    for number, person in enumerate(people(count, seed=1)):
        contact = Contact.fresh(now, id=id_of(number), type="individual", status="active", unit_path="/ou_1/")
        contact.name, contact.phones = person.name, [person.phone]
        contact.external_ids = [{"system": "billing", "id": f"C-{number:04d}"}]
        contact.created_at = contact.updated_at = now
        contact.created_by = contact.updated_by = "test"
        contact.version = 1
        yield contact.place(tenant_id)
        yield from postings_of(contact)


@contextmanager
def counted():
    """How many items the queries inside read."""
    read = []
    events = connection().client.meta.events
    events.register("after-call.dynamodb.Query", note := lambda parsed, **_: read.append(parsed["ScannedCount"]))
    try:
        yield read
    finally:
        events.unregister("after-call.dynamodb.Query", note)


@pytest.mark.parametrize("count", [1000, pytest.param(20_000, marks=pytest.mark.slow)])
def test_search__however_many_customers__a_page_reads_no_more(client, engine, proxy, count):
    write(customers(client.tenant_id, count), engine_client(engine.endpoint))
    for text, wanted, round_trips in QUERIES:
        proxy.calls.reset()
        with counted() as read:
            answer = client.call("GET", f"/v1/contacts?q={quote(text)}")
        assert answer.status == 200
        assert sum(read) <= MAX_POSTINGS == 500, text
        assert len(proxy.calls.operations()) == round_trips, (text, proxy.calls.operations())
        assert answer.body.get("truncated_scan", False) is (sum(read) == MAX_POSTINGS), text
        if wanted is not None:
            assert id_of(wanted) in {each["id"] for each in answer.body["items"]}, text


def test_search__all_pages_of_a_common_word__everybody_once(client, engine, proxy):
    write(customers(client.tenant_id, 700), engine_client(engine.endpoint))
    found, cursor, truncated = [], "", []
    while True:
        with counted() as read:
            answer = client.call("GET", f"/v1/contacts?q=c&limit=200&fields=id{cursor}")
        assert sum(read) <= MAX_POSTINGS
        found += [each["id"] for each in answer.body["items"]]
        truncated.append(answer.body.get("truncated_scan", False))
        if not answer.body["next_cursor"]:
            break
        cursor = f"&cursor={answer.body['next_cursor']}"
    assert set(found) >= {id_of(number) for number in range(700)}
    assert len(found) == len(set(found)) == 700
    assert truncated == [True, True, True, False]
