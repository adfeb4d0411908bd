"""Months of usage and the bills that show the newest of them, on DynamoDB Local."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from chalicelib.access.principal import Reach
from chalicelib.clock import utc_now
from chalicelib.store import keys

COMMIT = "TransactWriteItems"
BATCH = "/v1/contacts/usage/batch"


def money(amount, currency="USD"):
    return {"amount": amount, "currency": currency}


@pytest.fixture
def customer(client):
    """A customer with a line: their ids."""
    body = {"name": "José", "external_ids": [{"system": "billing", "id": "1"}]}
    contact = client.call("POST", "/v1/contacts", body).body["id"]
    line = {"msisdn": "+14155550102", "account": "a1", "starts_on": "2024-03-15"}
    return contact, client.call("POST", f"/v1/contacts/{contact}/lines", line).body["id"]


@pytest.fixture
def put(client, customer):
    def put(month, **body):
        return client.call("PUT", f"/v1/contacts/{customer[0]}/usage/{month}", body)

    return put


@pytest.fixture
def bills(client, customer):
    def bills():
        shown = client.call("GET", f"/v1/contacts/{customer[0]}/overview").body["bills"]
        return [(each["line_id"] or each["account"], each["month"], each["invoice"]) for each in shown]

    return bills


@pytest.fixture
def loads(house, client):
    """What the events of loads say of each field, the oldest first."""

    def loads():
        store = house.background.store("contacts", client.tenant_id, "test", "test")
        days = (utc_now() - timedelta(days=1), utc_now())
        found = [each for day in days for each in store.query_all(keys.event(client.tenant_id, day, "x").pk)]
        told = [each.changed for each in found if each.type == "usage_load.created"]
        return [{name: _plain(new) for name, (_, new) in each.items()} for each in told]

    return loads


def _plain(value):
    return json.loads(value) if isinstance(value, str) and value[:1] in "[{" else value


def operation(month, data, **key):
    return {"op": "upsert", "key": {"month": month, **key}, "data": data}


# -- who may


def test_a_foreign_customer__is_not_there(house, customer):
    stranger = house.client()
    path = f"/v1/contacts/{customer[0]}/usage"
    assert stranger.call("PUT", f"{path}/2026-10", {"invoice": money("1")}).status == 404
    assert stranger.call("GET", path).status == 404
    assert stranger.call("GET", f"{path}/figures").status == 404
    for key in ({"contact_id": customer[0]}, {"line_id": customer[1]}, {"msisdn": "+14155550102"}, {"account": "a1"}):
        answer = stranger.call("POST", BATCH, {"operations": [operation("2026-10", {"sms": 1}, **key)]})
        assert [each["status"] for each in answer.body["results"]] == [404], key


def test_a_customer_out_of_reach__is_not_there(house, client, customer):
    elsewhere = house.client(client.tenant_id, reach=Reach.SUBTREE, unit=("ou_2", "/ou_2/"))
    answer = elsewhere.call("PUT", f"/v1/contacts/{customer[0]}/usage/2026-10", {"sms": 1})
    assert answer.status == 404
    client.call("PUT", f"/v1/contacts/{customer[0]}/usage/2026-10", {"sms": 1})
    batch = {"operations": [operation("2026-10", {"sms": 2}, external_id={"system": "billing", "id": "1"})]}
    assert elsewhere.call("POST", BATCH, batch).body["results"][0]["status"] == 404


def test_who_may_only_write_contacts__loads_no_usage(house, client, customer):
    agent = house.client(client.tenant_id, permissions=["contacts:read", "contacts:write"])
    assert agent.call("PUT", f"/v1/contacts/{customer[0]}/usage/2026-10", {"sms": 1}).status == 403


# -- one month


def test_a_month_becomes_the_bill__and_a_newer_one_takes_its_place(put, bills, customer):
    first = put("2026-09", invoice=money("65.60"), data_mb="16384", sms=3, line_id=customer[1])
    assert (first.status, first.body["revision"], first.body["restated_at"]) == (200, 1, None)
    assert bills() == [(customer[1], "2026-09", money("65.60"))]
    put("2026-10", invoice=money("70.00"), line_id=customer[1])
    put("2026-08", invoice=money("60.00"), line_id=customer[1])
    put("2026-10", invoice=money("5"), account="a1")
    put("2026-10", invoice=money("75"))
    assert sorted(bills(), key=str) == [
        ("a1", "2026-10", money("5")),
        (customer[1], "2026-10", money("70.00")),
        (None, "2026-10", money("75")),
    ]


def test_the_same_again__changes_nothing(put, loads, customer):
    said = {"invoice": money("65.60"), "sms": 3, "line_id": customer[1]}
    first = put("2026-10", **said).body
    again = put("2026-10", **said | {"invoice": money("65.6")}).body
    assert again == first
    assert len(loads()) == 1


def test_a_corrected_month_replaces__and_says_so(put, bills, loads, customer):
    put("2026-10", invoice=money("65.60"), payment=money("10"))
    corrected = put("2026-10", invoice=money("-4")).body
    assert (corrected["revision"], corrected["negative"], corrected["payment"]) == (2, ["invoice"], money("10"))
    assert corrected["restated_at"] == corrected["loaded_at"]
    assert bills() == [(None, "2026-10", money("-4"))]
    first, second = loads()
    assert (first["month"], first["new"], first["replaced"], first["restated"]) == ("2026-10", 1, 0, False)
    assert (second["new"], second["replaced"], second["restated"]) == (0, 1, True)
    assert second["contacts"] == [customer[0]]
    assert second["restatements"] == [{"contact_id": customer[0], "before": {"invoice": "65.60"}}]


def test_a_late_month__is_told_as_late(put, loads):
    put("2026-10", sms=1)
    put("2026-08", sms=1)
    assert [(each["month"], each["late"]) for each in loads()] == [("2026-10", 0), ("2026-08", 1)]


def test_an_earlier_word__is_refused_and_a_later_one_wins(put, bills):
    put("2026-10", invoice=money("2"), as_of="2026-11-02T00:00:00Z")
    stale = put("2026-10", invoice=money("1"), as_of="2026-11-01T00:00:00Z")
    assert (stale.status, stale.code) == (409, "older_figures")
    # What the later word did not name is free: network and billing write one month.
    assert put("2026-10", data_mb="5.5", as_of="2026-11-01T00:00:00Z").status == 200
    assert put("2026-10", data_mb="6.5", as_of="2026-11-01T12:00:00Z").status == 200
    assert put("2026-10", data_mb="7.5", as_of="2026-11-01T00:00:00Z").status == 409
    assert put("2026-10", invoice=money("2"), as_of="2026-11-04T00:00:00Z").body["revision"] == 3
    assert put("2026-10", invoice=money("3"), as_of="2026-11-03T00:00:00Z").status == 409
    assert bills() == [(None, "2026-10", money("2"))]


def test_a_figure_is_taken_away__by_null(put):
    put("2026-10", invoice=money("2"), sms=5)
    after = put("2026-10", sms=None).body
    assert (after["sms"], after["invoice"], after["revision"]) == (None, money("2"), 2)


@pytest.mark.parametrize(
    ("month", "body", "code"),
    [
        ("2026-10", {}, "no_figures"),
        ("2026-10", {"invoice": money("1"), "payment": money("1", "CNY")}, "other_currency"),
        ("2026-10", {"sms": 1, "line_id": "lin_1", "account": "a"}, "two_holders"),
        ("2026-10", {"sms": 1, "line_id": "lin_none"}, "unknown_reference"),
        ("2031-01", {"sms": 1}, "in_the_future"),
        ("2026-10", {"sms": 1, "as_of": "2031-01-01T00:00:00Z"}, "in_the_future"),
    ],
)
def test_what_makes_no_sense__is_refused(put, month, body, code):
    answer = put(month, **body)
    assert (answer.status, answer.body["errors"][0]["code"]) == (422, code)


def test_another_currency__only_for_all_amounts(put):
    put("2026-10", invoice=money("1"), payment=money("1"))
    assert put("2026-10", invoice=money("1", "CNY")).body["errors"][0]["code"] == "other_currency"
    both = put("2026-10", invoice=money("1", "CNY"), payment=money("1", "CNY")).body
    assert (both["invoice"], both["revision"]) == (money("1", "CNY"), 2)


def test_two_feeds_at_once__lose_nothing(client, customer):
    path = f"/v1/contacts/{customer[0]}/usage/2026-10"

    def say(number):
        figures = {"invoice": money(str(number))} if number % 2 else {"data_mb": str(number)}
        return client.call("PUT", path, {**figures, "as_of": f"2026-11-01T00:00:{number:02}Z"}).status

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(say, range(1, 25)))
    assert set(answers) <= {200, 409}
    (month,) = client.call("GET", f"/v1/contacts/{customer[0]}/usage").body["items"]
    assert (month["invoice"], month["data_mb"]) == (money("23"), "24")
    (bill,) = client.call("GET", f"/v1/contacts/{customer[0]}/overview").body["bills"]
    assert {name: bill[name] for name in ("invoice", "data_mb", "revision")} == {
        name: month[name] for name in ("invoice", "data_mb", "revision")
    }


def test_customers_who_are_one__keep_their_months_and_part_with_them_again(behind):
    client = behind.house.client()
    ids = []
    for number in (1, 2):
        body = {"name": f"Ana {number}", "external_ids": [{"system": "billing", "id": str(number)}]}
        ids.append(client.call("POST", "/v1/contacts", body).body["id"])
        for key in ({"external_id": {"system": "billing", "id": str(number)}}, {"contact_id": ids[-1]}):
            said = [operation(month, {"sms": number}, **key) for month in ("2026-08", "2026-09")]
            results = client.call("POST", BATCH, {"operations": said}).body["results"]
            assert [each["status"] for each in results] == [201, 201]
    client.call("PUT", f"/v1/contacts/{ids[1]}/usage/2026-09", {"sms": 7, "account": "a"})

    def months(contact):
        items = client.call("GET", f"/v1/contacts/{contact}/usage").body["items"]
        return sorted((each["month"], each["sms"]) for each in items)

    def bills(contact):
        return len(client.call("GET", f"/v1/contacts/{contact}/overview").body["bills"])

    before = [months(each) for each in ids]
    merge = client.call("POST", f"/v1/contacts/{ids[0]}/merge", {"loser_id": ids[1]})
    merged = behind.job(client, merge)
    assert months(ids[0]) == sorted(before[0] + before[1])
    assert bills(ids[0]) == 5
    # Billing goes on to know two, and each has a bill of its own.
    said = [operation("2026-10", {"sms": each}, external_id={"system": "billing", "id": str(each)}) for each in (1, 2)]
    said.append(operation("2026-10", {"sms": 7}, contact_id=ids[0], account="a"))
    results = client.call("POST", BATCH, {"operations": said}).body["results"]
    assert [(each["status"], each["id"]) for each in results] == [(201, ids[0])] * 3
    assert bills(ids[0]) == 5
    behind.job(client, client.call("POST", f"/v1/contacts/merges/{merged['result']['merge_id']}/unmerge"))
    assert months(ids[0]) == sorted([*before[0], ("2026-10", 1)])
    assert months(ids[1]) == sorted([*before[1], ("2026-10", 2), ("2026-10", 7)])
    assert (bills(ids[0]), bills(ids[1])) == (2, 3)


# -- batches


def test_a_batch__by_every_key__is_one_event_a_month(client, customer, loads, bills):
    contact, line = customer
    keys = [
        {"contact_id": contact},
        {"external_id": {"system": "billing", "id": "1"}, "account": "b7"},
        {"msisdn": "(415) 555-0102"},
        {"account": "a1"},
    ]
    operations = [
        operation(month, {"invoice": money(str(place + 1))}, **key)
        for month in ("2026-09", "2026-10")
        for place, key in enumerate(keys)
    ]
    answer = client.call("POST", BATCH, {"operations": operations})
    assert [each["status"] for each in answer.body["results"]] == [201] * 8, answer.text
    assert [(each["month"], each["new"]) for each in loads()] == [("2026-09", 4), ("2026-10", 4)]
    assert sorted(bills(), key=str) == [
        ("a1", "2026-10", money("4")),
        ("b7", "2026-10", money("2")),
        (line, "2026-10", money("3")),
        (None, "2026-10", money("1")),
    ]
    again = client.call("POST", BATCH, {"operations": operations})
    assert [each["status"] for each in again.body["results"]] == [200] * 8
    by_line = [operation("2026-10", {"invoice": money("9")}, line_id=line)]
    assert client.call("POST", BATCH, {"operations": by_line}).body["results"][0]["version"] == 2
    assert len(loads()) == 3


def test_a_batch__each_operation_for_itself(client, customer, loads):
    other = client.call("POST", "/v1/contacts", {"name": "Ana"}).body["id"]
    client.call("POST", f"/v1/contacts/{other}/lines", {"account": "shared"})
    client.call("POST", f"/v1/contacts/{customer[0]}/lines", {"account": "shared"})
    client.call("PUT", f"/v1/contacts/{other}/usage/2026-10", {"sms": 1, "as_of": "2026-11-02T00:00:00Z"})
    operations = [
        operation("2026-10", {"sms": 1}, contact_id=customer[0]),
        operation("2026-10", {"sms": 2}, contact_id=customer[0]),
        operation("2026-10", {"sms": 2}, account="shared"),
        operation("2026-10", {"sms": 2}, account="nobody's"),
        operation("2024-02", {"sms": 2}, msisdn="+14155550102"),
        operation("2024-03", {"sms": 2}, msisdn="+14155550102"),
        operation("2026-10", {"sms": 2}, msisdn="12"),
        operation("2026-10", {"sms": 2}),
        operation("2026-10", {"sms": 2, "as_of": "2026-11-01T00:00:00Z"}, contact_id=other),
        operation("2026-10", {}, contact_id=customer[0], account="x"),
    ]
    results = client.call("POST", BATCH, {"operations": operations}).body["results"]
    assert [each["status"] for each in results] == [201, 409, 409, 404, 422, 201, 422, 422, 409, 422]
    assert [each["problem"]["code"] for each in results if each["problem"]] == [
        "conflict",
        "ambiguous_key",
        "not_found",
        "invalid",
        "invalid",
        "invalid",
        "older_figures",
        "invalid",
    ]
    assert [each["month"] for each in loads()] == ["2026-10", "2024-03", "2026-10"]


def test_a_recycled_number__gets_no_months_of_its_former_holder(client, customer):
    contact, line = customer
    other = client.call("POST", "/v1/contacts", {"name": "Ana"}).body["id"]
    assert client.call("PATCH", f"/v1/contacts/{contact}/lines/{line}", {"status": "ended"}).status == 200
    client.call("POST", f"/v1/contacts/{other}/lines", {"msisdn": "+14155550102"})
    this_month = utc_now().strftime("%Y-%m")
    said = [operation(each, {"sms": 1}, msisdn="+14155550102") for each in ("2026-09", this_month)]
    results = client.call("POST", BATCH, {"operations": said}).body["results"]
    assert [each["status"] for each in results] == [422, 201]
    assert results[0]["problem"]["errors"][0]["code"] == "held_by_another"
    months = client.call("GET", f"/v1/contacts/{other}/usage").body["items"]
    assert [each["month"] for each in months] == [this_month]


def test_a_batch_sent_again__is_answered_alike(client, customer, loads):
    body = {"operations": [operation("2026-10", {"sms": 1}, contact_id=customer[0])]}
    first, second = (client.call("POST", BATCH, body, Idempotency_Key="k1") for _ in range(2))
    assert (first.status, first.text) == (207, second.text)
    assert len(loads()) == 1


def test_all_or_nothing(client, customer, loads):
    months = [f"2025-{month:02}" for month in range(1, 13)]
    whole = {"operations": [operation(each, {"sms": 1}, contact_id=customer[0]) for each in months]}
    assert client.call("POST", f"{BATCH}?atomic=true", whole).status == 207
    assert len(loads()) == 12
    spoilt = {"operations": [operation("2026-10", {"sms": 1}, contact_id=each) for each in (customer[0], "cnt_none")]}
    assert client.call("POST", f"{BATCH}?atomic=true", spoilt).status == 404
    many = {"operations": [operation("2026-10", {"sms": 1}, contact_id=customer[0], account=str(n)) for n in range(60)]}
    refused = client.call("POST", f"{BATCH}?atomic=true", many)
    assert (refused.status, refused.code) == (422, "atomic_batch_too_large")
    assert len(loads()) == 12


def test_a_batch_of_five_hundred__takes_few_round_trips(client, customer, proxy, loads):
    numbers = [f"acc-{number}" for number in range(500)]
    operations = [operation("2026-10", {"sms": 1}, contact_id=customer[0], account=each) for each in numbers]
    proxy.calls.reset()
    results = client.call("POST", BATCH, {"operations": operations}).body["results"]
    assert {each["status"] for each in results} == {201}
    calls = proxy.calls.operations()
    assert calls.count(COMMIT) == len(loads()) <= 11
    assert len(calls) - calls.count(COMMIT) <= 12
    assert sum(each["new"] for each in loads()) == 500


# -- reading


@pytest.fixture
def two_years(client, customer):
    """Two years of a line, and one of an account: 36 months."""
    months = [f"{year}-{month:02}" for year in (2025, 2024) for month in range(1, 13)]
    operations = [
        *(operation(each, {"invoice": money("10.10"), "sms": 2}, line_id=customer[1]) for each in months),
        *(operation(each, {"invoice": money("1", "CNY"), "data_mb": "0.5"}, account="a1") for each in months[:12]),
    ]
    results = client.call("POST", BATCH, {"operations": operations}).body["results"]
    assert {each["status"] for each in results} == {201}
    return customer


def test_months_of_a_line__are_one_query_newest_first(client, two_years, proxy):
    contact, line = two_years
    proxy.calls.reset()
    page = client.call("GET", f"/v1/contacts/{contact}/usage?line_id={line}&from=2024-06&to=2025-02&limit=5").body
    assert sorted(proxy.calls.operations()) == ["GetItem", "Query"]
    assert [each["month"] for each in page["items"]] == ["2025-02", "2025-01", "2024-12", "2024-11", "2024-10"]
    path = f"/v1/contacts/{contact}/usage?line_id={line}&from=2024-06&to=2025-02&limit=5&cursor={page['next_cursor']}"
    rest = client.call("GET", path).body
    assert [each["month"] for each in rest["items"]] == ["2024-09", "2024-08", "2024-07", "2024-06"]
    every = client.call("GET", f"/v1/contacts/{contact}/usage?limit=200").body["items"]
    assert len(every) == 36
    assert len(client.call("GET", f"/v1/contacts/{contact}/usage?account=a1").body["items"]) == 12


def test_figures_of_a_period(client, two_years):
    contact, line = two_years
    shown = client.call("GET", f"/v1/contacts/{contact}/usage/figures?from=2024-12&to=2025-02").body
    assert shown["complete"] is True
    yuan, dollars = shown["figures"]
    assert (yuan["currency"], yuan["total"]) == ("CNY", {"invoice": "2", "data_mb": "1.0"})
    assert [each["month"] for each in dollars["months"]] == ["2024-12", "2025-01", "2025-02"]
    assert dollars["total"] == {"invoice": "30.30", "sms": "6"}
    assert dollars["average"] == {"invoice": "10.1000", "sms": "2.0000"}
    only = client.call("GET", f"/v1/contacts/{contact}/usage/figures?line_id={line}").body["figures"]
    assert [(each["currency"], len(each["months"])) for each in only] == [("USD", 24)]


def test_the_overview_with_bills__is_two_round_trips(client, two_years, proxy):
    proxy.calls.reset()
    overview = client.call("GET", f"/v1/contacts/{two_years[0]}/overview").body
    assert proxy.calls.operations() == ["Query", "Query"]
    assert [each["month"] for each in overview["bills"]] == ["2025-12", "2025-12"]


def test_loads_are_listed__by_month_and_restatement(client, put):
    put("2026-09", sms=1)
    put("2026-10", sms=1)
    put("2026-10", sms=2)
    path = "/v1/contacts/usage/loads"
    assert len(client.call("GET", path).body["items"]) == 3
    assert [each["restated"] for each in client.call("GET", f"{path}?month=2026-10").body["items"]] == [True, False]
    (restated,) = client.call("GET", f"{path}?restated=true").body["items"]
    assert client.call("GET", f"{path}/{restated['id']}").body == restated
    assert (restated["contacts"], restated["replaced"]) == (1, 1)


def test_a_customer_with_bills__is_not_deleted_by_accident(client, put, customer):
    alone = client.call("POST", "/v1/contacts", {"name": "Ana"}).body["id"]
    client.call("PUT", f"/v1/contacts/{alone}/usage/2026-10", {"sms": 1})
    assert client.call("DELETE", f"/v1/contacts/{alone}").status == 409


def test_with_the_feature_off__no_bills(house, client, put, customer):
    put("2026-10", sms=1)
    house.directory.tenants[client.tenant_id].off = ["contacts.usage"]
    assert client.call("GET", f"/v1/contacts/{customer[0]}/overview").body["bills"] == []
    assert client.call("GET", f"/v1/contacts/{customer[0]}/usage").code == "feature_disabled"
