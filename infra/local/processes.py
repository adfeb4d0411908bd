"""One runner per data directory, and no engine left over from a runner that was killed."""

import fcntl
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import IO

from infra.local.errors import EngineError
from infra.local.private_files import read_json, write_private_json

STOP_SECONDS = 10.0  # the engine ends within one; a busy machine gets more before it is killed


def lock_directory(data_dir: Path, name: str) -> IO[str]:
    """Take `data_dir` for this process, by the lock file `name`.

    The lock goes when the answered file is closed or the process dies, however it dies.

    Raises:
        EngineError: another process holds it.
    """
    stream = (data_dir / name).open("w")
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        stream.close()
        message = (
            f"The data directory {data_dir} is in use by another running Switchboard. Stop that one, or choose "
            "another directory (and port): DATA=./other PORT=8001 make run"
        )
        raise EngineError(message) from error
    return stream


def remember(data_dir: Path, pid: int) -> None:
    """Note the engine's process id, for the next start to find."""
    write_private_json(data_dir / "engine.pid", {"pid": pid})


def forget(data_dir: Path) -> None:
    """The engine has been stopped."""
    (data_dir / "engine.pid").unlink(missing_ok=True)


def stop_leftover(data_dir: Path, mark: str) -> bool:
    """End the engine that a killed runner left on `data_dir`. Call it while holding the directory's lock.

    `mark`: a text that only our engine's command line holds (its number may belong to somebody else by now).
    Answers whether there was one.
    """
    noted = read_json(data_dir / "engine.pid")
    pid = noted.get("pid") if isinstance(noted, dict) else None
    if not isinstance(pid, int):
        return False
    command = command_line(pid)
    ours = mark in command and str(data_dir) in command
    if ours:
        _end(pid, signal.SIGTERM)
        if not _gone(pid, STOP_SECONDS):
            _end(pid, signal.SIGKILL)
            _gone(pid, STOP_SECONDS)
    forget(data_dir)
    return ours


def command_line(pid: int) -> str:
    """The command line of a process, words joined by spaces; empty when there is no such process."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        if Path("/proc/self").exists():
            return ""
    ps = ["ps", "-ww", "-o", "command=", "-p", str(pid)]  # no /proc on macOS
    return subprocess.run(ps, capture_output=True, text=True, check=False).stdout


def _end(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def _gone(pid: int, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not command_line(pid):  # empty too for a zombie that waits for its new parent
            return True
        time.sleep(0.05)
    return False
