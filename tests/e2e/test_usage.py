"""A local run writes its log and counts it: usage, limits and the bill, over kill -9."""

from tests.support.local_run import LocalRun, onboard

CALLS = 12


def requests(tenant):
    totals = tenant.api.call("GET", "/v1/usage", module="contacts", meter="api_requests")["totals"]
    return totals[0]["meters"]["api_requests"] if totals else 0


def test_usage__of_a_local_run__is_counted_once_over_a_kill(tmp_path):
    run = LocalRun(tmp_path / "data")
    run.start()
    try:
        tenant = onboard(run, "North")
        tenant.api.call("PUT", "/v1/modules/contacts/subscription", {"plan": "basic"})
        for number in range(CALLS):
            tenant.api.call("POST", "/v1/contacts", {"name": f"Ann {number}"}, expect=201)
        run.kill()  # with lines that nobody has counted
        run.start()
        for _ in range(CALLS):
            tenant.api.call("GET", "/v1/contacts")
        run.wait_until(lambda: requests(tenant) >= 2 * CALLS)
        assert requests(tenant) == 2 * CALLS
        run.wait_until(lambda: _held(tenant) == CALLS)
        limits = tenant.api.call("GET", "/v1/limits")
        assert {each["name"] for each in limits["rates"]} == {"tenant", "key"}
        assert any(each["meter"] == "records" and each["used"] == CALLS for each in limits["quotas"])
    finally:
        run.stop()
    lines = (tmp_path / "data" / "log.jsonl").read_text(encoding="utf-8").splitlines()
    assert len([each for each in lines if '"create_contact"' in each]) == CALLS


def _held(tenant):
    totals = tenant.api.call("GET", "/v1/usage", module="contacts", meter="records")["totals"]
    return totals[0]["meters"]["records"] if totals else 0
