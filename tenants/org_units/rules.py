"""Paths of org units: the ids from the root down, each followed by a slash, as in ``/ou_a/ou_b/``."""

from typing import Final

# Province, city, district, branch, team: five are usual. Ten ids of 29 characters are 300 bytes of an index key.
MOST_LEVELS: Final = 10
_SLASH: Final = "/"


def root_path(unit_id: str) -> str:
    """The path of the root unit."""
    return f"{_SLASH}{unit_id}{_SLASH}"


def child_path(parent_path: str, unit_id: str) -> str | None:
    """The path of a unit below a parent, or None when that would be too deep."""
    path = f"{parent_path}{unit_id}{_SLASH}"
    return path if level(path) <= MOST_LEVELS else None


def level(path: str) -> int:
    """How deep a unit stands; the root is 1."""
    return path.count(_SLASH) - 1
