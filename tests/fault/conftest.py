"""Behind the fault proxy: the real application, an engine of this process, tables and tenants of the test's own."""

import pytest
from botocore.retries.standard import ExponentialBackoff

from modules.contacts.custom_fields import service
from modules.contacts.unique_keys import service as unique_keys
from tests.support.application import House, MovableClock, deployed
from tests.support.driver import Driver, Place, killed_there
from tests.support.engine import engine, fresh_tables, proxy
from tests.support.holdings import Holdings, partitions_of

__all__ = ["engine", "proxy"]


def pytest_collection_modifyitems(items):
    for item in items:
        if "tests/fault/" in item.path.as_posix():
            item.add_marker("integration")


@pytest.fixture
def prefix(engine):
    with fresh_tables(engine.endpoint, ["contacts"]) as made:
        yield made


@pytest.fixture
def clock():
    return MovableClock()


@pytest.fixture
def house(proxy, prefix, clock):
    with deployed(proxy.endpoint, prefix):
        built = House(clock)
        yield built
        # Whatever a test was about: never a Scan, and never a key outside of its own tenants.
        assert "Scan" not in proxy.calls.operations()
        strangers = {
            each for each in partitions_of(proxy.calls) if each.partition("#")[0] not in built.directory.tenants
        }
        assert not strangers


@pytest.fixture
def client(house, proxy, monkeypatch):
    """A caller of a tenant of its own, on warm caches and an open connection."""
    made = house.client()
    # What the process remembers of a tenant stays fresh, however slow the machine is.
    monkeypatch.setattr(service._definitions, "_ticks", lambda: 1.0)
    monkeypatch.setattr(unique_keys._known, "_ticks", lambda: 1.0)
    # Refused when all else has been checked: the tenant's definitions of custom fields are known from now on.
    assert made.call("POST", "/v1/contacts", {"parent_id": "cnt_0"}).status == 422
    proxy.calls.reset()
    proxy.reset_steps()
    return made


@pytest.fixture
def holdings(engine, prefix, house):
    """What a caller's tenant holds now, read past application and proxy."""

    def read(client):
        return Holdings.read(engine.endpoint, f"{prefix}contacts", client.tenant_id, house.keyring)

    return read


@pytest.fixture
def brisk(monkeypatch):
    """The SDK's pauses between attempts (up to a second each) shortened, the attempts as they are."""
    whole = ExponentialBackoff.delay_amount
    monkeypatch.setattr(ExponentialBackoff, "delay_amount", lambda self, context: whole(self, context) / 50)


@pytest.fixture(scope="module")
def driver():
    with Driver() as started:
        yield started


@pytest.fixture
def dies(client, proxy, prefix, clock, driver):
    """Send a request and kill -9 its server at the given call to the store; False if it has answered before that."""

    def run(step, when, method, path, body=None, *, only=(), by=client, **headers):
        place = Place(proxy.endpoint, prefix, clock.ahead.total_seconds())
        proxy.reset_steps(only)
        proxy.pause_at(step, when)
        return killed_there(proxy, driver.begin(place, by, method, path, body, **headers))

    return run
