"""kill -9 of the worker in the middle of a person's erasure: it goes on where it was, and ends whole."""

import pytest

from tests.fault.conftest import driver
from tests.integration.test_erasure import files, house, seeded, words_of
from tests.integration.test_leaving import audited
from tests.integration.test_leaving_deaths import die_all_the_way, dies

__all__ = ["dies", "driver", "files", "house"]


@pytest.mark.slow
def test_erasure__killed_again_and_again__ends_whole_and_counts_each_item_once(house, clock, files, dies):
    client = house.house.onboard(["contacts", "visits"])
    contact, other = seeded(house, client, clock)
    begun = client.call("POST", f"/v1/contacts/{contact}/erasure", {"reason": "Asked", "confirm": contact})
    assert begun.status == 202, begun
    assert die_all_the_way(dies, begun.body["job_id"], client.tenant_id) > 8
    house.work()
    house.catch_up()
    shown = client.call("GET", f"/v1/contacts/{contact}/erasure").body
    assert (shown["status"], shown["genuine"]) == ("erased", True), shown
    said = shown["certificate"]["deleted"]
    kinds = ("contact", "line", "interaction", "consent", "consent_decision")
    assert {name: said["contacts"][name] for name in kinds} == dict.fromkeys(kinds, 1)
    assert said["visits"]["visit"] == 1
    found, objects = audited(house, files)
    assert words_of(found, objects, files) == set()
    assert client.call("GET", f"/v1/contacts/{other}").status == 200
