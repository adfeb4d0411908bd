"""Two tenants side by side, with records of every kind; one deployment for all files of this folder."""

from types import SimpleNamespace

import pytest

from tenants.roles import ROLES
from tests.security.deployment import running
from tests.security.places import Place, texts, view


def pytest_collection_modifyitems(items):
    for item in items:
        # They share a deployment, so they stay in one of xdist's processes, one behind the other.
        if "security" in item.path.parts:
            item.add_marker(pytest.mark.xdist_group("security"))


@pytest.fixture(scope="package")
def deployment():
    with running() as started:
        yield started


@pytest.fixture(scope="package")
def world(deployment):
    """North is the caller's tenant, South the one beside it; ``alone`` is what North saw before South was there."""
    north = Place(deployment, "North").furnish()
    for role in ROLES:
        north.person(role)
    revoked = north.key("contacts:read", "contacts:write")
    made = deployment.call("GET", "/v1/api-keys?limit=1", by=north.admin).body["items"][0]["id"]
    assert deployment.call("DELETE", f"/v1/api-keys/{made}", by=north.admin).status == 204
    deployment.later(seconds=15)  # the journal shows what has settled
    alone = view(north)
    south = Place(deployment, "South").furnish()
    secrets = set(texts(view(south))) - set(texts(alone)) - {"next_cursor"}
    return SimpleNamespace(
        deployment=deployment, north=north, south=south, alone=alone, secrets=secrets, revoked=revoked
    )


@pytest.fixture
def north(world, as_it_was):
    return world.north


@pytest.fixture
def south(world, as_it_was):
    return world.south


@pytest.fixture(scope="module")
def crowded(world):
    """North for tests that add to it and need nothing undone between them: a process that stays warm."""
    saved = world.deployment.snapshot()
    yield world.north
    world.deployment.restore(saved)


@pytest.fixture
def as_it_was(world):
    """Whatever a test does to the two tenants is undone behind it."""
    places = (world.north, world.south)
    saved, people = world.deployment.snapshot(), [dict(each.people) for each in places]
    yield
    world.deployment.restore(saved)
    for place, before in zip(places, people, strict=True):
        place.people = before
