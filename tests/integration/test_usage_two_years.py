"""Two years of monthly usage: flat memory, two kill -9 in between, exact counts, one event a transaction and month."""

import json
from collections import Counter
from contextlib import suppress
from pathlib import Path
from queue import Queue
from threading import Event, Thread

import pytest

from chalicelib.jobs.records import JobProgress
from tests.support.desk import desk_on
from tests.support.driver import Driver, Place, is_there, kill
from tests.support.engine import fresh_tables
from tests.support.units import UNITS
from tests.support.usage_feed import Feed, loads_of

PATH = "/v1/contacts/usage/imports"
MONTHS = [f"{year}-{month:02}" for year in (2024, 2025) for month in range(1, 13)]
MOST_MEMORY = 300 * 1024  # kB (issue 5)
A_LOOK = 0.05


class Drained(Driver):
    """A driver whose output never waits for somebody to read it."""

    def __enter__(self):
        super().__enter__()
        self._lines = Queue()
        Thread(target=self._drain, daemon=True).start()
        return self

    def _drain(self):
        for line in self._process.stdout:
            if line.startswith(('{"pid"', '{"status"')):
                self._lines.put(line)

    def _read(self):
        return json.loads(self._lines.get(timeout=60))


class Run:
    """A job, worked on in processes of their own, which are watched."""

    def __init__(self, desk, driver, place, job):
        self.desk, self.driver, self.place, self.job = desk, driver, place, job
        self.peak = 0

    def done(self):
        found = self.desk.store().get_item(JobProgress, JobProgress.key_of(self.desk.client.tenant_id, self.job))
        return int(found.done)

    def until(self, rows):
        """Work until so many rows are in, then kill -9; with None to the end."""
        pid = self.driver.work(self.place, self.desk.client.tenant_id, self.job)
        while is_there(pid):
            self._look(pid)
            if rows is not None and self.done() >= rows:
                kill(pid)
            Event().wait(A_LOOK)

    def _look(self, pid):
        with suppress(OSError, StopIteration):
            lines = Path(f"/proc/{pid}/status").read_text().splitlines()
            self.peak = max(self.peak, int(next(each for each in lines if each.startswith("VmHWM")).split()[1]))


@pytest.mark.parametrize("lines", [1_000, pytest.param(20_000, marks=pytest.mark.slow)])
def test_two_years_of_lines__with_two_kills__are_all_there_once(engine, tmp_path, lines):
    files = tmp_path / "files"
    with (
        Drained() as driver,
        fresh_tables(engine.endpoint, UNITS) as prefix,
        desk_on(engine.endpoint, prefix, files) as desk,
    ):
        feed = Feed(desk, lines)
        rows = lines * len(MONTHS)
        body = {"file_id": desk.keep(feed.file(MONTHS).encode(), "usage.csv"), "system": "billing"}
        made = desk.client.call("POST", PATH, body).body
        answer = desk.client.call("POST", f"{PATH}/{made['id']}/commit")
        assert answer.status == 202, answer.text
        job = answer.headers["Location"].rpartition("/")[2]
        run = Run(desk, driver, Place(engine.endpoint, prefix, 0, str(files)), job)
        for share in (1 / 3, 2 / 3):
            run.until(rows * share)
            assert rows * share <= run.done() < rows
            desk.expire_lease(answer)
        run.until(None)
        assert desk.client.call("GET", f"{PATH}/{made['id']}").body["counts"]["created"] == rows
        assert run.peak < MOST_MEMORY

        events = [each for each in desk.events("contacts") if each.type == "usage_load.created"]
        new = Counter()
        for each in loads_of(desk):
            new[each["month"]] += each["new"]
        assert new == dict.fromkeys(MONTHS, lines)
        assert len({(each.at, each.changed["month"][1]) for each in events}) == len(events)
        for contact in feed.contacts[:: max(1, lines // 20)]:
            months = desk.client.call("GET", f"/v1/contacts/{contact}/usage?limit=200").body["items"]
            assert [each["month"] for each in months] == MONTHS[::-1]
            (bill,) = desk.client.call("GET", f"/v1/contacts/{contact}/overview").body["bills"]
            assert bill["month"] == MONTHS[-1]
        print(f"{rows} rows, peak {run.peak // 1024} MB")  # noqa: T201
