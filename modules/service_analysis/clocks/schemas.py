"""Clocks on the wire."""

from datetime import datetime

from pydantic import Field

from chalicelib.web.wire import Shown
from modules.service_analysis.ledgers.rules import Act, Clock, State


class ClockOut(Shown):
    """A clock of a request, as it stands now."""

    name: str = Field(description="`first_response`, `resolution`, `regulator`, `next_response.0001`…")
    clock: Clock = Field(description="what it measures")
    state: State
    target: int | None = Field(description="seconds that were promised")
    elapsed: int = Field(description="seconds that counted")
    remaining: int | None = Field(description="seconds that are left; below zero when it is exceeded")
    due_at: datetime | None = Field(description="when they run out; null while nothing runs")
    breached: bool
    breached_since: datetime | None
    policy_id: str | None = Field(description="the policy that promises it")
    calendar_id: str | None = Field(description="null: every second counts")
    calendar_revision: int | None
    warned: list[int] = Field(description="percent at which somebody was warned")


class ClockLine(Shown):
    """A line of a clock's ledger. `act` null: the present."""

    at: datetime
    act: Act | None
    text: str = Field(description="what happened, in the caller's language")
    counted: int = Field(description="seconds that counted since the line before")
    elapsed: int
    remaining: int | None
    state: State
    calendar_id: str | None = Field(description="the calendar by which they were counted")
    calendar_revision: int | None
    breached_since: datetime | None


class ClockExplained(ClockOut):
    """A clock with each line of its ledger: what they counted adds up to what it shows."""

    lines: list[ClockLine]
