"""kill -9 of runner and engine in the middle of a load: what was answered is there, and nothing is there twice."""

import time
from collections import Counter

import pytest

from tests.support.local_run import load, loader, onboard

pytestmark = pytest.mark.xdist_group("e2e")

BATCH = 100
SECONDS = 120


@pytest.fixture
def tenant(run, request):
    made = onboard(run, f"{request.node.name[:60]}")
    made.api.call("PUT", "/v1/modules/contacts/subscription", {"plan": "basic"})
    return made


def test_killed_in_the_middle__the_load_repeated__nothing_is_there_twice(run, tenant, sample_file, read_file):
    with loader(run, tenant, sample_file, "--declare", "--batch", str(BATCH), "--wait", "2") as loading:
        answered = _wait_for_the_middle(run, tenant)
        run.kill()
        said, _ = loading.communicate()
    assert loading.returncode == 1, said
    assert "no answer" in said

    run.start()
    survived = _ids(tenant)
    assert answered <= len(survived) < 500
    said = load(run, tenant, sample_file)
    _is_loaded_once(run, tenant, read_file(sample_file))
    assert f"{500 - len(survived)} created, 0 rejected" in said
    assert f"{len(survived)} unchanged" in said


@pytest.mark.slow  # the killed server's batch holds its key for a minute
def test_killed_in_the_middle__the_client_goes_on_by_itself(run, tenant, sample_file, read_file):
    with loader(run, tenant, sample_file, "--declare", "--batch", str(BATCH), "--wait", str(SECONDS)) as loading:
        _wait_for_the_middle(run, tenant)
        run.kill()
        run.start()
        said, _ = loading.communicate()
    assert loading.returncode == 0, said
    assert "500 created, 0 rejected" in said
    _is_loaded_once(run, tenant, read_file(sample_file))


def _wait_for_the_middle(run, tenant):
    """Until some transactions of the third batch are in, and not all."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        created = run.events(tenant.id).count("contact.created")
        if created > 2 * BATCH:
            return created
        time.sleep(0.05)
    pytest.fail("the load does not come on")


def _ids(tenant):
    return [each["external_ids"][0]["id"] for each in tenant.api.pages("/v1/contacts", limit="200")]


def _is_loaded_once(run, tenant, rows):
    assert Counter(_ids(tenant)) == Counter(row["Customerid"] for row in rows)
    assert Counter(run.events(tenant.id))["contact.created"] == len(rows)
    assert "contact.updated" not in run.events(tenant.id)
