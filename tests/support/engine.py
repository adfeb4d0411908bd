"""One DynamoDB Local in memory for each of pytest's processes, and tables of its own for each test.

An engine for each process rather than one for all: it starts in 2 to 9 s, 256 MB are plenty for what a test writes, and
no file lock, port file or last-one-out rule is needed to share it. Its launcher (infra/local/spawn.py) has the kernel
kill it when its parent dies, so even a killed test run leaves none behind.

Import `engine` and `proxy` in the conftest.py of a folder whose tests need them.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from itertools import count
from typing import Any, Final

import boto3
import pytest
from botocore.config import Config

from chalicelib.store.connection import table_shape
from infra.local import fetch, tools
from infra.local.engine import Engine, to_stderr
from tests.conftest import AWS_ENVIRONMENT
from tests.support.faults import FaultProxy

HEAP_MB: Final = 256
SEED: Final = 7
_numbers = count(1)


@cache
def running_engine() -> Engine:
    """This process's engine, started at the first call.

    A function beside the fixture, because each conftest.py that imports a fixture makes its own of it.
    """
    tools.install_missing(to_stderr, need_npm=not fetch.is_fetched())
    return Engine(None, heap_mb=HEAP_MB).start()


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """The engine of this process, stopped with the session."""
    started = running_engine()
    yield started
    started.stop()


@pytest.fixture
def proxy(engine: Engine) -> Iterator[FaultProxy]:
    """A fault proxy before the engine, with nothing injected yet."""
    with FaultProxy(engine.endpoint, seed=SEED) as started:
        yield started


def engine_client(endpoint: str) -> Any:
    """A client of our own, past every proxy, with the access key of the test environment."""
    # Named here: an engine's database belongs to the access key id, and a moto of the same process sets another one.
    return boto3.client(
        "dynamodb",
        endpoint_url=endpoint,
        config=Config(retries={"total_max_attempts": 1}),
        aws_access_key_id=AWS_ENVIRONMENT["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=AWS_ENVIRONMENT["AWS_SECRET_ACCESS_KEY"],
    )


@contextmanager
def fresh_tables(endpoint: str, units: Iterable[str]) -> Iterator[str]:
    """Make the units' tables under a prefix that nobody else uses, give the prefix, and drop them. 10 ms each."""
    prefix = f"test-{os.getpid()}-{next(_numbers)}-"
    names = [f"{prefix}{unit}" for unit in units]
    client = engine_client(endpoint)
    try:
        for name in names:
            client.create_table(**table_shape(name), BillingMode="PAY_PER_REQUEST")
        yield prefix
    finally:
        for name in names:
            client.delete_table(TableName=name)
        client.close()
