"""Figures of the service: refused to strangers, equal to a plain recount, and down to the requests that they count."""

import csv
import io
import random
from collections import Counter
from datetime import UTC, date, datetime
from urllib.parse import urlencode

import pytest

from chalicelib.access.principal import Reach
from chalicelib.imports.swapped import repaired
from tests.support.visits import made

pytestmark = pytest.mark.integration

ELSEWHERE = ("ou_2", "/ou_1/ou_2/")
ANALYSIS = "/v1/service/analysis"
READS = (
    "figures",
    "figures/csv",
    "statuses",
    "causes",
    "causes/csv",
    "complaint-rate",
    "requests",
    "repeat-complainers",
)
COMPLAINT = {"type": "complaint", "title": "Charged twice", "area": ["Georgia", "Acworth"], "channel": "phone"}
MONTHS = {"from": "2015-01", "to": "2015-12"}


@pytest.fixture
def client(behind):
    return behind.house.client()


@pytest.fixture
def ann(behind, client):
    return behind.house.client(client.tenant_id, user="usr_ann")


def ask(client, path, **query):
    return client.call(
        "GET", f"{ANALYSIS}/{path}?{urlencode({name.rstrip('_'): each for name, each in query.items()})}"
    )


def read(client, path, **query):
    answer = ask(client, path, **query)
    assert answer.status == 200, answer.text
    return answer.body


def opened(client, **more):
    return made(client.call("POST", "/v1/requests", {**COMPLAINT, **more}))


def acted(client, request_id, *actions):
    for each in actions:
        answer = client.call("POST", f"/v1/requests/{request_id}/actions", {"action": each})
        assert answer.status == 200, answer.text


def listed(client, **query):
    """All pages of the requests that a figure counts."""
    found, cursor = [], None
    while True:
        page = read(client, "requests", limit=7, **query, **({"cursor": cursor} if cursor else {}))
        found += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            return found


def test_refused__who_sees_only_his_own__and_whom_the_module_is_closed_to(behind, client):
    own = behind.house.client(client.tenant_id, reach=Reach.OWN)
    for path in READS:
        assert (ask(own, path).status, ask(own, path).code) == (400, "total_not_available"), path
    behind.house.directory.tenants[client.tenant_id].off = ("service_analysis.analysis",)
    for path in READS:
        assert ask(client, path).status == 403, path


def test_foreign__other_tenants_and_units__are_in_no_figure(behind, client):
    request = opened(client)
    behind.house.directory.tenants[client.tenant_id].units |= dict([ELSEWHERE])
    below = behind.house.client(client.tenant_id, reach=Reach.SUBTREE, unit=ELSEWHERE)
    opened(below)
    behind.settle()
    for caller, count in ((client, 2), (below, 1), (behind.house.client(), 0)):
        (month,) = read(caller, "figures", from_=today()[:7])["items"]
        assert (month["figures"]["opened"], month["figures"]["backlog"]) == (count, count)
        assert read(caller, "statuses")["open"] == count
        assert len(listed(caller)) == count
        assert read(caller, "causes")["known"] == count
    assert request not in {each["id"] for each in listed(below)}


@pytest.mark.parametrize(
    "query",
    [
        {"by": "day", "over": "area,channel"},
        {"by": "day", "compare": "true"},
        {"over": "area,channel", "product": "x"},
        {"over": "area,area"},
        {"from": "2026-05", "to": "2026-04"},
        {"from": "2020-01", "to": "2026-04"},
        {"from": "2026-02-30"},
        {"show": "opened,nothing"},
    ],
)
def test_refused__what_no_figures_are_kept_for(client, query):
    answer = ask(client, "figures", **query)
    assert (answer.status, answer.code) == (400, "no_such_figures"), answer.text


def test_a_requests_way__is_told_in_its_figures(behind, clock, client, ann):
    request = opened(client)
    acted(ann, request, "take", "start")
    clock.advance(hours=1)
    made(ann.call("POST", f"/v1/requests/{request}/entries", {"type": "reply", "text": "We look into it"}))
    clock.advance(hours=1)
    acted(ann, request, "resolve")
    opened(client, type="inquiry")
    behind.settle()
    (row,) = read(client, "figures", over="agent", agent="usr_ann", from_=today(clock)[:7])["items"]
    told = row["figures"]
    assert [told[name] for name in ("opened", "answered", "resolved", "backlog", "complaints")] == [1, 1, 1, 0, 1]
    assert told["response_mean_seconds"] == pytest.approx(3600, abs=60)
    assert told["response_p50_seconds"] == pytest.approx(3600, rel=0.04)
    assert told["resolution_mean_seconds"] == pytest.approx(7200, abs=60)
    assert (told["first_contact_rate"], told["reopen_rate"], told["response_attainment"]) == (1, 0, None)
    acted(ann, request, "reopen", "start", "resolve")
    behind.settle()
    (row,) = read(client, "figures", over="agent", agent="usr_ann", from_=today(clock)[:7])["items"]
    told = row["figures"]
    assert (told["reopened"], told["resolved"], told["reopen_rate"], told["first_contact_rate"]) == (1, 1, 1, 0)


