"""Months out of files: the real customers' charges as bills, and feeds of lines, on DynamoDB Local."""

import csv
import io

import pytest

from tests.support.desk import desk_on
from tests.support.engine import fresh_tables
from tests.support.units import UNITS
from tests.support.usage_feed import Feed, loads_of

PATH = "/v1/contacts/usage/imports"
SOME = 300


@pytest.fixture
def desk(engine, tmp_path):
    with fresh_tables(engine.endpoint, UNITS) as prefix, desk_on(engine.endpoint, prefix, tmp_path / "files") as made:
        yield made


def first(content, rows):
    return b"".join(content.splitlines(keepends=True)[: rows + 1])


def draft(desk, content, **plan):
    body = {"file_id": desk.keep(content, "usage.csv"), "system": "billing"}
    made = desk.client.call("POST", PATH, body)
    assert made.status == 201, made.text
    changed = desk.client.call("PATCH", f"{PATH}/{made.body['id']}", plan)
    assert changed.status == 200, changed.text
    return changed.body


def load(desk, drafted):
    desk.run(desk.client.call("POST", f"{PATH}/{drafted['id']}/commit"))
    return desk.client.call("GET", f"{PATH}/{drafted['id']}").body


def counts(imported):
    return {name: count for name, count in imported["counts"].items() if count}


def test_the_real_customers_charges__come_out_as_bills(desk, shared_data):
    content = first((shared_data / "telecom_customers.csv").read_bytes(), SOME)
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    below_zero = sum(row["Monthlycharge "].startswith("-") for row in rows)
    assert counts(desk.load(desk.draft(content)))["created"] == SOME

    made = draft(desk, content, constants={"month": "2022-06"})
    suggested = {name: each["field"] for name, each in made["mapping"].items() if each.get("field")}
    assert suggested == {
        "Customerid": "external_id",
        "Monthlycharge": "invoice",
        "Avgmonthlygbdownload": "data_gb",
        "Avgmonthlylongdistancecharges": "long_distance",
    }
    preview = desk.client.call("POST", f"{PATH}/{made['id']}/preview").body
    assert (preview["counts"]["new"], preview["counts"]["warnings"]) == (SOME, below_zero)
    done = load(desk, made)
    assert counts(done) == {"rows": SOME, "created": SOME, "warnings": below_zero}

    for row in rows[:20]:
        contact = desk.client.call("GET", f"/v1/contacts/by-external-id/billing/{row['Customerid ']}").body["id"]
        (bill,) = desk.client.call("GET", f"/v1/contacts/{contact}/overview").body["bills"]
        assert (bill["month"], bill["invoice"]) == ("2022-06", {"amount": row["Monthlycharge "], "currency": "USD"})
        assert bill["negative"] == (["invoice"] if row["Monthlycharge "].startswith("-") else [])
        gigabytes = row["Avgmonthlygbdownload "]
        assert bill["data_mb"] == (str(int(gigabytes) * 1024) if gigabytes else None)

    first_loads = loads_of(desk)
    assert sum(each["new"] for each in first_loads) == SOME
    assert all(each["month"] == "2022-06" and not each["restated"] for each in first_loads)
    assert counts(load(desk, draft(desk, content, constants={"month": "2022-06"}))) == {
        "rows": SOME,
        "unchanged": SOME,
        "warnings": below_zero,
    }
    assert len(loads_of(desk)) == len(first_loads)


def test_a_feed_by_number__good_rows_are_kept_and_a_corrected_month_replaces(desk):
    feed = Feed(desk, lines=20)
    content = feed.file(months=["2026-08", "2026-09"]) + "+14155559999,2026-09,5,1,1\n12,2026-09,5,1,1\n"
    done = load(desk, draft(desk, content.encode(), key="msisdn"))
    assert counts(done) == {"rows": 42, "created": 40, "rejected": 2}
    reasons = [each["_reasons"] for each in desk.table(done["rejected_file_id"])]
    assert [each.rpartition("(")[2] for each in reasons] == ["not_found)", "phone_number)"]
    before = loads_of(desk)
    assert sum(each["new"] for each in before) == 40

    corrected = content.splitlines()
    corrected[3] = corrected[3].replace(",10.00,", ",11.00,")
    again = load(desk, draft(desk, "\n".join(corrected).encode(), key="msisdn"))
    assert counts(again) == {"rows": 42, "updated": 1, "unchanged": 39, "rejected": 2}
    (restated,) = loads_of(desk)[len(before) :]
    assert (restated["restated"], restated["replaced"]) == (True, 1)
    assert restated["restatements"][0]["before"] == {"invoice": "10.00"}


def test_an_older_file__is_told_so_row_by_row(desk):
    feed = Feed(desk, lines=3)
    content = feed.file(months=["2026-09"]).encode()
    load(desk, draft(desk, content, key="msisdn", constants={"as_of": "2026-10-05"}))
    other = content.replace(b",10.00,", b",9.00,")
    done = load(desk, draft(desk, other, key="msisdn", constants={"as_of": "2026-10-04"}))
    assert counts(done) == {"rows": 3, "rejected": 3}
    assert "older_figures" in desk.table(done["rejected_file_id"])[0]["_reasons"]


def test_months_of_one_line_side_by_side__share_transactions_and_one_bill(desk):
    feed = Feed(desk, lines=4)
    months = [f"{year}-{month:02}" for year in (2024, 2025) for month in range(1, 13)]
    load(desk, draft(desk, feed.file(months=months, by_line=True).encode(), key="msisdn"))
    assert sum(each["new"] for each in loads_of(desk)) == 96
    # 97 actions: a line's bill (or, for a new one, its customer's mark too), and of each month the row and its load.
    transactions = {each.at for each in desk.events("contacts") if each.type == "usage_load.created"}
    assert len(transactions) <= 6
    for contact in feed.contacts:
        (bill,) = desk.client.call("GET", f"/v1/contacts/{contact}/overview").body["bills"]
        assert bill["month"] == "2025-12"
