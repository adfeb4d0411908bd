"""How many requests stand where, on the wire."""

from datetime import datetime

from pydantic import Field

from chalicelib.web.wire import Shown


class StatusCountsOut(Shown):
    """How many requests stand where."""

    statuses: dict[str, int]
    open: int = Field(description="new, assigned and in progress")
    pending: int
    solved: int
    closed: int
    backlog: int = Field(description="open and pending")
    counted_at: datetime | None
