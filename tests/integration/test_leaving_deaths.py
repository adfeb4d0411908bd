"""kill -9 of the worker in the middle of an export and of an erasure: resumed, each comes to its whole end once."""

import json
from pathlib import Path

import pytest

from tests.fault.conftest import driver
from tests.integration.test_leaving import (
    audited,
    files,
    furnished,
    house,
    naming,
    operator,
)
from tests.support.driver import Place, killed_there

__all__ = ["driver", "files", "house", "operator"]

WHEN = ("before", "after")


@pytest.fixture
def dies(house, proxy, clock, driver, files):
    """Let a worker of its own take a job, and kill it at a transaction; False if it has come to its end."""

    def run(step, when, job, tenant="platform"):
        place = Place(proxy.endpoint, house.prefix, clock.ahead.total_seconds(), str(files))
        proxy.reset_steps("TransactWriteItems")
        proxy.pause_at(step, when)
        died = killed_there(proxy, driver.work(place, tenant, job, whole=tenant != "platform"))
        proxy.clear()
        clock.advance(seconds=31)  # the dead one's lease
        return died

    return run


def job_of(house, name):
    (found,) = house.of("core", "offboarding")
    return found[name]["S"]


def die_all_the_way(dies, job, tenant="platform"):
    """Kill each worker in its second step, or right after its first: each comes one step further."""
    number = 0
    while dies(3 if number % 2 else 2, WHEN[number // 2 % 2], job, tenant):
        number += 1
    return number


def exported(files, tenant):
    folder = next(Path(files, tenant, "exports").iterdir())
    return {
        each["name"].removesuffix(".jsonl"): each["rows"]
        for each in json.loads((folder / "manifest.json").read_text())["files"]
    }


@pytest.mark.slow
def test_export_and_erasure__killed_again_and_again__end_whole_and_count_each_item_once(
    house, operator, clock, files, dies
):
    north, east = furnished(house, 1), furnished(house, 3)
    offboarded = operator.call("POST", f"/v1/tenants/{north.tenant_id}/offboard", {"reason": "over"})
    assert offboarded.status == 200
    assert die_all_the_way(dies, job_of(house, "export_job")) > 3
    rows = exported(files, north.tenant_id)
    assert (rows["contacts.contact"], rows["contacts.line"], rows["visits.visit"]) == (3, 3, 3)
    assert not Path(files, north.tenant_id, "jobs", job_of(house, "export_job")).exists()
    clock.advance(days=15)
    found, _ = audited(house, files)
    held = {}
    for unit, index, item in naming(found, north.tenant_id):
        if index == "table" and item["kind"]["S"] != "offboarding":
            held.setdefault(unit, {}).setdefault(item["kind"]["S"], 0)
            held[unit][item["kind"]["S"]] += 1
    held["core"].pop("tenant")  # goes when the erasure begins
    assert operator.call("POST", f"/v1/tenants/{north.tenant_id}/erase", {}).status == 200
    clock.advance(minutes=1, seconds=1)
    house.strike()
    assert die_all_the_way(dies, job_of(house, "erase_job")) > 5
    said = operator.call("GET", f"/v1/tenants/{north.tenant_id}/certificate").body["certificate"]
    assert said["deleted"] == held
    found, objects = audited(house, files)
    assert all(item["pk"]["S"].startswith("platform") for _, _, item in naming(found, north.tenant_id))
    assert not [each for each in objects if north.tenant_id in each]
    assert east.call("GET", "/v1/contacts?include_total=true").body["total"] == 3
