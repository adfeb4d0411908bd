"""Dead letters on the wire, and what their replay is asked for."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from chalicelib.web.wire import Body, Shown


class DeliveryOut(Shown):
    """An event that a task has not handled: being tried again, or given up."""

    task: str = Field(examples=["contacts.projection.search"])
    event_id: str
    type: str = Field(examples=["contact.updated"])
    subject: str
    state: Literal["retrying", "dead"]
    attempts: int
    reason: str = Field(description="the kind of failure; the log has where")
    since: datetime


class ReplayIn(Body):
    """Which dead letters to try again: those of one task, or all."""

    task: str | None = Field(default=None, min_length=1, max_length=200)
