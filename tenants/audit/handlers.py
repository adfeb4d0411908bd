"""Sealing: what has settled in a full hour becomes a chunk, with its hash in the chain.

event, note → timer of its hour → entries of all units by id → file → mentions → {chunk, head} in one transaction

All that stands before the last transaction is the same whenever it is done: the entries of a full hour don't change
any more, so a repeat writes the same file and the same mentions. The transaction passes only for who has read the
present head. So a chunk is there once, whole, and the next begins where it ends, whoever dies or works beside us.
"""

import heapq
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from chalicelib.access.signed import canonical, public_key_of, signature_of
from chalicelib.audit.notes import HOUR, ask_for_seal, hour_of
from chalicelib.audit.records import AuditNote
from chalicelib.background import Background
from chalicelib.cached import Memory
from chalicelib.changes.handling import Handling
from chalicelib.clock import first_ulid_at, instant_of
from chalicelib.files.storage import storage
from chalicelib.jobs.timers import Firing, remind
from chalicelib.modules import CORE, Catalogue
from chalicelib.settings import settings
from chalicelib.store import keys
from chalicelib.store.attempts import until_in
from chalicelib.store.commit import MAX_ACTIONS, Action
from chalicelib.store.errors import Raw, StoreError, VersionConflictError
from chalicelib.store.events import KEPT
from chalicelib.store.records import EventItem, Item
from chalicelib.store.store import Store
from tenants.audit.records import AuditChunk, AuditHead, AuditMention, path_of
from tenants.audit.rules import (
    GENESIS,
    content_of,
    digest_of,
    packed,
    seal_of,
)
from tenants.journal.service import SETTLED, born, page_of_unit

# Entries of a chunk: a file of some 100 kB that a page of the audit can read whole. A busier hour has several chunks.
ENTRIES: Final = 1000
BYTES: Final = 4 * 1024 * 1024
# Chunks that one firing makes before others' timers have their turn; 25 a minute are 400 entries a second.
CHUNKS_A_FIRING: Final = 25
PAGE: Final = 250
PURPOSE: Final = "audit_seal"
TYPE: Final = "application/gzip"

Entry = dict[str, Any]

# Hours for which this process has set the timer; a repeat costs a write and does no harm.
_asked: Memory[bool] = Memory()


def wake(handling: Handling) -> None:
    """A change: see to it that its hour will be sealed."""
    at, tenant = instant_of(str(handling.event.id)), handling.tenant
    known = (settings().table_prefix, tenant, hour_of(at))
    if _asked.recall(known, lambda: None, HOUR.total_seconds()):
        return
    ask_for_seal(handling.store, at)

    def told() -> None:
        _asked.recall(known, lambda: (tenant, True), HOUR.total_seconds())

    handling.store.after_commit.append(told)


def seal_due(firing: Firing) -> None:
    """A tenant's timer: seal all full hours; come back at once when there is more than one firing's work."""
    for _ in range(CHUNKS_A_FIRING):
        if not until_in(lambda: seal_next(firing.background, firing.tenant)):
            return
    remind(firing.store, firing.name, firing.record_id, firing.store.clock())


def seal_next(background: Background, tenant: str, entries: int = ENTRIES) -> bool:
    """Seal the next chunk of a tenant's chain; False when no full hour waits.

    Raises VersionConflictError when another worker was faster, and the store's other errors.
    """
    store = background.store(CORE, tenant, "audit", "audit.seal")
    head = store.get_item(AuditHead, AuditHead.key_of(tenant))
    after = str(head.end) if head else ""
    until = hour_of(background.clock() - SETTLED)
    found = next_entries(store, background.catalogue, after, until, entries)
    if not found:
        return False
    content, end = content_of(found), str(found[-1]["id"])
    seed = background.keyring.derived(PURPOSE, tenant)[0]
    seal = seal_of(
        tenant=tenant,
        number=int(head.number) + 1 if head else 1,
        after=after,
        end=end,
        count=len(found),
        content=content,
        previous=str(head.digest) if head else GENESIS,
        at=background.clock().isoformat(timespec="seconds"),
        key=public_key_of(seed),
    )
    file = packed(content)
    storage().write(path_of(tenant, end), [file], TYPE)
    _mention(background, tenant, end, found)
    chunk = AuditChunk(
        number=seal["number"],
        end=end,
        seal=seal,
        signature=signature_of(seal, seed),
        digest=digest_of(seal),
        size=len(file),
    )
    at = AuditChunk.key_of(tenant, end)
    store.put(chunk.put_at(at), Action(at, condition=Item.pk.does_not_exist(), refused=_taken))
    following = AuditHead(number=seal["number"], end=end, digest=chunk.digest).put_at(AuditHead.key_of(tenant))
    same = AuditHead.digest == str(head.digest) if head else Item.pk.does_not_exist()
    store.put(following, Action(following.stands_at(), condition=same, refused=_taken))
    store.commit()
    return True


