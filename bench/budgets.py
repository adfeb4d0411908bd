"""The budgets of quality.md as checks of what an operation has taken. Pure: each answers what is wrong, or nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from bench.spending import Spent

PAGE: Final = 50
SCANNED: Final = 1000
POSTINGS: Final = 500
COMMIT: Final = "TransactWriteItems"
READ_BEFORE: Final = "BatchGetItem"
CPU_ON_TOP: Final = 1.0
IMPORT_SHARE: Final = 0.5
IMPORT_MB: Final = 300
A_PERSON, AN_ORGANISATION = 12, 30

Check = Callable[[Spent], str]
"""Answers what is broken; empty for nothing."""


@dataclass(frozen=True, slots=True)
class Budget:
    """What an operation may take: a text for people, and its checks."""

    text: str
    checks: tuple[Check, ...] = ()

    def broken(self, spent: Spent) -> list[str]:
        """What is broken."""
        return [said for check in self.checks if (said := check(spent))]


def trips(most: int) -> Check:
    """At most so many round trips."""
    return lambda spent: f"{spent.round_trips} round trips" if spent.round_trips > most else ""


def fair(spent: Spent) -> str:
    """No more read units than what has come costs when it is read eventually consistently."""
    return f"{spent.read_units} RCU for items worth {spent.fair}" if spent.read_units > spent.fair else ""


def queried(most: int) -> Check:
    """At most so many items read by queries."""
    return lambda spent: f"{spent.queried} items read" if spent.queried > most else ""


def one_commit(spent: Spent) -> str:
    """At most one BatchGet, then one transaction."""
    reads = spent.calls[:-1]
    if spent.calls[-1:] == (COMMIT,) and len(reads) <= 1 and set(reads) <= {READ_BEFORE}:
        return ""
    return " + ".join(spent.calls) or "nothing written"


BY_ID: Final = Budget("1 round trip, 0.5 RCU per 4 KB", (trips(1), fair))
LOOK_UP: Final = Budget("≤ 2 round trips", (trips(2), fair))
OVERVIEW: Final = Budget("≤ 2 round trips", (trips(2), fair))
INDEXED: Final = Budget("1 round trip, RCU = size of the page", (trips(1), queried(PAGE), fair))
OTHER_FILTER: Final = Budget(f"≤ {SCANNED:,} items, truncated_scan", (queried(SCANNED), fair))
SEARCH: Final = Budget(f"≤ {POSTINGS} postings", (queried(POSTINGS), fair))
CREATE: Final = Budget("≤ 1 BatchGet + 1 transaction", (one_commit,))
UNNAMED: Final = Budget("—")
"""Not in quality.md's table: shown for what it costs, and held to the growth budget if it reads."""


def grown(small: Spent, large: Spent) -> str:
    """How a read has grown with the number of customers; empty for not at all, but for what its items weigh."""
    if small.round_trips != large.round_trips:
        return f"{small.round_trips} → {large.round_trips} round trips"
    if (small.queried, small.fetched) != (large.queried, large.fetched):
        return f"{small.queried + small.fetched} → {large.queried + large.fetched} items"
    if abs(large.read_units - small.read_units) > abs(large.fair - small.fair):
        return f"{small.read_units:g} → {large.read_units:g} RCU"
    return ""
