"""kill -9 of what works behind: a stream's batch between two handlers, a worker before, in and after a step."""

import pytest

from tests.fault.conftest import driver
from tests.support.driver import Place, killed_there
from tests.support.visits import made, tally, told, visit

__all__ = ["driver"]

WHEN = ("before", "after")


@pytest.fixture
def client(with_module):
    return with_module.house.client()


@pytest.fixture
def dies(with_module, proxy, clock, driver, client):
    """Start it in a process of its own and kill that at a transaction; False if it has ended before."""

    def run(step, when, begin, asked):
        place = Place(proxy.endpoint, with_module.prefix, clock.ahead.total_seconds())
        proxy.reset_steps("TransactWriteItems")
        proxy.pause_at(step, when)
        return killed_there(proxy, begin(place, client.tenant_id, asked))

    return run


def every_place():
    step = 0
    while True:
        step += 1
        yield from ((step, when) for when in WHEN)


def test_batch__killed_at_any_transaction__is_done_once_when_it_comes_again(with_module, client, driver, dies):
    expected = None
    for step, when in every_place():
        contact = made(client.call("POST", "/v1/contacts", {"name": "José"}))
        visited = made(client.call("POST", "/v1/visits", visit(contact, title="one")))
        batch = [each for each in with_module.events() if each["subject"]["S"] in {contact, visited}]
        died = dies(step, when, driver.deliver, batch)
        with_module.deliver(batch)
        assert tally(with_module, client, contact) == 1, f"{when} transaction {step}"
        timeline = client.call("GET", f"/v1/contacts/{contact}/timeline").body["items"]
        assert [each["type"] for each in timeline if each["type"] != "change"] == ["visit_ask"]
        left = [each for each in told(with_module, client) if contact in each or visited in each]
        assert len(left) == (expected or len(left))
        expected = len(left)
        if not died:
            break
    assert step > 6  # facts of the contact, three handlers, words and facts of the visit; and its search
    for module in ("contacts", "visits"):
        job = with_module.job(client, client.call("POST", f"/v1/modules/{module}/recount", {}))
        assert job["result"]["different"] == []
    assert client.call("GET", "/v1/visits?include_total=true").body["total"] == 2 * (step - 1) + 1
    assert with_module.of("core", "delivery") == []


def test_worker__killed_at_any_transaction__each_step_happens_once(with_module, clock, client, driver, dies):
    places = []
    for step, when in every_place():
        answer = client.call("POST", "/v1/visit-jobs", {"name": "climb", "params": {"steps": 3}})
        job = answer.body["id"]
        died = dies(step, when, driver.work, job)
        shown = client.call("GET", answer.headers["Location"]).body
        if died:
            places.append((step, when))
            assert with_module.work() == 1  # its wake-up still stands in the queue, and finds the dead one's lease
            assert (shown["state"] == "queued") is ((step, when) == (1, "before")) or shown["state"] == "succeeded"
            clock.advance(seconds=61)
            with_module.strike()
            with_module.work()
            clock.advance(seconds=61)
            with_module.strike()
            with_module.work()
            shown = client.call("GET", answer.headers["Location"]).body
        assert (shown["state"], shown["result"], shown["progress"]["done"]) == ("succeeded", {"climbed": 3}, 3)
        assert [tally(with_module, client, f"{job}.{at}") for at in range(4)] == [1, 1, 1, 0]
        if not died:
            break
    assert places == [(step, when) for step in range(1, 5) for when in WHEN]  # the take, and three steps
