"""Doing it again when somebody else was faster: optimistic writes always need it, so it stands in one place."""

import random
import time
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from chalicelib.store.errors import StoreBusyError, VersionConflictError

T = TypeVar("T")

# Under 50 parallel writers of one record every attempt lets at least one through; the pauses spread the rest.
ATTEMPTS: Final = 12
FIRST_PAUSE_S: Final = 0.02
LONGEST_PAUSE_S: Final = 0.64


def halves(parts: Sequence[T]) -> tuple[Sequence[T], Sequence[T]]:
    """Both halves of what is too much for one transaction."""
    middle = len(parts) // 2
    return parts[:middle], parts[middle:]


def until_in(attempt: Callable[[], T], attempts: int = ATTEMPTS, longest_pause_s: float = LONGEST_PAUSE_S) -> T:
    """Run a use case, from its reads to its commit, until its transaction is in; raises StoreBusyError at the end.

    What is as short as one read and one write of an item that all want may be tried more often, in shorter pauses.
    """
    pause = FIRST_PAUSE_S
    for _ in range(attempts):
        try:
            return attempt()
        except (VersionConflictError, StoreBusyError):
            time.sleep(random.uniform(0, pause))  # noqa: S311 - spreads writers, no secret
            pause = min(pause * 2, longest_pause_s)
    reason = "others were faster each time"
    raise StoreBusyError(reason)
