"""The real customer file (or one like it) into contacts, on DynamoDB Local."""

import csv
import io

import pytest

from infra.sample import write
from tests.conftest import SHARED_DATA
from tests.support.desk import desk_on
from tests.support.engine import fresh_tables
from tests.support.units import UNITS

ROWS = 1000
CHANGED = 100
PATH = "/v1/contacts/imports"


@pytest.fixture
def desk(engine, tmp_path):
    with fresh_tables(engine.endpoint, UNITS) as prefix, desk_on(engine.endpoint, prefix, tmp_path / "files") as made:
        yield made


@pytest.fixture
def customers(tmp_path):
    """The whole file's bytes."""
    real = SHARED_DATA / "telecom_customers.csv"
    if real.is_file():
        return real.read_bytes()
    write(tmp_path / "sample.csv", 7043, seed=1)
    return (tmp_path / "sample.csv").read_bytes()


def first(content, rows):
    return b"".join(content.splitlines(keepends=True)[: rows + 1])


def negatives(content):
    table = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    return sum(row["Monthlycharge "].startswith("-") for row in table)


def changed(content, cells):
    """The file with that many cells changed, each in a customer's row of its own, and who they are."""
    table = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    places = [table[0].index(name) for name in ("City", "Totalcharges ", "Age", "Customerstatus ")]
    values = ("Elsewhere", "1.25", "111", "Joined")
    ids = []
    for number in range(cells):
        row, kind = table[1 + number * 7], number % len(places)
        if row[places[kind]] == values[kind]:
            row[places[kind]] = "Churned"
        else:
            row[places[kind]] = values[kind]
        ids.append(row[0])
    text = io.StringIO()
    csv.writer(text).writerows(table)
    return text.getvalue().encode(), ids


def counts(imported):
    return {name: count for name, count in imported["counts"].items() if count}


def names_of(events):
    return {each.id for each in events}


def test_a_thousand_real_rows__once_again_and_changed(desk, customers):
    content = first(customers, ROWS)
    done = desk.load(desk.draft(content))
    warnings = negatives(content)
    assert done["status"] == "succeeded"
    assert counts(done) == {"rows": ROWS, "created": ROWS, "warnings": warnings}
    assert done["rejected_file_id"] is None
    assert len(desk.table(done["warnings_file_id"])) == warnings
    after_the_first = names_of(desk.events("contacts"))

    again = desk.load(desk.draft(content))
    assert counts(again) == {"rows": ROWS, "unchanged": ROWS, "warnings": warnings}
    assert names_of(desk.events("contacts")) == after_the_first

    other, ids = changed(content, CHANGED)
    draft = desk.draft(other)
    assert desk.client.call("PATCH", f"{PATH}/{draft['id']}", {"mode": "update"}).status == 200
    updated = desk.load(draft)
    assert (updated["counts"]["updated"], updated["counts"]["unchanged"]) == (CHANGED, ROWS - CHANGED)
    new = [each for each in desk.events("contacts") if each.id not in after_the_first]
    assert {each.type for each in new} == {"contact.updated"}
    found = {desk.client.call("GET", f"/v1/contacts/by-external-id/billing/{each}").body["id"]: each for each in ids}
    assert sorted(each.subject for each in new) == sorted(found)

    exported = desk.client.call("POST", "/v1/contacts/exports", {"format": "csv", "fields": ["external_ids", "status"]})
    desk.run(exported)
    shown = desk.client.call("GET", f"/v1/contacts/exports/{exported.body['id']}").body
    assert shown["rows"] == len(desk.table(shown["file_id"])) == ROWS


def test_two_workers_want_one_job__each_row_is_loaded_once(desk, customers):
    """The second one takes the job between any two steps of the first, whose next transaction then fails."""
    content = first(customers, 300)
    draft = desk.draft(content)
    answer = desk.client.call("POST", f"{PATH}/{draft['id']}/commit")
    steps = []

    def overtaken():
        if len(steps) in {4, 6, 8}:
            desk.expire_lease(answer)
            desk.run(answer, more=iter([True, True, False]).__next__)
        steps.append(1)
        return True

    desk.run(answer, more=overtaken)
    desk.expire_lease(answer)
    desk.run(answer)
    done = desk.client.call("GET", f"{PATH}/{draft['id']}").body
    assert (done["status"], done["counts"]["created"]) == ("succeeded", 300)
    assert len([each for each in desk.events("contacts") if each.type == "contact.created"]) == 300
    assert len(desk.table(done["warnings_file_id"])) == done["counts"]["warnings"] == negatives(content)


@pytest.mark.slow
def test_the_whole_file__all_customers_none_rejected(desk, customers, shared_data):
    dictionary = desk.keep((shared_data / "telecom_customers_dictionary.csv").read_bytes(), "dictionary.csv")
    draft = desk.draft(customers, dictionary_file_id=dictionary)
    preview = desk.client.call("POST", f"{PATH}/{draft['id']}/preview").body
    assert (preview["rows_read"], preview["whole_file"], preview["counts"]["new"]) == (1000, False, 1000)
    done = desk.load(draft)
    assert counts(done) == {"rows": 7043, "created": 7043, "warnings": 120}
    assert done["warnings"] == [{"column": "Monthlycharge", "rule": "negative", "count": 120}]
    assert done["progress"] == {"done": 7043, "total": 7043, "unit": "rows"}
    assert len(desk.table(done["warnings_file_id"])) == 120
    assert counts(desk.load(desk.draft(customers))) == {"rows": 7043, "unchanged": 7043, "warnings": 120}
