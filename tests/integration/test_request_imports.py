"""A service desk moves in: the real complaints with days and months swapped, and files that are none the worse."""

import csv
import io
import random
from collections import Counter
from datetime import date, timedelta

import pytest

from tests.support.complaints import counted, counted_requests, rows_of
from tests.support.desk import desk_on
from tests.support.engine import fresh_tables
from tests.support.units import UNITS
from tests.support.visits import made

PATH = "/v1/requests/imports"
PART = 300
IMPORT = "service_analysis:import"


@pytest.fixture
def desk(engine, tmp_path):
    with fresh_tables(engine.endpoint, UNITS) as prefix, desk_on(engine.endpoint, prefix, tmp_path / "files") as desk:
        desk.path = PATH
        yield desk


@pytest.fixture
def complaints(shared_data):
    path = shared_data / "telecom_complaints.csv"
    if not path.is_file():
        pytest.skip(f"no {path}")
    return path.read_bytes()


def part_of(content, rows):
    """The header and rows from the whole file: its order is by place, not by time."""
    head, *lines = content.splitlines(keepends=True)
    return head + b"".join(random.Random(7).sample(lines, rows))


def file_of(*rows):
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def drafted(desk, content, **plan):
    draft = desk.draft(content, system="desk")
    if plan:
        answer = desk.client.call("PATCH", f"{PATH}/{draft['id']}", plan)
        assert answer.status == 200, answer.text
        draft = answer.body
    return draft


def previewed(desk, draft):
    answer = desk.client.call("POST", f"{PATH}/{draft['id']}/preview")
    assert answer.status == 200, answer.text
    return answer.body


def dates_of(preview, column):
    return next(each["dates"] for each in preview["columns"] if each["name"] == column)


def all_requests(desk):
    found, cursor = [], ""
    while True:
        page = desk.client.call("GET", f"/v1/requests?limit=200{cursor}").body
        found += page["items"]
        if not page["next_cursor"]:
            return found
        cursor = f"&cursor={page['next_cursor']}"


def counts(imported):
    return {name: count for name, count in imported["counts"].items() if count}


SWAPPED_LIKE_THIS = [
    "Days above 12 occur from 2015-04 to 2015-06 only; 486 dates with days to 12 lie outside.",
    "Outside, the days are only 4, 5, 6: the numbers of the months inside.",
    "With day and month put back, all dates lie between 2015-04-01 and 2015-06-30.",
    "Of pairs of numbers, 23.1% contradict their dates as they stand, and 0.0% once put back.",
]


def test_denied__without_the_right_to_import(desk, complaints):
    draft = desk.draft(part_of(complaints, 3), system="desk")
    others = desk.house.catalogue.permissions() - {IMPORT}
    clerk = desk.house.client(desk.client.tenant_id, permissions=others)
    for method, path in (("POST", ""), ("GET", ""), *((each, f"/{draft['id']}") for each in ("GET", "PATCH"))):
        body = {"file_id": draft["file_id"], "system": "desk"} if method == "POST" else {}
        assert clerk.call(method, f"{PATH}{path}", body if method != "GET" else None).status == 403
    for action in ("preview", "commit"):
        assert clerk.call("POST", f"{PATH}/{draft['id']}/{action}").status == 403


def test_foreign__an_import_of_another_tenant__is_not_there(desk, complaints):
    draft = desk.draft(part_of(complaints, 3), system="desk")
    stranger = desk.house.client()
    assert stranger.call("GET", f"{PATH}/{draft['id']}").status == 404
    assert stranger.call("POST", f"{PATH}/{draft['id']}/commit").status == 404
    assert stranger.call("POST", PATH, {"file_id": draft["file_id"], "system": "desk"}).status == 404
    assert desk.client.call("GET", f"/v1/contacts/imports/{draft['id']}").status == 404


