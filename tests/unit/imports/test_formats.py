"""The same customers in every format come out the same; a file that can't be read says so."""

import csv
import io
import zipfile

import pytest
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from chalicelib.files.paths import prefix
from chalicelib.files.storage import storage
from chalicelib.imports import sampling, unpacking
from chalicelib.jobs.records import Job
from chalicelib.store.errors import StoreUnavailableError
from chalicelib.store.store import Store

PATH = "/v1/contacts/imports"
TABLE = [
    ["客户编号", "姓名", "状态", "地市", "邮编", "月费 ", "入网日期"],
    ["00123", "张三丰", "在网", "昆明", "00501", "80", "2024-03-01"],
    ["12345678901", "欧阳芷若", "离网", "大理", "671000", "65.6", "2024-03-02"],
    ["A|3", "朱镕基", "在网", "上海", "200000", "-4", ""],
    ["A-4", "=1+1", "在网", "上海\n浦东", "", "1.5", "2024-03-04"],
]


def text(encoding, delimiter=","):
    table = io.StringIO(newline="")
    csv.writer(table, delimiter=delimiter).writerows(TABLE)
    return table.getvalue().encode(encoding)


def workbook(rows=TABLE, before=0):
    """With numbers and dates as a spreadsheet has them, and blank rows in front and between."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("客户")
    for _ in range(before):
        sheet.append([])
    for number, row in enumerate(rows):
        cells = [*row[:5], float(row[5]) if number else row[5], *row[6:]]
        sheet.append([_cell(sheet, cell) for cell in cells])
        sheet.append([])
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def _cell(sheet, value):
    cell = WriteOnlyCell(sheet, None if value == "" else value)
    if cell.data_type == "f":  # openpyxl takes it for a formula
        cell.data_type = "s"
    return cell


FORMATS = {
    "csv": text("utf-8-sig"),
    "tsv": text("utf-8", "\t"),
    "gb18030": text("gb18030"),
    "gbk tsv": text("gbk", "\t"),
    "utf-16": text("utf-16", "\t"),
    "xlsx": workbook(),
    "xlsx with blank rows in front": workbook(before=3),
}


def contacts(desk):
    """All contacts, without what the store gives them."""
    ours = {"id", "created_at", "created_by", "updated_at", "updated_by"}
    found = desk.client.call("GET", "/v1/contacts?limit=200").body["items"]
    return sorted(([{n: v for n, v in each.items() if n not in ours} for each in found]), key=lambda each: each["name"])


@pytest.fixture(scope="module")
def expected():
    """What the first format has given, for all others to be compared with."""
    return {}


@pytest.mark.parametrize("name", FORMATS)
def test_the_same_customers__whatever_the_format(desk, name, expected):
    draft = desk.draft(FORMATS[name])
    assert (draft["sheet"], draft["encoding"] is None) == (("客户", True) if "xlsx" in name else (None, False))
    preview = desk.client.call("POST", f"{PATH}/{draft['id']}/preview").body
    assert (preview["counts"]["new"], preview["whole_file"]) == (4, True)
    done = desk.load(draft)
    assert done["progress"] == {"done": 4, "total": 4, "unit": "rows"}
    assert (done["counts"]["created"], done["counts"]["warnings"]) == (4, 1)
    found = contacts(desk)
    assert {each["external_ids"][0]["id"] for each in found} == {"00123", "12345678901", "A|3", "A-4"}
    assert {each["name"] for each in found} == {"张三丰", "欧阳芷若", "朱镕基", "=1+1"}
    expected.setdefault("contacts", found)
    assert found == expected["contacts"]
    assert desk.load(desk.draft(FORMATS[name]))["counts"]["unchanged"] == 4


def test_workbook__rejected_rows_have_the_sheets_numbers(desk):
    rows = [TABLE[0], TABLE[1], ["", *TABLE[2][1:]], [*TABLE[3], "too", "many"]]
    done = desk.load(desk.draft(workbook(rows, before=2)))
    found = desk.table(done["rejected_file_id"])
    assert [(each["_line"], each["姓名"]) for each in found] == [("7", "欧阳芷若"), ("9", "朱镕基")]
    assert ["missing_key" in found[0]["_reasons"], "row_too_long" in found[1]["_reasons"]] == [True, True]


def test_gb18030__a_row_that_is_not__is_rejected_alone(desk):
    content = text("gb18030") + b"B-1,\xff\xff,,,,,\r\n"
    done = desk.load(desk.draft(content))
    assert (done["counts"]["created"], done["counts"]["rejected"]) == (4, 1)
    assert "not_in_encoding" in desk.table(done["rejected_file_id"])[0]["_reasons"]


@pytest.mark.parametrize(
    ("content", "sheet", "pointer", "code"),
    [
        (workbook()[:-40], None, "/file_id", "unreadable_file"),
        (workbook([]), None, "/file_id", "unreadable_file"),
        (workbook(), "Nope", "/sheet", "unknown_sheet"),
        (text("utf-8"), "Nope", "/sheet", "unknown_sheet"),
    ],
)
def test_file_that_cannot_be_read__refused_with_what_to_do(desk, content, sheet, pointer, code):
    body = {"file_id": desk.keep(content), "system": "billing", "sheet": sheet}
    answer = desk.client.call("POST", PATH, body)
    assert answer.status == 422
    assert [(each["pointer"], each["code"]) for each in answer.body["errors"]] == [(pointer, code)]


def many(count):
    return workbook([TABLE[0], *([f"C-{number}", *TABLE[1][1:]] for number in range(count))])


def test_workbook_that_is_broken_further_down__its_job_fails_and_says_so(desk, monkeypatch):
    monkeypatch.setattr(sampling, "MOST_ROWS", 10)
    book = io.BytesIO(many(2000))
    broken = io.BytesIO()
    with zipfile.ZipFile(book) as good, zipfile.ZipFile(broken, "w") as bad:
        for each in good.namelist():
            part = good.read(each)
            bad.writestr(each, part[:-400] + b"<<" + part[-398:] if "sheet1" in each else part)
    failed = desk.load(desk.draft(broken.getvalue()))
    assert (failed["status"], failed["counts"]["rows"]) == ("failed", 0)
    job = desk.store().get(Job, failed["job_id"])
    assert (job.reason["code"], "damaged" in job.reason["detail"]) == ("unreadable_file", True)


def test_workbook__unpacked_in_many_steps__with_a_worker_that_dies_around_each(desk, monkeypatch):
    monkeypatch.setattr(unpacking, "PART_BYTES", 1000)
    monkeypatch.setattr(unpacking, "_BATCH", 7)
    draft = desk.draft(many(50))
    answer = desk.client.call("POST", f"{PATH}/{draft['id']}/commit")
    commit, calls = Store.commit, []

    def deadly(self, *more):
        calls.append(self)
        if self.unit != "contacts" or len(calls) % 2:
            return commit(self, *more)
        if len(calls) % 4:
            commit(self, *more)
        reason = "killed"
        raise StoreUnavailableError(reason)

    monkeypatch.setattr(Store, "commit", deadly)
    deaths = 0
    while True:
        try:
            if desk.run(answer):
                break
        except StoreUnavailableError:
            deaths += 1
            desk.expire_lease(answer)
    monkeypatch.undo()
    done = desk.client.call("GET", f"{PATH}/{draft['id']}").body
    assert (done["status"], done["counts"]["created"], done["progress"]["total"]) == ("succeeded", 50, 50)
    assert deaths >= 3
    assert len([each for each in desk.events("contacts") if each.type == "contact.created"]) == 50
    assert list(storage().find(prefix(desk.client.tenant_id, "jobs")))
    desk.sweep(answer)
    assert not list(storage().find(prefix(desk.client.tenant_id, "jobs")))
