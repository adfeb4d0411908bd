"""The module contract: what a module declares of itself, as types, and how modules are found.

Everything that crosses modules hangs on these declarations (architecture.md, «The module contract»): the
catalogue, the permissions, the OpenAPI document, the tables, export, erasure and recount are all derived from
them. Modules are found by looking at the folders under ``modules/``; nothing lists them.
"""

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import ModuleType
from typing import Any, Final, NamedTuple

from chalicelib.after_write import Errand, Fact, Handler, Projection, TimerType
from chalicelib.listed_by import ByIndex, ByPartition, ComputedFrom, Expires, ListedBy, OfPlatform

__all__ = ("ByIndex", "ByPartition", "ComputedFrom", "Expires", "ListedBy", "OfPlatform")

CORE: Final = "core"
"""The unit of the control plane, in whose table jobs, files, deliveries and what is missed stand."""


class ManifestError(ValueError):
    """A manifest contradicts itself or another one; the build fails with it."""


class Text(NamedTuple):
    """A text that people read, in the two languages of the product."""

    en: str
    zh: str

    def in_language(self, locale: str) -> str:
        """The text for a BCP 47 locale: Chinese for ``zh*``, English for all others."""
        return self.zh if locale.lower().startswith("zh") else self.en


class Feature(NamedTuple):
    """Something inside a module that a tenant's admins may switch."""

    name: str
    titles: Text
    default: bool = True


class Permission(NamedTuple):
    """A right that roles and API keys carry, ``<module>:<right>``."""

    name: str
    titles: Text


class Meter(NamedTuple):
    """Something that is counted for the bill."""

    name: str
    unit: str
    titles: Text


class Op(StrEnum):
    """The operators of a filter, as they stand behind the dot of a query parameter (api.md, Reading)."""

    EQ = "eq"
    NE = "ne"
    IN = "in"
    GTE = "gte"
    GT = "gt"
    LTE = "lte"
    LT = "lt"
    PREFIX = "prefix"


EQUALITY: Final = frozenset({Op.EQ, Op.NE, Op.IN})
RANGE: Final = frozenset({Op.EQ, Op.GTE, Op.GT, Op.LTE, Op.LT})
WORDS: Final = frozenset({Op.EQ, Op.NE, Op.IN, Op.PREFIX})


@dataclass(frozen=True, slots=True)
class OneOf:
    """Reads one of a closed list of words: a filter's ``parse`` whose words the OpenAPI document can name."""

    words: tuple[str, ...]

    def __call__(self, text: str) -> str:
        """The word itself; raises ValueError for any other."""
        if text not in self.words:
            raise ValueError(text)
        return text


class Filter(NamedTuple):
    """One declared filter of a list.

    ``parse`` turns the text of a query parameter into a value and raises ``ValueError`` for what it can't read;
    ``path`` names the record's attribute, through lists and mappings by dots (``addresses.city`` holds when any
    address matches). ``permission`` is what a caller needs to filter by it. ``counted`` promises an exact total.
    ``folded`` compares texts without regard to case.
    """

    name: str
    operators: frozenset[Op] = EQUALITY
    parse: Callable[[str], Any] = str
    path: str = ""
    counted: bool = False
    permission: str | None = None
    folded: bool = False

    @property
    def attribute(self) -> str:
        """Where the value stands in the record."""
        return self.path or self.name


class Index(StrEnum):
    """The four overloaded indexes and what each one orders (architecture.md, Data)."""

    CREATION = "gsi1"
    UNIT = "gsi2"
    STATE = "gsi3"
    OWNER = "gsi4"


@dataclass(frozen=True, slots=True)
class Listing:
    """The declared filters and sorts of a kind's list, and which equality filters an index answers.

    ``indexed`` maps a filter's name to the index that serves it in one round trip; every list is also indexed
    unfiltered (gsi1) and by the caller's data scope. Other declared filters read at most 1,000 items a page.
    Without ``sorts`` there is one order, oldest first. ``counted_by`` names the fact that exact totals come from;
    its dimensions are the counted filters. A cursor lives ``cursor_hours``: long enough for a slow export by hand,
    short enough that a leaked one is soon worthless.
    ``searches`` says what the parameter ``q`` looks in; without it there is none.
    ``looked_up`` maps a filter's name to the look-up entries (``Record.lookups``) that serve it: a page is one query
    for entries and one read for their records.
    ``own``: ``target(call, names)`` gives the filters that the tenant has declared itself, and raises InvalidParameter
    for a name that is none of them.
    """

    filters: tuple[Filter, ...] = ()
    sorts: tuple[str, ...] = ("created_at",)
    indexed: Mapping[str, Index] = field(default_factory=dict)
    counted_by: str | None = None
    cursor_hours: int = 24
    searches: str = ""
    looked_up: Mapping[str, str] = field(default_factory=dict)
    own: str = ""

    def filter(self, name: str) -> Filter | None:
        """The declared filter of that name, or None."""
        return next((each for each in self.filters if each.name == name), None)


