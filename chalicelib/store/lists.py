"""Lists: which index answers a query, and the bounded read for what no index answers (architecture.md, Data)."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, Generic, TypeVar

from chalicelib.clock import first_id_at
from chalicelib.modules import Index, Listing, Op
from chalicelib.store import keys
from chalicelib.store.branches import Stretch, read_round, stretches
from chalicelib.store.keys import PartitionKey, SortKey
from chalicelib.store.reading import BATCH_GET
from chalicelib.store.records import Claim, Item, Record
from chalicelib.store.store import Store

R = TypeVar("R", bound=Record)

# A list that no index answers reads at most so many items a page, and says so (api.md, Reading).
MAX_SCANNED: Final = 1000
CHUNK: Final = 250


@dataclass(frozen=True, slots=True)
class Term:
    """One filter of a query: field, operator, and the values (several only for IN)."""

    name: str
    op: Op
    values: tuple[Any, ...]
    attribute: str
    folded: bool = False

    def holds(self, record: Item) -> bool:
        """Whether the record passes; a list in the record passes when any of its values does."""
        found = list(_values_at(record, self.attribute.split(".")))
        if isinstance(self.values[0], Decimal):
            found = [Decimal(str(each)) for each in found if each is not None]
        if self.folded:
            found = [each.casefold() if isinstance(each, str) else each for each in found]
        if self.op is Op.NE:
            return all(each != self.values[0] for each in found)
        return any(_COMPARE[self.op](each, self.values) for each in found if each is not None)


def _values_at(value: Any, path: list[str]) -> Iterable[Any]:
    if isinstance(value, list):
        for each in value:
            yield from _values_at(each, path)
    elif not path:
        yield value
    else:
        inner = value.get(path[0]) if isinstance(value, Mapping) else getattr(value, path[0], None)
        yield from _values_at(inner, path[1:])


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Any, tuple[Any, ...]], bool]:
    def check(found: Any, wanted: tuple[Any, ...]) -> bool:
        return type(found) is type(wanted[0]) and compare(found, wanted[0])

    return check


_COMPARE: Final[Mapping[Op, Callable[[Any, tuple[Any, ...]], bool]]] = {
    Op.EQ: lambda found, wanted: bool(found == wanted[0]),
    Op.IN: lambda found, wanted: found in wanted,
    Op.PREFIX: lambda found, wanted: str(found).startswith(str(wanted[0])),
    Op.GTE: _ordered(lambda a, b: bool(a >= b)),
    Op.GT: _ordered(lambda a, b: bool(a > b)),
    Op.LTE: _ordered(lambda a, b: bool(a <= b)),
    Op.LT: _ordered(lambda a, b: bool(a < b)),
}


@dataclass(frozen=True, slots=True)
class ListQuery:
    """A parsed and permitted query of a list. ``cursor`` is the position, already verified.

    ``text`` is what is searched for (chalicelib/search); ``by_relevance``: no order was asked for, so the best come
    first.
    """

    terms: tuple[Term, ...] = ()
    newest_first: bool = True
    limit: int = 50
    cursor: Mapping[str, Any] | None = None
    include_total: bool = False
    text: str | None = None
    by_relevance: bool = False


@dataclass(frozen=True, slots=True)
class Page(Generic[R]):
    """One page: records, where to go on, and whether the bounded read ended before the page was full."""

    items: list[R]
    next_position: dict[str, Any] | None
    truncated: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """A part of an index, and the terms that it does not answer."""

    index: Index
    pk: PartitionKey
    begins: SortKey | None
    between: tuple[SortKey, SortKey] | None
    rest: tuple[Term, ...]


def list_records(store: Store, record_type: type[R], query: ListQuery) -> Page[R]:
    """A page of a kind's records in the caller's scope. One round trip when an index answers all of it."""
    listing = record_type.KIND.listing or Listing()
    for term in query.terms:
        if term.op is Op.EQ and (name := listing.looked_up.get(term.name)):
            return _read_entries(store, record_type, keys.lookup_partition(store.boundary, name, term.values[0]), query)
    if parts := _moving(store, record_type):
        return _read_branch(store, record_type, parts, query)
    plan = _plan(store, record_type, listing, query)
    bounded = bool(plan.rest) or not (_of_the_whole_tenant(record_type) or _scope_is_in_index(store, plan))
    return read_page(store, record_type, plan, query, bounded=bounded)


def read_page(store: Store, record_type: type[R], plan: Plan, query: ListQuery, *, bounded: bool) -> Page[R]:
    """A page of a part of an index, of what passes the rest of the terms and the caller's scope.

    ``bounded``: not all of it will pass, so it is read on, up to ``MAX_SCANNED``, until the page is full.
    """
    items: list[R] = []
    position: dict[str, Any] | None = dict(query.cursor) if query.cursor else None
    scanned = 0
    while True:
        found, position = store.query(
            plan.pk,
            begins=plan.begins,
            between=plan.between,
            index=plan.index,
            limit=min(CHUNK, MAX_SCANNED - scanned) if bounded else query.limit,
            newest_first=query.newest_first,
            start=position,
        )
        for item in found:
            scanned += 1
            if isinstance(item, record_type) and store.scope.admits(item) and _all_hold(plan.rest, item):
                items.append(item)
            if len(items) == query.limit:
                last_read = item is found[-1]
                return Page(items, position if last_read else _position(item, plan.index))
        if position is None or not bounded:
            return Page(items, position)
        if scanned >= MAX_SCANNED:
            return Page(items, position, truncated=True)


def _read_entries(store: Store, record_type: type[R], pk: PartitionKey, query: ListQuery) -> Page[R]:
    """A page of the records that share a value: their look-up entries, in the order of creation, then the records."""
    items: list[R] = []
    position: dict[str, Any] | None = dict(query.cursor) if query.cursor else None
    # With another term, or less than the whole tenant in reach, not all of them will pass.
    size = query.limit if len(query.terms) == 1 and store.scope.everything else BATCH_GET
    scanned = 0
    while True:
        found, position = store.query(pk, limit=size, newest_first=query.newest_first, start=position)
        entries = [each for each in found if isinstance(each, Claim)]
        places = [record_type.key_of(store.boundary, each.record) for each in entries]
        raws = store.fetch(places)
        for entry, at in zip(entries, places, strict=True):
            scanned += 1
            record = store.known(record_type, at, raws[at])
            if record is not None and _all_hold(query.terms, record):
                items.append(record)
            if len(items) == query.limit:
                here = {"pk": {"S": str(entry.pk)}, "sk": {"S": str(entry.sk)}}
                return Page(items, position if entry is found[-1] else here)
        if position is None:
            return Page(items, None)
        if scanned >= MAX_SCANNED:
            return Page(items, position, truncated=True)


def _moving(store: Store, record_type: type[Record]) -> list[Stretch]:
    """Where the caller's subtree stands in the index while a part of it, or something into it, is being moved."""
    scope = store.scope
    if scope.everything or scope.units or len(scope.subtrees) != 1 or _of_the_whole_tenant(record_type):
        return []
    (top,) = scope.subtrees
    found = stretches(top, scope.moves)
    return found if len(found) > 1 else []


