"""A worker of its own for one job: `python -m tests.support.loading`, to be watched, and killed, from outside.

A new process, since what a fork inherits of its parent counts as its memory.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import chalicelib
import tenants
from chalicelib.jobs.records import JobProgress
from chalicelib.jobs.worker import Worker
from chalicelib.modules import import_records, module_packages
from tests.conftest import AWS_ENVIRONMENT, ROOT
from tests.support.application import Answer, House, deployed
from tests.support.desk import Desk

KB = 1024


def main() -> None:
    """Do the job to its end."""
    endpoint, prefix, files, tenant, job = sys.argv[1:]
    for package in (chalicelib, tenants, *module_packages()):
        import_records(package)
    with deployed(endpoint, prefix, SWITCHBOARD_FILES_DIR=files):
        house = House(core=tenants.MANIFEST)
        house.directory.add_tenant(tenant)
        Worker(house.background).run(tenant, job)


@dataclass
class Watched:
    """What was seen of a job from outside: rows done, the largest memory of a worker in MB, and how many died."""

    done: list[int] = field(default_factory=list)
    phases: set[str] = field(default_factory=set)
    peak_mb: float = 0
    kills: int = 0


@dataclass
class Loader:
    """Starts workers for a desk's jobs."""

    desk: Desk
    endpoint: str
    prefix: str
    files: Path

    def watch(self, answer: Answer, kills: Sequence[int] = (), *, until_phase: str | None = None) -> Watched:
        """Do the job in processes of their own, of which one is killed whenever so many rows are done.

        ``until_phase``: kill it there, and leave the job as it is.
        """
        job = answer.headers["Location"].rpartition("/")[2]
        seen, left = Watched(), list(kills)
        while True:
            process = self._start(job)
            while process.poll() is None:
                self._look(process.pid, job, seen)
                if seen.phases & {until_phase}:
                    process.kill()
                elif left and seen.done[-1] >= left[0]:
                    process.kill()
                    seen.kills += 1
                    del left[0]
                time.sleep(0.05)
            if seen.phases & {until_phase} or process.returncode == 0:
                return seen
            self.desk.expire_lease(answer)

    def _start(self, job: str) -> subprocess.Popen[bytes]:
        place = (self.endpoint, self.prefix, str(self.files), self.desk.client.tenant_id, job)
        command = [sys.executable, "-m", "tests.support.loading", *place]
        return subprocess.Popen(command, cwd=ROOT, env=dict(AWS_ENVIRONMENT), stdout=subprocess.DEVNULL)

    def _look(self, pid: int, job: str, seen: Watched) -> None:
        status = Path(f"/proc/{pid}/status")
        told = status.read_text(encoding="ascii").partition("VmHWM:")[2].split() if status.exists() else []
        if told:
            seen.peak_mb = max(seen.peak_mb, int(told[0]) / KB)
        tenant = self.desk.client.tenant_id
        progress = self.desk.store().get_item(JobProgress, JobProgress.key_of(tenant, job))
        assert progress is not None
        seen.done.append(int(progress.done))
        seen.phases.add(str(progress.checkpoint.get("phase", "")))


if __name__ == "__main__":
    main()
