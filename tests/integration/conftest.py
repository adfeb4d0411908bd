"""The real application on an engine of this process, with a spy between them."""

import pytest

from tests.fault.conftest import client, clock, engine, holdings, house, prefix, proxy
from tests.support.backstage import backstage

__all__ = ["client", "clock", "engine", "holdings", "house", "prefix", "proxy"]


@pytest.fixture
def behind(proxy, engine, clock):
    """The application with all that happens after the write, driven by the test."""
    with backstage(proxy.endpoint, engine.endpoint, ["core", "contacts"], clock) as made:
        yield made