def _read_branch(store: Store, record_type: type[R], parts: list[Stretch], query: ListQuery) -> Page[R]:
    """A page of a subtree that stands in several stretches of the index, in the order that it will have in one."""
    items: list[R] = []
    position: dict[str, Any] | None = dict(query.cursor) if query.cursor else None
    pk = keys.by_kind(store.boundary, record_type.KIND.name)
    size = CHUNK if query.terms else query.limit
    scanned = 0
    while True:
        entries, more = read_round(store, pk, parts, position, size, newest_first=query.newest_first)
        for entry in entries:
            scanned += 1
            position = entry.position()
            item = entry.item
            if isinstance(item, record_type) and store.scope.admits(item) and _all_hold(query.terms, item):
                items.append(item)
            if len(items) == query.limit:
                last_read = entry is entries[-1] and not more
                return Page(items, None if last_read else position)
        if not more:
            return Page(items, None)
        if scanned >= MAX_SCANNED:
            return Page(items, position, truncated=True)


def _all_hold(terms: tuple[Term, ...], record: Record) -> bool:
    return all(term.holds(record) for term in terms)


def _plan(store: Store, record_type: type[R], listing: Listing, query: ListQuery) -> Plan:
    kind, tenant = record_type.KIND.name, store.boundary
    between, rest = _creation_range(record_type, query.terms)
    scope = store.scope
    if not scope.everything and not _of_the_whole_tenant(record_type):
        if len(scope.subtrees) == 1 and not scope.units:
            (top,) = scope.subtrees
            return Plan(Index.UNIT, keys.by_kind(tenant, kind), keys.under_unit(top), None, query.terms)
        if scope.owner and not scope.subtrees and not scope.units:
            return Plan(Index.OWNER, keys.by_owner(tenant, kind, scope.owner), None, between, rest)
    for term in rest:
        index = listing.indexed.get(term.name)
        if index is None or term.op is not Op.EQ:
            continue
        others = tuple(each for each in rest if each is not term)
        if index is Index.STATE:
            return Plan(index, keys.by_state(tenant, kind, str(term.values[0])), None, between, others)
        if index is Index.OWNER:
            return Plan(index, keys.by_owner(tenant, kind, str(term.values[0])), None, between, others)
    return Plan(Index.CREATION, keys.by_kind(tenant, kind), None, between, rest)


def _of_the_whole_tenant(record_type: type[Record]) -> bool:
    """Kinds whose records have neither org unit nor owner: every scope admits them, and no index of scopes has them."""
    return record_type.org_unit is Record.org_unit and record_type.owner is Record.owner


def _scope_is_in_index(store: Store, plan: Plan) -> bool:
    return store.scope.everything or plan.index in {Index.UNIT, Index.OWNER}


def _creation_range(
    record_type: type[R], terms: tuple[Term, ...]
) -> tuple[tuple[SortKey, SortKey] | None, tuple[Term, ...]]:
    """Turn filters on created_at into a range of ids, which begin with their instant (to the millisecond)."""
    prefix = record_type.KIND.prefix
    whole = keys.creation(prefix), keys.creation("~")  # not "", which DynamoDB refuses in a key
    low, high = whole
    rest = []
    for term in terms:
        value = term.values[0]
        if term.name != "created_at" or not isinstance(value, datetime) or not prefix:
            rest.append(term)
            continue
        # An id is cut to the millisecond, created_at is not: the range is widened, the exact term still applies.
        if term.op in {Op.GTE, Op.GT, Op.EQ}:
            low = max(low, keys.creation(first_id_at(prefix, value, -1)))
        if term.op in {Op.LTE, Op.LT, Op.EQ}:
            high = min(high, keys.creation(first_id_at(prefix, value, 1)))
        rest.append(term)
    return ((low, high) if (low, high) != whole and low <= high else None), tuple(rest)


def _position(item: Any, index: Index) -> dict[str, Any]:
    raw = item.raw()
    return {name: raw[name] for name in ("pk", "sk", f"{index}pk", f"{index}sk")}
