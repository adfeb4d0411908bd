"""Promises and their clocks: who may declare them, what follows them, and that each warning is given once."""

import pytest

from chalicelib.access.principal import Reach
from chalicelib.changes import catching_up
from chalicelib.jobs import positions
from chalicelib.jobs.scheduler import SCHEDULER
from modules.service_analysis.calendars.handlers import RENEWAL
from tests.support.engine import engine_client
from tests.support.faults import Conflict, LostAnswer
from tests.support.sla import CALENDARS as OFFICES
from tests.support.sla import utc
from tests.support.sla_desk import Desk, StillClock, calendar_body
from tests.support.visits import made

pytestmark = pytest.mark.integration

ELSEWHERE = ("ou_2", "/ou_2/")
POLICIES = "/v1/service/sla-policies"
CALENDARS = "/v1/service/calendars"
READ = ("service_analysis:read", "service_analysis:write")
OFFICE = calendar_body("Office", OFFICES["berlin"])


@pytest.fixture
def clock():
    return StillClock()


@pytest.fixture
def desk(behind, clock):
    tenant = behind.house.client().tenant_id
    made_by = Desk(behind.house.client(tenant, user="usr_ann"), clock)
    behind.strike()
    return made_by


def settle(behind, clock, **by):
    clock.advance(**by)
    behind.settle()


def told(behind, kind):
    return sorted(raw["title"]["S"] for raw in behind.of("core", kind))


# -- denied, foreign, refused


def test_denied__who_may_not_configure__declares_nothing(behind, desk):
    agent = behind.house.client(desk.client.tenant_id, permissions=READ)
    policy = desk.policy("All", {"resolution": ("PT4H", "berlin")})
    for method, path, body in (
        ("POST", CALENDARS, OFFICE),
        ("PATCH", f"{CALENDARS}/{desk.calendar('berlin')}", {"name": "Mine"}),
        ("POST", POLICIES, {"name": "Mine", "targets": {}}),
        ("PATCH", f"{POLICIES}/{policy}", {"retired": True}),
    ):
        assert agent.call(method, path, body).code == "permission_denied"
    assert agent.call("GET", f"{POLICIES}/{policy}").status == 200


def test_foreign__clocks_calendars_and_policies_of_others__are_not_there(behind, desk):
    policy = desk.policy("All", {"resolution": ("PT4H", "berlin")})
    request, calendar = desk.open(), desk.calendar("berlin")
    behind.house.directory.tenants[desk.client.tenant_id].units |= dict([ELSEWHERE])
    below = behind.house.client(desk.client.tenant_id, reach=Reach.SUBTREE, unit=ELSEWHERE)
    stranger = behind.house.client()
    for path in (f"/v1/requests/{request}/{each}" for each in ("clocks", "clocks/resolution", "sla-policy")):
        assert below.call("GET", path).status == stranger.call("GET", path).status == 404
    assert stranger.call("GET", f"{CALENDARS}/{calendar}").status == 404
    assert stranger.call("GET", f"{POLICIES}/{policy}").status == 404
    named = {"name": "Theirs", "targets": {"resolution": {"within": 60, "calendar_id": calendar}}}
    refused = stranger.call("POST", POLICIES, named).body["errors"][0]
    assert (refused["pointer"], refused["code"]) == ("/targets/resolution/calendar_id", "unknown_reference")


def test_refused__a_calendar_in_which_no_time_can_be_counted(desk):
    def week(*shifts):
        return {"week": {"monday": [{"begins": one, "ends": two} for one, two in shifts]}}

    for said, pointer, code in (
        ({"time_zone": "Europe/Nowhere"}, "/time_zone", "unknown_zone"),
        ({"week": {}}, "/week", "no_shifts"),
        (week(("18:00", "09:00")), "/week", "shift_out_of_day"),
        (week(("09:00", "12:00"), ("11:00", "15:00")), "/week", "shifts_overlap"),
        ({"week": None}, "/week", "days_off_of_24x7"),
        ({"week": None, "days_off": [], "holidays": {"country": "DE"}}, "/week", "days_off_of_24x7"),
    ):
        answer = desk.client.call("POST", CALENDARS, {**OFFICE, **said}, Accept_Language="zh-CN")
        assert answer.status == 422, said
        (wrong,) = answer.body["errors"]
        assert (wrong["pointer"], wrong["code"]) == (pointer, code)
        assert not wrong["detail"].isascii()


