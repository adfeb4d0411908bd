"""Writing notes for the audit: each in a small transaction of its own, with the timer of the seal that will hold it."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final
from zlib import crc32

from ulid import ULID

from chalicelib.audit.records import TOKEN_LIFE, AuditNote, SeenToken
from chalicelib.jobs.timers import remind
from chalicelib.modules import CORE
from chalicelib.store import keys
from chalicelib.store.commit import Action
from chalicelib.store.errors import Raw, StoreError
from chalicelib.store.events import KEPT
from chalicelib.store.records import Item
from chalicelib.store.store import Store

SEAL: Final = "core.seal_audit"
"""The timer that core's manifest declares."""
SIGN_IN: Final = "sign_in"
DENIED: Final = "denied"
BAD_KEY: Final = "key.refused"
HOUR: Final = timedelta(hours=1)
# An hour is sealed when all of it is settled, and the tenants one after the other.
_AFTER: Final = timedelta(minutes=5)
_SPREAD_MIN: Final = 10

Detail = Mapping[str, str | int]


class SeenBeforeError(StoreError):
    """Another process has noted this token's sign-in."""


def hour_of(at: datetime) -> datetime:
    """The full hour (UTC) that an instant is in."""
    return at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def seal_at(tenant: str, at: datetime) -> datetime:
    """When the hour of an instant is sealed."""
    return hour_of(at) + HOUR + _AFTER + timedelta(minutes=crc32(tenant.encode()) % _SPREAD_MIN)


def ask_for_seal(core: Store, at: datetime) -> None:
    """Stage the timer that seals what happened at ``at``; one for all of a tenant's hour."""
    remind(core, SEAL, "audit", seal_at(core.boundary, at))


def write(store: Store, action: str, record: str, detail: Detail) -> None:
    """Note something that the store's actor did, at once. Raises the store's errors."""
    core = _door(store)
    _stage(core, action, record, detail)
    core.commit()


def write_sign_in(store: Store, token: str) -> None:
    """Note that the store's actor came with an access token, once for each token. Raises the store's errors."""
    core = _door(store)
    now = core.clock()
    at = SeenToken.key_of(core.boundary, hashlib.sha256(token.encode()).hexdigest())

    def refused(_: Raw | None) -> StoreError:
        return SeenBeforeError(SIGN_IN)

    once = Action(at, condition=Item.pk.does_not_exist(), refused=refused)
    core.put(SeenToken(ttl=int((now + TOKEN_LIFE).timestamp())).put_at(at), once)
    _stage(core, SIGN_IN, core.actor, {})
    try:
        core.commit()
    except SeenBeforeError:
        return


def _door(store: Store) -> Store:
    same = (store.boundary, store.keyring, store.actor, store.origin, store.clock)
    return Store(CORE, *same, writing=True, source=store.source)


def _stage(core: Store, action: str, record: str, detail: Detail) -> None:
    now = core.clock()
    note = AuditNote(
        id=str(ULID.from_datetime(now)),
        at=now,
        action=action,
        actor=core.actor,
        record=record or None,
        origin=core.origin,
        source=core.source or None,
        detail=dict(detail),
        ttl=int((now + KEPT).timestamp()),
    )
    core.put(note.put_at(keys.note(core.boundary, now, note.id)))
    ask_for_seal(core, now)
