"""Exports of contacts as a whole, on moto."""

import csv
import hashlib
import io
import json

import pytest
from openpyxl import load_workbook

from chalicelib.access.principal import Reach
from chalicelib.exports import steps
from chalicelib.imports.cells import unescaped
from chalicelib.spreadsheets import writing
from tests.support.desk import Desk

PATH = "/v1/contacts/exports"
PEOPLE = [
    {
        "name": f"=Person {number}",
        "external_ids": [{"system": "billing", "id": f"E-{number}"}, {"system": "boss", "id": f"B-{number}"}],
        "status": "active" if number % 2 else "churned",
        "phones": [f"+1415555010{number}"],
        "birth_date": "1990-03-01",
        "addresses": [{"city": "Ojai"}, {"city": "Kunming"}],
        "custom": {"plan": "S"},
    }
    for number in range(5)
]


@pytest.fixture
def full(desk):
    assert desk.client.call("POST", "/v1/contacts/custom-fields", {"name": "plan", "type": "text"}).status == 201
    for each in PEOPLE:
        assert desk.client.call("POST", "/v1/contacts", each).status == 201
    return desk


def exported(desk, **wanted):
    answer = desk.client.call("POST", PATH, wanted)
    desk.run(answer)
    done = desk.client.call("GET", f"{PATH}/{answer.body['id']}").body
    return done, desk.content(done["file_id"])


def lines(content):
    return [json.loads(line) for line in content.decode().splitlines()]


def other(desk, **wanted):
    return Desk(desk.house, desk.house.client(desk.client.tenant_id, **wanted))


def test_without_the_permission__nothing_of_exports_is_open(full):
    made, _ = exported(full)
    reader = other(full, permissions={"contacts:read"}).client
    calls = [("POST", PATH, {}), ("GET", PATH, None), ("GET", f"{PATH}/{made['id']}", None)]
    assert {reader.call(*each).status for each in calls} == {403}


def test_export_by_a_custom_field__has_what_the_list_has(full):
    fields = "/v1/contacts/custom-fields"
    (plan,) = full.client.call("GET", fields).body["items"]
    full.client.call("PATCH", f"{fields}/{plan['id']}", {"filterable": True})
    full.client.call("POST", "/v1/contacts", {"name": "another", "custom": {"plan": "L"}})
    done, content = exported(full, format="jsonl", filters={"custom.plan": "L"})
    assert (done["rows"], [each["name"] for each in lines(content)]) == (1, ["another"])


def test_export_of_another_tenant__is_not_there(full):
    made, _ = exported(full)
    assert full.house.client().call("GET", f"{PATH}/{made['id']}").status == 404


def test_who_may_not_see_a_field__may_not_filter_by_it__and_gets_it_masked(full):
    mine = other(full, permissions={"contacts:export"})
    refused = mine.client.call("POST", PATH, {"filters": {"birth_date": "1990-03-01"}})
    assert (refused.status, refused.body["errors"][0]["pointer"]) == (422, "/filters")
    _, content = exported(mine, format="jsonl", fields=["phones", "birth_date"])
    assert lines(content) == [{"phones": [f"•••010{number}"], "birth_date": None} for number in range(5)]


def test_who_sees_nobody__exports_nobody(full):
    mine = other(full, permissions={"contacts:export"}, reach=Reach.OWN)
    done, content = exported(mine, format="jsonl", fields=["name"])
    assert (done["rows"], lines(content)) == (0, [])


@pytest.mark.parametrize(
    ("wanted", "pointer"),
    [
        ({"filters": {"nope": "1"}}, "/filters"),
        ({"filters": {"status": "here"}}, "/filters"),
        ({"fields": ["nope"]}, "/fields"),
        ({"format": "xml"}, "/format"),
    ],
)
def test_what_the_list_has_not__refused(full, wanted, pointer):
    answer = full.client.call("POST", PATH, wanted)
    assert (answer.status, answer.body["errors"][0]["pointer"]) == (422, pointer)


def test_csv__flat_safe_and_with_its_checksum(full):
    done, content = exported(full, format="csv")
    assert (done["status"], done["rows"]) == ("succeeded", 5)
    assert done["sha256"] == hashlib.sha256(content).hexdigest()
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert rows[0]["name"] == "'=Person 0"
    several = {name: rows[0][name] for name in ("external_ids.id", "addresses.city", "custom.plan")}
    assert several == {"external_ids.id": "E-0;B-0", "addresses.city": "Ojai;Kunming", "custom.plan": "S"}
    assert [each["name"][-1] for each in rows] == list("01234")


