"""How often the same refusal is noted: the first ones one by one, a flood as a few notes that say how many."""

import threading
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

# Of each actor and minute. A program that runs into a wall is seen well enough by its first twenty steps.
ONE_BY_ONE: Final = 20
REMEMBERED: Final = 10_000


@dataclass(slots=True)
class _Minute:
    minute: datetime
    seen: int = 0
    told: int = 0


class Flood:
    """Counts of this process, bounded in number, safe under threads.

    seen    1 … 20   21 … 39   40   41 … 79   80
    noted   1 each   –         20   –         40      and what is left with the actor's next refusal in a later minute
    """

    def __init__(self, size: int = REMEMBERED) -> None:
        self._size = size
        self._minutes: OrderedDict[Hashable, _Minute] = OrderedDict()
        self._lock = threading.Lock()

    def count(self, who: Hashable, now: datetime) -> tuple[int, int]:
        """Count one more; answers how many a note written now stands for, and how many of an earlier minute are left.

        0: none is to be written.
        """
        minute = now.replace(second=0, microsecond=0)
        with self._lock:
            kept = self._minutes.pop(who, None)
            left = 0
            if kept is None or kept.minute != minute:
                left = kept.seen - kept.told if kept else 0
                kept = _Minute(minute)
            self._minutes[who] = kept
            while len(self._minutes) > self._size:
                self._minutes.popitem(last=False)
            kept.seen += 1
            if kept.seen > ONE_BY_ONE and kept.seen < 2 * kept.told:
                return 0, left
            new, kept.told = kept.seen - kept.told, kept.seen
            return new, left
