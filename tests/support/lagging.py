"""An index that answers late, as a global secondary index of DynamoDB may.

DynamoDB updates a global secondary index after the write was answered, and asks its users to expect queries on an index
that are not up to date (Developer Guide, «Data synchronization between tables and Global Secondary Indexes»). DynamoDB
Local updates its indexes at once: code that reads its own write through an index passes there and fails in the cloud.

How: each table that is written or queried by index gets a **copy** in the same engine, under the same name but in the
database of another access key id (without `-sharedDb` DynamoDB Local keeps one database per key id and region, and it
checks no signature). After each write that was answered with 200 the images of its items are read back and queued with
the time at which they become visible; a Query or Scan on an index first moves what is due into the copy, then asks the
copy. So filters, paging, order, counts and capacity are the engine's own, a changed item shows its older image under
its older index key, a deleted one is still there, and a new one is not there yet.

Limits: a write must pass through the proxy to become visible (TTL deletes and writes straight to the engine do not);
all indexes of a table lag alike; two writes of one item that overlap may show up together; PartiQL is refused; an index
added after the copy was made is not in it; a table's first use under a lag copies it whole, so inject before loading.
Consistent reads of a local index, and all reads of the table itself, are answered from the table.
"""

from __future__ import annotations

import json
import math
import threading
import uuid
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import islice
from typing import Any, Final, NamedTuple

from tests.support.fault_wire import (
    SINGLE_WRITES,
    Answer,
    Body,
    Call,
    EngineRefusedError,
    FaultProxyError,
    Link,
    database_of,
    in_database,
)

_BATCH_WRITE: Final = 25  # items, the limit of BatchWriteItem
_BATCH_GET: Final = 100  # keys, the limit of BatchGetItem, and of the items of a transaction


@dataclass(frozen=True, kw_only=True)
class Lag:
    """Indexes answer from the state of `seconds` ago (None: of the last `release_lag()`), of `tables` or of all."""

    seconds: float | None = None
    tables: Collection[str] | None = None

    def __post_init__(self) -> None:
        """Refuse a lag into the future, and a table's name where a collection of names is meant."""
        if self.seconds is not None and self.seconds < 0:
            message = f"a lag is 0 seconds or more, not {self.seconds}"
            raise ValueError(message)
        if isinstance(self.tables, str):
            message = f"tables is a collection of names: ({self.tables!r},)"
            raise TypeError(message)


class _Late(NamedTuple):
    due: float
    key: Body
    image: Body | None


@dataclass
class _Copy:
    """A table (`home`: headers that reach it) and what its indexes show (`away`); the lock guards all of it."""

    table: str
    home: Mapping[str, str]
    away: Mapping[str, str]
    lock: threading.Lock = field(default_factory=threading.Lock)
    key_names: tuple[str, ...] = ()
    ready: bool = False
    late: deque[_Late] = field(default_factory=deque)

    def make(self, link: Link) -> None:
        """Copy the table, once; do nothing if there is no such table, or none with an index."""
        if self.ready:
            return
        try:
            described = link.ask("DescribeTable", {"TableName": self.table}, self.home)["Table"]
        except EngineRefusedError as refused:
            if refused.code == "ResourceNotFoundException":
                return
            raise
        indexes = {kind: _without_capacity(described[kind]) for kind in _INDEX_KINDS if described.get(kind)}
        if not indexes:
            return
        like = {name: described[name] for name in ("TableName", "KeySchema", "AttributeDefinitions")}
        try:
            link.ask("CreateTable", {**like, **indexes, "BillingMode": "PAY_PER_REQUEST"}, self.away)
        except EngineRefusedError as refused:
            if refused.code != "ResourceInUseException":
                raise
            message = "a lagging index needs DynamoDB Local without -sharedDb: the copy met the table itself"
            raise FaultProxyError(message) from refused
        self.key_names = tuple(part["AttributeName"] for part in described["KeySchema"])
        for page in _pages(link, self.table, self.home):
            self._write(link, [{"PutRequest": {"Item": item}} for item in page])
        self.ready = True

    def note(self, link: Link, parts: Iterable[Body], due: float) -> None:
        """Queue what the items of these writes look like now. Under the lock a later reading is never older."""
        keys = (part["Key"] if "Key" in part else self._key(part["Item"]) for part in parts)
        wanted = list({_canonical(key): key for key in keys}.values())
        for some in _chunks(wanted, _BATCH_GET):
            images = {_canonical(self._key(image)): image for image in self._read(link, some)}
            self.late.extend(_Late(due, key, images.get(_canonical(key))) for key in some)

    def catch_up(self, link: Link, now: float) -> None:
        """Move into the copy what is due."""
        changes: dict[str, Body] = {}
        while self.late and self.late[0].due <= now:
            late = self.late.popleft()
            changes[_canonical(late.key)] = (
                {"DeleteRequest": {"Key": late.key}} if late.image is None else {"PutRequest": {"Item": late.image}}
            )
        self._write(link, changes.values())

    def _key(self, item: Body) -> Body:
        return {name: item[name] for name in self.key_names}

    def _read(self, link: Link, keys: list[Body]) -> Iterator[Body]:
        request: Body = {self.table: {"Keys": keys, "ConsistentRead": True}}
        while request:
            found = link.ask("BatchGetItem", {"RequestItems": request}, self.home)
            yield from found["Responses"].get(self.table, ())
            request = found.get("UnprocessedKeys", {})

    def _write(self, link: Link, changes: Iterable[Body]) -> None:
        for some in _chunks(changes, _BATCH_WRITE):
            request: Body = {self.table: some}
            while request:
                request = link.ask("BatchWriteItem", {"RequestItems": request}, self.away).get("UnprocessedItems", {})


