"""Event items: what changed, in the same transaction as the change (architecture.md, Events)."""

import json
from datetime import datetime, timedelta
from typing import Any, Final

from chalicelib.access.crypto import seal
from chalicelib.clock import id_after, instant_of
from chalicelib.store import keys
from chalicelib.store.records import EventItem, Record, values_of

# Kept for the journal, webhooks and replay.
KEPT: Final = timedelta(days=30)
# And a week more: an event tells what a deleted record has left in its partition, of which nothing lives longer than
# 35 days (changes/records.py), so that erasure finds it (holdings/walk.py).
STORED: Final = KEPT + timedelta(days=7)
NEVER_SHOWN: Final = frozenset({"id"})


def changes_between(before: dict[str, Any] | None, after: dict[str, Any] | None) -> dict[str, list[Any]]:
    """``{attribute: [old, new]}`` in plain values, of two stored records; an absent attribute is None."""
    old, new = values_of(before or {}), values_of(after or {})
    return {
        name: [_plain(old.get(name)), _plain(new.get(name))]
        for name in sorted(old.keys() | new.keys())
        if name not in NEVER_SHOWN and old.get(name) != new.get(name)
    }


def _plain(value: dict[str, Any] | None) -> Any:
    # Our records hold strings (JSON texts among them), numbers and booleans only.
    if not value:
        return None
    ((kind, content),) = value.items()
    if kind == "N":
        return int(content) if content.lstrip("-").isdigit() else content
    return None if kind == "NULL" else content


def build_event(  # noqa: PLR0913 - an event is these facts; a class for its arguments would only repeat it
    *,
    unit: str,
    tenant: str,
    record: Record,
    verb: str,
    changed: dict[str, list[Any]],
    actor: str,
    origin: str,
    source: str = "",
    at: datetime,
    subject_key: bytes | None,
) -> EventItem:
    """The event of one record's change, with an id taken at ``at`` and greater than the record's last one.

    Values of personal attributes are sealed under the subject's key; without a key only their names are told.
    """
    event_id = id_after(record.last_event, at)
    personal = {name: pair for name, pair in changed.items() if name in record.KIND.personal}
    shown = {name: None if name in personal else pair for name, pair in changed.items()}
    event = EventItem(
        id=event_id,
        tenant=tenant,
        unit=unit,
        type=f"{record.KIND.name}.{verb}",
        subject=record.id,
        subject_version=record.version,
        place=[str(part) for part in record.key(tenant)],
        actor=actor,
        origin=origin,
        source=source or None,
        at=at,
        changed=shown,
        ttl=int((at + STORED).timestamp()),
    )
    subject = record.subject()
    if personal and subject_key and subject:
        event.sealed = seal(subject_key, json.dumps(personal, ensure_ascii=False).encode())
        event.sealed_for = subject[1]
    # By the id's own instant, which may be behind the midnight that ``at`` is before: a reader goes by ids.
    return event.put_at(keys.event(tenant, instant_of(event_id), event_id))
