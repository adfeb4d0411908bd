"""Reading the audit: what waits to be sealed, then the chunks, newest first; values in clear for who may see them."""

import heapq
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from chalicelib.access.crypto import SealError, unseal
from chalicelib.access.signed import public_key_of
from chalicelib.audit.records import AuditNote
from chalicelib.call import Call
from chalicelib.clock import first_ulid_at, instant_of, is_ulid
from chalicelib.files.storage import storage
from chalicelib.modules import Op, Text
from chalicelib.problems import NotFound, PermissionDenied
from chalicelib.store import keys
from chalicelib.store.keys import Key
from chalicelib.store.lists import MAX_SCANNED, ListQuery, Term
from chalicelib.store.reader import SUBJECT_KEY
from chalicelib.store.records import EventItem, Item, SubjectKey, read_as
from chalicelib.web.results import Listed
from tenants.audit.handlers import PAGE, PURPOSE, TYPE, Entry, event_entry, note_entry
from tenants.audit.records import PREFIX, AuditChunk, AuditHead, path_of
from tenants.audit.rules import entries_in, needed_for
from tenants.audit.schemas import AuditEntryOut, AuditKeyOut, ChangeOut, ChunkOut, ChunkShown, SealOut
from tenants.journal.service import SETTLED, born
from tenants.kinds import AUDIT_CHUNK

# Each is a file of up to 4 MB to fetch and unpack; half a second for all.
CHUNKS_A_PAGE: Final = 8
# An event's time and the id that it is ordered by differ by no more than machines' clocks do.
SLACK_S: Final = 3600
# What waits for its seal is a little over an hour old at most, unless sealing fails, and then the log is full of it.
LIVE: Final = timedelta(days=2)
DOWNLOAD_URL_LIFE: Final = timedelta(minutes=15)


def page(call: Call, query: ListQuery) -> Listed[AuditEntryOut]:
    """Entries that pass the filters, newest first. Raises PermissionDenied for who sees a part of the tenant only."""
    _check_reach(call)
    before, low = _bounds(call, query)
    told: list[Entry] = []
    for seen, entry in enumerate(_live(call, before, low), 1):
        before = str(entry["id"])
        if _passes(entry, query.terms):
            told.append(entry)
        if len(told) == query.limit or seen == MAX_SCANNED:
            return Listed(_shown(call, told), {"before": before}, truncated=len(told) < query.limit)
    for opened, end in enumerate(_ends(call, query.terms, before, low)):
        if opened == CHUNKS_A_PAGE:
            return Listed(_shown(call, told), {"before": before}, truncated=True)
        for entry in reversed(_entries_of(call, end)):
            if not low < entry["id"] < before:
                continue
            before = str(entry["id"])
            if _passes(entry, query.terms):
                told.append(entry)
            if len(told) == query.limit:
                return Listed(_shown(call, told), {"before": before})
    return Listed(_shown(call, told))


def chunks(call: Call, query: ListQuery) -> Listed[ChunkOut]:
    """The chain's chunks, oldest first. Raises PermissionDenied."""
    _check_reach(call)
    at = keys.shelf(call.tenant_id, AUDIT_CHUNK.name)
    start = dict(query.cursor) if query.cursor else None
    found, position = call.store.query(at, limit=query.limit, start=start)
    return Listed([ChunkOut(**_out(each)) for each in found if isinstance(each, AuditChunk)], position)


def chunk(call: Call, chunk_id: str) -> ChunkShown:
    """One chunk with a URL of its entries. Raises NotFound, PermissionDenied."""
    _check_reach(call)
    prefix, _, end = chunk_id.partition("_")
    if prefix != PREFIX or not (end.isascii() and is_ulid(end)):
        raise NotFound
    found = call.store.get_item(AuditChunk, AuditChunk.key_of(call.tenant_id, end))
    if found is None:
        raise NotFound
    name = f"audit-{int(found.number):08d}.jsonl.gz"
    url = storage().download_url(path_of(call.tenant_id, end), name, TYPE, DOWNLOAD_URL_LIFE)
    return ChunkShown(**_out(found), download_url=url)