def test_refused__a_promise_that_nobody_could_keep_or_check(desk):
    for said, pointer, code in (
        ({"category": "/no_such/"}, "/category", "unknown_reference"),
        ({"targets": {"resolution": {"within": "PT9999H"}}}, "/targets/resolution/within", "out_of_range"),
        ({"targets": {"resolution": {"within": "PT0S"}}}, "/targets/resolution/within", "out_of_range"),
    ):
        answer = desk.client.call("POST", POLICIES, {"name": "All", "targets": {}, **said})
        assert answer.status == 422, answer.text
        assert [(each["pointer"], each["code"]) for each in answer.body["errors"]] == [(pointer, code)]


# -- what follows a request


def test_nothing_promised__no_clock(desk):
    request = desk.open()
    desk.act(request, "take", "start", "resolve")
    assert desk.clocks(request) == {}
    found = desk.request(request)
    assert (found["response_due_at"], found["resolution_in_time"]) == (None, None)


def test_clocks_follow_their_request__pending_pauses_all_but_the_regulators(clock, desk):
    desk.policy(
        "All",
        {
            "first_response": ("PT1H", "berlin"),
            "next_response": ("PT30M", "berlin"),
            "resolution": (14400, "berlin"),
            "regulator": ("PT24H", "24x7"),
        },
    )
    request = desk.open()
    desk.act(request, "take", "start")
    due = desk.request(request)
    assert (due["response_due_at"], due["resolution_due_at"]) == ("2026-03-02T09:00:00Z", "2026-03-02T13:00:00Z")
    clock.advance(minutes=30)
    desk.act(request, "wait", pending_on="customer")
    states = {name: each["state"] for name, each in desk.clocks(request).items()}
    assert states == {"first_response": "paused", "regulator": "running", "resolution": "paused"}
    assert desk.request(request)["resolution_due_at"] is None
    clock.advance(minutes=30)
    desk.write(request, "message")  # wakes it; the first response is still awaited
    assert "next_response.0001" not in desk.clocks(request)
    desk.write(request, "reply")
    found = desk.request(request)
    assert (found["response_in_time"], found["resolution_due_at"]) == (True, "2026-03-02T13:30:00Z")
    for turn in (1, 2):
        desk.write(request, "message")
        clock.advance(minutes=10 * turn)
        desk.write(request, "message")
        desk.write(request, "reply")
        assert desk.clocks(request)[f"next_response.000{turn}"]["elapsed"] == 600 * turn
    desk.act(request, "resolve")
    found = desk.clocks(request)
    assert {each["state"] for each in found.values()} == {"stopped"}
    assert (found["resolution"]["elapsed"], found["regulator"]["elapsed"]) == (3600, 5400)
    assert desk.request(request)["resolution_in_time"] is True


def test_a_request_of_the_past__has_no_clocks_when_it_is_over__and_is_promised_nothing_before_it_was_noted(clock, desk):
    desk.policy("All", {"resolution": ("PT4H", "24x7")})
    an_hour_ago, a_year_ago = (desk.open(opened_at=each) for each in ("2026-03-02T07:00:00Z", "2025-03-02T07:00:00Z"))
    assert desk.clocks(an_hour_ago)["resolution"]["elapsed"] == 3600
    assert desk.clocks(a_year_ago)["resolution"]["elapsed"] == 0