def test_the_tenants_day__decides(behind, client):
    behind.house.directory.tenants[client.tenant_id].time_zone = "Asia/Shanghai"
    opened(client, opened_at="2026-03-31T17:00:00Z")
    behind.settle()
    (row,) = read(client, "figures", by="day", over="channel", from_="2026-03-31", to="2026-04-01", show="opened")[
        "items"
    ]
    assert (row["period"], row["values"], row["figures"]) == ("2026-04-01", ["phone"], {"opened": 1})


def test_a_month__is_compared_for_as_many_working_days(behind, client):
    # March 2026 has 22 working days, February 20, March 2025 21.
    for at, count in (("2026-03-10", 4), ("2026-02-10", 2), ("2025-03-10", 1)):
        for _ in range(count):
            opened(client, opened_at=f"{at}T10:00:00Z")
    behind.settle()
    (row,) = read(client, "figures", from_="2026-03", to="2026-03", show="opened", compare="true")["items"]
    assert row["before"]["opened"] == {"base": 2, "restated": 2.2, "percent": 81.82}
    assert row["year_before"]["opened"] == {"base": 1, "restated": 1.05, "percent": 281.82}


def test_the_backlog__is_what_was_open_at_each_days_end(behind, clock, client, ann):
    first, _ = opened(client), opened(client)
    clock.advance(days=1)
    opened(client)
    acted(ann, first, "take", "start", "resolve")
    clock.advance(days=1)
    behind.settle()
    for by in ("day", "week", "month"):
        rows = read(client, "figures", by=by, show="backlog", from_=today(), to=today(clock))["items"]
        assert rows[-1]["figures"]["backlog"] == 2, by
    rows = read(client, "figures", by="day", show="backlog", from_=today(), to=today(clock))["items"]
    assert [each["figures"]["backlog"] for each in rows] == [2, 2, 2]
    earlier = read(client, "figures", by="day", show="backlog", from_="2026-01-01", to="2026-01-02")["items"]
    assert [each["figures"]["backlog"] for each in earlier] == [0, 0]


def test_csv__is_a_table_that_runs_nothing(behind, client):
    opened(client, product="=SUM(A1)")
    behind.settle()
    answer = ask(client, "figures/csv", over="product", show="opened,backlog")
    assert answer.headers["Content-Type"].startswith("text/csv")
    assert answer.text.startswith("\ufeffperiod,first,last,product,opened,backlog\r\n")
    (row,) = list(csv.reader(io.StringIO(answer.text)))[1:]
    assert row[3:] == ["'=SUM(A1)", "1", "1"]
    assert "/billing,Billing and charges,1,1.0,1.0,true" in ask(client, "causes/csv").text


def test_who_complains_again__is_listed_best_first__and_follows_every_change(behind, client):
    often, seldom, never = (made(client.call("POST", "/v1/contacts", {"name": name})) for name in "abc")
    requests = [opened(client, contact_id=often, opened_at=f"2026-04-0{at}T10:00:00Z") for at in range(1, 5)]
    requests += [opened(client, contact_id=seldom, opened_at="2026-04-09T10:00:00Z") for _ in range(2)]
    opened(client, contact_id=never, type="inquiry")
    behind.deliver_badly(seed=5)

    def told(**query):
        found = read(client, "repeat-complainers", **query)["items"]
        return [(each["contact_id"], each["complaints"]) for each in found]

    assert told(period="2026-04", at_least=2) == told(period="2026", at_least=2) == [(often, 4), (seldom, 2)]
    assert told(period="2026-04") == [(often, 4)]
    assert told(period="2026-05", at_least=2) == []
    for change in ({"type": "inquiry"}, {"contact_id": seldom}):
        assert client.call("PATCH", f"/v1/requests/{requests.pop(0)}", change).status == 200
    behind.deliver_badly(seed=6)
    assert told(period="2026-04", at_least=2) == [(seldom, 3), (often, 2)]


