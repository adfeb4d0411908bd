"""The real application on an engine of this process, with a spy between them."""

import pytest

from tests.fault.conftest import brisk, client, clock, engine, holdings, house, prefix, proxy
from tests.support.application import deployed
from tests.support.backstage import Backstage, backstage
from tests.support.control_plane import RealHouse
from tests.support.engine import fresh_tables
from tests.support.units import UNITS
from tests.support.visits import UNITS as WITH_VISITS
from tests.support.visits import with_visits

__all__ = ["brisk", "client", "clock", "engine", "holdings", "house", "prefix", "proxy"]


@pytest.fixture
def behind(proxy, engine, clock):
    """The application with all that happens after the write, driven by the test."""
    with backstage(proxy.endpoint, engine.endpoint, UNITS, clock) as made:
        yield made


@pytest.fixture
def with_module(proxy, engine, clock):
    """The same with one module more (tests/support/visits.py)."""
    with with_visits(), backstage(proxy.endpoint, engine.endpoint, WITH_VISITS, clock) as made:
        yield made


@pytest.fixture
def whole(proxy, engine, clock):
    """The same again with the real control plane in it (tests/support/control_plane.py)."""
    with (
        with_visits(),
        fresh_tables(engine.endpoint, WITH_VISITS) as made,
        deployed(proxy.endpoint, made, SWITCHBOARD_PUBLIC_URL="https://crm.example"),
    ):
        yield Backstage(engine.endpoint, made, clock, RealHouse(clock))
