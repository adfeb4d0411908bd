"""A bundle as Lambda starts it: a new interpreter that sees the standard library and the unpacked zip, and no more."""

import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

# -I: no PYTHON… variables, no user's packages, no working directory. -S: no site-packages. -B: the disk is read-only.
ALONE: Final = ("-I", "-S", "-B")
# As in a function the bundle stands before the standard library.
BEGIN: Final = "import sys; sys.path.insert(0, {bundle!r})\n"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a process ended: its exit code, what it wrote, and its CPU time in seconds, user and system."""

    code: int
    written: str
    errors: str
    cpu: float


@contextmanager
def unpacked(bundle: Path) -> Iterator[Path]:
    """The bundle's content in a directory that holds nothing else, and goes afterwards."""
    with tempfile.TemporaryDirectory(prefix="switchboard-bundle-") as name, zipfile.ZipFile(bundle) as archive:
        archive.extractall(name)
        yield Path(name)


def run(directory: Path, program: str, environment: Mapping[str, str]) -> Outcome:
    """Run ``program``'s text on the unpacked bundle in ``directory``, with these variables and no others."""
    with tempfile.TemporaryFile() as written, tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            [sys.executable, *ALONE, "-c", BEGIN.format(bundle=str(directory)) + program],
            stdin=subprocess.DEVNULL,
            stdout=written,
            stderr=errors,
            env=dict(environment),
            cwd=tempfile.gettempdir(),
        )
        # wait4 tells the CPU of this process alone, not of others that we have started.
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        return Outcome(process.returncode, _text(written), _text(errors), usage.ru_utime + usage.ru_stime)


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode(errors="replace")