class Kind(NamedTuple):
    """One kind of record in a module's table.

    ``personal`` names the attributes whose values reach events only encrypted under the subject's key.
    ``reads`` lets modules that require this one Query and Get the kind. ``shown_at`` is the path of the GET route that
    shows one record: its last variable is the record's id, one before that the id of its root.
    ``merges``: two of its records can be made one, and the id of the one that is gone leads to the other.
    ``everywhere``: the kind stands in every unit's table. ``exported``: a tenant that leaves gets it along, without the
    ``secret`` attributes, which let their bearer in or say nothing outside.
    """

    name: str
    listed_by: ListedBy
    prefix: str = ""
    listing: Listing | None = None
    personal: frozenset[str] = frozenset()
    reads: bool = False
    shown_at: str = ""
    merges: bool = False
    everywhere: bool = False
    exported: bool = True
    secret: frozenset[str] = frozenset()


class JobType(NamedTuple):
    """Long work: ``target(work)`` does one bounded step (chalicelib/jobs/work.py).

    ``given_up(store, job, checkpoint)`` stages what follows when it has failed for good, and is committed with that.
    """

    name: str
    titles: Text
    target: str
    given_up: str = ""


class Port(StrEnum):
    """The upserts, keyed (writing module, source id) with source_version, by which modules contribute."""

    TIMELINE_ENTRY = "contacts.timeline_entry"
    BADGE = "contacts.badge"
    SEGMENT_ATTRIBUTE = "contacts.segment_attribute"
    EXCLUSION_REASON = "contacts.exclusion_reason"
    CUSTOMER_LEVEL = "contacts.customer_level"
    TASK = "core.task"
    APPROVAL = "core.approval"
    NOTIFICATION = "core.notification"
    METRIC = "core.metric"

    @property
    def owner(self) -> str:
        """The module whose port it is."""
        return self.value.partition(".")[0]


class Protocol(StrEnum):
    """What crosses all modules: each module that holds the data concerned implements it."""

    ON_MERGE = "on_merge"
    ON_UNMERGE = "on_unmerge"
    EXPORT_SUBJECT = "export_subject"
    ERASE_SUBJECT = "erase_subject"
    ON_OWNER_MOVED = "on_owner_moved"
    ON_UNIT_MOVED = "on_unit_moved"
    RECOUNT = "recount"
    REBUILD = "rebuild"