def test_another_policy_by_a_change__and_what_is_merged_stops(clock, desk):
    desk.policy("All", {"resolution": ("PT8H", "24x7")})
    urgent = desk.policy("Urgent", {"resolution": ("PT1H", "24x7")}, priorities=["urgent"])
    one, other = desk.open(), desk.open()
    clock.advance(minutes=30)
    desk.change(f"/v1/requests/{one}", priority="urgent")
    found = desk.clocks(one)["resolution"]
    assert (found["policy_id"], found["target"], found["remaining"]) == (urgent, 3600, 1800)
    desk.act(one, "merge", to=other)
    assert desk.clocks(one)["resolution"]["state"] == "stopped"
    chosen = desk.read(f"/v1/requests/{one}/sla-policy", Accept_Language="zh-CN")
    assert (chosen["name"], [each["codes"] for each in chosen["others"]]) == ("Urgent", [["less_specific"]])
    assert not chosen["others"][0]["reasons"][0].isascii()


def test_explain__each_line_in_the_callers_language(clock, desk):
    desk.policy("Gold", {"resolution": ("PT1H", "berlin")})
    request = desk.open()
    desk.act(request, "take", "start")
    clock.advance(minutes=40)
    desk.act(request, "wait", pending_on="supplier")
    clock.advance(minutes=80)
    desk.act(request, "resume")
    clock.advance(minutes=30)
    path = f"/v1/requests/{request}/clocks/resolution"
    lines = desk.read(path)["lines"]
    assert [each["text"] for each in lines] == [
        "It begins: 1:00:00 by «Gold», in the calendar «berlin»; 1:00:00 left",
        "Paused: it waits for a supplier; 0:40:00 counted since the line before; 0:20:00 left",
        "It runs again; 0:20:00 left",
        "It is running; 0:30:00 counted since the line before; 0:10:00 over",
    ]
    assert lines[-1]["breached_since"] == "2026-03-02T10:20:00Z"
    assert {each["calendar_revision"] for each in lines} == {None, 1}
    chinese = desk.read(path, Accept_Language="zh-CN")["lines"]
    assert chinese[1]["text"].startswith("暂停：等待供应商")


# -- when promises change


def test_a_changed_policy__open_requests_follow__their_pauses_credited(behind, clock, desk):
    policy = desk.policy("All", {"resolution": ("PT8H", "24x7")})
    open_one, waiting, over = (desk.open() for _ in range(3))
    for each in (waiting, over):
        desk.act(each, "take", "start")
    desk.act(over, "resolve")
    clock.advance(hours=1)
    desk.act(waiting, "wait", pending_on="network")
    clock.advance(hours=1)
    desk.change(f"{POLICIES}/{policy}", targets={"resolution": {"within": "PT3H"}, "regulator": {"within": "PT48H"}})
    settle(behind, clock, seconds=20)
    found = {each: desk.clocks(each) for each in (open_one, waiting, over)}
    assert [each["resolution"]["target"] for each in found.values()] == [10800, 10800, 28800]
    assert [found[each]["resolution"]["elapsed"] for each in (open_one, waiting)] == [7220, 3600]
    assert desk.request(open_one)["resolution_due_at"] == "2026-03-02T11:00:00Z"
    assert [("regulator" in each) for each in found.values()] == [True, True, False]
    desk.change(f"{POLICIES}/{policy}", retired=True)
    settle(behind, clock, seconds=20)
    assert desk.clocks(open_one)["resolution"]["state"] == "stopped"
    assert desk.request(open_one)["resolution_in_time"] is None


def test_a_changed_calendar__is_a_new_state__what_was_counted_stays(behind, clock, desk):
    desk.policy("All", {"resolution": ("PT8H", "berlin")})
    request, calendar = desk.open(), desk.calendar("berlin")
    settle(behind, clock, hours=2)
    assert desk.change(f"{CALENDARS}/{calendar}", days_off=["2026-03-02"])["revision"] == 2
    assert desk.change(f"{CALENDARS}/{calendar}", name="Office")["revision"] == 2
    clock.advance(seconds=20)
    behind.settle()
    found = desk.clocks(request)["resolution"]
    assert (found["elapsed"], found["calendar_revision"]) == (7220, 2)
    assert found["due_at"] == "2026-03-03T14:59:40Z"