def test_real_complaints__a_part__agrees_with_a_recount__and_twice_changes_nothing(desk, complaints):
    content = part_of(complaints, PART)
    done = desk.load(desk.draft(content, system="desk"))
    assert (done["status"], counts(done)) == ("succeeded", {"rows": PART, "created": PART})
    requests = all_requests(desk)
    assert counted_requests(requests) == counted(rows_of(content))
    assert {each["type"] for each in requests} == {"complaint"}
    assert Counter(each["category"] for each in requests)["/billing/"] > 0
    events = {each.id for each in desk.events("service_analysis")}
    assert {each.type for each in desk.events("service_analysis")} == {"request.imported"}
    again = desk.load(desk.draft(content, system="desk"))
    assert counts(again) == {"rows": PART, "unchanged": PART}
    assert {each.id for each in desk.events("service_analysis")} == events


def test_preview__tells_of_swapped_days__and_proposes_the_repair(desk, complaints):
    draft = desk.draft(complaints, system="desk")
    assert draft["mapping"]["Date"] | {} == {
        "field": "opened_at",
        "values": {},
        "new": None,
        "warn_if_negative": False,
        "date_form": "%d-%m-%y",
        "day_month_swapped": True,
    }
    assert (draft["mode"], draft["key"], draft["constants"]) == ("upsert", "external_id", {"type": "complaint"})
    preview = previewed(desk, draft)
    assert (preview["counts"]["new"], preview["counts"]["invalid"]) == (1000, 0)
    dates = dates_of(preview, "Date")
    assert (dates["rows"], dates["whole_file"], dates["form"]) == (2224, True, "%d-%m-%y")
    swapped = dates["swapped"]
    assert (swapped["rows"], swapped["confidence"], swapped["repaired"]) == (572, 0.99, True)
    assert (swapped["first"], swapped["last"]) == ("2015-01-04", "2015-12-06")
    assert (swapped["first_repaired"], swapped["last_repaired"]) == ("2015-04-01", "2015-06-30")
    assert swapped["evidence"] == SWAPPED_LIKE_THIS
    assert dates_of(preview, "Date_month_year")["swapped"]["repaired"] is False
    # The caller may refuse it, and still sees it.
    mapping = {"Date": {"day_month_swapped": False}}
    assert desk.client.call("PATCH", f"{PATH}/{draft['id']}", {"mapping": mapping}).status == 200
    preview = previewed(desk, draft)
    assert dates_of(preview, "Date")["swapped"]["repaired"] is False
    assert preview["rows"][1]["values"]["opened_at"] == "2015-08-04T10:22:56Z"
    zh = desk.client.call("POST", f"{PATH}/{draft['id']}/preview", Accept_Language="zh").body
    assert "日月对调" in "".join(dates_of(zh, "Date")["swapped"]["evidence"])


@pytest.mark.slow
def test_real_complaints__the_whole_file__lies_in_april_to_june(desk, complaints):
    done = desk.load(desk.draft(complaints, system="desk"))
    assert counts(done) == {"rows": 2224, "created": 2224}
    requests = all_requests(desk)
    assert counted_requests(requests) == counted(rows_of(complaints))
    assert Counter(each["opened_at"][:7] for each in requests).keys() == {"2015-04", "2015-05", "2015-06"}
    assert [each["title"] for each in requests if each["external_id"]["id"] == "comcas"] != []
    by_status = {"resolved": 973, "closed": 734, "new": 363, "pending": 154}
    assert Counter(each["status"] for each in requests) == by_status
    assert counts(desk.load(desk.draft(complaints, system="desk"))) == {"rows": 2224, "unchanged": 2224}


def test_loaded_unrepaired__is_put_right_by_loading_it_again(desk, complaints):
    content = part_of(complaints, 60)
    desk.load(drafted(desk, content, mapping={"Date": {"date_form": "%d-%m-%y", "day_month_swapped": False}}))
    wrong = sum(day != right for day, right in _days(content))
    assert wrong > 0
    again = drafted(desk, content, mapping={"Date": {"date_form": "%d-%m-%y", "day_month_swapped": True}})
    assert counts(desk.load(again)) == {"rows": 60, "updated": wrong, "unchanged": 60 - wrong}
    assert counted_requests(all_requests(desk)) == counted(rows_of(content))


def _days(content):
    for row in rows_of(content):
        day, month, _ = row["Date"].split("-")
        yield (day, month), ((month, day) if int(day) <= 12 else (day, month))


