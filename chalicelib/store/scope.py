"""Data scopes: which of a tenant's records a caller may see. Enforced here for every module alike."""

from dataclasses import dataclass
from typing import Protocol


class Placed(Protocol):
    """What has a place in the tenant's organisation: a record, or what stands for it elsewhere."""

    def org_unit(self) -> str | None:
        """The path of its org unit."""
        ...

    def owner(self) -> str | None:
        """The user who looks after it."""
        ...


@dataclass(frozen=True, slots=True)
class Scope:
    """The union of what a caller's grants for one permission reach.

    ``subtrees`` and ``units`` are org-unit paths, which end with a slash; ``owner`` is the caller's own id.
    """

    everything: bool = False
    subtrees: frozenset[str] = frozenset()
    units: frozenset[str] = frozenset()
    owner: str | None = None

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
        return self.everything or unit_path in self.units or any(unit_path.startswith(top) for top in self.subtrees)


EVERYTHING = Scope(everything=True)
NOTHING = Scope()