def test_jsonl__records_as_the_api_shows_them(full):
    _, content = exported(full, format="jsonl")
    first = lines(content)[0]
    assert first == full.client.call("GET", f"/v1/contacts/{first['id']}").body


def test_xlsx__what_csv_has__as_text_that_stays_text__and_numbers_that_are_numbers(full):
    assert full.client.call("POST", "/v1/contacts/custom-fields", {"name": "fee", "type": "number"}).status == 201
    new = {"name": "-2+3", "custom": {"fee": 0}, "preferred_hours": "a\n<&>", "tags": ["@x"]}
    assert full.client.call("POST", "/v1/contacts", new).status == 201
    done, content = exported(full, format="xlsx")
    assert (done["rows"], done["sha256"]) == (6, hashlib.sha256(content).hexdigest())
    table = list(csv.reader(io.StringIO(exported(full, format="csv")[1].decode("utf-8-sig"), newline="")))
    sheet = load_workbook(io.BytesIO(content)).active
    seen = [["" if cell is None else str(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]
    assert seen == [[unescaped(cell) for cell in row] for row in table]
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"n", "s", "inlineStr"}
    fees = [row[table[0].index("custom.fee")] for row in sheet.iter_rows(min_row=2, values_only=True)]
    assert fees == [None] * 5 + [0]


def test_xlsx__nobody__a_sheet_of_a_header(full):
    done, content = exported(full, format="xlsx", filters={"city": "Nowhere"}, fields=["id", "name"])
    assert (done["rows"], list(load_workbook(io.BytesIO(content)).active.values)) == (0, [("id", "name")])


def test_xlsx__more_than_a_sheet_holds__its_job_fails_and_says_what_to_do(full, monkeypatch):
    monkeypatch.setattr(writing, "MOST_ROWS", 3)
    answer = full.client.call("POST", PATH, {"format": "xlsx"})
    full.run(answer)
    assert full.client.call("GET", f"{PATH}/{answer.body['id']}").body["status"] == "failed"
    assert "CSV" in full.client.call("GET", answer.headers["Location"]).body["reason"]["detail"]


def test_filters__as_in_the_list(full):
    done, content = exported(full, format="jsonl", filters={"status": "churned", "city": "Kunming"}, fields=["status"])
    assert (done["rows"], lines(content)) == (3, [{"status": "churned"}] * 3)


def test_nobody__a_file_of_a_header(full):
    done, content = exported(full, filters={"city": "Nowhere"}, fields=["id", "custom"])
    assert (done["rows"], content) == (0, b"\xef\xbb\xbfid,custom.plan\r\n")


@pytest.mark.parametrize("kind", ["jsonl", "xlsx"])
def test_stopped_between_steps__every_record_once(full, monkeypatch, kind):
    monkeypatch.setattr(steps, "PAGE", 1)
    monkeypatch.setattr(steps, "PAGES", 1)
    monkeypatch.setattr(steps, "JOINED", 2)
    monkeypatch.setattr("chalicelib.jobs.parts.JOINED", 2)
    answer = full.client.call("POST", PATH, {"format": kind, "fields": ["name"]})
    while not full.run(answer, more=iter([True, False]).__next__):
        pass
    done = full.client.call("GET", f"{PATH}/{answer.body['id']}").body
    assert done["rows"] == 5
    content = full.content(done["file_id"])
    if kind == "xlsx":
        found = [name for (name,) in load_workbook(io.BytesIO(content)).active.values][1:]
    else:
        found = [each["name"] for each in lines(content)]
    assert found == [each["name"] for each in PEOPLE]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_an_export__imported_again__changes_nothing(full, kind):
    _, content = exported(full, format=kind)
    draft = full.draft(content)
    assert (draft["key"], draft["mapping"]["custom.plan"]["field"]) == ("id", "custom.plan")
    mapping = {"external_ids.id": None, "addresses.city": None}
    path = f"/v1/contacts/imports/{draft['id']}"
    assert full.client.call("PATCH", path, {"mode": "update", "mapping": mapping}).status == 200
    assert full.load(draft)["counts"]["unchanged"] == 5
