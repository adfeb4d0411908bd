"""Deliveries on the wire, what is sent, and what a replay is asked for."""

from datetime import datetime
from typing import Any, Literal

from pydantic import AwareDatetime, Field

from chalicelib.web.wire import Body, Shown
from tenants.journal.schemas import EventOut


class WebhookDeliveryOut(Shown):
    """One event on its way to a webhook."""

    event_id: str = Field(description="also the `webhook-id` of each attempt")
    type: str = Field(examples=["contact.updated"])
    subject: str
    state: Literal["waiting", "delivered", "failed", "skipped"]
    attempts: int
    status: int | None = Field(description="what the receiver answered last")
    reason: str | None = Field(
        description="why the last attempt failed (`status`, `redirect`, `timeout`, `connection`, `address`), or why it "
        "was not sent (`not_readable`, `expired`, `disabled`)"
    )
    since: datetime
    next_attempt_at: datetime | None
    ended_at: datetime | None


class WebhookReplayIn(Body):
    """From when on events are sent again, at most 30 days back."""

    since: AwareDatetime = Field(examples=["2026-03-01T08:00:00Z"])


class Message(EventOut):
    """What is sent: the event, and with content `data` the record as the subscriber reads it at that time."""

    data: dict[str, Any] | None = None
