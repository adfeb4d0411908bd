"""How all of a tenant's items of a kind are found by Query: export, recount and erasure walk these, never a Scan."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ByIndex:
    """The kind stands in gsi1 (kind + creation)."""


@dataclass(frozen=True, slots=True)
class ComputedFrom:
    """The items' keys follow from the records of another kind (claims, wrapped keys, timeline entries).

    They stand in those records' partitions, or are noted in their heads (changes/projections.py); of a kind of another
    unit's: under the record's id, in a partition of the own kind's name.
    """

    kind: str


@dataclass(frozen=True, slots=True)
class ByPartition:
    """All items of a tenant stand in one partition, or in one partition a day for ``days`` days.

    The partition is called as the kind is, or ``shelf``; ``spread`` ones by a hexadecimal digit for what is written
    too often for one.
    """

    days: int | None = None
    shelf: str = ""
    spread: bool = False


@dataclass(frozen=True, slots=True)
class Expires:
    """The items go by themselves within so many hours; erasure waits for them (leases)."""

    hours: int


@dataclass(frozen=True, slots=True)
class OfPlatform:
    """The platform's own: no tenant has items of the kind."""


ListedBy = ByIndex | ComputedFrom | ByPartition | Expires | OfPlatform
