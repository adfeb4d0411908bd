"""Reading figures costs the same with many requests as with few: as many queries, and for the same cells units.

The requests are counted by the rules that count real ones, and written past the API: twenty thousand by it take hours.
"""

from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.after_write import resolve
from chalicelib.changes.handling import Doors
from chalicelib.counters.postings import add, change
from chalicelib.counters.records import Posted, addition
from chalicelib.store.capacity import current_meter
from modules.service_analysis.complainers.records import Complainer
from modules.service_analysis.requests.records import ServiceRequest
from modules.service_analysis.requests.rules import Status
from tests.support.engine import engine_client

pytestmark = pytest.mark.integration

MOST = 99  # of the hundred actions of a transaction
BEGIN = datetime(2026, 4, 1, 12, tzinfo=UTC)
SPAN = "from=2026-04&to=2026-05"
READS = (
    f"figures?{SPAN}",
    f"figures?{SPAN}&compare=true",
    f"figures?{SPAN}&by=day",
    f"figures?{SPAN}&by=week&over=channel",
    f"figures?{SPAN}&by=day&over=area&depth=1",
    f"figures?{SPAN}&over=area,channel",
    f"figures/csv?{SPAN}&over=agent,category",
    "statuses",
    f"causes?{SPAN}",
    f"complaint-rate?{SPAN}",
    "repeat-complainers?period=2026-04&limit=20",
    f"requests?{SPAN}&limit=20",
    "requests?by=day&from=2026-04-05&to=2026-04-05&channel=web&limit=5",
)


def request(number):
    """One of requests that fill the same cells, however many there are."""
    at = BEGIN + timedelta(days=number % 40)
    return ServiceRequest.fresh(
        at + timedelta(milliseconds=number),
        type="complaint",
        title="Slow",
        severity="minor",
        priority="normal",
        version=1,
        created_at=at,
        created_by="usr_1",
        updated_at=at,
        updated_by="usr_1",
        category=("/billing/", "/speed/", "/data_caps/")[number % 3],
        area=("/Georgia/Acworth/", "/Maryland/Abingdon/")[number % 2],
        channel=("phone", "web")[number // 40 % 2],
        handler_id=f"usr_{number % 5}",
        status=Status.CLOSED.value,
        opened_at=at,
        responded_at=at + timedelta(hours=1 + number % 3),
        resolved_at=at + timedelta(hours=5),
        closed_at=at + timedelta(hours=6),
        unit_path="/ou_1/",
    )


def fill(behind, client, number):
    """Count so many requests, and list what each has posted."""
    doors = Doors.of(behind.background, "service_analysis", client.tenant_id)
    standing = behind.house.directory.tenants[client.tenant_id]
    manifest = behind.house.catalogue.get("service_analysis")
    records = [request(each) for each in range(number)]
    notes, began = [], doors.store.mark()
    for fact in manifest.facts:
        sums = {}
        for start in range(0, number, 500):
            sums = add(sums, counted(fact, records[start : start + 500], standing))
        if fact.name == "request_opened":
            notes += [each for record in records for each in listed(fact, record, standing, client.tenant_id)]
        for place, amounts in sums.items():
            doors.store.add(addition(client.tenant_id, fact.name, place, amounts, 0, BEGIN))
            if doors.store.staged_since(began)[0] == MOST:
                doors = committed(doors)
                began = doors.store.mark()
    for each in range(number // 10):
        made = Complainer(contact_id=f"cnt_{each}", period="2026-04", by_unit={"/ou_1/": 9}, total=9, revision=1)
        notes.append(made.place(client.tenant_id).raw())
    doors.store.commit()
    write(behind, notes)


def counted(fact, records, standing):
    """What so many records add to the cells."""
    sums = {}
    for record in records:
        for place, amounts in change(fact, None, resolve(fact.target)(record, standing)).items():
            into = sums.setdefault(place, {})
            for name, amount in amounts.items():
                into[name] = into.get(name, 0) + amount
    return sums


def listed(fact, record, standing, tenant):
    """A record, and the note of what it has posted."""
    note = Posted.of(resolve(fact.target)(record, standing), 1)
    note.put_at(Posted.key_of(record.key(tenant), fact.name))
    return note.listed(tenant, fact.name).raw(), record.place(tenant).raw()


def committed(doors):
    doors.store.commit()
    return Doors.of(doors.background, doors.module, doors.tenant)


def write(behind, items):
    engine = engine_client(behind.engine)
    for start in range(0, len(items), 25):
        puts = [{"PutRequest": {"Item": each}} for each in items[start : start + 25]]
        engine.batch_write_item(RequestItems={behind.table("service_analysis"): puts})
    engine.close()


def spent(client, proxy, path):
    """Calls by operation, and read units."""
    proxy.calls.reset()
    answer = client.call("GET", f"/v1/service/analysis/{path}")
    assert answer.status == 200, answer.text
    return (proxy.calls.operations(), current_meter().read_units), answer


def same_at(behind, proxy, few, many):
    costs = []
    for number in (few, many):
        client = behind.house.client()
        fill(behind, client, number)
        told = []
        for path in READS:
            cost, answer = spent(client, proxy, path)
            if path.startswith("requests"):
                # A page reads what was posted in chunks: as many queries, and of few requests a smaller chunk.
                assert len(answer.body["items"]) == int(path.rpartition("=")[2])
                cost = cost[0]
            told.append((path, cost))
        costs.append(told)
        opened = sum(
            each["figures"]["opened"]
            for each in client.call("GET", f"/v1/service/analysis/figures?{SPAN}&show=opened").body["items"]
        )
        assert opened == number
    for one, other in zip(*costs, strict=True):
        assert one == other


def test_reading__the_same_queries_with_ten_times_the_requests(behind, proxy):
    same_at(behind, proxy, 400, 1200)


@pytest.mark.slow
def test_reading__the_same_queries_with_a_thousand_and_twenty_thousand(behind, proxy):
    same_at(behind, proxy, 1000, 20_000)
