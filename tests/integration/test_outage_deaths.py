"""kill -9 of the worker that answers an outage's requests, and settles them, before and after each transaction."""

from collections import Counter

import pytest

from tests.fault.conftest import driver
from tests.integration.test_outages import ANSWER, announced, closed, declared, opened
from tests.support.driver import Place, killed_there

__all__ = ["driver"]

WHEN = ("before", "after")
AT_ONCE = 5  # requests of one transaction


@pytest.fixture
def client(with_module):
    return with_module.house.client()


def entries(behind, **wanted):
    """How many entries each request has whose attributes are these."""
    found = behind.of("service_analysis", "request_entry")
    chosen = [each for each in found if all(each.get(name, {}).get("S") == value for name, value in wanted.items())]
    return Counter(each["request_id"]["S"] for each in chosen)


@pytest.fixture
def worker_dies(with_module, proxy, clock, client, driver):
    """Kill each of a job's workers at a step, before or after it is in, again and again, to the end of the job."""

    def run(job, every):
        deaths = 0
        while client.call("GET", f"/v1/jobs/{job}").body["state"] != "succeeded":
            place = Place(proxy.endpoint, with_module.prefix, clock.ahead.total_seconds())
            proxy.reset_steps("TransactWriteItems")
            proxy.pause_at(every + 1, WHEN[deaths % 2])  # the first one takes the job
            died = killed_there(proxy, driver.work(place, client.tenant_id, job))
            deaths += died
            clock.advance(seconds=31 if died else 61)  # its lease, or its pause
        return deaths

    return run


@pytest.mark.parametrize(
    ("size", "every"),
    [(40, 4), pytest.param(40, 1, marks=pytest.mark.slow), pytest.param(500, 12, marks=pytest.mark.slow)],
)
def test_worker__killed_between_steps__answers_and_settles_each_request_once(
    with_module, clock, client, worker_dies, size, every
):
    requests = [opened(client) for _ in range(size)]
    outage = declared(client, clock)

    def deaths_of_its_job():
        return worker_dies(client.call("GET", f"/v1/outages/{outage}").body["job_id"], every)

    deaths = size // AT_ONCE // every
    assert deaths_of_its_job() >= deaths
    announced(client, outage)
    assert deaths_of_its_job() >= deaths
    assert entries(with_module, type="reply", text=ANSWER) == dict.fromkeys(requests, 1)
    closed(client, outage)
    assert deaths_of_its_job() >= deaths
    assert entries(with_module, type="reply") == dict.fromkeys(requests, 1)
    assert entries(with_module, action="settle") == dict.fromkeys(requests, 1)
    found = with_module.of("service_analysis", "request")
    assert Counter(each["status"]["S"] for each in found) == {"resolved": size}
    verbs = Counter(each["type"]["S"] for each in with_module.events() if each["subject"]["S"] in set(requests))
    assert verbs == {"request.created": size, "request.updated": 2 * size, "request.settled": size}