def public_keys(call: Call) -> Listed[AuditKeyOut]:
    """The public keys of the tenant's seals, one for each of the deployment's secret keys, the present one first."""
    seeds = call.keyring.derived(PURPOSE, call.tenant_id)
    return Listed([AuditKeyOut(public_key=public_key_of(seed)) for seed in seeds])


def _check_reach(call: Call) -> None:
    if not call.store.scope.everything:
        text = Text("The audit is for those who see all of the tenant.", "仅可见全部数据的用户可读取审计记录。")
        raise PermissionDenied(text)


def _out(found: AuditChunk) -> dict[str, Any]:
    return {
        "id": f"{PREFIX}_{found.end}",
        "number": int(found.number),
        "digest": str(found.digest),
        "seal": SealOut(**found.seal),
        "signature": str(found.signature),
        "size": int(found.size),
    }


# -- which entries


def _bounds(call: Call, query: ListQuery) -> tuple[str, str]:
    """The id that entries stand before, and the one that they stand behind."""
    before, low = first_ulid_at(call.now - SETTLED), born(call.tenant_id)
    for term in query.terms:
        if term.name == "time" and term.op in {Op.LT, Op.LTE}:
            before = min(before, first_ulid_at(term.values[0], SLACK_S))
        elif term.name == "time":
            low = max(low, first_ulid_at(term.values[0], -SLACK_S))
    kept = (query.cursor or {}).get("before")
    return (min(before, kept) if isinstance(kept, str) else before), low


def _passes(entry: Entry, terms: Sequence[Term]) -> bool:
    return all(_holds(entry, each) for each in terms)


def _holds(entry: Entry, term: Term) -> bool:
    if term.name != "time":
        return bool(entry[term.name] == term.values[0])
    at, wanted = datetime.fromisoformat(entry["time"]), term.values[0]
    ordered = {Op.LT: at < wanted, Op.LTE: at <= wanted, Op.GT: at > wanted, Op.GTE: at >= wanted}
    return bool(ordered[term.op])


def _live(call: Call, before: str, low: str) -> Iterator[Entry]:
    """What is not sealed yet, newest first, of all units."""
    head = call.store.get_item(AuditHead, AuditHead.key_of(call.tenant_id))
    after = max(low, str(head.end) if head else "", first_ulid_at(call.now - LIVE))
    tenant = call.tenant_id

    def events(unit: str) -> Iterator[Entry]:
        for each in _backwards(call, unit, lambda day: keys.event(tenant, day, after), before):
            if isinstance(each, EventItem) and after < each.id < before:
                yield event_entry(each)

    def notes() -> Iterator[Entry]:
        for each in _backwards(call, call.store.unit, lambda day: keys.note(tenant, day, after), before):
            if isinstance(each, AuditNote) and after < each.id < before:
                yield note_entry(each)

    if after < before:
        streams = [*(events(each.name) for each in call.catalogue), notes()]
        yield from heapq.merge(*streams, key=lambda each: str(each["id"]), reverse=True)


def _backwards(call: Call, unit: str, first: Callable[[datetime], Key], before: str) -> Iterator[Item]:
    """The items of a unit's daily partitions from a day's ``first`` key on, newest first."""
    store = call.store.beside(unit, (), reads={"event", "audit_note"})
    day = instant_of(before)
    earliest = instant_of(str(first(day).sk)).date()
    while day.date() >= earliest:
        at = first(day)
        start: dict[str, Any] | None = None
        while True:
            found, start = store.query(
                at.pk, between=(at.sk, keys.creation(before)), limit=PAGE, newest_first=True, start=start
            )
            yield from found
            if start is None:
                break
        day -= timedelta(days=1)


