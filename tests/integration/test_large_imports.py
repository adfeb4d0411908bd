"""Large files: memory that does not grow with them, progress, and workers that are killed."""

import csv
import logging

import pytest
from openpyxl import Workbook

from infra.sample import write
from tests.support.desk import desk_on
from tests.support.engine import fresh_tables
from tests.support.loading import Loader
from tests.support.units import UNITS

log = logging.getLogger(__name__)
PATH = "/v1/contacts/imports"
MOST_MB = 300
# Two runs of one size differ by so much: when the collector of garbage runs, and how the allocator cuts its arenas.
NOISE_MB = 12


@pytest.fixture
def loader(engine, tmp_path):
    files = tmp_path / "files"
    with fresh_tables(engine.endpoint, UNITS) as prefix, desk_on(engine.endpoint, prefix, files) as desk:
        yield Loader(desk, engine.endpoint, prefix, files)


def sample(path, rows):
    write(path, rows, seed=1)
    return path.read_bytes()


def workbook(path, rows):
    write(path, rows, seed=1)
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Customers")
    with path.open(encoding="utf-8-sig", newline="") as stream:
        for row in csv.reader(stream):
            sheet.append(row)
    book.save(path)
    return path.read_bytes()


def committed(loader, content):
    """The draft, and the answer that names its job."""
    draft = loader.desk.draft(content)
    return draft, loader.desk.client.call("POST", f"{PATH}/{draft['id']}/commit")


def shown(loader, draft):
    return loader.desk.client.call("GET", f"{PATH}/{draft['id']}").body


def survives(loader, content, rows, kills):
    draft, answer = committed(loader, content)
    seen = loader.watch(answer, kills)
    done = shown(loader, draft)
    assert (done["status"], done["counts"]["created"], done["counts"]["rejected"]) == ("succeeded", rows, 0)
    assert done["progress"] == {"done": rows, "total": rows, "unit": "rows"}
    assert seen.kills == len(kills)
    assert seen.done == sorted(seen.done)
    assert len(set(seen.done)) > 3, "the progress shows while it runs"
    assert len([each for each in loader.desk.events("contacts") if each.type == "contact.created"]) == rows
    assert seen.peak_mb <= MOST_MB
    return draft, seen


def test_killed_twice__every_row_once(loader, tmp_path):
    survives(loader, sample(tmp_path / "sample.csv", 2_000), 2_000, [300, 1_200])


@pytest.mark.slow
def test_fifty_thousand_rows__as_much_memory_as_five_thousand__and_killed_twice(loader, tmp_path):
    _, few = survives(loader, sample(tmp_path / "few.csv", 5_000), 5_000, [])
    loader.desk.client = loader.desk.house.client()  # another tenant
    _, many = survives(loader, sample(tmp_path / "many.csv", 50_000), 50_000, [10_000, 30_000])
    log.info("peak of the worker: %d MB at 5,000 rows, %d MB at 50,000", few.peak_mb, many.peak_mb)
    assert many.peak_mb - few.peak_mb < NOISE_MB


@pytest.mark.slow
def test_workbook_of_fifty_thousand_rows__unpacked_with_as_much_memory_as_one_of_five_thousand(loader, tmp_path):
    peaks = []
    for rows in (5_000, 50_000):
        draft, answer = committed(loader, workbook(tmp_path / f"{rows}.xlsx", rows))
        seen = loader.watch(answer, until_phase="load")
        assert {"unpack", "load"} <= seen.phases
        assert shown(loader, draft)["progress"]["total"] == rows
        peaks.append(seen.peak_mb)
    log.info("peak of the worker while it unpacks: %d MB at 5,000 rows, %d MB at 50,000", *peaks)
    assert peaks[1] <= MOST_MB
    assert peaks[1] - peaks[0] < NOISE_MB
