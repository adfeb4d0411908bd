"""A clean copy of what runs in a function: chalice packs whatever lies in a folder, stray ``__pycache__`` included."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from infra.packaging.errors import PackageError

FOLDERS: Final = ("chalicelib", "tenants", "modules")
FILES: Final = ("app.py", "requirements.txt", ".chalice/config.json")
# A module's README is for its readers: a changed word must not make another bundle.
LEFT_OUT: Final = ("__pycache__", "*.py[cod]", "*.md", ".*")


def export(root: Path, target: Path) -> None:
    """Copy the product from the repository's ``root`` into the empty directory ``target``.

    Raises PackageError when something is missing, for then ``root`` is another place.
    """
    missing = [name for name in (*FILES, *FOLDERS) if not (root / name).exists()]
    if missing:
        message = f"{root} is not the repository: there is no {', no '.join(missing)}."
        raise PackageError(message)
    for name in FILES:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(root / name, target / name)
    for name in FOLDERS:
        shutil.copytree(root / name, target / name, ignore=shutil.ignore_patterns(*LEFT_OUT))


def files_below(top: Path) -> Iterator[Path]:
    """Every file below ``top``, in an order that depends on the names alone."""
    return (each for each in sorted(top.rglob("*")) if each.is_file())
