"""Where a call is held, so that a test can kill the caller at exactly that step, and the list of the calls made."""

from __future__ import annotations

import threading
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Final, Literal

from tests.support.fault_wire import Call, FaultProxyError, known_operations

When = Literal["before", "after"]

PAUSE_LIMIT: Final = 120.0  # seconds; a test that forgot release() must fail, not hang the run


class Spy(list[Call]):
    """The calls in the order of their arrival, retries and refused ones included: `(operation, decoded body)`."""

    def reset(self) -> None:
        """Forget them."""
        self.clear()

    def operations(self) -> list[str]:
        """Return the operations' names alone: what a test of round trips compares."""
        return [call.operation for call in self]


@dataclass
class _Pause:
    step: int
    when: When
    gate: threading.Event = field(default_factory=threading.Event)
    dropped: bool = False


class Steps:
    """Counts calls from 1 and holds one of them, `before` it is forwarded or `after` the engine has answered it."""

    def __init__(self) -> None:
        """Start with no step and no pause."""
        self.paused = threading.Event()
        self._lock = threading.Lock()
        self._count = 0
        self._only: frozenset[str] = frozenset()
        self._pause: _Pause | None = None

    @property
    def count(self) -> int:
        """Calls since the last `reset`."""
        return self._count

    def reset(self, only: str | Collection[str] = ()) -> None:
        """Count from 1 again; with `only`, count none but these operations (a poller's reads would shift the steps)."""
        names = known_operations(only)
        with self._lock:
            self._count, self._only = 0, names

    def pause_at(self, step: int, when: When) -> None:
        """Hold the call number `step` when it comes.

        Raises:
            FaultProxyError: if another pause is not released yet.
            ValueError: if the step has passed already, or makes no sense.
        """
        with self._lock:
            if self._pause is not None:
                message = f"step {self._pause.step} is still to be paused or released: call release() first"
                raise FaultProxyError(message)
            if when not in {"before", "after"}:
                message = f"when is 'before' or 'after', not {when!r}"
                raise ValueError(message)
            if step <= self._count:
                message = f"step {step} has passed ({self._count} calls since reset_steps()): it would never be paused"
                raise ValueError(message)
            self._pause = _Pause(step, when)

    def release(self, *, drop: bool = False) -> None:
        """Let the held call go on, or `drop` it: close its connection; a pause not reached yet is cancelled."""
        with self._lock:
            pause, self._pause = self._pause, None
            self.paused.clear()
        if pause is not None:
            pause.dropped = drop
            pause.gate.set()

    def arrive(self, operation: str) -> int:
        """Return the number of a call that just came, 0 if it does not count."""
        with self._lock:
            if self._only and operation not in self._only:
                return 0
            self._count += 1
            return self._count

    def hold(self, step: int, when: When) -> bool:
        """Wait here if the test paused this step; return False if the call is to be dropped.

        Raises:
            FaultProxyError: if nobody releases it within `PAUSE_LIMIT`.
        """
        with self._lock:
            pause = self._pause
            if pause is None or (pause.step, pause.when) != (step, when):
                return True
            self.paused.set()
        if not pause.gate.wait(PAUSE_LIMIT):
            self.release(drop=True)
            message = f"step {step} was paused {when} its call and not released within {PAUSE_LIMIT:.0f} s"
            raise FaultProxyError(message)
        return not pause.dropped
