"""The query: one bounded read of postings, the best of them first, and their records.

    words of the text → postings of the leading one, at most 500 → the other words and the data scope, checked inside
    → best first → the page's records, in one BatchGet → checked again as they are now

A cursor stands inside such a window of 500 postings, or at the beginning of the next. The postings of a window are
read again for each of its pages, so that no order has to be kept anywhere.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from chalicelib.search.asked import Part, Word, asked, finds
from chalicelib.search.present import still_finds
from chalicelib.search.records import Posting
from chalicelib.search.tokens import Tokens
from chalicelib.store import keys
from chalicelib.store.errors import CursorError
from chalicelib.store.lists import ListQuery, Page
from chalicelib.store.reading import BATCH_GET
from chalicelib.store.records import Item, Record, read_as
from chalicelib.store.store import Store

R = TypeVar("R", bound=Record)

MAX_POSTINGS: Final = 500  # quality.md, Budgets, «search page»


@dataclass(frozen=True, slots=True)
class _At:
    """Where a window begins: a part of what the leading word reads, and the position in it."""

    part: int = 0
    start: Mapping[str, Any] | None = None


@dataclass(slots=True)
class _Hit:
    """A record that may answer: its postings, and how many of the words are whole words of it."""

    record: str
    whole: int = 0
    postings: list[Posting] = field(default_factory=list)

    def order(self, query: ListQuery) -> tuple[int, str]:
        """Best first, then newest; by creation alone when a sort is asked for. Ids begin with their instant."""
        return (self.whole if query.by_relevance else 0, self.record)


@dataclass(frozen=True, slots=True)
class _Reading:
    """The reading of one query's windows."""

    store: Store
    kind: str
    own_sk: str
    words: Sequence[Word]

    def window(self, at: _At) -> tuple[list[_Hit], _At | None]:
        """The hits among the next 500 postings, and where the next window begins."""
        parts = self.words[0].reads()
        if at.part >= len(parts):
            raise CursorError
        hits: dict[str, _Hit] = {}
        left, start = MAX_POSTINGS, at.start
        for number in range(at.part, len(parts)):
            while True:
                if not left:
                    return list(hits.values()), _At(number, start)
                found, start = self._read(parts[number], left, start)
                left -= len(found)
                for item in found:
                    if isinstance(item, Posting):
                        self._take(hits, item, parts, number)
                if start is None:
                    break
        return list(hits.values()), None

    def _read(self, part: Part, limit: int, start: Mapping[str, Any] | None) -> tuple[list[Item], Any]:
        pk = keys.token(self.store.boundary, self.kind, part.token_class, part.prefix)
        if part.also:
            between = keys.words_from(part.start, part.prefix)
            return self.store.query(pk, between=between, limit=limit, start=start)
        return self.store.query(pk, begins=keys.words_beginning(part.prefix), limit=limit, start=start)

    def _take(self, hits: dict[str, _Hit], posting: Posting, parts: Sequence[Part], number: int) -> None:
        tokens = posting.tokens()
        # What stands with a record knows nothing of its names: they are checked when the record has been read.
        known = self.words if posting.source_sk == self.own_sk else self.words[:1]
        if (
            self.store.scope.admits(posting)
            and not _comes_before(posting, tokens, parts, number)
            and finds(known, tokens)
        ):
            hit = hits.setdefault(str(posting.record), _Hit(str(posting.record)))
            hit.whole = max(hit.whole, sum(word.is_whole(tokens) for word in known))
            hit.postings.append(posting)


def find(store: Store, record_type: type[R], query: ListQuery, *, may_read_sensitive: bool) -> Page[R]:
    """A page of the records that have all words of the text; see the port."""
    words = asked(query.text or "", may_read_sensitive=may_read_sensitive)
    if not words:
        return Page([], None)
    position = dict(query.cursor or {})
    at = _At(position.get("part", 0), position.get("start"))
    own_sk = str(record_type.key_of(store.boundary, "").sk)
    hits, beyond = _Reading(store, record_type.KIND.name, own_sk, words).window(at)
    ordered = sorted(hits, key=lambda hit: hit.order(query), reverse=query.by_relevance or query.newest_first)
    if "after" in position:
        ordered = [hit for hit in ordered if _is_behind(hit, tuple(position["after"]), query)]
    items: list[R] = []
    for number, (hit, record) in enumerate(_records(store, record_type, words, ordered, query.limit), 1):
        if record is not None and all(term.holds(record) for term in query.terms):
            items.append(record)
        if len(items) == query.limit and number < len(ordered):
            here = {"part": at.part, "start": at.start, "after": hit.order(query)}
            return Page(items, here, truncated=beyond is not None)
    if beyond is None:
        return Page(items, None)
    return Page(items, {"part": beyond.part, "start": beyond.start}, truncated=True)


def _records(
    store: Store, record_type: type[R], words: Sequence[Word], hits: Sequence[_Hit], limit: int
) -> Iterator[tuple[_Hit, R | None]]:
    """The hits with their records as they are now; None for one that has gone, moved away or changed.

    First as many as the page needs; more only while filters or stale postings leave it short.
    """
    done, size = 0, limit
    while done < len(hits):
        wave = hits[done : done + size]
        done, size = done + size, BATCH_GET
        at = {hit.record: record_type.key_of(store.boundary, hit.record) for hit in wave}
        stand = {hit.record: [posting.source_at(at[hit.record].pk) for posting in hit.postings] for hit in wave}
        raw = store.fetch([*at.values(), *(key for several in stand.values() for key in several)])
        for hit in wave:
            key = at[hit.record]
            record = store.known(record_type, key, raw[key])
            sources = [read_as(Item, raw[each]) for each in stand[hit.record]]
            pairs = zip(hit.postings, sources, strict=True)
            yield hit, record if record and any(still_finds(words, record, *pair) for pair in pairs) else None


def _comes_before(posting: Posting, tokens: Tokens, parts: Sequence[Part], number: int) -> bool:
    """Whether another token of the same source is read before this one, in whatever window: it counts once."""
    if any(part.covers(token) for part in parts[:number] for token in part.of(tokens)):
        return True
    covered = [token for token in parts[number].of(tokens) if parts[number].covers(token)]
    return str(posting.token) != min(covered, default=str(posting.token))


def _is_behind(hit: _Hit, last: tuple[Any, ...], query: ListQuery) -> bool:
    order = hit.order(query)
    return order < last if query.by_relevance or query.newest_first else order > last
