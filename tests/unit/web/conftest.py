"""The real application in process, on moto."""

from contextlib import contextmanager
from uuid import uuid4

import pytest

from chalicelib.store.tables import create_all
from tests.support.application import House, deployed
from tests.support.light_moto import light_moto


@contextmanager
def on_moto():
    # Tables of its own: another test of this process may keep moto on, and with it what was stored.
    with light_moto(), deployed(None, f"web-{uuid4().hex[:8]}-"):
        create_all(["contacts"])
        yield House()


@pytest.fixture
def house():
    with on_moto() as made:
        yield made


@pytest.fixture
def client(house):
    return house.client()
