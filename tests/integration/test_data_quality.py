"""Data quality of the real customers, against an independent recount of their file; and what a report shows to whom."""

import csv
import io
from collections import Counter

import pytest

from chalicelib.access.principal import Reach
from tests.support.desk import Desk, desk_on
from tests.support.engine import fresh_tables
from tests.support.units import UNITS

PATH = "/v1/contacts/data-quality/reports"
SOME = 400


@pytest.fixture
def desk(engine, tmp_path):
    with fresh_tables(engine.endpoint, UNITS) as prefix, desk_on(engine.endpoint, prefix, tmp_path / "files") as made:
        yield made


def report(desk, client=None, **body):
    client = client or desk.client
    answer = client.call("POST", PATH, body)
    Desk(desk.house, client).run(answer)
    shown = client.call("GET", f"{PATH}/{answer.body['id']}").body
    assert shown["status"] == "succeeded", shown
    return shown


def field(shown, name):
    return next(each for each in shown["fields"] if each["field"] == name)


def rows_of(content):
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def agrees_with_a_recount(desk, content, negatives):
    rows = rows_of(content)
    draft = desk.draft(content)
    fields = {name: column["field"] for name, column in draft["mapping"].items() if column.get("field")}
    done = desk.load(draft)
    assert done["counts"]["created"] == len(rows)
    shown = report(desk)

    charge = field(shown, "custom.monthlycharge")
    assert (charge["invalid"], charge["reasons"]) == (negatives, {"below_expected": negatives})
    offenders = desk.table(shown["offenders_file_id"])
    assert Counter(each["code"] for each in offenders if each["field"] == "custom.monthlycharge") == {
        "below_expected": negatives
    }
    told = {each["id"] for each in offenders if each["code"] == "below_expected"}
    below_zero = [row["Customerid "] for row in rows if row["Monthlycharge "].startswith("-")]
    found = {
        desk.client.call("GET", f"/v1/contacts/by-external-id/billing/{each}").body["id"] for each in below_zero[:9]
    }
    assert found <= told
    assert len(told) == negatives

    stripped = {name.strip(): name for name in rows[0]}
    compared = 0
    for column, name in fields.items():
        if not name.startswith("custom.") and name not in {"addresses.city", "addresses.postal_code"}:
            continue
        blank = sum(not row[stripped[column.strip()]].strip() for row in rows)
        seen = field(shown, name)
        assert (seen["records"], seen["missing"]) == (len(rows), blank), name
        (of_source,) = seen["sources"]
        assert (of_source["source"], of_source["missing"]) == ("billing", blank)
        compared += 1
    assert compared > 25
    churned = [row for row in rows if row["Customerstatus "] == "Churned"]
    assert field(shown, "churn_reason")["records"] == len(churned)
    assert field(shown, "churn_reason")["missing"] == sum(not row["Churnreason "].strip() for row in churned)
    for name in ("name", "emails", "phones", "birth_date"):
        assert field(shown, name)["completeness"] == 0
    assert field(shown, "external_ids")["score"] == 100
    assert shown["looked_at"] == {"contact": len(rows)}
    assert (shown["freshness"], shown["sources"][0]["customers"]) == (100, len(rows))
    assert shown["worst"][0]["invalid"] == 1
    assert "custom.monthlycharge: below_expected" in shown["worst"][0]["reasons"]
    assert 0 < shown["score"] < 100
    return shown


def test_some_real_customers__agree_with_a_recount(desk, shared_data):
    lines = (shared_data / "telecom_customers.csv").read_bytes().splitlines(keepends=True)
    content = b"".join(lines[: SOME + 1])
    negatives = sum(row["Monthlycharge "].startswith("-") for row in rows_of(content))
    assert negatives
    agrees_with_a_recount(desk, content, negatives)


@pytest.mark.slow
def test_all_real_customers__agree_with_a_recount(desk, shared_data):
    """All 7,043, with their charges as bills too."""
    content = (shared_data / "telecom_customers.csv").read_bytes()
    agrees_with_a_recount(desk, content, 120)
    made = desk.client.call("POST", "/v1/contacts/usage/imports", {"file_id": desk.keep(content), "system": "billing"})
    path = f"/v1/contacts/usage/imports/{made.body['id']}"
    desk.client.call("PATCH", path, {"constants": {"month": "2022-06"}})
    desk.run(desk.client.call("POST", f"{path}/commit"))
    assert desk.client.call("GET", path).body["counts"]["created"] == 7043
    shown = report(desk)
    assert shown["looked_at"] == {"contact": 7043, "bill": 7043}
    assert field(shown, "bill.invoice")["reasons"] == {"negative": 120}


# -- small ones


