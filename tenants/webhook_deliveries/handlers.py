"""From an event to its receivers.

    event → in line for each webhook that wants it → errand → POST → delivered | again later | given up

Each webhook has a line for each subject, and only the first of a line is sent; so a subject keeps its order, and one
that fails holds up no other. A worker takes a turn by counting the attempt, before it sends: of two workers one sends.
"""

import random
from datetime import datetime
from typing import Final

from chalicelib.access.addresses import resolve_by_system
from chalicelib.access.posting import Outcome, Poster
from chalicelib.access.webhook_signatures import headers_of
from chalicelib.background import Background
from chalicelib.changes.handling import Handling
from chalicelib.clock import first_ulid_at
from chalicelib.jobs.errands import send_on
from chalicelib.jobs.timers import Firing, remind
from chalicelib.jobs.work import Step, Work
from chalicelib.settings import settings
from chalicelib.store import keys
from chalicelib.store.attempts import until_in
from chalicelib.store.commit import Action
from chalicelib.store.errors import StoreError
from chalicelib.store.store import Store
from tenants.journal.service import page_of_unit
from tenants.kinds import WEBHOOK
from tenants.webhook_deliveries.derived import is_open, message_for, subscriber_of
from tenants.webhook_deliveries.records import DELIVERED, FAILED, SKIPPED, WAITING, WebhookDelivery, WebhookTurn
from tenants.webhook_deliveries.rules import (
    GONE,
    HELD,
    LOOKED_AFTER,
    MOST_ATTEMPTS,
    SUSPENDED_FOR,
    has_failed_long,
    next_attempt,
)
from tenants.webhook_deliveries.schemas import Message
from tenants.webhook_deliveries.service import SEND, enqueue, enqueue_again, lane
from tenants.webhooks.records import ENABLED, Webhook, WebhookHealth
from tenants.webhooks.service import disable, of_tenant, secrets_of

CORE: Final = "core"
# One errand sends so many of a line, 10 s each at the worst, and asks for another one.
A_TURN: Final = 5
# Each event takes a delivery, a turn and a timer of the hundred actions of a transaction; the job's own come to it.
A_STEP: Final = 25
SUBSCRIBER_GONE: Final = "subscriber_gone"
AGENT: Final = "Switchboard-Webhooks/1"


class TurnLostError(StoreError):
    """Another worker has the turn, or a replay has begun it anew."""


def stage(handling: Handling) -> None:
    """Put an event in line for every webhook of the tenant that wants it."""
    for webhook in of_tenant(handling.store):
        if webhook.wants(str(handling.event.type)):
            enqueue(handling.store, str(webhook.id), handling.event)


def due(firing: Firing) -> None:
    """Look at a line: ask for a worker if its first is due, and look again as long as there is one."""
    head = _head(firing.store, firing.record_id)
    if head is None:
        return
    now = firing.store.clock()
    if not head.is_due(now):
        remind(firing.store, SEND, firing.record_id, head.next_at)
        return
    remind(firing.store, SEND, firing.record_id, now + LOOKED_AFTER)
    firing.store.after_commit.append(lambda: send_on(firing.tenant, SEND, firing.record_id))


def send(background: Background, tenant: str, line: str) -> None:
    """Send what is due of a line, in its order, until one fails or there is nothing more."""
    for _ in range(A_TURN):
        if not _send_first(background, tenant, line):
            return
    send_on(tenant, SEND, line)


def replay_step(work: Work) -> Step:
    """A page of one unit's events since the time, in line again if the webhook wants them."""
    store, webhook = work.call.store, work.call.store.get(Webhook, work.params["webhook"])
    units = [each.name for each in work.call.catalogue]
    at: int = work.checkpoint.get("unit", 0)
    if webhook is None or webhook.status != ENABLED or at == len(units):
        return Step(work.checkpoint, work.done, finished=True, result={"replayed": work.done})
    after = work.checkpoint.get("after") or first_ulid_at(datetime.fromisoformat(work.params["since"]))
    until = work.checkpoint.get("until") or work.call.now.isoformat()
    events, _ = page_of_unit(work.call.store, units[at], after, datetime.fromisoformat(until), A_STEP)
    taken = events[:A_STEP]
    wanted = [each for each in taken if webhook.wants(str(each.type))]
    for event in wanted:
        enqueue_again(store, str(webhook.id), event)
    more = bool(taken)
    checkpoint = {"unit": at if more else at + 1, "after": str(taken[-1].id) if more else None, "until": until}
    return Step(checkpoint, work.done + len(wanted))


def _store(background: Background, tenant: str, line: str) -> Store:
    return background.store(CORE, tenant, "webhooks", line)


def _head(store: Store, line: str) -> WebhookDelivery | None:
    """The first of a line that waits; what has a turn and no delivery any more is gone with its 30 days."""
    webhook_id, _, subject = line.partition("/")
    partition = keys.collection(store.boundary, WEBHOOK.name, webhook_id)
    found, _ = store.query(partition, begins=WebhookTurn.all_of(subject), limit=1)
    turn = next((each for each in found if isinstance(each, WebhookTurn)), None)
    if turn is None:
        return None
    return store.get_item(WebhookDelivery, WebhookDelivery.key_of(store.boundary, webhook_id, str(turn.event_id)))


