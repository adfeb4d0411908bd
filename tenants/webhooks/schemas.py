"""Webhooks on the wire."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from chalicelib.access.addresses import LONGEST_URL
from chalicelib.web.wire import Body, Resource

_MOST_PATTERNS = 50  # more than a receiver has reasons to list: `contact.*` and `*` stand for many

Url = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_URL)]
Pattern = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Content = Literal["ids", "data"]


class WebhookIn(Body):
    """A new webhook, and what a patch may change."""

    url: Url = Field(description="https, on the public Internet", examples=["https://example.com/hooks"])
    events: list[Pattern] = Field(
        min_length=1,
        max_length=_MOST_PATTERNS,
        description="event types; `contact.*` is all of a kind, `*` all there are",
        examples=[["contact.*"]],
    )
    description: Annotated[str, StringConstraints(max_length=500)] | None = None
    content: Content = Field(
        default="ids", description="ids: what the journal tells; data: also the record as you may read it when sent"
    )
    state: Literal["enabled", "disabled"] = "enabled"


class WebhookOut(Resource):
    """A webhook; its secret is shown when it is made, and when it is rotated."""

    url: str
    events: list[str]
    description: str | None
    content: Content
    state: Literal["enabled", "disabled"]
    disabled_reason: str | None = Field(
        description="`by_hand`, `gone` (it answered 410), `failing` (nothing got through for five days) or "
        "`subscriber_gone`"
    )
    user_id: str = Field(description="with whose rights it is told")
    old_secret_until: datetime | None = Field(description="until when messages are also signed by the old secret")


class WebhookShown(WebhookOut):
    """A webhook with its new secret, the only time that it is shown."""

    secret: str
