"""kill -9 of a merge's worker, and of its undoing's, before and after each transaction: nothing is lost or doubled."""

import pytest

from tests.fault.conftest import driver
from tests.integration.test_merges import contact, merge
from tests.support.driver import Place, killed_there
from tests.support.visits import made, visit

__all__ = ["driver"]

WHEN = ("before", "after")
MOST = 30  # transactions of one job


@pytest.fixture
def client(with_module):
    return with_module.house.client()


def furnished(client, number):
    one = contact(client, name=f"Person {number}")
    line = {"msisdn": f"+1416555{number:04}", "account": "A1"}
    made(client.call("POST", f"/v1/contacts/{one}/lines", line))
    touch = {"channel": "phone", "direction": "inbound", "title": f"Bill {number}"}
    made(client.call("POST", f"/v1/contacts/{one}/interactions", touch))
    made(client.call("POST", "/v1/visits", visit(one, title=f"visit {number}")))
    return one


def has(client, contact_id):
    """What stands with a contact: its lines' numbers, its timeline's titles, its visits."""
    page = client.call("GET", f"/v1/contacts/{contact_id}/overview").body
    visits = client.call("GET", "/v1/visits?limit=200").body["items"]
    return (
        sorted(each["msisdn"] for each in page["lines"]),
        sorted(each["title"] for each in page["timeline"] if each["type"] != "change"),
        sorted(each["title"] for each in visits if each["contact_id"] == contact_id),
        len(page["badges"]),
    )


@pytest.mark.slow
@pytest.mark.parametrize("when", WHEN)
def test_worker__killed_at_any_transaction__moves_every_child_once_and_back(
    with_module, proxy, clock, client, driver, when
):
    def dies_at(step, job):
        place = Place(proxy.endpoint, with_module.prefix, clock.ahead.total_seconds())
        proxy.reset_steps("TransactWriteItems")
        proxy.pause_at(step, when)
        died = killed_there(proxy, driver.work(place, client.tenant_id, job))
        with_module.work()
        for _ in range(2):
            clock.advance(seconds=61)
            with_module.strike()
            with_module.work()
        with_module.catch_up()
        return died

    deaths = []
    for step in range(1, MOST):
        winner, loser = furnished(client, 2 * step), furnished(client, 2 * step + 1)
        with_module.catch_up()
        before = has(client, winner), has(client, loser)
        answer = merge(client, winner, loser)
        died = dies_at(step, answer.body["job"]["id"])
        united = tuple(sorted([*one, *other]) for one, other in zip(before[0][:3], before[1][:3], strict=True))
        assert has(client, winner) == (*united, 2), f"{when} transaction {step}"
        path = f"/v1/contacts/merges/{answer.body['merge_id']}"
        assert client.call("GET", path).body["status"] == "merged"
        undone = client.call("POST", f"{path}/unmerge")
        died_back = dies_at(step, undone.body["job_id"])
        assert (has(client, winner), has(client, loser)) == before, f"{when} transaction {step} of the undoing"
        assert client.call("GET", path).body["status"] == "unmerged"
        deaths.append((died, died_back))
        if not died and not died_back:
            break
    assert len(deaths) > 6  # the take, children, those below, visits, children again, the end
    types = [each["type"]["S"] for each in with_module.events()]
    assert types.count("contact.merged") == types.count("contact.unmerged") == len(deaths)
    for module in ("contacts", "visits"):
        job = with_module.job(client, client.call("POST", f"/v1/modules/{module}/recount", {}))
        assert job["result"]["different"] == []
    assert with_module.of("core", "delivery") == []
