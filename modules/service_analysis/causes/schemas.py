"""Causes and complaints on the wire."""

from datetime import date, datetime

from pydantic import Field

from chalicelib.web.wire import Shown


class CauseOut(Shown):
    """A cause; `share` and `cumulated` are of the requests whose cause is known (0 to 1)."""

    category: str = Field(description="a branch of the tree, or without a slash at its end the node alone")
    title: str | None
    count: int
    share: float
    cumulated: float
    vital: bool = Field(description="among the few that together make four fifths")


class CausesOut(Shown):
    """What requests are about, the most frequent first."""

    first: date
    last: date
    known: int
    unknown: int
    counted_at: datetime | None
    items: list[CauseOut]


class ComplaintRateRow(Shown):
    """Complaints of a month."""

    month: str
    complaints: int
    per_thousand: float | None


class ComplaintRateOut(Shown):
    """Complaints for each thousand of the customers whom the caller reaches, as many as there are now."""

    customers: int | None = Field(description="null: the caller may not see how many there are")
    counted_at: datetime | None
    items: list[ComplaintRateRow]