def test_public_holidays__are_looked_up_by_a_job__before_which_no_policy_names_the_calendar(behind, clock, desk):
    clock.now = utc("2026-04-02 14:00")
    german = {**OFFICE, "days_off": [], "holidays": {"country": "DE", "subdivision": "BE"}}
    calendar = made(desk.client.call("POST", CALENDARS, german))
    promise = {"name": "All", "targets": {"resolution": {"within": "PT2H", "calendar_id": calendar}}}
    early = desk.client.call("POST", POLICIES, promise)
    assert early.body["errors"][0]["code"] == "calendar_not_ready"
    behind.settle()
    found = desk.read(f"{CALENDARS}/{calendar}")
    assert (found["revision"], found["holidays_until"]) == (1, 2028)
    assert {"2026-04-03", "2026-04-06", "2026-10-03"} < set(found["public_holidays"])
    made(desk.client.call("POST", POLICIES, promise))
    clock.advance(hours=1)
    assert desk.clocks(desk.open())["resolution"]["due_at"] == "2026-04-07T08:00:00Z"
    renewal = next(raw for raw in behind.of("service_analysis", "due") if raw["name"]["S"] == RENEWAL)
    assert renewal["at"]["S"].startswith("2027-01-01")
    nowhere = {**german, "holidays": {"country": "DE", "subdivision": "XX"}}
    refused = desk.read(f"{CALENDARS}/{made(desk.client.call('POST', CALENDARS, nowhere))}")
    behind.settle()
    job = desk.read(f"/v1/jobs/{refused['job_id']}")
    assert (job["state"], refused["revision"]) == ("failed", 0)


# -- warnings


def test_warnings__fire_once_each__tell_the_handler__and_a_broken_promise_goes_up(behind, clock, desk):
    behind.house.directory.tenants[desk.client.tenant_id].units["ou_3"] = "/ou_1/ou_3/"
    desk.policy("All", {"resolution": ("PT10M", "24x7")})
    request = desk.open(org_unit_id="ou_3")
    desk.act(request, "take", "start")
    settle(behind, clock, minutes=4, seconds=59)
    assert desk.warned(request) == []
    settle(behind, clock, seconds=1)
    assert desk.warned(request) == [("resolution", 50)]
    assert told(behind, "notification") == []
    settle(behind, clock, minutes=3)
    assert told(behind, "notification") == ["80 % of the time for the resolution is used up"]
    settle(behind, clock, minutes=2)
    assert desk.warned(request) == [("resolution", 50), ("resolution", 80), ("resolution", 100)]
    assert len(told(behind, "notification")) == 2
    (task,) = behind.of("core", "task")
    assert (task["queue"]["S"], task["unit_path"]["S"]) == ("escalations", "/ou_1/")
    found = desk.request(request)
    assert (found["resolution_in_time"], desk.clocks(request)["resolution"]["warned"]) == (False, [50, 80, 100])
    settle(behind, clock, minutes=9)
    assert len(desk.warned(request)) == 3
    assert "request.warned" in {raw["type"]["S"] for raw in behind.events()}


def test_warnings__after_redelivery_restart_conflicts_and_lost_answers__fire_once(behind, proxy, brisk, clock, desk):
    desk.policy("All", {"first_response": ("PT10M", "24x7"), "resolution": ("PT10M", "24x7")})
    requests = [desk.open() for _ in range(3)]
    for each in requests:
        desk.act(each, "take", "start")
    timers = []
    for minutes in (5, 3, 2):
        timers += behind.of("service_analysis", "due")
        clock.advance(minutes=minutes)
        proxy.inject(Conflict(probability=0.3), LostAnswer(every=4, operations="TransactWriteItems"))
        behind.settle()
        proxy.clear()
    # What was put off after a failure comes a minute later.
    settle(behind, clock, minutes=1)
    settle(behind, clock, minutes=2)
    before = [desk.warned(each) for each in requests]
    assert all(len(each) == 6 for each in before)
    told_before = (told(behind, "notification"), told(behind, "task"))
    assert len(told_before[1]) == 6
    # A scheduler that has lost its place, and all timers that ever were, once more.
    again = engine_client(behind.engine)
    for each in timers:
        again.put_item(TableName=behind.table("service_analysis"), Item=each)
    again.close()
    positions.save(behind.background, "service_analysis", SCHEDULER, "2026-03-02T08:00+00:00")
    for _ in range(2):
        behind.deliver_badly(seed=3, times=2)
        behind.settle()
    assert [desk.warned(each) for each in requests] == before
    assert (told(behind, "notification"), told(behind, "task")) == told_before


