"""Small per-process caches with bounded staleness: what nearly every request needs and seldom changes."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Final, Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

# Enabling, disabling and revoking act on every warm process within 5 s (control-plane.md).
STALE_AFTER_S: Final = 5.0


class ShortCache(Generic[K, V]):
    """Holds what was loaded for at most ``STALE_AFTER_S`` seconds, and at most ``size`` entries. Thread-safe."""

    def __init__(self, size: int = 2048, clock: Callable[[], float] = time.monotonic) -> None:
        self._size, self._clock = size, clock
        self._entries: OrderedDict[K, tuple[float, V]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: K, load: Callable[[], V], max_age_s: float = STALE_AFTER_S) -> V:
        """The cached value, loaded when it is missing or older than ``max_age_s`` seconds."""
        now = self._clock()
        with self._lock:
            entry = self._entries.get(key)
        if entry and now - entry[0] <= max_age_s:
            return entry[1]
        # Stamped with the instant before loading: what was read can only be younger than its stamp.
        value = load()
        with self._lock:
            self._entries[key] = (now, value)
            self._entries.move_to_end(key)
            while len(self._entries) > self._size:
                self._entries.popitem(last=False)
        return value

    def drop(self, key: K) -> None:
        """Forget a key: the process that made a change sees it at once."""
        with self._lock:
            self._entries.pop(key, None)