@dataclass(frozen=True, slots=True)
class Manifest:
    """All that the rest of the house knows of a module. ``paths`` are the first path segments it alone owns.

    ``offers`` names the kinds that others write through each of the module's ports; ``contributes`` the ports that the
    module writes through. ``adds``: ``target(call)`` says what a tenant has added to the module's part of the OpenAPI
    document (chalicelib/web/additions.py).
    """

    name: str
    titles: Text
    version: str
    paths: tuple[str, ...]
    kinds: tuple[Kind, ...]
    permissions: tuple[Permission, ...]
    features: tuple[Feature, ...] = ()
    meters: tuple[Meter, ...] = ()
    requires: tuple[str, ...] = ()
    optional_requires: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    handlers: tuple[Handler, ...] = ()
    projections: tuple[Projection, ...] = ()
    facts: tuple[Fact, ...] = ()
    jobs: tuple[JobType, ...] = ()
    timers: tuple[TimerType, ...] = ()
    errands: tuple[Errand, ...] = ()
    offers: Mapping[Port, tuple[str, ...]] = field(default_factory=dict)
    contributes: tuple[Port, ...] = ()
    implements: Mapping[Protocol, str] = field(default_factory=dict)
    always_on: bool = False
    adds: str = ""

    def feature(self, name: str) -> Feature | None:
        """The declared feature of that name, or None."""
        return next((each for each in self.features if each.name == name), None)

    def declares(self, permission: str) -> bool:
        """Whether the module declares the permission."""
        return any(each.name == permission for each in self.permissions)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All manifests of this deployment, in an order in which what is required comes first."""

    manifests: tuple[Manifest, ...]

    def __iter__(self) -> Iterator[Manifest]:
        """The manifests, required ones first."""
        return iter(self.manifests)

    def get(self, name: str) -> Manifest | None:
        """The manifest of that name, or None."""
        return next((each for each in self.manifests if each.name == name), None)

    def permissions(self) -> frozenset[str]:
        """Every permission that any module declares."""
        return frozenset(each.name for manifest in self.manifests for each in manifest.permissions)

    def required_by(self, name: str) -> tuple[str, ...]:
        """The modules that need the named one, directly or through another."""
        direct = [each.name for each in self.manifests if name in each.requires]
        return tuple(dict.fromkeys(direct + [deep for each in direct for deep in self.required_by(each)]))

    def requirements_of(self, name: str) -> tuple[str, ...]:
        """All that the named module needs, what must come first first."""
        manifest = self.get(name)
        if manifest is None:
            return ()
        return tuple(dict.fromkeys(deep for each in manifest.requires for deep in (*self.requirements_of(each), each)))


def module_packages() -> Iterator[ModuleType]:
    """The packages under ``modules/``, by name. A new folder is a new module."""
    root = importlib.import_module("modules")
    for found in sorted(pkgutil.iter_modules(root.__path__), key=lambda each: each.name):
        yield importlib.import_module(f"modules.{found.name}")


def room_of(package: str, room: str) -> ModuleType | None:
    """A module's room (``routes``, ``handlers``, …), or None when the module has no such room."""
    name = f"{package}.{room}"
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as missing:
        if missing.name == name:
            return None
        raise


def import_records(package: ModuleType) -> None:
    """Import what a package stores, of all its nouns: whoever reads items of any kind must know their classes."""
    nouns = [each.name for each in pkgutil.iter_modules(package.__path__, f"{package.__name__}.") if each.ispkg]
    for name in (package.__name__, *nouns):
        room_of(name, "records")


def build_catalogue(core: Manifest) -> Catalogue:
    """Collect and check all manifests; ``core`` is the control plane's, which is always on.

    Raises ManifestError when two modules claim one name, kind, prefix or path, when a requirement is missing or
    circular, or when a name is not spelled with its module.
    """
    found = {core.name: core}
    for package in module_packages():
        manifest: Manifest = importlib.import_module(f"{package.__name__}.manifest").MANIFEST
        if f"modules.{manifest.name}" != package.__name__:
            message = (
                f"{package.__name__}/manifest.py calls itself {manifest.name!r}: name the folder and the module alike"
            )
            raise ManifestError(message)
        found[manifest.name] = manifest
    _check_unique("path", ((path, each.name) for each in found.values() for path in each.paths))
    _check_unique("kind", ((kind.name, each.name) for each in found.values() for kind in each.kinds))
    prefixes = ((kind.prefix, each.name) for each in found.values() for kind in each.kinds if kind.prefix)
    _check_unique("id prefix", prefixes)
    for manifest in found.values():
        for permission in manifest.permissions:
            if not manifest.always_on and not permission.name.startswith(f"{manifest.name}:"):
                message = f"{manifest.name} declares {permission.name!r}: a permission is <module>:<right>"
                raise ManifestError(message)
        for need in manifest.requires:
            if need not in found:
                message = f"{manifest.name} requires {need!r}, and there is no such module"
                raise ManifestError(message)
        for port in manifest.contributes:
            if port.owner not in {*manifest.requires, *manifest.optional_requires, "core", manifest.name}:
                message = f"{manifest.name} contributes to {port}, and does not require {port.owner}"
                raise ManifestError(message)
    return Catalogue(tuple(_in_order(found)))


def _check_unique(what: str, claims: Iterable[tuple[str, str]]) -> None:
    owners: dict[str, str] = {}
    for name, owner in claims:
        if name in owners:
            message = f"{owner} and {owners[name]} both claim the {what} {name!r}"
            raise ManifestError(message)
        owners[name] = owner


def _in_order(found: Mapping[str, Manifest]) -> Iterator[Manifest]:
    done: set[str] = set()

    def visit(name: str, above: tuple[str, ...]) -> Iterator[Manifest]:
        if name in above:
            message = f"modules require each other in a circle: {' → '.join((*above, name))}"
            raise ManifestError(message)
        if name not in done:
            for need in found[name].requires:
                yield from visit(need, (*above, name))
            done.add(name)
            yield found[name]

    for name in found:
        yield from visit(name, ())