def test_dates_as_they_happened__nothing_is_proposed(desk):
    start = date(2025, 3, 1)
    days = [start + timedelta(days=number % 120) for number in range(360)]
    rows = [[str(number), "Slow", f"{day:%d/%m/%Y}"] for number, day in enumerate(days)]
    draft = drafted(desk, file_of(["Ticket", "Subject", "Date"], *rows))
    assert draft["mapping"]["Date"]["day_month_swapped"] is False
    dates = dates_of(previewed(desk, draft), "Date")
    assert (dates["form"], dates["swapped"]) == ("%d/%m/%Y", None)


def test_dates_that_can_be_read_two_ways__are_a_question(desk):
    rows = [[str(number), "Slow", f"{1 + number % 12:02}/{1 + number % 5:02}/2025"] for number in range(12)]
    draft = drafted(desk, file_of(["Ticket", "Subject", "Date"], *rows))
    assert draft["mapping"]["Date"]["date_form"] is None
    dates = dates_of(previewed(desk, draft), "Date")
    assert dates["form"] is None
    assert {each["form"] for each in dates["readings"]} == {"%d/%m/%Y", "%m/%d/%Y"}
    assert len(dates["why"]) == 2
    refused = desk.client.call("POST", f"{PATH}/{draft['id']}/commit")
    assert refused.status == 422
    assert [(each["pointer"], each["code"]) for each in refused.body["errors"]] == [
        ("/mapping/Date/date_form", "ambiguous_dates")
    ]
    answered = {"mapping": {"Date": {"date_form": "%m/%d/%Y"}}}
    assert desk.client.call("PATCH", f"{PATH}/{draft['id']}", answered).status == 200
    assert counts(desk.load(draft)) == {"rows": 12, "created": 12}
    assert min(each["opened_at"] for each in all_requests(desk)) == "2025-01-01T00:00:00Z"


def test_bad_rows_come_back__good_ones_are_kept__in_the_tenants_zone(desk):
    desk.house.directory.tenants[desk.client.tenant_id].time_zone = "Asia/Shanghai"
    long = "This is a long story. " * 20
    content = file_of(
        ["工单编号", "投诉内容", "日期", "时间", "受理渠道", "省份", "城市", "状态", "优先级", "投诉类别"],
        ["00017", "网速慢", "2025-03-20", "15:53", "热线", "浙江", "杭州", "处理中", "高", "网速"],
        ["T-2", "退款", "2025-03-21", "下午3:53", "微信", "浙江", "宁波", "已解决", "", ""],
        ["T-3", long, "2025-03-22", "", "网站", "浙江", "温州", "已关闭", "", ""],
        ["", "无号", "2025-03-22", "", "网站", "浙江", "温州", "已关闭", "", ""],
        ["T-5", "未来", "2099-03-22", "", "网站", "浙江", "温州", "已关闭", "", ""],
        ["T-6", "状态", "2025-03-22", "", "网站", "浙江", "温州", "不知道", "", ""],
        ["T-7", "日期", "", "", "网站", "浙江", "温州", "已关闭", "", ""],
        ["T-8", "类别", "2025-03-22", "", "网站", "浙江", "温州", "已关闭", "", "没有"],
        ["T-9", "", "2025-03-22", "", "网站", "浙江", "温州", "已关闭", "", ""],
    )
    category = {"网速": "/speed/"}
    done = desk.load(drafted(desk, content, mapping={"投诉类别": {"field": "category", "values": category}}))
    assert counts(done) == {"rows": 9, "created": 3, "rejected": 6}
    told = {row["投诉内容"]: row["_reasons"] for row in desk.table(done["rejected_file_id"])}
    for text, code in (
        ("无号", "missing_key"),
        ("未来", "in_the_future"),
        ("状态", "unknown_value"),
        ("日期", "missing"),
        ("类别", "unknown_reference"),
        ("", "missing"),
    ):
        assert f"({code})" in told[text], told
    found = {each["external_id"]["id"]: each for each in all_requests(desk)}
    one, two, three = found["00017"], found["T-2"], found["T-3"]
    assert (one["opened_at"], one["status"], one["priority"]) == ("2025-03-20T07:53:00Z", "in_progress", "high")
    assert (one["category"], one["area"], one["type"]) == ("/speed/", ["浙江", "杭州"], "complaint")
    assert (two["opened_at"], two["channel"], two["status"]) == ("2025-03-21T07:53:00Z", "social", "resolved")
    assert (three["opened_at"], three["description"]) == ("2025-03-21T16:00:00Z", long.strip())
    assert three["title"] == three["description"][:200].strip()


