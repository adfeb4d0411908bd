"""One running product for all tests here; each has a tenant of its own."""

import csv

import pytest

from infra import sample
from tests.support.local_run import LocalRun

FIRST_ROWS = 1500


# Stopped when the last test here is over: it would go on polling its streams beside all others.
@pytest.fixture(scope="package")
def run(tmp_path_factory):
    started = LocalRun(tmp_path_factory.mktemp("e2e") / "data")
    started.start()
    yield started
    started.stop()


@pytest.fixture(scope="session")
def sample_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("sample") / "customers.csv"
    sample.write(path, 500, seed=7)
    return path


@pytest.fixture
def real_file(shared_data):
    return shared_data / "telecom_customers.csv"


@pytest.fixture
def start_of_real_file(real_file, tmp_path):
    path = tmp_path / "first_rows.csv"
    lines = real_file.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[: FIRST_ROWS + 1]))
    return path


@pytest.fixture
def read_file():
    """Reads a customer file with nothing of the example client in it: headers as they are, but for blanks."""

    def read(path):
        with path.open(encoding="utf-8-sig", newline="") as stream:
            return [{name.strip(): cell for name, cell in row.items()} for row in csv.DictReader(stream)]

    return read
