"""How a file is divided into parts, and which of them may be asked for at once."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

# The URLs of a thousand parts (8 GB) with a role's session token in each are 2 MB of an answer's 6 (Lambda quotas).
PARTS_A_CALL: Final = 1000
# A part of 8 MiB needs minutes on a slow line; more URLs are there for the asking. Below a role's own hours, which end
# its signatures too.
PART_URL_LIFE: Final = timedelta(hours=1)
DOWNLOAD_URL_LIFE: Final = timedelta(minutes=10)  # to click; long enough to begin, for a download goes on after it
# Read through to its SHA-256 on completion: 6 s at the 75 MB/s that a function reads from S3, of the gateway's 29.
HASHED_BYTES: Final = 512 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Division:
    """A file of ``size`` bytes (1 at least) in parts of ``part_size``, of which the last may be shorter."""

    size: int
    part_size: int

    @property
    def count(self) -> int:
        """How many parts."""
        return -(-self.size // self.part_size)

    def length(self, number: int) -> int:
        """The bytes of a part, counted from 1."""
        return min(self.part_size, self.size - (number - 1) * self.part_size)

    def lengths(self) -> Iterator[int]:
        """The bytes of each part, the first one first."""
        return map(self.length, range(1, self.count + 1))


class RangeFault(StrEnum):
    """Why URLs for some parts can't be had."""

    NO_SUCH_PART = "no_such_part"
    BACKWARDS = "backwards"
    TOO_MANY = "too_many"


def range_fault(division: Division, first: int, last: int) -> RangeFault | None:
    """What is wrong with asking for the parts from ``first`` to ``last``, both counted from 1 and included."""
    if last < first:
        return RangeFault.BACKWARDS
    if last > division.count:
        return RangeFault.NO_SUCH_PART
    return RangeFault.TOO_MANY if last - first >= PARTS_A_CALL else None
