"""Paths of org units: the ids from the root down, each followed by a slash, as in ``/ou_a/ou_b/``."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
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


# Until then every process knows of a move (4 s, chalicelib/cached.py), and none takes a record that has followed for
# one that has left its subtree: nothing is rewritten before.
KNOWN: Final = timedelta(seconds=5)
# Who has read the tree just before a move may write the old path for a while: what a process knows of a tenant is up to
# 4 s old (chalicelib/cached.py), a unit's path that was made of it 4 s more, and a request ends within 29 s (API
# Gateway) and a job's step within its lease of 30 s. Until then the old place is looked through again.
SETTLED: Final = timedelta(seconds=60)
# What follows from the records that were rewritten last (search, totals, principals that are known) has followed, too.
RESTED: Final = timedelta(seconds=20)


class MoveFault(StrEnum):
    """Why a unit can't stand below another one."""

    ROOT = "root"
    CYCLE = "cycle"
    TOO_DEEP = "too_deep"
    THERE_ALREADY = "there_already"


def move_fault(path: str, parent_path: str, below: Iterable[str]) -> MoveFault | None:
    """Why the unit at ``path`` can't be moved below ``parent_path``; None when it can.

    ``below`` are the paths of all units of its branch.
    """
    if level(path) == 1:
        return MoveFault.ROOT
    if parent_path.startswith(path):
        return MoveFault.CYCLE
    if moved_path(path, parent_path) == path:
        return MoveFault.THERE_ALREADY
    deepest = max([level(path), *map(level, below)])
    if level(parent_path) + 1 + deepest - level(path) > MOST_LEVELS:
        return MoveFault.TOO_DEEP
    return None


def moved_path(path: str, parent_path: str) -> str:
    """The path of the unit at ``path`` when it stands below ``parent_path``."""
    return f"{parent_path}{path.strip(_SLASH).rpartition(_SLASH)[2]}{_SLASH}"


def touch(one: Iterable[str], other: Iterable[str]) -> bool:
    """Whether two moves, each given as its old and new path, concern the same branch."""
    others = list(other)
    return any(mine.startswith(each) or each.startswith(mine) for mine in one for each in others)


def is_quiet(now: datetime, since: str, last: str | None) -> bool:
    """Whether nobody can write the old path any more, and what follows from the last rewriting has followed."""
    begun = datetime.fromisoformat(since)
    return now - begun >= SETTLED and (last is None or now - datetime.fromisoformat(last) >= RESTED)
