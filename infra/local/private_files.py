"""Small files that only their owner may read: keys, secrets, demo tokens."""

import json
import os
import tempfile
from pathlib import Path
from typing import Any

from infra.local.errors import LocalError


def private_directory(path: Path) -> Path:
    """Make `path` (readable by its owner only) if it is not there and answer its absolute form.

    Raises:
        LocalError: it can't be made or written to.
    """
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        message = f"Can't make the directory {path} ({error.strerror}). Choose another: DATA=/some/where make run"
        raise LocalError(message) from error
    if not os.access(path, os.W_OK | os.X_OK):
        message = f"The directory {path} is not writable for you. Choose another: DATA=/some/where make run"
        raise LocalError(message)
    return path.resolve()


def write_private(path: Path, text: str) -> None:
    """Put `text` in `path` with mode 0600, all or nothing: a kill at any step leaves the old file or the new one."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mkstemp makes it 0600
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def write_private_json(path: Path, value: object) -> None:
    """`write_private` of `value` as readable JSON."""
    write_private(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def read_json(path: Path) -> Any:
    """The JSON in `path`, or None when there is no such file.

    Raises:
        LocalError: the file is there but is no JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError as error:
        message = f"{path} is damaged: it is not JSON. Put it back from a copy, or start afresh with another DATA."
        raise LocalError(message) from error
