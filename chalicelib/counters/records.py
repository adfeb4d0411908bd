"""Cells, and what each record has posted to them, as stored."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final, Self

from pynamodb.attributes import NumberAttribute, UnicodeAttribute, UTCDateTimeAttribute
from pynamodb.expressions.condition import Condition

from chalicelib.counters.postings import CellPlace, Number, Posting
from chalicelib.modules import ByIndex, ComputedFrom, Kind
from chalicelib.store import keys
from chalicelib.store.attributes import JsonAttribute
from chalicelib.store.commit import Action
from chalicelib.store.keys import Key
from chalicelib.store.records import Item, ListedItem

# Whoever posts facts follows from its records; the cells stand in the periods that are listed.
POSTED: Final = Kind("posted", ComputedFrom("*"), everywhere=True, exported=False)
COUNTED: Final = Kind("counted", ByIndex(), everywhere=True, exported=False)
CELL: Final = Kind("cell", ComputedFrom(COUNTED.name), everywhere=True, exported=False)


class Posted(Item, discriminator="posted"):
    """What a record has posted last of one fact, and as of which version; nothing any more when it has no path.

    What a flow's cells count is listed in gsi3, by month and day: a cell's records are found without reading others.
    """

    source_version = NumberAttribute()
    unit_path = UnicodeAttribute(null=True)
    coordinates = JsonAttribute(null=True)
    measures = JsonAttribute(null=True)
    day = UnicodeAttribute(null=True)

    @staticmethod
    def key_of(record: Key, fact: str) -> Key:
        """Beside the record."""
        return keys.head(record, f"posted.{fact}")

    def listed(self, tenant: str, fact: str) -> Self:
        """Stand in the fact's list of the posting's day, if it has one."""
        if self.day:
            self.gsi3pk = keys.posted(tenant, fact, str(self.day)[:7])
            self.gsi3sk = keys.on_day(str(self.day), str(self.pk))
        return self

    def posting(self) -> Posting | None:
        """The posting that counts at present."""
        if not self.unit_path:
            return None
        measures = {name: _number(value) for name, value in (self.measures or {}).items()}
        day = date.fromisoformat(self.day) if self.day else None
        return Posting(self.unit_path[1:], self.coordinates or {}, measures, day)

    def still(self) -> Condition:
        """That the note says what it said. Its version alone is not enough: a rebuild posts a known one again."""
        condition = Posted.source_version == int(self.source_version)
        for attribute in (Posted.unit_path, Posted.coordinates, Posted.measures, Posted.day):
            value = getattr(self, str(attribute.attr_name))
            condition &= attribute.does_not_exist() if value is None else attribute == value
        return condition

    @classmethod
    def of(cls, posting: Posting | None, version: int) -> Self:
        """The note of a posting."""
        if posting is None:
            return cls(source_version=version)
        return cls(
            source_version=version,
            unit_path=f"={posting.unit_path}",  # the whole tenant's path is empty, which a note that holds is not
            coordinates=dict(posting.coordinates) or None,
            measures={name: str(value) for name, value in posting.measures.items()} or None,
            day=posting.day.isoformat() if posting.day else None,
        )


class Cell(Item, discriminator="cell"):
    """The sums of one fact for one org unit and coordinate: numbers that stand beside these as attributes."""

    unit_path = UnicodeAttribute()
    values = JsonAttribute()
    day = UnicodeAttribute()
    counted_at = UTCDateTimeAttribute()


class Counted(ListedItem, discriminator="counted"):
    """Says that a fact has cells in a period (a month, or TOTAL): by it they are found when the tenant leaves.

    Each shard of the cells has its own, or all who count would wait for each other here.
    """

    fact = UnicodeAttribute()
    period = UnicodeAttribute()

    @classmethod
    def of(cls, tenant: str, fact: str, period: str, shard: int) -> Self:
        """In the fact's own partition."""
        return cls(fact=fact, period=period).put_at(keys.counted(tenant, fact, period, str(shard)))


def addition(  # noqa: PLR0913, PLR0917 - a cell's place, and what is added, when
    tenant: str,
    fact: str,
    place: CellPlace,
    amounts: dict[str, Number],
    shard: int,
    at: datetime,
    kept: timedelta | None = None,
) -> Action:
    """The action that adds to a cell; ``kept`` limits the life of a cell that is not for good."""
    key = cell_key(tenant, fact, place, shard)
    item = Cell(unit_path=place.unit_path, values=list(place.values), day=place.day, counted_at=at).put_at(key)
    item.ttl = int((at + kept).timestamp()) if kept else None
    return Action(key, item.raw(), add={f"n.{name}": amount for name, amount in amounts.items()})


def cell_key(tenant: str, fact: str, place: CellPlace, shard: int) -> Key:
    """Where a cell stands: by day, values and org unit, so that each can be asked for by what it begins with."""
    partition = keys.cells(tenant, fact, place.dimensions, place.period)
    return keys.cell(partition, place.day, *place.values, place.unit_path, str(shard))


def amounts_in(raw: dict[str, Any]) -> dict[str, Number]:
    """The sums of a cell as read."""
    return {name.removeprefix("n."): _number(value["N"]) for name, value in raw.items() if name.startswith("n.")}


def _number(text: str) -> Number:
    return int(text) if text.lstrip("-").isdigit() else Decimal(text)