_INDEX_KINDS: Final = ("GlobalSecondaryIndexes", "LocalSecondaryIndexes")


class LaggingIndexes:
    """A `Lag` at work. Thread-safe; each method takes the calling thread's link to the engine."""

    def __init__(self, lag: Lag, clock: Callable[[], float]) -> None:
        """Begin with no copies; `clock` gives seconds, as `time.monotonic` does."""
        self._lag, self._clock = lag, clock
        self._access_key = f"LAG{uuid.uuid4().hex[:17].upper()}"
        self._lock = threading.Lock()
        self._copies: dict[tuple[str, str], _Copy] = {}

    def prepare(self, link: Link, call: Call, headers: Mapping[str, str]) -> None:
        """Make the copies that a write needs, before it changes the tables."""
        for table in _tables(call):
            self._made(link, table, headers)

    def read(self, link: Link, call: Call, headers: Mapping[str, str], payload: bytes) -> Answer | None:
        """Answer a read of an index as it was; None if the call is no such read or the lag does not touch it."""
        if "IndexName" not in call.body or call.operation not in {"Query", "Scan"} or call.body.get("ConsistentRead"):
            return None
        copy = self._made(link, call.body["TableName"], headers)
        if copy is None:
            return None
        with copy.lock:
            if not copy.ready:
                return None
            copy.catch_up(link, self._clock())
            return link.send(in_database(headers, self._access_key), payload)

    def note(self, link: Link, call: Call, headers: Mapping[str, str]) -> None:
        """Remember what a successful write has changed."""
        if call.operation == "DeleteTable":
            self._forget(link, call.body["TableName"], headers)
            return
        for table in _tables(call):
            copy = self._made(link, table, headers)
            if copy is None:
                continue
            with copy.lock:
                due = math.inf if self._lag.seconds is None else self._clock() + self._lag.seconds
                if copy.ready:
                    copy.note(link, (part for name, part in _parts(call) if name == table), due)

    def release(self) -> None:
        """Make everything written so far visible; what is written later lags again."""
        with self._lock:
            copies = list(self._copies.values())
        for copy in copies:
            with copy.lock:
                copy.late = deque(late._replace(due=-math.inf) for late in copy.late)

    def drop(self, link: Link) -> None:
        """Delete the copies. A read that comes later is answered from the table."""
        with self._lock:
            copies, self._copies = list(self._copies.values()), {}
        for copy in copies:
            _delete(link, copy)

    def _made(self, link: Link, table: str, headers: Mapping[str, str]) -> _Copy | None:
        table = _plain(table)
        if self._lag.tables is not None and table not in self._lag.tables:
            return None
        with self._lock:
            fresh = _Copy(table, dict(headers), in_database(headers, self._access_key))
            copy = self._copies.setdefault((database_of(headers), table), fresh)
        with copy.lock:
            copy.make(link)
        return copy

    def _forget(self, link: Link, table: str, headers: Mapping[str, str]) -> None:
        with self._lock:
            copy = self._copies.pop((database_of(headers), _plain(table)), None)
        if copy is not None:
            _delete(link, copy)


def _tables(call: Call) -> set[str]:
    return {table for table, _ in _parts(call)}


def _parts(call: Call) -> Iterator[tuple[str, Body]]:
    """Yield for each item that the call writes its table and what holds its `Item` or `Key`."""
    if call.operation in SINGLE_WRITES:
        yield _plain(call.body["TableName"]), call.body
    elif call.operation == "BatchWriteItem":
        for table, requests in call.body["RequestItems"].items():
            for request in requests:
                yield _plain(table), request.get("PutRequest") or request["DeleteRequest"]
    elif call.operation == "TransactWriteItems":
        for action in call.body["TransactItems"]:
            for kind in action.keys() & {"Put", "Update", "Delete"}:
                yield _plain(action[kind]["TableName"]), action[kind]


def _delete(link: Link, copy: _Copy) -> None:
    with copy.lock:
        if copy.ready:
            copy.ready = False
            link.ask("DeleteTable", {"TableName": copy.table}, copy.away)


def _plain(table: str) -> str:
    """Return the name of a table that may be given by its ARN (`arn:aws:dynamodb:…:table/name`)."""
    return table.rpartition("/")[2]


def _without_capacity(indexes: Iterable[Body]) -> list[Body]:
    return [{name: index[name] for name in ("IndexName", "KeySchema", "Projection")} for index in indexes]


def _canonical(key: Body) -> str:
    """Spell a key in one way: the engine gives back the number 1.0 as 1."""
    return json.dumps({name: _value(value) for name, value in key.items()}, sort_keys=True)


def _value(value: Body) -> list[Any]:
    return [[kind, str(Decimal(given).normalize()) if kind == "N" else given] for kind, given in value.items()]


def _pages(link: Link, table: str, headers: Mapping[str, str]) -> Iterator[list[Body]]:
    request: Body = {"TableName": table, "ConsistentRead": True}
    while True:
        page = link.ask("Scan", request, headers)
        yield page["Items"]
        if "LastEvaluatedKey" not in page:
            return
        request["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def _chunks(rows: Iterable[Body], size: int) -> Iterator[list[Body]]:
    rest = iter(rows)
    while some := list(islice(rest, size)):
        yield some
