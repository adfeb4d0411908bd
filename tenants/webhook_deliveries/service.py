"""Deliveries: put in line, read, replayed, tested."""

from datetime import datetime, timedelta
from typing import Final

from chalicelib.call import Call
from chalicelib.clock import id_after
from chalicelib.jobs.errands import send_on
from chalicelib.jobs.schemas import JobOut, accepted
from chalicelib.jobs.service import start
from chalicelib.jobs.timers import remind
from chalicelib.modules import Text
from chalicelib.problems import FieldError, Invalid, StateConflict
from chalicelib.store import keys
from chalicelib.store.commit import Action
from chalicelib.store.lists import ListQuery
from chalicelib.store.records import EventItem, Item
from chalicelib.store.store import Store
from chalicelib.web.results import Accepted, Listed
from tenants.kinds import WEBHOOK
from tenants.webhook_deliveries.records import WAITING, WebhookDelivery, WebhookTurn
from tenants.webhook_deliveries.rules import EVENTS_KEPT, LOOKED_AFTER, REPLAYED_EVERY
from tenants.webhook_deliveries.schemas import WebhookDeliveryOut
from tenants.webhooks.records import ENABLED, Webhook, WebhookHealth
from tenants.webhooks.service import load

SEND: Final = "core.send_webhook"
REPLAY: Final = "core.replay_webhook"
TEST: Final = "webhook.test"


def page(call: Call, webhook_id: str, query: ListQuery) -> Listed[WebhookDeliveryOut]:
    """A webhook's deliveries, newest event first. Raises NotFound."""
    webhook = load(call, webhook_id)
    found, position = call.store.query(
        keys.collection(call.tenant_id, WEBHOOK.name, webhook.id),
        begins=WebhookDelivery.all_of(),
        limit=query.limit,
        newest_first=True,
        start=dict(query.cursor) if query.cursor else None,
    )
    deliveries = (each for each in found if isinstance(each, WebhookDelivery))
    return Listed([_out(each) for each in deliveries if all(term.holds(each) for term in query.terms)], position)


def replay(call: Call, webhook_id: str, since: datetime) -> Accepted[JobOut]:
    """Begin to send again what happened since. Raises NotFound, Invalid, StateConflict."""
    webhook = _sendable(call, webhook_id)
    if not call.now - EVENTS_KEPT <= since <= call.now:
        text = Text("Within the last 30 days", "须在最近 30 天内")
        raise Invalid(errors=(FieldError("/since", "out_of_range", text),))
    at = WebhookHealth.key_of(call.tenant_id, webhook.id)
    health = call.store.get_item(WebhookHealth, at) or WebhookHealth().put_at(at)
    before: datetime | None = health.replayed_at
    if before is not None and before > call.now - REPLAYED_EVERY:
        raise StateConflict(Text("Events are replayed once in ten minutes.", "每十分钟只能重放一次。"))
    health.replayed_at = call.now
    call.store.put(health)
    return accepted(start(call, REPLAY, {"webhook": webhook.id, "since": since.isoformat()}, counted="events"))


def send_test(call: Call, webhook_id: str) -> WebhookDeliveryOut:
    """Put a made-up event in line. Raises NotFound, StateConflict."""
    webhook = _sendable(call, webhook_id)
    delivery = _delivery(call.store, webhook.id, id_after(None, call.now), TEST, webhook.id)
    _line_up(call.store, delivery)
    return _out(delivery)


def enqueue(store: Store, webhook_id: str, event: EventItem) -> bool:
    """Stage an event's delivery, and its sending; False when it is, or was, in line already."""
    delivery = _delivery(store, webhook_id, str(event.id), str(event.type), str(event.subject))
    delivery.unit = str(event.unit)
    if store.get_item(WebhookDelivery, delivery.stands_at()) is not None:
        return False
    _line_up(store, delivery)
    return True


def enqueue_again(store: Store, webhook_id: str, event: EventItem) -> None:
    """Stage an event's delivery from its first attempt on, whatever became of it before."""
    delivery = _delivery(store, webhook_id, str(event.id), str(event.type), str(event.subject))
    delivery.unit = str(event.unit)
    _line_up(store, delivery, again=True)


def lane(delivery: WebhookDelivery) -> str:
    """What is sent one after the other: the events of one subject to one webhook."""
    return f"{delivery.webhook_id}/{delivery.subject}"


def _delivery(store: Store, webhook_id: str, event_id: str, event_type: str, subject: str) -> WebhookDelivery:
    now = store.clock()
    return WebhookDelivery(
        webhook_id=webhook_id,
        event_id=event_id,
        type=event_type,
        subject=subject,
        state=WAITING,
        attempts=0,
        since=now,
        next_at=now,
        ttl=_until(now),
    ).put_at(WebhookDelivery.key_of(store.boundary, webhook_id, event_id))


def _line_up(store: Store, delivery: WebhookDelivery, *, again: bool = False) -> None:
    at = delivery.stands_at()
    store.put(delivery, Action(at, condition=None if again else Item.pk.does_not_exist()))
    turn = WebhookTurn.key_of(store.boundary, delivery.webhook_id, str(delivery.subject), str(delivery.event_id))
    store.put(WebhookTurn(event_id=delivery.event_id, ttl=delivery.ttl).put_at(turn))
    remind(store, SEND, lane(delivery), store.clock() + LOOKED_AFTER)
    store.after_commit.append(lambda: send_on(store.boundary, SEND, lane(delivery)))


def _until(now: datetime) -> int:
    # A replayed event may be a month old already; its delivery is kept as long as any.
    return int((now + EVENTS_KEPT + timedelta(hours=1)).timestamp())


def _sendable(call: Call, webhook_id: str) -> Webhook:
    webhook = load(call, webhook_id)
    if webhook.status != ENABLED:
        raise StateConflict(Text("The webhook is disabled: enable it first.", "该 Webhook 已停用：请先启用。"))
    return webhook


def _out(delivery: WebhookDelivery) -> WebhookDeliveryOut:
    return WebhookDeliveryOut(
        event_id=delivery.event_id,
        type=delivery.type,
        subject=delivery.subject,
        state=delivery.state,  # type: ignore[arg-type] # stored as text, checked by the model
        attempts=int(delivery.attempts),
        status=int(delivery.status) if delivery.status else None,
        reason=delivery.reason,
        since=delivery.since,
        next_attempt_at=delivery.next_at,
        ended_at=delivery.ended_at,
    )
