"""What an outage is about, how far it is with a request, and for how long somebody was affected. Pure.

A request belongs to an outage when all that the outage names holds for it (the area or category itself or below, the
product exactly), it was opened while the outage lasted, and nobody has settled it before.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

_HOUR_S: Final = 3600


class OutageStatus(StrEnum):
    """Where an outage stands."""

    OPEN = "open"
    ANNOUNCED = "announced"
    """Its answer is given to all whose requests are linked, and to those who still come."""
    CLOSED = "closed"


class Stage(StrEnum):
    """How far an outage is with one of its requests."""

    LINKED = "linked"
    ANSWERED = "answered"
    OVER = "over"
    """The outage has let go of it: surveys are no longer held back."""


@dataclass(frozen=True, slots=True)
class Extent:
    """What an outage is about; what it does not name is empty. Paths name nodes from the root."""

    area: str = ""
    category: str = ""
    product: str = ""

    def covers(self, area: str | None, category: str | None, product: str | None) -> bool:
        """Whether all that is named holds. An outage that names nothing covers nothing."""
        named = bool(self.area or self.category or self.product)
        return (
            named
            and (area or "").startswith(self.area)
            and (category or "").startswith(self.category)
            and (not self.product or product == self.product)
        )


def lasts(began: datetime, closed: datetime | None, opened: datetime) -> bool:
    """Whether a request was opened while an outage lasted; both ends count."""
    return began <= opened and (closed is None or opened <= closed)


def hours(since: datetime, until: datetime) -> float:
    """For how long a customer was affected, to hundredths of an hour; never less than none.

    From when they first said so: credit is owed from the report on (Ofcom, «Automatic compensation», loss of service).
    """
    return round(max(0.0, (until - since).total_seconds()) / _HOUR_S, 2)
