"""The real application on an engine of this process, with a spy between them."""

from tests.fault.conftest import client, clock, engine, holdings, house, prefix, proxy

__all__ = ["client", "clock", "engine", "holdings", "house", "prefix", "proxy"]
