"""HTTP to use case: webhooks."""

from typing import Final

from chalicelib.call import Call
from chalicelib.problems import StateConflict
from chalicelib.store.lists import ListQuery
from chalicelib.web.results import Created, Listed, Patch
from chalicelib.web.routes import Routes
from tenants.kinds import WEBHOOK
from tenants.manifest import MANIFEST
from tenants.webhooks import service
from tenants.webhooks.schemas import WebhookIn, WebhookOut, WebhookShown

READ: Final = "webhooks:read"
ADMIN: Final = "webhooks:admin"

routes = Routes(MANIFEST.name)


@routes.post("/webhooks", needs=ADMIN, refuses=(StateConflict,))
def create_webhook(call: Call, body: WebhookIn) -> Created[WebhookShown]:
    """Create a webhook.

    Events are sent as Standard Webhooks says: signed, in the order of each subject, at least once, up to 10 attempts
    over about 75 hours. The secret is shown once. It is told what you may read when it is sent, and nothing else.
    """
    return Created(service.create(call, body))


@routes.get("/webhooks", needs=READ, listing=WEBHOOK.listing)
def list_webhooks(call: Call, query: ListQuery) -> Listed[WebhookOut]:
    """List webhooks."""
    return service.page(call, query)


@routes.get("/webhooks/{webhook_id}", needs=READ)
def get_webhook(call: Call, webhook_id: str) -> WebhookOut:
    """Get a webhook."""
    return service.get(call, webhook_id)


@routes.patch("/webhooks/{webhook_id}", needs=ADMIN)
def update_webhook(call: Call, webhook_id: str, body: Patch[WebhookIn]) -> WebhookOut:
    """Change a webhook, switch it off or on.

    Who changes where or what is sent, or switches it on, is its subscriber from then on: it is told what he may read.
    What came while it was off can be replayed.
    """
    return service.change(call, webhook_id, body)


@routes.delete("/webhooks/{webhook_id}", needs=ADMIN)
def delete_webhook(call: Call, webhook_id: str) -> None:
    """Delete a webhook; what waits for it is not sent."""
    service.delete(call, webhook_id)


@routes.post("/webhooks/{webhook_id}/rotate-secret", needs=ADMIN)
def rotate_webhook_secret(call: Call, webhook_id: str) -> WebhookShown:
    """Give a webhook a new secret.

    For 24 hours messages are signed by both secrets, so that the receiver can change over without a pause.
    """
    return service.rotate(call, webhook_id)