def test_complaints__by_the_thousand_customers(behind, client):
    for name in "abcd":
        made(client.call("POST", "/v1/contacts", {"name": name}))
    opened(client), opened(client, type="inquiry")
    behind.settle()
    told = read(client, "complaint-rate", from_=today()[:7])
    assert (told["customers"], told["items"]) == (4, [{"month": today()[:7], "complaints": 1, "per_thousand": 250.0}])


def test_counters__after_random_changes_and_any_delivery__are_a_plain_recount(behind, clock, client, ann):
    live(behind, clock, client, ann, changes=500, seed=11)


@pytest.mark.slow
def test_counters__after_ten_thousand_random_changes__are_a_plain_recount(behind, clock, client, ann):
    live(behind, clock, client, ann, changes=10_000, seed=12)


def live(behind, clock, client, ann, *, changes, seed):
    """A seeded life of requests; what was counted of it, by whatever delivery, is what the requests say."""
    chance = random.Random(seed)
    units = behind.house.directory.tenants[client.tenant_id].units
    units |= dict([ELSEWHERE])
    ids, since = [], today(clock)
    for at in range(changes):
        if not ids or chance.random() < 0.25:
            ids.append(opened(client, **said(chance), title=f"n{at}"))
        else:
            change(client, ann, chance, chance.choice(ids))
        if chance.random() < 20 / changes:
            clock.advance(hours=chance.randint(1, 60))
        if at % 500 == 250:
            deliver(behind, seed=at)
    deliver(behind, seed=seed, times=2)
    compare(behind, client, since, today(clock))


def deliver(behind, seed, times=2):
    """What is new, several times over, shuffled, in batches of any size; then all that follows from it."""
    chance = random.Random(seed)
    waiting = behind.undelivered() * times
    chance.shuffle(waiting)
    while waiting:
        size = chance.randint(1, 30)
        behind.deliver(waiting[:size], size)
        waiting = waiting[size:]
    behind.catch_up()


def said(chance):
    return {
        "type": chance.choice(("complaint", "inquiry")),
        "category": chance.choice(("/billing/", "/speed/", None)),
        "area": chance.choice((["Georgia", "Acworth"], ["Georgia"], ["Maryland", "Abingdon"], [])),
        "channel": chance.choice(("phone", "web")),
        "product": chance.choice(("Fibre", None)),
        "org_unit_id": chance.choice(("ou_1", "ou_2")),
    }


def change(client, ann, chance, request):
    """One change, or a refusal where the request's way does not allow it."""
    path = f"/v1/requests/{request}"
    match chance.randrange(6):
        case 0:
            body = said(chance)
            field = chance.choice(sorted(body))
            answer = client.call("PATCH", path, {field: body[field]})
        case 1:
            answer = ann.call("POST", f"{path}/entries", {"type": "reply", "text": "Hello"})
        case 2:
            answer = client.call("POST", f"{path}/actions", {"action": "reopen"})
        case _:
            standing = client.call("GET", path).body["status"]
            action = {"new": "take", "assigned": "start", "in_progress": "resolve", "pending": "resume"}
            answer = ann.call("POST", f"{path}/actions", {"action": action.get(standing, "confirm")})
    assert answer.status in {200, 201, 409}, answer.text


def compare(behind, client, first, last):
    """Every cell against the requests as they are listed."""
    requests, cursor = [], ""
    while cursor is not None:
        page = client.call("GET", f"/v1/requests?limit=200{cursor and f'&cursor={cursor}'}").body
        requests += page["items"]
        cursor = page["next_cursor"]
    span = {"from": first, "to": last}
    for names in ((), ("area",), ("channel",), ("agent",), ("category",), ("area", "channel"), ("category", "product")):
        for by in ("day", "month") if len(names) < 2 else ("month",):
            told = {
                (each["period"], tuple(each["values"])): each["figures"]
                for each in read(client, "figures", by=by, over=",".join(names), **span)["items"]
            }
            for figure, moment in (("opened", "opened_at"), ("resolved", "resolved_at"), ("answered", "responded_at")):
                wanted = Counter(
                    (each[moment][: 10 if by == "day" else 7], tuple(value(each, name, figure) for name in names))
                    for each in requests
                    if each[moment]
                )
                found = Counter({at: int(figures[figure]) for at, figures in told.items() if figures[figure]})
                assert found == wanted, (names, by, figure)
            ends = Counter(tuple(value(each, name, "opened") for name in names) for each in requests if is_open(each))
            final = {values: each["backlog"] for (at, values), each in told.items() if at == last[: len(at)]}
            assert {key: each for key, each in final.items() if each} == dict(ends), (names, by)
    counts = Counter(each["status"] for each in requests)
    assert {key: each for key, each in read(client, "statuses")["statuses"].items() if each} == dict(counts)


