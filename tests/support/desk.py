r"""Where files are handed in, jobs are run and results fetched: what tests of imports and exports share.

desk = Desk(house, client)
draft = desk.draft(b"Customerid,City\\r\\n1,Ojai\\r\\n")
answer = desk.client.call("POST", f"/v1/contacts/imports/{draft['id']}/commit")
desk.run(answer)
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import tenants
from chalicelib.access.api_keys import stored_form
from chalicelib.background import Background
from chalicelib.clock import new_id, utc_now
from chalicelib.files.records import FILE, KEPT, File
from chalicelib.files.service import keep_result
from chalicelib.files.storage import storage
from chalicelib.jobs.records import JobProgress
from chalicelib.jobs.service import SWEEP
from chalicelib.jobs.timers import Firing
from chalicelib.jobs.worker import Worker, sweep
from chalicelib.store import keys
from chalicelib.store.connection import connection, table_name
from chalicelib.store.records import EventItem
from chalicelib.store.store import Store
from chalicelib.store.tables import create_all
from tenants.files.routes import routes as file_routes
from tenants.jobs.routes import routes as job_routes
from tests.support.application import Answer, Client, House, deployed
from tests.support.units import UNITS

A_PAGE = 500


@dataclass
class Desk:
    """One caller's files and jobs."""

    house: House
    client: Client
    path: str = "/v1/contacts/imports"

    @property
    def background(self) -> Background:
        """What the worker shares."""
        return self.house.background

    @property
    def worker(self) -> Worker:
        """A worker of this process."""
        return Worker(self.background)

    @property
    def holder(self) -> str:
        """The id of the caller."""
        mac = stored_form(self.house.keyring, self.client.key)
        found = self.house.directory.key_holder(self.client.tenant_id, [mac])
        assert found is not None
        return found.id

    def store(self) -> Store:
        """Core's table, for the caller's tenant."""
        return self.background.store("core", self.client.tenant_id, "test", "test")

    def keep(self, content: bytes, name: str = "customers.csv") -> str:
        """A file that is completely uploaded; its id."""
        store = self.store()
        file = keep_result(
            store,
            storage(),
            file_id=new_id(FILE.prefix),
            owner_id=self.holder,
            name=name,
            content_type="text/csv",
            chunks=[content],
            expires_at=utc_now() + KEPT,
        )
        store.commit()
        return str(file.id)

    def content(self, file_id: str) -> bytes:
        """What a file holds."""
        store = self.store()
        file = store.get(File, file_id)
        assert file is not None
        with storage().open(file.path(self.client.tenant_id)) as stream:
            return stream.read()

    def table(self, file_id: str) -> list[dict[str, str]]:
        """The rows of a CSV file of ours."""
        return list(csv.DictReader(io.StringIO(self.content(file_id).decode("utf-8-sig"), newline="")))

    def events(self, unit: str) -> list[EventItem]:
        """The events of the caller's tenant, today's and yesterday's."""
        store = self.background.store(unit, self.client.tenant_id, "test", "test")
        found: list[EventItem] = []
        for day in (utc_now() - timedelta(days=1), utc_now()):
            pk, start = keys.event(self.client.tenant_id, day, "x").pk, None
            while True:
                # Pages that an engine reads within its time-out on a busy machine.
                items, start = store.query(pk, limit=A_PAGE, start=start)
                found += [each for each in items if isinstance(each, EventItem)]
                if start is None:
                    break
        return found

    def snapshot(self) -> dict[str, Any]:
        """All items of all units, as they are."""
        client = connection().client
        return {unit: client.scan(TableName=table_name(unit))["Items"] for unit in UNITS}

    def expire_lease(self, answer: Answer) -> None:
        """As if a dead worker's time were over."""
        store = self.store()
        job_id = answer.headers["Location"].rpartition("/")[2]
        progress = store.get_item(JobProgress, JobProgress.key_of(self.client.tenant_id, job_id))
        assert progress is not None
        progress.lease_until = None
        store.put(progress)
        store.commit()

    def sweep(self, answer: Answer) -> None:
        """As the sweeper does when the job's minute has come."""
        store, job_id = self.store(), answer.headers["Location"].rpartition("/")[2]
        sweep(Firing(self.client.tenant_id, SWEEP, job_id, utc_now(), None, store, self.background))
        store.commit()

    def draft(self, content: bytes, **more: Any) -> dict[str, Any]:
        """An import of this content, with the suggested mapping."""
        body = {"file_id": self.keep(content), "system": "billing", **more}
        answer = self.client.call("POST", self.path, body)
        assert answer.status == 201, answer.text  # noqa: PLR2004 - Created
        return dict(answer.body)

    def run(self, answer: Answer, more: Callable[[], bool] = lambda: True) -> bool:
        """Do the job that an answer names; whether nothing remains."""
        assert answer.status == 202, answer.text  # noqa: PLR2004 - Accepted
        return self.worker.run(self.client.tenant_id, answer.headers["Location"].rpartition("/")[2], more)

    def load(self, draft: dict[str, Any]) -> dict[str, Any]:
        """Commit a draft, do its job, and answer the import as it is then."""
        path = f"{self.path}/{draft['id']}"
        self.run(self.client.call("POST", f"{path}/commit"))
        answer = self.client.call("GET", path)
        assert answer.status == 200, answer.text  # noqa: PLR2004 - OK
        return dict(answer.body)


@contextmanager
def desk_on(endpoint: str | None, prefix: str, files: Path) -> Iterator[Desk]:
    """A desk in a deployment on an engine (None: moto, whose tables it makes), with files in a directory."""
    storage.cache_clear()
    with deployed(endpoint, prefix, SWITCHBOARD_FILES_DIR=str(files)):
        if endpoint is None:
            create_all(UNITS)
        house = House(core=tenants.MANIFEST, routes=(job_routes, file_routes))
        yield Desk(house, house.client())
    storage.cache_clear()