def _ends(call: Call, terms: Sequence[Term], before: str, low: str) -> Iterator[str]:
    """The ends of the chunks that may hold such entries, newest first, by the narrowest of what finds them."""
    head = call.store.get_item(AuditHead, AuditHead.key_of(call.tenant_id))
    if head is None:
        return
    given = {each.name: each.values[0] for each in terms}
    sort = next((each for each in ("record", "actor", "action") if each in given), None)

    def place(end: str) -> Key:
        if sort is None:
            return AuditChunk.key_of(call.tenant_id, end)
        return keys.mention(call.tenant_id, sort, given[sort], end)

    def ends(first: str, last: str, **how: Any) -> tuple[list[str], dict[str, Any] | None]:
        at = place(first)
        found, more = call.store.query(at.pk, between=(at.sk, place(last).sk), **how)
        return [keys.last_part(each.stands_at().sk) for each in found], more

    # Chunks follow each other without a gap: of those that end there or behind, only the first reaches before it.
    if before <= str(head.end):
        yield from ends(before, str(head.end), limit=1)[0]
    high, start = min(str(head.end), before), None
    while low <= high:
        found, start = ends(low, high, limit=CHUNKS_A_PAGE + 1, newest_first=True, start=start)
        yield from (each for each in found if each != before)
        if start is None:
            return


def _entries_of(call: Call, end: str) -> list[Entry]:
    with storage().open(path_of(call.tenant_id, end)) as stream:
        return entries_in(stream.read())


# -- what of them is shown


def _shown(call: Call, entries: Sequence[Entry]) -> list[AuditEntryOut]:
    subject_keys = _subject_keys(call, entries)
    return [_entry_out(call, each, subject_keys) for each in entries]


def _entry_out(call: Call, entry: Entry, subject_keys: Mapping[str, bytes]) -> AuditEntryOut:
    same = {name: entry[name] for name in AuditEntryOut.model_fields if name != "changes"}
    return AuditEntryOut(**same, changes=[*_changes(call, entry, subject_keys)])


def _changes(call: Call, entry: Entry, subject_keys: Mapping[str, bytes]) -> Iterator[ChangeOut]:
    known = call.catalogue.permissions()
    may_see, may_see_personal = (call.may(each) for each in needed_for(entry["unit"], entry["action"], known))
    personal = _unsealed(entry, subject_keys) if may_see and may_see_personal else {}
    for name, pair in entry["changed"].items():
        sealed = pair is None and entry["sealed"] is not None
        if not may_see or (sealed and not may_see_personal):
            yield ChangeOut(field=name, old=None, new=None, withheld="permission")
        elif (values := pair or personal.get(name)) is not None:
            yield ChangeOut(field=name, old=values[0], new=values[1], withheld=None)
        else:
            yield ChangeOut(field=name, old=None, new=None, withheld="erased" if sealed else "not_kept")


def _unsealed(entry: Entry, subject_keys: Mapping[str, bytes]) -> dict[str, list[Any]]:
    key = subject_keys.get(str(entry["sealed_for"]))
    if key is None or entry["sealed"] is None:
        return {}
    try:
        found: dict[str, list[Any]] = json.loads(unseal(key, entry["sealed"]))
    except SealError:
        return {}
    return found


def _subject_keys(call: Call, entries: Sequence[Entry]) -> dict[str, bytes]:
    """The keys of the persons whose values stand in these entries; an erased one has none."""
    kinds = {kind.prefix: kind.name for manifest in call.catalogue for kind in manifest.kinds if kind.prefix}
    wanted: dict[str, dict[str, Key]] = {}
    for each in entries:
        subject = str(each["sealed_for"] or "")
        if kind := kinds.get(subject.partition("_")[0]):
            at = Key(keys.collection(call.tenant_id, kind, subject), SUBJECT_KEY)
            wanted.setdefault(str(each["unit"]), {})[subject] = at
    found: dict[str, bytes] = {}
    for unit, places in wanted.items():
        read = call.store.beside(unit, (), reads={"subject_key"}).fetch(places.values())
        for subject, at in places.items():
            if wrapped := read_as(SubjectKey, read[at]):
                found[subject] = call.keyring.unwrap(call.tenant_id, subject, str(wrapped.wrapped))
    return found
