"""Limiters of tests: real ones, whose time and whose shared item are in the test's hand."""

from __future__ import annotations

import time
from typing import Final

from chalicelib.access.limits import Limiter
from chalicelib.store.leases import Use

# Not more: of threads that look at the clock and then wait for each other, one is milliseconds behind, which grow too.
TIMES_AS_FAST: Final = 20


class SharedBuckets:
    """Stands for the shared items of several processes (chalicelib/store/leases.py), by its own rule, in memory."""

    def __init__(self) -> None:
        """Begin with full buckets."""
        self.full_at: dict[tuple[str, str], float] = {}
        self.writes = 0

    def __call__(self, tenant: str, owner: str, use: Use) -> float:
        """Move a bucket on."""
        self.writes += 1
        begin = use.until - use.seconds
        known = self.full_at.get((tenant, owner), begin)
        self.full_at[tenant, owner] = (known if begin <= known <= use.horizon else begin) + use.seconds
        return self.full_at[tenant, owner]


def unhurried() -> Limiter:
    """For tests about something else, which call faster than any plan allows: time passes twenty times as fast."""
    return Limiter(SharedBuckets(), lambda: time.monotonic() * TIMES_AS_FAST)
