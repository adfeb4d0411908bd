"""Where a tenant's items are listed: the places that are asked by Query, from the manifests' declarations alone.

ByIndex      → the kind's part of gsi1
ByPartition  → its partition, one a day, or sixteen
ComputedFrom → no place of its own: found with what it follows from (walk.py)
Expires      → no place: it has gone by itself
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from string import hexdigits
from typing import Final

from chalicelib.modules import CORE, ByIndex, ByPartition, Catalogue, Expires, Kind, Manifest
from chalicelib.store import keys
from chalicelib.store.keys import PartitionKey
from chalicelib.store.reading import Part

DIGITS: Final = hexdigits[:16]
# TTL deletes late: AWS says «within a few days».
LATE: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Source:
    """A part of a unit's table, or of its gsi1, in which all items are the tenant's."""

    unit: str
    kind: str
    pk: PartitionKey
    index: str | None = None

    @property
    def part(self) -> Part:
        """What is asked."""
        return Part(self.pk, index=self.index)


@dataclass(frozen=True, slots=True)
class Span:
    """From when on the tenant is there, and until when it is asked for what stands by days."""

    born: datetime
    until: datetime


def sources(catalogue: Catalogue, tenant: str, span: Span) -> list[Source]:
    """All places of a tenant's items: modules that need others first, the control plane last."""
    return [each for manifest in reversed(catalogue.manifests) for each in of_unit(catalogue, manifest, tenant, span)]


def of_unit(catalogue: Catalogue, manifest: Manifest, tenant: str, span: Span) -> Iterator[Source]:
    """The places in one unit's table: the unit's own kinds first, those that stand in every table behind them.

    Events come last of all: they tell what deleted records have left behind.
    """
    for kind in manifest.kinds:
        if not kind.everywhere:
            yield from of_kind(manifest.name, kind, tenant, span)
    for kind in kinds_everywhere(catalogue):
        yield from of_kind(manifest.name, kind, tenant, span)


def kinds_everywhere(catalogue: Catalogue) -> list[Kind]:
    """The kinds that the control plane declares for all units, events behind the others."""
    core = catalogue.get(CORE)
    found = [each for each in core.kinds if each.everywhere] if core else []
    return sorted(found, key=lambda each: each.name == "event")


def of_kind(unit: str, kind: Kind, tenant: str, span: Span) -> Iterator[Source]:
    """The places in which all of a kind's items are listed; none for those that follow from others."""
    match kind.listed_by:
        case ByIndex():
            yield Source(unit, kind.name, keys.by_kind(tenant, kind.name), "gsi1")
        case ByPartition(days=int(days)):
            yield from (Source(unit, kind.name, keys.of_day(tenant, kind.name, day)) for day in _days(span, days))
        case ByPartition(spread=True):
            yield from (Source(unit, kind.name, keys.spread(tenant, kind.name, digit)) for digit in DIGITS)
        case ByPartition(shelf=shelf):
            yield Source(unit, kind.name, keys.shelf(tenant, shelf or kind.name))


def longest_unlisted(catalogue: Catalogue) -> timedelta:
    """How long something can stand that no Query finds: kinds that only expire."""
    kinds = [kind.listed_by for manifest in catalogue for kind in manifest.kinds]
    return timedelta(hours=max((each.hours for each in kinds if isinstance(each, Expires)), default=0))


def _days(span: Span, days: int) -> Iterator[datetime]:
    day = max(span.born, span.until - timedelta(days=days) - LATE).astimezone(UTC)
    day = day.replace(hour=0, minute=0, second=0, microsecond=0)
    while day <= span.until + timedelta(days=1):  # clocks differ
        yield day
        day += timedelta(days=1)