def test_warnings__what_was_answered_in_time__needs_nobody(behind, clock, desk):
    desk.policy("All", {"first_response": ("PT10M", "24x7")})
    request = desk.open()
    clock.advance(minutes=9)
    desk.write(request, "reply")
    settle(behind, clock, minutes=2)
    assert desk.warned(request) == [("first_response", 50), ("first_response", 80)]
    assert told(behind, "notification") == told(behind, "task") == []


# -- off, and on again


def test_feature_off__no_clock_fires_and_none_is_shown__on_again_it_catches_up(behind, clock, desk):
    desk.policy("All", {"resolution": ("PT10M", "24x7")})
    request, resolved = desk.open(), desk.open()
    desk.act(resolved, "take", "start")
    tenant = behind.house.directory.tenants[desk.client.tenant_id]
    tenant.off = ["service_analysis.sla"]
    assert desk.client.call("GET", f"/v1/requests/{request}/clocks").code == "feature_disabled"
    settle(behind, clock, minutes=3)
    desk.act(resolved, "resolve")
    later = desk.open()
    settle(behind, clock, minutes=9)
    assert desk.warned(request) == []
    tenant.off = []
    assert desk.clocks(later) == {}
    settle(behind, clock, minutes=60)
    for _ in range(2):
        assert desk.warned(request) == [("resolution", 50), ("resolution", 80), ("resolution", 100)]
        behind.settle()
    # Resolved meanwhile, in time: the hour since then does not count, and nobody is told.
    assert (desk.clocks(resolved)["resolution"]["elapsed"], desk.warned(resolved)) == (180, [])
    assert desk.request(resolved)["resolution_in_time"] is True
    assert len(told(behind, "task")) == 1
    desk.change(f"/v1/requests/{later}", priority="high")
    assert desk.clocks(later)["resolution"]["state"] == "running"


def test_module_off__no_clock_fires__on_again_each_fires_once(whole, clock, monkeypatch):
    monkeypatch.setattr(catching_up, "_noted", catching_up.Memory(lambda: clock().timestamp()))
    admin = whole.house.onboard(["contacts", "service_analysis"])
    whole.strike()
    desk = Desk(admin, clock)
    desk.policy("All", {"resolution": ("PT10M", "24x7")})
    request = desk.open()
    settle(whole, clock, minutes=5)
    assert desk.warned(request) == [("resolution", 50)]
    on = "/v1/modules/service_analysis/subscription"
    assert admin.call("DELETE", on).status == 204
    settle(whole, clock, minutes=6)
    assert admin.call("GET", f"/v1/requests/{request}/clocks").code == "module_not_enabled"
    assert whole.of("service_analysis", "due") == []
    events = [raw for raw in whole.events() if raw["type"]["S"] == "request_entry.created"]
    assert len(events) == 1
    assert admin.call("PUT", on, {}).status == 200
    settle(whole, clock, seconds=10)
    settle(whole, clock, minutes=1)
    for _ in range(2):
        assert desk.warned(request) == [("resolution", 50), ("resolution", 80), ("resolution", 100)]
        settle(whole, clock, minutes=1)


def test_feature_switched_by_an_override__clocks_catch_up_at_once(whole, clock):
    admin = whole.house.onboard(["contacts", "service_analysis"])
    whole.strike()
    desk = Desk(admin, clock)
    desk.policy("All", {"resolution": ("PT10M", "24x7")})
    switch = "/v1/modules/service_analysis/features/sla"
    assert admin.call("PUT", switch, {"enabled": False, "reason": "trial"}).status in {200, 201}
    request = desk.open()
    clock.advance(minutes=1)
    assert admin.call("PUT", switch, {"enabled": True, "reason": "over"}).status == 200
    settle(whole, clock, seconds=20)
    settle(whole, clock, seconds=20)
    assert desk.clocks(request)["resolution"]["state"] == "running"
