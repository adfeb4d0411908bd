"""Rate limits: token buckets for each tenant and each of its keys, kept by every process and squared with the others.

    request → is there room in all its buckets, as this process knows them? → use one token of each | 429
    after the answer, at most once a second: what was used here → added to the shared item → how full it is for all

A bucket is one instant, when it will be full again (GCRA: ITU-T I.371, annex A; the «theoretical arrival time»): using
a token moves it by one interval, and there is room while it is less than the burst away. An instant can be shared by
one addition, and refills without being written. A process asks nobody before it answers: what was left when it heard
last is its lease for the next second. So together they overshoot by one lease for each process, which is paid back, as
the instant is then further away; and a process that serves little tells nobody until a twentieth of a burst is used.
"""

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from chalicelib.late import Late
from chalicelib.modules import Text
from chalicelib.problems import RateLimited
from chalicelib.store.errors import StoreError

if TYPE_CHECKING:
    from chalicelib.store import leases
    from chalicelib.store.leases import Use
else:
    leases = Late("chalicelib.store.leases")

# Buckets of one process: some 300 bytes each. Who is pushed out begins with a full one: 10,000 callers within a second.
KEPT: Final = 10_000
# A twentieth of what a bucket holds is used here before the others are told: one write for twenty requests of the
# smallest plan, and no more than 5 % that they do not know of.
LEASES_A_BURST: Final = 20
SETTLED_EVERY_S: Final = 1.0
# A clock that was wrong must not shut a tenant out for longer than it takes to pay back one burst.
MOST_BEHIND: Final = 2
ALONE: Final = ""
"""Stands for the tenant of a bucket that a process keeps for itself (callers without a credential)."""