def _send_first(background: Background, tenant: str, line: str) -> bool:
    """Send the first of a line if it is due; whether the next one may follow."""
    store = _store(background, tenant, line)
    head = _head(store, line)
    if head is None or not head.is_due(store.clock()):
        return False
    try:
        ready = _prepare(background, store, head)
        if isinstance(ready, bool):
            store.commit()
            return ready
        webhook, message = ready
        _take_turn(store, head)
        outcome = _post(background, webhook, head, message)
        return until_in(lambda: _settle(background, tenant, head, outcome))
    except TurnLostError:
        return False


def _prepare(background: Background, store: Store, head: WebhookDelivery) -> tuple[Webhook, Message] | bool:
    """What is to be sent, and to whom; or stage that nothing is: then whether the next of the line may follow."""
    tenant, now = store.boundary, store.clock()
    webhook = store.get(Webhook, str(head.webhook_id))
    if webhook is None or webhook.status != ENABLED:
        _stage_end(store, head, SKIPPED, "disabled")
    elif int(head.attempts) >= MOST_ATTEMPTS:  # its last attempt was never heard of again
        _stage_end(store, head, FAILED, head.reason)
    elif not is_open(background.directory.standing(tenant)):
        _stage_put_off(store, head, now + SUSPENDED_FOR)
        return False
    elif (subscriber := subscriber_of(background, tenant, webhook)) is None:
        disable(store, webhook, SUBSCRIBER_GONE)
        _stage_end(store, head, SKIPPED, "disabled")
    else:
        message = message_for(background, subscriber, webhook, head)
        if isinstance(message, Message):
            return webhook, message
        _stage_end(store, head, SKIPPED, message)
    return True


def _post(background: Background, webhook: Webhook, head: WebhookDelivery, message: Message) -> Outcome:
    body = message.model_dump_json(exclude=None if webhook.content == "data" else {"data"}).encode()
    now = background.clock()
    keys_now = secrets_of(webhook, background.keyring, head.stands_at().pk.tenant, now)
    signed = headers_of(str(head.event_id), int(now.timestamp()), body, keys_now)
    poster = Poster(resolve_by_system, allow_local=settings().stage == "local")
    return poster.post(str(webhook.url), body, {"Content-Type": "application/json", "User-Agent": AGENT, **signed})


def _take_turn(store: Store, head: WebhookDelivery) -> None:
    """Count the attempt before it is made. Raises TurnLostError when another worker was faster."""
    before = int(head.attempts)
    head.attempts, head.next_at = before + 1, store.clock() + HELD
    store.put(head, _still(head, before))
    store.commit()


def _settle(background: Background, tenant: str, head: WebhookDelivery, outcome: Outcome) -> bool:
    """Write down what came of an attempt; whether the next of the line may follow. Raises TurnLostError."""
    store = _store(background, tenant, lane(head))
    now, failed, gone = store.clock(), outcome.failure is not None, outcome.status == GONE
    head.status, head.reason = outcome.status, outcome.failure
    again = next_attempt(int(head.attempts), now, outcome.retry_after, random.random())  # noqa: S311 - no secret
    failing_for_long = _note_health(store, head, now, failed=failed)
    if failed and again is not None and not gone:
        _stage_put_off(store, head, again)
    else:
        _stage_end(store, head, FAILED if failed else DELIVERED, outcome.failure)
    webhook = store.get(Webhook, str(head.webhook_id))
    if webhook is not None and webhook.status == ENABLED and (gone or failing_for_long):
        disable(store, webhook, "gone" if gone else "failing")
    store.commit()
    background.log.info(
        "webhook.sent",
        extra={
            "tenant": tenant,
            "webhook": head.webhook_id,
            "event": head.event_id,
            "attempt": int(head.attempts),
            "status": outcome.status,
            "failure": outcome.failure,
        },
    )
    return head.state != WAITING


def _note_health(store: Store, head: WebhookDelivery, now: datetime, *, failed: bool) -> bool:
    """Stage since when nothing has got through, if that changes; whether it has been too long."""
    at = WebhookHealth.key_of(store.boundary, str(head.webhook_id))
    known = store.get_item(WebhookHealth, at)
    health = known or WebhookHealth().put_at(at)
    if failed == (health.failing_since is not None):
        return failed and has_failed_long(health.failing_since, now)
    health.failing_since = now if failed else None
    store.put(health)
    return False


def _stage_end(store: Store, head: WebhookDelivery, state: str, reason: str | None) -> None:
    head.ends(state, store.clock(), reason)
    store.put(head, _still(head, int(head.attempts)))
    store.remove(WebhookTurn.key_of(store.boundary, str(head.webhook_id), str(head.subject), str(head.event_id)))


def _stage_put_off(store: Store, head: WebhookDelivery, at: datetime) -> None:
    head.next_at = at
    store.put(head, _still(head, int(head.attempts)))
    remind(store, SEND, lane(head), at)


def _still(head: WebhookDelivery, attempts: int) -> Action:
    """The action that writes a delivery while nobody else has taken its turn, or begun it anew by a replay."""
    mine = (WebhookDelivery.attempts == attempts) & (WebhookDelivery.state == WAITING)
    return Action(head.stands_at(), condition=mine, refused=lambda _: TurnLostError("taken"))
