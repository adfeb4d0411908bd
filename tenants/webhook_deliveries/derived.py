"""What a subscriber is told of an event: as the journal tells it, and no more than he may read at this time."""

from enum import StrEnum
from typing import Final

from chalicelib.access.principal import Principal, Standing
from chalicelib.background import Background
from chalicelib.changes.tasks import DELETED
from chalicelib.clock import instant_of
from chalicelib.late import Late
from chalicelib.store import keys
from chalicelib.store.records import EventItem
from chalicelib.store.store import Store
from chalicelib.web.reading import read_as, route_of, shown_kind
from chalicelib.web.sources import RouteSource
from tenants.directory import CoreDirectory
from tenants.journal.service import event_out
from tenants.webhook_deliveries.records import WebhookDelivery
from tenants.webhook_deliveries.schemas import Message
from tenants.webhook_deliveries.service import TEST
from tenants.webhooks.records import Webhook
from tenants.webhooks.service import within

ADMIN: Final = "webhooks:admin"
FOLLOW: Final = "journal:follow"

# All routes import this room with theirs: they are there when an event is sent.
_routes = Late("tenants.routes")


class Unsaid(StrEnum):
    """Why nothing is told."""

    NOT_READABLE = "not_readable"
    EXPIRED = "expired"


def subscriber_of(background: Background, tenant: str, webhook: Webhook) -> Principal | None:
    """In whose name it is told, with all that he may now; None when he is gone or may have no webhooks any more."""
    directory = background.directory
    user = directory.member(tenant, str(webhook.user_id)) if isinstance(directory, CoreDirectory) else None
    found = within(webhook, user) if user else None
    return found if found is not None and found.may(ADMIN) else None


def is_open(standing: Standing | None) -> bool:
    """Whether the tenant's people are let in at present."""
    return standing is not None and not standing.sign_in_blocked


def message_for(
    background: Background, subscriber: Principal, webhook: Webhook, delivery: WebhookDelivery
) -> Message | Unsaid:
    """What is sent, or why nothing is."""
    if delivery.type == TEST:
        return _test(background, subscriber, delivery)
    event = _event(
        background.store(str(delivery.unit), subscriber.tenant_id, "webhooks", str(delivery.event_id)), delivery
    )
    if event is None:
        return Unsaid.EXPIRED
    # Names of changed fields without the record: what the journal tells, to those who may follow it.
    follows = subscriber.may(FOLLOW) and subscriber.scope(FOLLOW).everything
    wants_data = webhook.content == "data"
    if follows and not wants_data:
        return Message(**event_out(event).model_dump())
    kind = shown_kind(background, event)
    if kind is None:
        return Unsaid.NOT_READABLE
    source = RouteSource.of_house(lambda: _routes.ROUTES, background.catalogue)
    data = read_as(background, subscriber, event, route_of(kind, source.load(str(event.unit))))
    # What is gone can't be read; that it is gone is told to those who follow the journal.
    gone = str(event.type).endswith(f".{DELETED}") and follows
    if data is None and not gone:
        return Unsaid.NOT_READABLE
    return Message(**event_out(event).model_dump(), data=data if wants_data else None)


def _event(store: Store, delivery: WebhookDelivery) -> EventItem | None:
    event_id = str(delivery.event_id)
    return store.get_item(EventItem, keys.event(store.boundary, instant_of(event_id), event_id))


def _test(background: Background, subscriber: Principal, delivery: WebhookDelivery) -> Message:
    now = background.clock()
    return Message(
        id=delivery.event_id,
        type=TEST,
        subject=delivery.subject,
        actor=subscriber.id,
        time=now,
        version=1,
        changed=[],
    )
