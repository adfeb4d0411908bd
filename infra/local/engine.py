"""Amazon DynamoDB Local as a child process: the persistent engine of `make run` and the tests' engine in memory."""

import atexit
import contextlib
import http.client
import json
import os
import secrets
import socket
import sqlite3
import string
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from infra.local import fetch, processes, tools
from infra.local.errors import EngineError
from infra.local.private_files import private_directory, write_private

REGION = "eu-west-1"  # the engine keeps one database per access key id and region: it belongs to the data directory
START_SECONDS = 60.0  # it answers after 2 to 9 s; a machine that is busy with tests gets more
QUICK_START_FLAGS = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")  # sooner up, less memory, slower at length
PORT_TRIES = 3  # a free port can be taken by somebody else between our look and Java's bind
_KEY_ALPHABET = string.ascii_letters + string.digits  # all that DynamoDB Local takes since 2.0


def to_stderr(line: str) -> None:
    """The default `say`: one line to standard error."""
    sys.stderr.write(f"{line}\n")


class Engine:
    """One DynamoDB Local process. Use it as a context manager, or `start` and `stop`.

    It listens on all interfaces and takes any secret key; its data answers only to the access key id that made it,
    so that id is random per data directory and is kept as a secret.
    """

    def __init__(
        self,
        data_dir: Path | None,
        port: int = 0,
        *,
        region: str = REGION,
        heap_mb: int | None = None,
        for_load: bool = False,
        say: Callable[[str], None] = to_stderr,
    ) -> None:
        """Describe it; nothing is started yet.

        data_dir: where it keeps its data; None: in memory. port: 0 takes a free one. region: of the callers.
        heap_mb: Java's ceiling; None leaves it to Java. for_load: long runs at full speed rather than a quick start.
        say: gets a line for whatever the user should see.
        """
        self.data_dir = private_directory(data_dir) if data_dir is not None else None
        self.port = port
        self.access_key_id = new_key() if self.data_dir is None else stored_key(self.data_dir)
        self._region = region
        self._flags = (*(() if for_load else QUICK_START_FLAGS), *((f"-Xmx{heap_mb}m",) if heap_mb else ()))
        self._fixed_port = port != 0
        self._say = say
        self._process: subprocess.Popen[bytes] | None = None
        self._lock: IO[str] | None = None
        self._log: Path | None = None

    @property
    def endpoint(self) -> str:
        """Its URL; before `start` with port 0 there is none."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> Self:
        """Start it and wait until it answers.

        Raises:
            EngineError: it can't be fetched, its directory or port is taken, or it died; says why and what to do.
        """
        java, directory = tools.java_command(), fetch.ensure_engine(self._say)
        if self.data_dir is not None:
            self._lock = processes.lock_directory(self.data_dir, "engine.lock")
        try:
            self._start_on(java, directory)
        except BaseException:
            self.stop()
            raise
        atexit.register(self.stop)
        return self

    def stop(self) -> None:
        """Stop it and give its directory free. Safe to call twice."""
        atexit.unregister(self.stop)
        process, self._process = self._process, None
        if process is not None:
            process.terminate()
            try:
                process.wait(processes.STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if self._log is not None and self.data_dir is None:
            self._log.unlink(missing_ok=True)
        self._log = None
        if self._lock is not None and self.data_dir is not None:
            processes.forget(self.data_dir)
            self._lock.close()
            self._lock = None

    def check(self) -> None:
        """Raise EngineError if it has died since its start."""
        if not self.is_running():
            raise EngineError(self._explain("The local database has ended. The data is safe: start again."))

    def is_running(self) -> bool:
        """Whether the process is alive."""
        return self._process is not None and self._process.poll() is None

    def __enter__(self) -> Self:
        """`start`."""
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """`stop`."""
        self.stop()

    def _start_on(self, java: str, directory: Path) -> None:
        if self.data_dir is not None:
            if processes.stop_leftover(self.data_dir, fetch.JAR):
                self._say("stopped the local database that an earlier run had left behind")
            prepare_wal(self.data_dir, self.access_key_id, self._region)
        for attempt in range(1, PORT_TRIES + 1):
            with reserved_port(self.port if self._fixed_port else 0) as self.port:
                self._spawn(self._command(java, directory))
                try:
                    self._wait()
                except EngineError:
                    taken = "Address already in use" in self._log_tail()
                    if self._fixed_port or not taken or attempt == PORT_TRIES:
                        raise
                else:
                    return

    def _command(self, java: str, directory: Path) -> list[str]:
        where = ["-inMemory"] if self.data_dir is None else ["-dbPath", str(self.data_dir)]
        libraries = f"-Djava.library.path={directory / fetch.LIBRARIES}"
        jar = ["-jar", str(directory / fetch.JAR), "-port", str(self.port), *where, "-disableTelemetry"]
        return [java, *self._flags, libraries, *jar]

    def _new_log(self) -> Path:
        if self.data_dir is not None:
            write_private(self.data_dir / "engine.log", "")
            return self.data_dir / "engine.log"
        descriptor, name = tempfile.mkstemp(prefix="switchboard-engine-", suffix=".log")
        os.close(descriptor)
        return Path(name)

    def _spawn(self, command: Sequence[str]) -> None:
        self._log = self._log or self._new_log()
        launcher = [sys.executable, "-I", "-S", str(Path(__file__).with_name("spawn.py")), str(os.getpid())]
        with self._log.open("wb") as log:
            # A session of its own: Ctrl-C reaches the runner alone, which then stops the engine last.
            self._process = subprocess.Popen(
                [*launcher, *command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        if self.data_dir is not None:
            processes.remember(self.data_dir, self._process.pid)

    def _wait(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if not self.is_running():
                code = self._process.returncode if self._process else None
                raise EngineError(self._explain(f"The local database ended at its start (exit code {code})."))
            if self._answers() and self.is_running():
                return
            time.sleep(0.05)
        raise EngineError(self._explain(f"The local database did not answer within {START_SECONDS:.0f} s."))

    def _answers(self) -> bool:
        # A real call: it tells our engine from whatever else may listen there. It checks no signature.
        credential = f"{self.access_key_id}/20260101/{self._region}/dynamodb/aws4_request"
        headers = {
            "Content-Type": "application/x-amz-json-1.0",
            "X-Amz-Target": "DynamoDB_20120810.ListTables",
            "Authorization": f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=0",
        }
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)) as connection:
            try:
                connection.request("POST", "/", body=b"{}", headers=headers)
                answer = connection.getresponse()
                return answer.status == http.HTTPStatus.OK and "TableNames" in json.loads(answer.read())
            except (OSError, http.client.HTTPException, ValueError):
                return False

    def _log_tail(self) -> str:
        lines = self._log.read_text(encoding="utf-8", errors="replace").splitlines() if self._log else []
        return "\n".join(lines[-15:])

    def _explain(self, what: str) -> str:
        said = "\n  ".join(self._log_tail().splitlines())
        return f"{what} Its last words:\n  {said or '(none)'}"


def stored_key(data_dir: Path) -> str:
    """The access key id that owns the data in `data_dir`; made and kept there at the first call."""
    path = data_dir / "engine-key"
    if not path.exists():
        write_private(path, new_key())
    return path.read_text(encoding="ascii").strip()


def new_key() -> str:
    """A random access key id."""
    return "".join(secrets.choice(_KEY_ALPHABET) for _ in range(20))  # as long as AWS's own, 119 bits


def prepare_wal(data_dir: Path, access_key_id: str, region: str) -> None:
    """Put the engine's databases in SQLite's write-ahead-log mode, while it is stopped.

    The mode sticks in the file and gives two to four times the writes at the same safety (stack-facts.md 9). The file
    of a fresh directory is made here, empty but in that mode: the engine fills it (it names it KEYID_REGION.db).
    """
    for path in {data_dir / f"{access_key_id}_{region}.db", *data_dir.glob("*.db")}:
        if _in_wal_mode(path):
            continue
        with contextlib.closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
        path.chmod(0o600)


def _in_wal_mode(path: Path) -> bool:
    # Bytes 18 and 19 of the header are 2 in WAL mode (sqlite.org/fileformat2.html): no need to open it, which would
    # first have to fold a killed engine's log into it.
    try:
        with path.open("rb") as stream:
            return stream.read(20)[18:20] == b"\x02\x02"
    except FileNotFoundError:
        return False


@contextlib.contextmanager
def reserved_port(port: int) -> Iterator[int]:
    """A TCP port (`port`, or any free one for 0) that the engine can take while nobody else is given it.

    On Linux two sockets with SO_REUSEADDR, as Java's are, may be bound to one port while neither listens (socket(7)),
    so holding it bound keeps other processes that look for a free port off it: without that an engine started at the
    same time answered for ours. Elsewhere it is only looked at.

    Raises:
        EngineError: somebody listens on it.
    """
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            holder.bind(("", port))
        except OSError as error:
            message = f"Port {port} for the local database is in use. Choose another, or 0 for any that is free."
            raise EngineError(message) from error
        number: int = holder.getsockname()[1]
        if sys.platform != "linux":
            holder.close()
        yield number