def _taken(_: Raw | None) -> StoreError:
    return VersionConflictError("audit")


def _mention(background: Background, tenant: str, end: str, found: Sequence[Entry]) -> None:
    """Write what finds the chunk, before it is there: a mention without a chunk finds nothing."""
    named = {(sort, each[sort]) for each in found for sort in ("actor", "record", "action") if each[sort]}
    wanted = sorted(keys.mention(tenant, sort, value, end) for sort, value in named)
    for start in range(0, len(wanted), MAX_ACTIONS):
        store = background.store(CORE, tenant, "audit", "audit.seal")
        for at in wanted[start : start + MAX_ACTIONS]:
            store.put(AuditMention().put_at(at))
        store.commit()


# -- what happened


def next_entries(store: Store, catalogue: Catalogue, after: str, until: datetime, most: int) -> list[Entry]:
    """The entries of the first hour that has any behind ``after``, whole before ``until``: at most ``most``, by id."""
    first = max(after, first_ulid_at(store.clock() - KEPT), born(store.boundary))
    streams = [_events(store, each.name, first, until) for each in catalogue]
    found: list[Entry] = []
    size, bound = 0, ""
    for entry in heapq.merge(*streams, _notes(store, first, until), key=lambda each: str(each["id"])):
        bound = bound or first_ulid_at(hour_of(instant_of(str(entry["id"]))) + HOUR)
        size += len(canonical(entry))
        if entry["id"] >= bound or len(found) == most or (found and size > BYTES):
            break
        found.append(entry)
    return found


def _events(store: Store, unit: str, after: str, until: datetime) -> Iterator[Entry]:
    bound = first_ulid_at(until)
    while after < bound:
        found, after = page_of_unit(store, unit, after, until, PAGE)
        yield from map(event_entry, found)


def _notes(store: Store, after: str, until: datetime) -> Iterator[Entry]:
    bound, day = first_ulid_at(until), instant_of(after)
    while after < bound and day.date() <= until.date():
        pk, low = keys.note(store.boundary, day, after)
        start: dict[str, Any] | None = None
        while True:
            found, start = store.query(pk, between=(low, keys.creation(bound)), limit=PAGE, start=start)
            notes = (each for each in found if isinstance(each, AuditNote))
            yield from (note_entry(each) for each in notes if after < each.id < bound)
            if start is None:
                break
        day += timedelta(days=1)


def event_entry(event: EventItem) -> Entry:
    """A change as the audit keeps it; personal values stay sealed under their subject's key."""
    return {
        "id": str(event.id),
        "time": event.at.isoformat(timespec="milliseconds"),
        "action": str(event.type),
        "actor": str(event.actor),
        "record": str(event.subject),
        "version": int(event.subject_version),
        "unit": str(event.unit),
        "origin": str(event.origin),
        "source": event.source,
        "changed": event.changed,
        "sealed": event.sealed,
        "sealed_for": event.sealed_for,
        "detail": {},
    }


def note_entry(note: AuditNote) -> Entry:
    """A sign-in, a denial or a look as the audit keeps it."""
    return {
        "id": str(note.id),
        "time": note.at.isoformat(timespec="milliseconds"),
        "action": str(note.action),
        "actor": str(note.actor),
        "record": note.record,
        "version": None,
        "unit": CORE,
        "origin": str(note.origin),
        "source": note.source,
        "changed": {},
        "sealed": None,
        "sealed_for": None,
        "detail": note.detail,
    }
