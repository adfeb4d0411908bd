"""Where an application's routes come from: unit by unit, or room by room, when they are first asked for.

A unit owns its first path segments alone, so the path of a request says which unit's rooms it needs. In a bundle a list
of all paths (web/rooms.py) says which room, and no other one is imported. To import all of them would let a cold start
grow with every noun of the house (quality.md, Budgets).
"""

import importlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Final

from chalicelib.modules import Catalogue, Manifest, module_packages
from chalicelib.web.rooms import RoomList, rooms_of, routes_in
from chalicelib.web.routes import Route, RouteError, Routes, permission_of

VERSION: Final = "v1"


@dataclass(frozen=True, slots=True)
class RouteSource:
    """All units' routes: ``owners`` says which unit has a first path segment, ``load`` gives a part's routes.

    A part is a unit, or with ``rooms`` what they say that a path needs.
    """

    owners: Mapping[str, str]
    load: Callable[[str], Iterable[Route]]
    rooms: RoomList | None = None

    @classmethod
    def given(cls, routes: Iterable[Route]) -> "RouteSource":
        """Routes that are there already."""
        known = tuple(routes)
        owners = {first_segment(route.path): route.module for route in known}
        return cls(owners, lambda unit: [route for route in known if route.module == unit])

    @classmethod
    def of_house(cls, core: Callable[[], Iterable[Routes]], catalogue: Catalogue) -> "RouteSource":
        """The routes of the folders; ``core`` imports the control plane's. Loading raises as ``collect_routes``."""
        owners = {path: manifest.name for manifest in catalogue for path in manifest.paths}
        rooms = RoomList.packed()

        def load(part: str) -> list[Route]:
            of_unit = catalogue.get(part) is not None
            return _checked(_declared(part, core, catalogue) if of_unit else routes_in(part.split()), catalogue)

        return cls(owners, load, rooms)

    def unit_of(self, path: str) -> str | None:
        """The unit that owns a request's path, or None."""
        return self.owners.get(first_segment(path))

    def part_of(self, path: str) -> str | None:
        """What is to be loaded for a request's path; None when no route can be there."""
        unit = self.unit_of(path)
        return unit if unit is None or self.rooms is None else self.rooms.find(path)

    def __iter__(self) -> Iterator[Route]:
        """Every route of every unit."""
        return (route for unit in dict.fromkeys(self.owners.values()) for route in self.load(unit))


def first_segment(path: str) -> str:
    """The segment that says whose the path is: the first after the version."""
    first, *rest = path.strip("/").split("/")
    return first if first != VERSION else "".join(rest[:1])


def collect_routes(core: Iterable[Routes], catalogue: Catalogue) -> list[Route]:
    """The control plane's routes and those of every folder under ``modules/``.

    Raises RouteError when a route stands outside its module's own paths or needs a permission or feature that no
    manifest declares, or when two have one name.
    """
    found = [route for each in core for route in each.declared]
    found += [route for package in module_packages() for route in _of_package(package)]
    return _checked(found, catalogue)


def _declared(unit: str, core: Callable[[], Iterable[Routes]], catalogue: Catalogue) -> list[Route]:
    manifest = catalogue.get(unit)
    if manifest is None or manifest.always_on:
        return [route for each in core() for route in each.declared]
    return _of_package(importlib.import_module(f"modules.{unit}"))


def _of_package(package: ModuleType) -> list[Route]:
    return routes_in(rooms_of(package))


def _checked(found: list[Route], catalogue: Catalogue) -> list[Route]:
    permissions = catalogue.permissions()
    seen: set[str] = set()
    for route in found:
        manifest = catalogue.get(route.module)
        if manifest is None:
            message = f"{route.path} belongs to no module ({route.module!r})"
            raise RouteError(message)
        _check(route, manifest, permissions)
        if route.operation_id in seen:
            message = f"two operations are called {route.operation_id}"
            raise RouteError(message)
        seen.add(route.operation_id)
    return found


def _check(route: Route, manifest: Manifest, permissions: frozenset[str]) -> None:
    first = first_segment(route.path)
    if first not in manifest.paths:
        message = f"{route.path}: /{first} is not among the paths of {manifest.name} {manifest.paths}"
        raise RouteError(message)
    if (needed := permission_of(route)) and needed not in permissions:
        message = f"{route.path} needs {needed!r}, which no manifest declares"
        raise RouteError(message)
    if route.feature and manifest.feature(route.feature) is None:
        message = f"{route.path} hangs on the feature {route.feature!r}, which {manifest.name} does not declare"
        raise RouteError(message)
