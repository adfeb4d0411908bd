"""Small per-process memories with bounded staleness: what nearly every request needs and seldom changes."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

T = TypeVar("T")

# 4 s here and up to 1 s in which an eventually consistent read may not show a change yet: 5 s in all, in which
# enabling, disabling and revoking act on every warm process (control-plane.md).
FRESH_S: Final = 4.0
# Entries of each kind in one process: about 1 kB each, so some 10 MB when full.
KEPT: Final = 10_000


@dataclass(frozen=True, slots=True)
class _Kept(Generic[T]):
    tenant: str
    answer: T
    asked_at: float


def elapsed() -> float:
    """Seconds that only go forward; whoever measures what is warm lets them stand (bench/house.py)."""
    return time.monotonic()


class Memory(Generic[T]):
    """Answers of this process, each for a tenant, bounded in age and number; safe under threads."""

    def __init__(self, ticks: Callable[[], float] | None = None, size: int = KEPT) -> None:
        self._ticks = ticks or (lambda: elapsed())  # noqa: PLW0108 - looked up when it is asked
        self._size = size
        self._kept: OrderedDict[Hashable, _Kept[T]] = OrderedDict()
        self._forgotten: OrderedDict[str, float] = OrderedDict()
        self._lock = threading.Lock()

    def recall(self, key: Hashable, load: Callable[[], tuple[str, T] | None], max_age_s: float = FRESH_S) -> T | None:
        """The kept answer, or what ``load`` finds: (tenant, answer), kept, or None, which is not."""
        asked_at = self._ticks()
        with self._lock:
            kept = self._kept.get(key)
            if kept and asked_at - kept.asked_at < max_age_s and kept.asked_at > self._forgotten.get(kept.tenant, -1.0):
                self._kept.move_to_end(key)
                return kept.answer
        found = load()
        if found is None:
            return None
        with self._lock:
            # A load that began before the tenant was forgotten keeps its early time, and so does not count.
            self._kept[key] = _Kept(*found, asked_at)
            self._kept.move_to_end(key)
            while len(self._kept) > self._size:
                self._kept.popitem(last=False)
        return found[1]

    def forget(self, tenant: str) -> None:
        """Let no answer about the tenant count that was asked for before now."""
        with self._lock:
            self._forgotten[tenant] = self._ticks()
            self._forgotten.move_to_end(tenant)
            while len(self._forgotten) > self._size:
                self._forgotten.popitem(last=False)

    def forgotten_lately(self, tenant: str) -> bool:
        """Whether a change here is so young that an eventually consistent read might not show it."""
        with self._lock:
            return self._ticks() - self._forgotten.get(tenant, -FRESH_S) < FRESH_S


class Once(Generic[T]):
    """A function's answer, made at first use by exactly one thread (``lru_cache`` lets several begin) and kept."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._made: T | None = None
        self._lock = threading.Lock()
        self.__doc__ = make.__doc__

    def __call__(self) -> T:
        """The one answer."""
        made = self._made
        if made is None:
            with self._lock:
                if self._made is None:
                    self._made = self._make()
                made = self._made
        return made

    def cache_clear(self) -> None:
        """Forget it: the next call makes another (tests change the settings)."""
        with self._lock:
            self._made = None
