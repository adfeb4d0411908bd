"""Figures on the wire."""

from datetime import date, datetime

from pydantic import Field

from chalicelib.web.wire import Shown
from modules.service_analysis.analysis.schemas import Grouping


class ComparedOut(Shown):
    """A figure of another month. What adds up is restated for as many working days as this month has (had so far)."""

    base: float
    restated: float | None
    percent: float | None = Field(description="the change; null where there was nothing to compare with")


class FigureRow(Shown):
    """The figures of one period and one set of values.

    Shares are from 0 to 1. ``ended`` requests are resolved or were merged into another one.
    """

    period: str = Field(examples=["2015-04", "2015-W17", "2015-04-22"])
    first: date
    last: date
    values: list[str | None] = Field(description="in the order of `over`; null: nothing was said")
    figures: dict[str, float | None]
    before: dict[str, ComparedOut] | None = Field(description="against the month before")
    year_before: dict[str, ComparedOut] | None = Field(description="against the same month of the year before")


class ServiceFiguresOut(Shown):
    """Figures, as everybody reads them."""

    by: Grouping
    over: list[str]
    time_zone: str
    percentile_error: float = Field(description="p50 and p90 are at most so much off, as a share of themselves")
    counted_at: datetime | None = Field(description="when the last of them was counted")
    items: list[FigureRow]
