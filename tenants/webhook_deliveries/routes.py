"""HTTP to use case: what a webhook was sent."""

from chalicelib.call import Call
from chalicelib.jobs.schemas import JobOut
from chalicelib.problems import StateConflict
from chalicelib.store.lists import ListQuery
from chalicelib.web.results import Accepted, Listed
from chalicelib.web.routes import Routes
from tenants.kinds import DELIVERIES
from tenants.manifest import MANIFEST
from tenants.webhook_deliveries import service
from tenants.webhook_deliveries.schemas import WebhookDeliveryOut, WebhookReplayIn
from tenants.webhooks.routes import ADMIN, READ

routes = Routes(MANIFEST.name)


@routes.get("/webhooks/{webhook_id}/deliveries", needs=READ, listing=DELIVERIES)
def list_webhook_deliveries(call: Call, webhook_id: str, query: ListQuery) -> Listed[WebhookDeliveryOut]:
    """List what a webhook was sent, newest event first, for 30 days."""
    return service.page(call, webhook_id, query)


@routes.post("/webhooks/{webhook_id}/replay", needs=ADMIN, refuses=(StateConflict,))
def replay_webhook(call: Call, webhook_id: str, body: WebhookReplayIn) -> Accepted[JobOut]:
    """Send a webhook again what has happened since a time.

    Each event keeps its `webhook-id`, by which a receiver tells what it has had. Once in ten minutes.
    """
    return service.replay(call, webhook_id, body.since)


@routes.post("/webhooks/{webhook_id}/test", needs=ADMIN, refuses=(StateConflict,))
def test_webhook(call: Call, webhook_id: str) -> WebhookDeliveryOut:
    """Send a webhook an event of the type `webhook.test`; the delivery log shows what came of it."""
    return service.send_test(call, webhook_id)