def value(request, name, figure):
    """What a figure shows of a request under a dimension."""
    match name:
        case "area":
            return f"/{'/'.join(request['area'])}" if request["area"] else None
        case "category":
            return request["category"].rstrip("/") if request["category"] else None
        case "agent":
            first = request["accountable_id"] if figure == "answered" else None
            return first or request["handler_id"]
        case _:
            return request[name]


def is_open(request):
    return request["status"] not in {"resolved", "closed"}


def today(clock=None):
    return (clock() if clock else datetime.now(UTC)).date().isoformat()


# -- the real complaints


def complaints(shared_data, most):
    """The rows of the file with day and month put back."""
    rows = list(
        csv.DictReader(
            io.StringIO((shared_data / "telecom_complaints.csv").read_text(encoding="utf-8-sig"), newline="")
        )
    )[:most]
    dates = ([int(part) for part in row["Date"].split("-")] for row in rows)
    return [
        {**row, "day": repaired(date(2000 + year, month, day)).isoformat()}
        for row, (day, month, year) in zip(rows, dates, strict=True)
    ]


def of_row(row):
    return {
        "type": "complaint",
        "title": row["Customer Complaint"][:200],
        "channel": "phone" if row["Received Via"] == "Customer Care Call" else "web",
        "area": [row["State"], row["City"]],
        "external_id": {"system": "desk", "id": row["Ticket #"]},
        "opened_at": f"{row['day']}T12:00:00Z",
    }


def agree(behind, client, rows):
    """By day and month, of the whole, channel, area and their pair, each cell counts the file's rows."""
    bodies = [of_row(row) for row in rows]
    for body in bodies:
        opened(client, **body)
    behind.settle()
    shown = {"channel": lambda body: body["channel"], "area": lambda body: f"/{'/'.join(body['area'])}"}
    for names in ((), ("channel",), ("area",), ("area", "channel")):
        for by in ("day", "month") if len(names) < 2 else ("month",):
            items = read(client, "figures", by=by, over=",".join(names), show="opened,complaints", **MONTHS)["items"]
            found = {(each["period"], tuple(each["values"])): each["figures"] for each in items}
            wanted = Counter(
                (body["opened_at"][: 10 if by == "day" else 7], tuple(shown[name](body) for name in names))
                for body in bodies
            )
            assert {at: each["opened"] for at, each in found.items() if each["opened"]} == dict(wanted), (names, by)
            assert all(each["opened"] == each["complaints"] for each in found.values())
    states = read(client, "figures", over="area", depth=1, show="opened", **MONTHS)["items"]
    by_state = Counter()
    for each in states:
        by_state[each["values"][0]] += each["figures"]["opened"]
    assert by_state == Counter(f"/{body['area'][0]}/" for body in bodies)
    return bodies, items


def drilled(client, bodies, cells):
    """Each cell lists exactly its requests."""
    for each in cells:
        area, channel = each["values"]
        span = {"from": each["first"], "to": each["last"]}
        found = listed(client, area=area, channel=channel, **span)
        wanted = {
            body["external_id"]["id"]
            for body in bodies
            if (f"/{'/'.join(body['area'])}", body["channel"], body["opened_at"][:7]) == (area, channel, each["period"])
        }
        assert {one["external_id"]["id"] for one in found} == wanted
        assert len(found) == each["figures"]["opened"]


def test_real_complaints__two_hundred__agree_in_every_cell(behind, client, shared_data):
    bodies, cells = agree(behind, client, complaints(shared_data, 200))
    drilled(client, bodies, cells[:30])


@pytest.mark.slow
def test_real_complaints__all__agree_in_every_cell__and_name_their_causes(behind, client, shared_data):
    bodies, cells = agree(behind, client, complaints(shared_data, None))
    assert {each["opened_at"][:7] for each in bodies} == {"2015-04", "2015-05", "2015-06"}
    drilled(client, bodies, cells)
    told = read(client, "causes", **MONTHS)["items"]
    assert {"/billing", "/speed", "/data_caps"} <= {each["category"] for each in told[:5]}
    assert sum(each["count"] for each in told) + read(client, "causes", **MONTHS)["unknown"] == len(bodies)