@dataclass(frozen=True, slots=True)
class Rate:
    """Requests per second in the long run, and how many may come at once."""

    per_second: int
    burst: int

    def half(self) -> "Rate":
        """What one key of a tenant may use of it (tenants/plans)."""
        return Rate(max(1, self.per_second // 2), max(1, self.burst // 2))

    @property
    def interval(self) -> float:
        """Seconds in which one token comes back."""
        return 1 / self.per_second

    @property
    def span(self) -> float:
        """Seconds in which an empty bucket is full again."""
        return self.burst / self.per_second

    @property
    def lease(self) -> int:
        """How many tokens a process uses before it tells the others."""
        return max(1, self.burst // LEASES_A_BURST)


# A platform's tool may go over all tenants in one go.
OPERATORS: Final = Rate(500, 2000)
# A house full of people behind one address, reading the documentation at once; each process counts for itself.
ADDRESSES: Final = Rate(200, 1000)


@dataclass(frozen=True, slots=True)
class Limit:
    """One bucket that a request draws on: what callers know it as, whose it is, and its rate."""

    name: str
    tenant: str
    owner: str
    rate: Rate


@dataclass(frozen=True, slots=True)
class Reading:
    """How a bucket stands after a request: tokens left, and seconds until it is full."""

    name: str
    rate: Rate
    remaining: int
    full_in_s: int


@dataclass(slots=True)
class _Bucket:
    """``full_at`` is when it will be full, with what was used here; ``debt`` how much of that nobody else knows.

    ``own_full_at`` is when it would be if there were that debt alone: it says how late the debt was made.
    """

    rate: Rate
    full_at: float
    settled_at: float
    debt: int = 0
    own_full_at: float = 0.0
    heard: float = 0.0


class Limiter:
    """The buckets of this process. ``settle`` is the shared item (chalicelib/store/leases.py); safe under threads."""

    def __init__(
        self,
        settle: "Callable[[str, str, Use], float] | None" = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        """Begin with full buckets. ``now`` is the wall clock, in seconds: processes compare theirs."""
        self._settle = settle
        self._now = now
        self._buckets: OrderedDict[tuple[str, str], _Bucket] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, limits: Sequence[Limit]) -> tuple[Reading, ...]:
        """Use one token of each bucket, or of none. Raises RateLimited when any is empty; notes what was found."""
        now = self._now()
        with self._lock:
            buckets = [self._bucket(each, now) for each in limits]
            waits = [max(each.full_at, now) + each.rate.interval - each.rate.span - now for each in buckets]
            wait = max(waits)
            for each in buckets if wait <= _ROUNDING else ():
                each.full_at = max(each.full_at, now) + each.rate.interval
                each.own_full_at = max(each.own_full_at, now) + each.rate.interval
                each.debt += 1
            readings = tuple(_reading(limit, each, now) for limit, each in zip(limits, buckets, strict=True))
        _noted.set(Noted(readings, tuple(limits)))
        if wait > _ROUNDING:
            raise _refused(limits[waits.index(wait)], wait)
        return readings

    def look(self, limits: Sequence[Limit]) -> tuple[Reading, ...]:
        """How buckets stand, without using anything."""
        now = self._now()
        with self._lock:
            return tuple(_reading(each, self._bucket(each, now), now) for each in limits)

    def settle(self, limits: Iterable[Limit]) -> None:
        """Tell the others of what was used here, where it is time. Raises nothing: what is not told now is told later.

        Call it when the answer is ready: it is one write, at most once a second for each bucket of a process.
        """
        for limit in limits:
            now = self._now()
            with self._lock:
                bucket = self._buckets.get((limit.tenant, limit.owner))
                if bucket is None or not _is_due(limit, bucket, now):
                    continue
                debt, until = bucket.debt, bucket.own_full_at
                bucket.debt, bucket.own_full_at, bucket.settled_at = 0, 0.0, now
            horizon = now + MOST_BEHIND * limit.rate.span
            tell = self._settle or leases.settle  # the store is imported when there is something to tell
            try:
                use = leases.Use(debt * limit.rate.interval, until, horizon, bucket.heard)
                bucket.heard = tell(limit.tenant, limit.owner, use)
            except StoreError:
                with self._lock:
                    bucket.debt += debt
                    bucket.own_full_at = max(bucket.own_full_at, until)
                continue
            with self._lock:
                meanwhile = bucket.debt * limit.rate.interval
                bucket.full_at = max(min(bucket.heard, horizon) + meanwhile, bucket.own_full_at)

    def _bucket(self, limit: Limit, now: float) -> _Bucket:
        key = (limit.tenant, limit.owner)
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = _Bucket(limit.rate, now, now)
            while len(self._buckets) > KEPT:
                self._buckets.popitem(last=False)
        bucket.rate = limit.rate  # another plan acts with the tenant's next standing
        self._buckets.move_to_end(key)
        return bucket


@dataclass(frozen=True, slots=True)
class Noted:
    """What this context's request drew on, for its answer's headers."""

    readings: tuple[Reading, ...]
    limits: tuple[Limit, ...] = field(default=())


# The shared item holds whole microseconds, a float of the present time quarters of one.
_ROUNDING: Final = 1e-5
_noted: ContextVar[Noted | None] = ContextVar("rate_limits", default=None)


def begin() -> None:
    """Nothing has been drawn on yet in this context."""
    _noted.set(None)


def noted() -> Noted | None:
    """What the context's request drew on last."""
    return _noted.get()


def of_address(address: str) -> Limit:
    """The bucket of callers without a known credential at one address; this process's alone."""
    return Limit("address", ALONE, address, ADDRESSES)


def headers(readings: Iterable[Reading]) -> dict[str, str]:
    """``RateLimit-Policy`` and ``RateLimit`` (draft-ietf-httpapi-ratelimit-headers-10, sections 3 and 4).

    Lists of strings: ``"tenant";q=400;w=4`` is a quota of 400 in a window of 4 s (a burst, and how long it takes to
    come back), ``"tenant";r=399;t=1`` that 399 are left, and all are in 1 s.
    """
    known = list(readings)
    policy = ", ".join(f'"{each.name}";q={each.rate.burst};w={math.ceil(each.rate.span)}' for each in known)
    state = ", ".join(f'"{each.name}";r={each.remaining};t={each.full_in_s}' for each in known)
    return {"RateLimit-Policy": policy, "RateLimit": state}


def _is_due(limit: Limit, bucket: _Bucket, now: float) -> bool:
    told_lately = 0 <= now - bucket.settled_at < SETTLED_EVERY_S
    return limit.tenant != ALONE and bucket.debt >= limit.rate.lease and not told_lately


def _reading(limit: Limit, bucket: _Bucket, now: float) -> Reading:
    used_s = max(0.0, bucket.full_at - now)
    remaining = math.floor((limit.rate.span - used_s) * limit.rate.per_second + _ROUNDING)
    return Reading(limit.name, limit.rate, max(0, remaining), math.ceil(used_s - _ROUNDING))


def _refused(limit: Limit, wait_s: float) -> RateLimited:
    seconds = max(1, math.ceil(wait_s))
    text = Text(
        f"Too many requests ({limit.name}): {limit.rate.per_second} a second, {limit.rate.burst} at once. "
        f"Try again in {seconds} s.",
        f"请求过于频繁（{limit.name}）：每秒 {limit.rate.per_second} 次，瞬时最多 {limit.rate.burst} 次。"
        f"请在 {seconds} 秒后重试。",
    )
    return RateLimited(text, headers={"Retry-After": str(seconds)}, limit=limit.name)
