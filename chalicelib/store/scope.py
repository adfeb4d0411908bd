"""Data scopes: which of a tenant's records a caller may see. Enforced here for every module alike."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple, Protocol


class Placed(Protocol):
    """What has a place in the tenant's organisation: a record, or what stands for it elsewhere."""

    def org_unit(self) -> str | None:
        """The path of its org unit."""
        ...

    def owner(self) -> str | None:
        """The user who looks after it."""
        ...


class Move(NamedTuple):
    """A branch of the org tree that stands at ``new`` already, while records may still name ``old``."""

    old: str
    new: str


def as_moved(path: str, moves: Iterable[Move]) -> str:
    """Where a stored path leads in the tree as it is now. Branches that are being moved do not overlap."""
    for each in moves:
        if path.startswith(each.old):
            return each.new + path[len(each.old) :]
    return path


def unit_at(path: str) -> str:
    """The id of the unit at a path (``/ou_a/ou_b/`` → ``ou_b``)."""
    return path.strip("/").rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Scope:
    """The union of what a caller's grants for one permission reach.

    ``subtrees`` and ``units`` are org-unit paths as the tree is now, which end with a slash; ``owner`` is the caller's
    own id. ``moves`` are under way: what a record says of its place is read through them.
    """

    everything: bool = False
    subtrees: frozenset[str] = frozenset()
    units: frozenset[str] = frozenset()
    owner: str | None = None
    moves: tuple[Move, ...] = ()

    def admits(self, record: Placed) -> bool:
        """Whether the record is inside; records without org unit and owner belong to the whole tenant."""
        if self.everything:
            return True
        path, owner = record.org_unit(), record.owner()
        if path is None and owner is None:
            return True
        if owner is not None and owner == self.owner:
            return True
        return path is not None and self.reaches(path)

    def reaches(self, unit_path: str) -> bool:
        """Whether the org unit itself is inside, whoever owns what stands in it."""
        if self.everything:
            return True
        path = as_moved(unit_path, self.moves)
        return path in self.units or any(path.startswith(top) for top in self.subtrees)


EVERYTHING = Scope(everything=True)
NOTHING = Scope()