@pytest.fixture
def people(desk):
    """Three customers of two sources, with everything that can be wrong."""
    bodies = [
        {
            "name": "Ana",
            "external_ids": [{"system": "billing", "id": "1"}, {"system": "boss", "id": "1"}],
            "emails": ["a@example.com", "shared@example.com"],
            "phones": ["+14155550101"],
            "birth_date": "1980-01-01",
            "addresses": [{"city": "Ojai", "postal_code": "93023"}],
        },
        {
            "external_ids": [{"system": "boss", "id": "2"}],
            "emails": ["Shared@example.com"],
            "phones": ["+15555550100"],
            "birth_date": "1800-01-01",
            "addresses": [{"postal_code": "930", "country": "US"}],
        },
        {"name": "Bo", "status": "churned", "phones": ["+14155550101"], "addresses": [{"postal_code": "EC1A 1BB"}]},
    ]
    return [desk.client.call("POST", "/v1/contacts", each).body["id"] for each in bodies]


def test_a_report__says_what_is_missing_wrong_and_shared(desk, people):
    line = {"msisdn": "+14155550199", "monthly_fee": {"amount": "-1", "currency": "USD"}, "starts_on": "2026-01-01"}
    made = desk.client.call("POST", f"/v1/contacts/{people[0]}/lines", line).body
    usage = {"invoice": {"amount": "-5", "currency": "USD"}, "line_id": made["id"]}
    assert desk.client.call("PUT", f"/v1/contacts/{people[0]}/usage/2026-10", usage).status == 200
    shown = report(desk)
    counts = {each["field"]: (each["missing"], each["invalid"], each["shared"]) for each in shown["fields"]}
    assert counts["name"] == (1, 0, 0)
    assert counts["emails"] == (1, 0, 2)
    assert counts["phones"] == (0, 1, 2)
    assert counts["birth_date"] == (1, 1, 0)
    assert counts["addresses.city"] == (2, 0, 0)
    assert counts["addresses.postal_code"] == (0, 2, 0)
    assert counts["churn_reason"] == (1, 0, 0)
    assert counts["lines.monthly_fee"] == (0, 1, 0)
    assert counts["lines.bill"] == (0, 0, 0)
    assert counts["bill.invoice"] == (0, 1, 0)
    assert shown["looked_at"] == {"contact": 3, "line": 1, "bill": 1}
    assert shown["shared_values"] == {"emails": 1, "phones": 1}
    by_source = {each["source"]: (each["records"], each["missing"]) for each in field(shown, "name")["sources"]}
    assert by_source == {"billing": (1, 0), "boss": (2, 1), "none": (1, 0)}
    assert field(shown, "emails")["score"] == 0  # of three two are there, and each shares one
    assert shown["worst"][0]["id"] == people[1]
    offenders = {(each["id"], each["field"], each["code"]) for each in desk.table(shown["offenders_file_id"])}
    assert (people[2], "phones", "shared") in offenders
    assert (people[1], "birth_date", "impossible_date") in offenders
    assert "shared@example.com" not in desk.content(shown["offenders_file_id"]).decode().casefold()


def test_freshness__goes_by_the_last_change(desk, people, monkeypatch):
    assert report(desk)["freshness"] == 100
    rules = "modules.contacts.data_quality.handlers.fresh_since"
    monkeypatch.setattr(rules, lambda today, months: today.replace(year=today.year + 1))
    assert report(desk, fresh_months=1)["freshness"] == 0


def test_who_sees_a_part__gets_a_report_on_that_part(desk, people):
    tenant = desk.client.tenant_id
    unit = ("ou_2", "/ou_2/")
    desk.house.directory.tenants[tenant].units["ou_2"] = "/ou_2/"
    area = desk.house.client(tenant, reach=Reach.SUBTREE, unit=unit)
    own = area.call("POST", "/v1/contacts", {"name": "Mine"})
    assert own.status == 201, own.text
    shown = report(desk, area)
    assert (shown["limited"], shown["looked_at"]) == (True, {"contact": 1})
    assert [each["id"] for each in area.call("GET", PATH).body["items"]] == [shown["id"]]
    other = desk.house.client(tenant, reach=Reach.SUBTREE, unit=("ou_3", "/ou_3/"))
    assert other.call("GET", f"{PATH}/{shown['id']}").status == 404
    assert desk.client.call("GET", f"{PATH}/{shown['id']}").status == 200
    assert desk.house.client().call("GET", f"{PATH}/{shown['id']}").status == 404
    reader = desk.house.client(tenant, permissions=["contacts:read"])
    assert reader.call("POST", PATH, {}).status == 403


def test_small_steps__give_the_same_report(desk, people, monkeypatch):
    whole = report(desk)
    handlers = "modules.contacts.data_quality.handlers"
    for name, value in {"PAGE": 1, "PAGES": 1, "MERGED": 1, "COUNTED": 1, "JOINED": 2}.items():
        monkeypatch.setattr(f"{handlers}.{name}", value)
    monkeypatch.setattr("chalicelib.jobs.parts.JOINED", 2)
    parts = report(desk)
    same = ("fields", "sources", "worst", "shared_values", "looked_at", "score")
    assert {name: parts[name] for name in same} == {name: whole[name] for name in same}
    first, second = (sorted(desk.content(each["offenders_file_id"]).splitlines()) for each in (whole, parts))
    assert first == second
