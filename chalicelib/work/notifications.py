"""Notifications: what one person is told, in the list of the application, until they have read it."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final, Literal

from chalicelib.changes.handling import Doors
from chalicelib.modules import Index, Port
from chalicelib.store import keys
from chalicelib.store.lists import ListQuery, Page, Plan, list_records, read_page
from chalicelib.store.scope import Scope
from chalicelib.store.store import Store
from chalicelib.work.asked import LONGEST_TEXT, LONGEST_TITLE, Slot, Source, check_texts
from chalicelib.work.kinds import NOTIFICATION, READ, UNREAD
from chalicelib.work.records import Notification

# What nobody has looked at for a quarter is news to nobody.
KEPT: Final = timedelta(days=90)
MOST_COUNTED: Final = 100
_LIMITS: Final = {"title": LONGEST_TITLE, "text": LONGEST_TEXT}
Severity = Literal["info", "warning", "critical"]


@dataclass(frozen=True, slots=True)
class Notice:
    """What a person is told, in their language."""

    user_id: str
    title: str
    text: str | None = None
    severity: Severity = "info"


def notify(doors: Doors, source: Source, notice: Notice) -> bool:
    """Stage a notification, or its change, which is unread again; False when as much is known. Raises ValueError.

    A source id stands for one person's notification; to somebody else, or somebody who has left, nothing is told.
    """
    check_texts(notice, _LIMITS)
    slot = Slot.of(doors, Port.NOTIFICATION, source)
    if slot is None:
        return False
    store = slot.store
    standing = slot.standing(Notification)
    if standing is not None and standing.user_id != notice.user_id:
        store.delete(standing)
        standing = None
    if standing is None:
        if not doors.background.directory.is_active_user(doors.tenant, notice.user_id):
            slot.keep(None)
            return True
        standing = Notification.fresh(
            store.clock(), user_id=notice.user_id, status=UNREAD, **source.values(doors.module)
        )
        _say(standing, notice, source, store)
        store.create(standing)
    elif _told(standing) != (notice.title, notice.text, notice.severity):
        _say(standing, notice, source, store)
        standing.status, standing.read_at = UNREAD, None
        store.update(standing)
    slot.keep(str(standing.id), until=store.clock() + KEPT)
    return True


def withdraw_notification(doors: Doors, source: Source) -> bool:
    """Stage the end of a notification. False when as much is known."""
    slot = Slot.of(doors, Port.NOTIFICATION, source)
    if slot is None:
        return False
    standing = slot.standing(Notification)
    if standing is not None:
        slot.store.delete(standing)
    slot.keep(None)
    return True


def own(store: Store, user_id: str) -> Store:
    """A door through which a person sees what they are told, whatever else they may see."""
    return replace(store, scope=Scope(owner=user_id))


def mark_read(store: Store, notification: Notification) -> None:
    """Stage that it has been read; again, it changes nothing."""
    if notification.status != READ:
        notification.status, notification.read_at = READ, store.clock()
        store.update(notification, verb="read")


def list_notifications(store: Store, query: ListQuery, user_id: str) -> Page[Notification]:
    """A page of a person's notifications; all of them, or those not read, in one round trip."""
    if [each.values for each in query.terms] == [(UNREAD,)]:
        plan = Plan(Index.STATE, keys.by_state(store.boundary, NOTIFICATION.name, user_id), None, None, ())
        return read_page(own(store, user_id), Notification, plan, query, bounded=False)
    return list_records(own(store, user_id), Notification, query)


def unread(store: Store, user_id: str) -> int:
    """How many a person has not read, counted up to 100: one Query of those alone."""
    pk = keys.by_state(store.boundary, NOTIFICATION.name, user_id)
    found, _ = store.query(pk, index=str(Index.STATE), limit=MOST_COUNTED)
    return len(found)


def _told(standing: Notification) -> tuple[str, str | None, str]:
    return (standing.title, standing.text, standing.severity)


def _say(standing: Notification, notice: Notice, source: Source, store: Store) -> None:
    standing.title, standing.text, standing.severity = notice.title, notice.text, notice.severity
    standing.link = source.link
    standing.ttl = int((store.clock() + KEPT).timestamp())
