"""The real customer file (or one like it) in all modes and formats, and taken back again, on DynamoDB Local."""

import csv
import io

import pytest
from openpyxl import Workbook

from infra.sample import write
from infra.sample_people import people
from tests.conftest import SHARED_DATA
from tests.support.desk import Desk, desk_on
from tests.support.engine import fresh_tables
from tests.support.units import UNITS

PATH = "/v1/contacts/imports"
SHORT, WHOLE = 120, 7043  # all ways to pay occur in the first half of 120
EDITS = 5
CITY, STATUS, CHARGE, ZIP = "City", "Customerstatus ", "Monthlycharge ", "Zipcode "

pytestmark = pytest.mark.parametrize("rows", [SHORT, pytest.param(WHOLE, marks=pytest.mark.slow)])


@pytest.fixture
def desk(engine, tmp_path):
    with fresh_tables(engine.endpoint, UNITS) as prefix, desk_on(engine.endpoint, prefix, tmp_path / "files") as made:
        yield made


@pytest.fixture
def table(tmp_path, rows):
    """The file's first rows, the header first."""
    path = SHARED_DATA / "telecom_customers.csv"
    if not path.is_file():
        path = tmp_path / "sample.csv"
        write(path, WHOLE, seed=1)
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return [row for row, _ in zip(csv.reader(stream), range(rows + 1), strict=False)]


def text(table, encoding="utf-8-sig", delimiter=","):
    content = io.StringIO(newline="")
    csv.writer(content, delimiter=delimiter).writerows(table)
    return content.getvalue().encode(encoding)


def workbook(table):
    """As a spreadsheet that has opened the text keeps it: numbers are numbers, but for codes that begin with 0."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("客户")
    for row in table:
        sheet.append([_cell(cell) for cell in row])
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def _cell(cell):
    try:
        number = float(cell)
    except ValueError:
        return cell or None
    return cell if cell.startswith("0") and len(cell) > 1 and not cell.startswith("0.") else number


def with_cells(table, change, places):
    """The table with some rows' cells changed: ``change`` gives new ones by column."""
    changed = [list(row) for row in table]
    for place in places:
        for column, cell in change(place).items():
            changed[place][table[0].index(column)] = cell
    return changed


def customers(desk):
    """All contacts as they are, by their external id."""
    found, cursor = {}, ""
    while True:
        page = desk.client.call("GET", f"/v1/contacts?limit=200{cursor}").body
        found |= {each["external_ids"][0]["id"]: each for each in page["items"]}
        if page["next_cursor"] is None:
            return found
        cursor = f"&cursor={page['next_cursor']}"


def business(found, without=()):
    hidden = {"version", "updated_at", "updated_by", *without}
    return {number: {name: each[name] for name in each.keys() - hidden} for number, each in found.items()}


def load(desk, content, **patch):
    draft = desk.draft(content)
    if patch:
        assert desk.client.call("PATCH", f"{PATH}/{draft['id']}", patch).status == 200
    return desk.load(draft)


def revert(desk, imported):
    desk.run(desk.client.call("POST", f"{PATH}/{imported['id']}/revert"))
    reverted = desk.client.call("GET", f"{PATH}/{imported['id']}").body
    assert reverted["status"] == "reverted"
    file_id = reverted["revert"]["kept_file_id"]
    counts = {name: count for name, count in reverted["revert"]["counts"].items() if count}
    return counts, desk.table(file_id) if file_id else []


def edit(desk, contact, **patch):
    answer = desk.client.call("PATCH", f"/v1/contacts/{contact['id']}", patch)
    assert answer.status == 200, answer.text


def test_create_update_upsert__then_back_to_front__as_before_but_for_later_edits(desk, table, rows):
    half = rows // 2
    created = load(desk, text(table[: half + 1]), mode="create")
    assert created["counts"]["created"] == half
    first = customers(desk)

    moved = with_cells(table, lambda place: {CITY: f"{table[place][table[0].index(CITY)]} East"}, range(1, rows, 2))
    updated = load(desk, text(moved), mode="update")
    assert (updated["counts"]["updated"], updated["counts"]["rejected"]) == ((half + 1) // 2, rows - half)
    second = customers(desk)

    left = with_cells(moved, lambda place: {STATUS: "Churned", CHARGE: "1.25"}, range(1, rows + 1, 3))
    upserted = load(desk, text(left))
    assert upserted["counts"]["created"] == rows - half
    assert upserted["counts"]["rejected"] == 0
    third = customers(desk)
    assert len(third) == rows

    touched = [number for number in second if business(third)[number] != business(second)[number]]
    edited = touched[:EDITS]
    for number in edited:
        edit(desk, third[number], custom={"monthlycharge": 99})
    new = [number for number in third if number not in second][:EDITS]
    for number in new:
        edit(desk, third[number], name="Kept")

    counts, kept = revert(desk, upserted)
    assert counts == {"restored": counts["restored"], "deleted": rows - half - EDITS, "kept": 2 * EDITS}
    now = customers(desk)
    assert now.keys() == second.keys() | set(new)
    untouched = {number: each for number, each in now.items() if number not in edited and number not in new}
    assert business(untouched) == {n: each for n, each in business(second).items() if n in untouched}
    assert {number: now[number]["custom"]["monthlycharge"] for number in edited} == dict.fromkeys(edited, 99)
    same = {number: {**now[number], "custom": None} for number in edited}
    assert business(same) == business({number: {**second[number], "custom": None} for number in edited})
    listed = {(each["record"], each["field"], each["imported"], each["now"]) for each in kept}
    assert listed == {(third[n]["id"], "custom.monthlycharge", "1.25", "99") for n in edited} | {
        (third[n]["id"], "name", "", "Kept") for n in new
    }
    assert all(now[number]["version"] > third[number]["version"] for number in touched)

    counts, kept = revert(desk, updated)
    assert (counts, kept) == ({"restored": (half + 1) // 2}, [])
    last = customers(desk)
    assert business({n: last[n] for n in first if n not in edited}) == {
        n: each for n, each in business(first).items() if n not in edited
    }

    counts, kept = revert(desk, created)
    assert counts == {"deleted": half - EDITS, "kept": EDITS}
    assert customers(desk).keys() == {*edited, *new}
    again = desk.client.call("POST", f"{PATH}/{created['id']}/revert")
    assert (again.status, again.code) == (409, "already_reverted")


def test_with_chinese_names__the_same_customers_from_every_format(desk, table, rows):
    named = [[*table[0], "客户姓名"], *([*row, who.name] for row, who in zip(table[1:], people(rows, 1), strict=True))]
    found = []
    for content in (text(named), text(named, "gb18030", "\t"), workbook(named)):
        other = Desk(desk.house, desk.house.client())
        done = load(other, content)
        assert (done["counts"]["created"], done["counts"]["rejected"]) == (rows, 0)
        theirs = ("id", "created_at", "created_by", "org_unit_id")
        found.append((business(customers(other), theirs), done["counts"], done["warnings"]))
        assert load(other, content)["counts"]["unchanged"] == rows
    customer = found[0][0][table[1][0]]
    assert customer["name"] == "张三丰"
    assert customer["addresses"][0]["postal_code"] == table[1][table[0].index(ZIP)]
    assert found[0] == found[1] == found[2]
