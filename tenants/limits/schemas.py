"""Limits on the wire."""

from datetime import datetime

from chalicelib.web.wire import Shown


class RateOut(Shown):
    """A bucket that your requests draw on, as the process that answers knows it."""

    name: str
    requests_per_second: int
    burst: int
    remaining: int


class QuotaOut(Shown):
    """A quota of a plan. A soft one warns, a hard one refuses; ``resets_at`` is null for what is held."""

    module: str
    plan: str
    meter: str
    limit: int
    hard: bool
    used: int | float
    resets_at: datetime | None


class SizesOut(Shown):
    """What one request may hold."""

    body_bytes: int
    page: int
    batch: int
    filter_terms: int
    file_bytes: int
    record_bytes: int


class LimitsOut(Shown):
    """All limits, and what is used of them."""

    rates: list[RateOut]
    quotas: list[QuotaOut]
    sizes: SizesOut
