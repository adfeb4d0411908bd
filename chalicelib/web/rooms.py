"""The rooms in which routes are declared, and the list that a bundle has of the paths in each.

    python -m infra.package → every room is imported → chalicelib/web/rooms.json: {"/v1/contacts": ["modules.…routes"]}
    the first request to a path → its rooms, and no others

Without the list, as in a working tree, a unit's rooms are all imported together, and nothing can be out of date.
"""

import importlib
import json
import pkgutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Final

from chalicelib.modules import room_of
from chalicelib.web.routes import Route
from chalicelib.web.tree import RouteTree

LIST: Final = Path(__file__).with_name("rooms.json")
ROOM: Final = "routes"


class RoomList:
    """Which rooms declare something at each path."""

    def __init__(self, rooms: Mapping[str, Iterable[str]]) -> None:
        self._rooms = {path: " ".join(names) for path, names in rooms.items()}
        self._tree = RouteTree(self._rooms)

    @classmethod
    def packed(cls) -> "RoomList | None":
        """The bundle's own, or None outside of one."""
        return cls(json.loads(LIST.read_text(encoding="utf-8"))) if LIST.is_file() else None

    def find(self, path: str) -> str | None:
        """The rooms, parted by blanks, of the declared path that a request's leads to; None for none."""
        found = self._tree.find(path)
        return self._rooms[found[0]] if found else None


def rooms_of(package: ModuleType) -> list[str]:
    """The names of a package's rooms of routes: its own, and one of each noun that has a folder."""
    nouns = [each.name for each in pkgutil.iter_modules(package.__path__, f"{package.__name__}.") if each.ispkg]
    return [f"{name}.{ROOM}" for name in (package.__name__, *nouns) if room_of(name, ROOM)]


def routes_in(rooms: Iterable[str]) -> list[Route]:
    """What the named rooms declare, in their order."""
    return [route for name in rooms for route in importlib.import_module(name).routes.declared]


def listed(rooms: Iterable[str]) -> dict[str, list[str]]:
    """The list of these rooms' paths."""
    found: dict[str, list[str]] = {}
    for name in rooms:
        for route in routes_in([name]):
            if name not in found.setdefault(route.path, []):
                found[route.path].append(name)
    return found
