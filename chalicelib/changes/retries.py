"""Events that a task could not handle: tried again at growing intervals, then kept as dead letters until replayed."""

from datetime import timedelta
from typing import Any, Final

from chalicelib.background import Background
from chalicelib.changes.records import DELIVERY, Delivery
from chalicelib.jobs.timers import Firing, remind
from chalicelib.modules import CORE
from chalicelib.store import keys
from chalicelib.store.records import EventItem, read_as
from chalicelib.store.store import Store

RETRY: Final = "core.retry_delivery"
RETRYING: Final = "retrying"
DEAD: Final = "dead"
DELAYS: Final = tuple(timedelta(minutes=each) for each in (1, 5, 15, 60))
"""How long after each failure the next attempt comes; after the last one the delivery is dead."""


def set_aside(background: Background, task: str, event: EventItem, error: BaseException) -> None:
    """Note a first failure and commit. A delivery that is there already counts its own attempts."""
    tenant = str(event.tenant)
    store = background.store(CORE, tenant, "changes", str(event.id))
    at = Delivery.key_of(tenant, task, event.id)
    if store.get_item(Delivery, at) is not None:
        return
    delivery = Delivery(
        handler=task,
        event=event.raw(),
        type=event.type,
        subject=event.subject,
        since=store.clock(),
        attempts=0,
    ).put_at(at)
    failed(store, delivery, error)
    store.commit()


def failed(store: Store, delivery: Delivery, error: BaseException) -> None:
    """Stage that an attempt has failed: another one later, or none any more."""
    attempts = int(delivery.attempts)
    delivery.attempts = attempts + 1
    delivery.reason = type(error).__qualname__
    delivery.state = RETRYING if attempts < len(DELAYS) else DEAD
    store.put(delivery)
    if delivery.state == RETRYING:
        remind(store, RETRY, _name(delivery), store.clock() + DELAYS[attempts])


def fire(firing: Firing) -> Delivery | None:
    """The delivery that a timer stands for, if it still waits."""
    handler, _, event_id = firing.record_id.rpartition("/")
    found = firing.store.get_item(Delivery, Delivery.key_of(firing.tenant, handler, event_id))
    return found if found is not None and found.state == RETRYING else None


def event_of(delivery: Delivery) -> EventItem:
    """The event that is to be delivered."""
    event = read_as(EventItem, dict(delivery.event))
    if event is None:
        message = "a delivery keeps an event"
        raise TypeError(message)
    return event


def page_of(store: Store, limit: int, start: dict[str, Any] | None) -> tuple[list[Delivery], dict[str, Any] | None]:
    """A page of a tenant's deliveries, by task and event."""
    found, position = store.query(keys.shelf(store.boundary, DELIVERY.name), limit=limit, start=start)
    return [each for each in found if isinstance(each, Delivery)], position


def replay(store: Store, delivery: Delivery) -> None:
    """Stage another round of attempts for a dead letter, beginning at once."""
    delivery.state, delivery.attempts = RETRYING, 0
    store.put(delivery)
    remind(store, RETRY, _name(delivery), store.clock())


def _name(delivery: Delivery) -> str:
    return f"{delivery.handler}/{event_of(delivery).id}"
