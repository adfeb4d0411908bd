"""The org unit as it is stored, and which branches of the tree are being moved."""

from collections.abc import Iterable
from typing import Any, ClassVar

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from chalicelib.modules import Kind
from chalicelib.store import keys
from chalicelib.store.attributes import JsonAttribute
from chalicelib.store.keys import Key
from chalicelib.store.records import Item, Record
from chalicelib.store.scope import Move
from tenants.kinds import ORG_UNIT, SHELF


class OrgUnit(Record, discriminator="org_unit"):
    """A node of the tree; data scopes judge it by its own path, so a manager sees the units below."""

    KIND: ClassVar[Kind] = ORG_UNIT

    name = UnicodeAttribute()
    parent_id = UnicodeAttribute(null=True)
    path = UnicodeAttribute()

    def org_unit(self) -> str | None:
        """Its own path."""
        return str(self.path)

    def stand_in(self, unit_path: str) -> None:
        """Its own path is what follows the tree."""
        self.path = unit_path


class UnitMoves(Item, discriminator="unit_moves"):
    """The branches that are being moved: ``{unit_id, parent_id, old, new, job_id, since}`` each.

    ``begun`` counts the moves that ever began; ``revision`` rises with each change, so that of two at once the later
    one sees the earlier.
    """

    moves = JsonAttribute()
    begun = NumberAttribute()
    revision = NumberAttribute()

    @staticmethod
    def key_of(tenant: str) -> Key:
        """On the shelf of the tenant's snapshot."""
        return keys.shelved(tenant, SHELF, "unit_moves")

    def listed(self) -> list[dict[str, Any]]:
        """All of them."""
        return list(self.moves)

    def branches(self) -> tuple[Move, ...]:
        """What records' paths are read through."""
        return tuple(Move(each["old"], each["new"]) for each in self.listed())


def tree_of(shelf_items: Iterable[Item]) -> tuple[tuple[Move, ...], int]:
    """What moves are under way, and how many ever began, from the items of the tenant's shelf."""
    found = next((each for each in shelf_items if isinstance(each, UnitMoves)), None)
    return (found.branches(), int(found.begun)) if found else ((), 0)