HEAD = ["Ticket", "Subject", "Date", "Status", "Resolved on", "Customer id", "Phone"]


def test_what_people_have_done_since__stays(desk):
    rows = [[str(n), "Slow", "2025-03-20", "Open", "", "", ""] for n in (1, 2)]
    desk.load(drafted(desk, file_of(HEAD, *rows)))
    ann = desk.house.client(desk.client.tenant_id, user="usr_ann")
    mine = next(each["id"] for each in all_requests(desk) if each["external_id"]["id"] == "1")
    assert ann.call("POST", f"/v1/requests/{mine}/actions", {"action": "take"}).status == 200
    later = [[str(n), "Very slow", "2025-03-20", "Solved", "2025-03-25", "", ""] for n in (1, 2)]
    assert counts(desk.load(drafted(desk, file_of(HEAD, *later)))) == {"rows": 2, "updated": 2}
    found = {each["external_id"]["id"]: each for each in all_requests(desk)}
    assert (found["1"]["status"], found["1"]["resolved_at"], found["1"]["title"]) == ("assigned", None, "Very slow")
    assert (found["2"]["status"], found["2"]["resolved_at"]) == ("resolved", "2025-03-25T00:00:00Z")
    wrong = [["2", "Very slow", "2025-03-20", "Solved", "2025-03-01", "", ""]]
    assert counts(desk.load(drafted(desk, file_of(HEAD, *wrong)))) == {"rows": 1, "rejected": 1}
    opened_here = made(desk.client.call("POST", "/v1/requests", {"title": "Hm", "external_id": _there("3")}))
    here = [["3", "Hm", "2025-03-20", "Closed", "", "", ""]]
    desk.load(drafted(desk, file_of(HEAD, *here)))
    assert desk.client.call("GET", f"/v1/requests/{opened_here}").body["status"] == "new"


def _there(number):
    return {"system": "desk", "id": number}


def test_customers__are_found_by_their_ids_and_numbers_there(desk):
    known = {"name": "José", "external_ids": [_there("C1")]}
    customer = made(desk.client.call("POST", "/v1/contacts", known))
    line = made(desk.client.call("POST", f"/v1/contacts/{customer}/lines", {"msisdn": "+8613800138000"}))
    rows = [
        ["1", "Slow", "2025-03-20", "Open", "", "C1", ""],
        ["2", "Slow", "2025-03-20", "Open", "", "", "+86 138 0013 8000"],
        ["3", "Slow", "2025-03-20", "Open", "", "C2", ""],
    ]
    done = desk.load(drafted(desk, file_of(HEAD, *rows)))
    assert counts(done) == {"rows": 3, "created": 2, "rejected": 1}
    assert "Customer id:" in desk.table(done["rejected_file_id"])[0]["_reasons"]
    found = {each["external_id"]["id"]: each for each in all_requests(desk)}
    assert (found["1"]["contact_id"], found["1"]["line_id"]) == (customer, None)
    assert (found["2"]["contact_id"], found["2"]["line_id"]) == (customer, line)
    assert counts(desk.load(drafted(desk, file_of(HEAD, *rows[:2])))) == {"rows": 2, "unchanged": 2}


def test_killed_in_the_middle__nothing_is_lost_or_doubled(desk, complaints):
    content = part_of(complaints, 150)
    draft = desk.draft(content, system="desk")
    answer = desk.client.call("POST", f"{PATH}/{draft['id']}/commit")
    steps = []

    def overtaken():
        if len(steps) in {3, 5}:
            desk.expire_lease(answer)
            desk.run(answer, more=iter([True, False]).__next__)
        steps.append(1)
        return True

    desk.run(answer, more=overtaken)
    desk.expire_lease(answer)
    desk.run(answer)
    assert counts(desk.client.call("GET", f"{PATH}/{draft['id']}").body) == {"rows": 150, "created": 150}
    assert counted_requests(all_requests(desk)) == counted(rows_of(content))
    assert Counter(each.type for each in desk.events("service_analysis")) == {"request.imported": 150}
