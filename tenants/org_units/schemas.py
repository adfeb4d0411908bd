"""Org units on the wire."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import StringConstraints

from chalicelib.store.scope import Move, as_moved
from chalicelib.web.wire import Body, Resource, common
from tenants.org_units.records import OrgUnit
from tenants.org_units.rules import level
from tenants.schemas import Name


class OrgUnitIn(Body):
    """A new unit below another one."""

    name: Name
    parent_id: Annotated[str, StringConstraints(min_length=1, max_length=40)]


class OrgUnitPatch(Body):
    """What may change of a unit; it is moved by a call of its own."""

    name: Name


class MoveIn(Body):
    """Which unit it is to stand below."""

    parent_id: Annotated[str, StringConstraints(min_length=1, max_length=40)]


class OrgUnitOut(Resource):
    """A unit; ``path`` is the ids from the root down, ``level`` 1 for the root."""

    name: str
    parent_id: str | None
    path: str
    level: int

    @classmethod
    def of(cls, unit: OrgUnit, moves: Sequence[Move] = ()) -> "OrgUnitOut":
        """The wire form of a stored unit, in the tree as it is now."""
        path = as_moved(unit.path, moves)
        return cls(**common(unit), name=unit.name, parent_id=unit.parent_id, path=path, level=level(path))
