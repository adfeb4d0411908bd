"""The list of the API's paths and the rooms that they stand in: with it a first request imports no other room."""

import subprocess
import sys
from pathlib import Path
from typing import Final

from infra.packaging.errors import PackageError

# The copy that is packed says it itself, read with the packer's own libraries.
LISTS: Final = """
import json
from chalicelib.modules import module_packages
from chalicelib.web.rooms import LIST, listed, rooms_of
from tenants.routes import ROOMS

rooms = [*ROOMS, *(name for package in module_packages() for name in rooms_of(package))]
LIST.write_text(json.dumps(listed(rooms), indent=0), encoding="utf-8")
"""


def list_rooms(project: Path) -> None:
    """Write the list into the copy in ``project``. Raises PackageError when a room can't be imported."""
    outcome = subprocess.run(
        [sys.executable, "-B", "-c", LISTS], cwd=project, capture_output=True, text=True, check=False
    )
    if outcome.returncode:
        message = f"The rooms of routes could not be listed:\n{outcome.stderr}"
        raise PackageError(message)
