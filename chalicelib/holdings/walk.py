"""What goes with an item that a source has listed: everything that can't be found but through it.

    a record            → its partition, its claims and look-up entries, what heads note, what other units keep of it
    a counted period    → the fact's cells of all dimensions in it
    «… was deleted»     → what the record has left in its partition, and other units have of it

The listed item itself comes last, so that whoever removes them in this order, and dies, finds the rest again.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from chalicelib.after_write import Fact
from chalicelib.changes.records import Head
from chalicelib.changes.tasks import DELETED
from chalicelib.counters.postings import combinations_of, dimensions
from chalicelib.counters.records import Counted
from chalicelib.holdings.sources import Source
from chalicelib.modules import Catalogue, ComputedFrom
from chalicelib.store import keys
from chalicelib.store.errors import Raw
from chalicelib.store.keys import Key, PartitionKey
from chalicelib.store.reading import BATCH_GET, Part, key_of
from chalicelib.store.records import EventItem, Record, item_of
from chalicelib.store.store import Store

PAGE: Final = 100


@dataclass(frozen=True, slots=True)
class Found:
    """An item as it is stored, and the unit in whose table."""

    unit: str
    raw: Raw

    @property
    def kind(self) -> str:
        """What it is."""
        return str(self.raw["kind"]["S"])

    @property
    def place(self) -> tuple[str, Key]:
        """Where it stands."""
        return self.unit, key_of(self.raw)


@dataclass(frozen=True, slots=True)
class Holdings:
    """One tenant's items in all units' tables. ``store`` is a door to the tenant with strongly consistent reads."""

    catalogue: Catalogue
    store: Store
    _doors: dict[str, Store] = field(default_factory=dict)

    def door(self, unit: str) -> Store:
        """The tenant's door to a unit's table; what is staged is committed with the store's changes."""
        if unit not in self._doors:
            kinds = {kind.name for manifest in self.catalogue for kind in manifest.kinds}
            self._doors[unit] = self.store.beside(unit, kinds)
        return self._doors[unit]

    def page(self, source: Source, start: dict[str, object] | None, limit: int = PAGE) -> tuple[list[Found], object]:
        """A page of what a source lists, and where to go on (None at the end)."""
        raws, position = self.door(source.unit).raws(source.part, limit, start)
        return [Found(source.unit, each) for each in raws], position

    def with_all(self, source: Source, found: Found) -> Iterator[Found]:
        """An item with all that goes with it, itself last; some of it may have come with another one already."""
        yield from self._beside(source, found)
        yield from self.computed([found])
        yield found

    def partition(self, unit: str, pk: PartitionKey) -> Iterator[list[Found]]:
        """The items of a partition, by pages."""
        start = None
        while True:
            raws, start = self.door(unit).raws(Part(pk), PAGE, start)
            yield [Found(unit, each) for each in raws]
            if start is None:
                return

    # -- inside

    def _beside(self, source: Source, found: Found) -> Iterator[Found]:
        item = item_of(dict(found.raw))
        if isinstance(item, EventItem):
            if item.type.endswith(f".{DELETED}") and item.place:
                yield from self._whole(source.unit, keys.as_read(*item.place).pk)
                yield from self.elsewhere(source.unit, item.type.partition(".")[0], str(item.subject))
        elif isinstance(item, Counted):
            yield from self._cells(source.unit, str(item.fact), str(item.period))
        elif source.index is not None and keys.is_of(self.store.boundary, str(found.place[1].pk)):
            yield from self._whole(source.unit, found.place[1].pk, but=found)
            if isinstance(item, Record):
                yield from self.elsewhere(source.unit, found.kind, str(item.id))

    def _whole(self, unit: str, pk: PartitionKey, but: Found | None = None) -> Iterator[Found]:
        """A partition with what is computed from it; what an index lists stays to the end, each page of it."""
        listed: list[Found] = []
        for page in self.partition(unit, pk):
            others = [each for each in page if but is None or each.place != but.place]
            yield from self.computed(others)
            yield from (each for each in others if "gsi1pk" not in each.raw)
            listed += [each for each in others if "gsi1pk" in each.raw]
        yield from listed

    def computed(self, page: Iterable[Found]) -> Iterator[Found]:
        """What is noted in heads, and the claims and look-up entries of records, as far as they are there."""
        wanted: dict[str, list[Key]] = {}
        for each in page:
            wanted.setdefault(each.unit, []).extend(self.keys_of(each.raw))
        for unit, places in wanted.items():
            for start in range(0, len(places), BATCH_GET):
                found = self.door(unit).fetch(places[start : start + BATCH_GET])
                yield from (Found(unit, raw) for raw in found.values() if raw)

    def keys_of(self, raw: Raw) -> Iterator[Key]:
        """Where stands what follows from an item: what a head notes; a record's claims, look-up entries and blocks."""
        item, tenant = item_of(dict(raw)), self.store.boundary
        if isinstance(item, Head):
            yield from (keys.as_read(*place) for *place, _ in item.places)
        if isinstance(item, Record):
            yield from (keys.claim(tenant, *each) for each in sorted(item.claims()))
            yield from (keys.lookup(tenant, *each, str(item.id)) for each in sorted(item.lookups()))
            yield from (keys.block(tenant, *each) for each in sorted(item.alike_by()))

    def elsewhere(self, unit: str, kind: str, record_id: str) -> Iterator[Found]:
        """What other units keep of the record, in a partition of their own kind's name."""
        for manifest in self.catalogue:
            for each in manifest.kinds:
                if each.listed_by == ComputedFrom(kind) and manifest.name != unit and not each.everywhere:
                    yield from self._whole(manifest.name, keys.collection(self.store.boundary, each.name, record_id))

    def _cells(self, unit: str, name: str, period: str) -> Iterator[Found]:
        for names in combinations_of(self._fact(unit, name)):
            for page in self.partition(unit, keys.cells(self.store.boundary, name, dimensions(names), period)):
                yield from page

    def _fact(self, unit: str, name: str) -> Fact:
        manifest = self.catalogue.get(unit)
        return next(each for each in manifest.facts if each.name == name) if manifest else Fact(name, "", "")
