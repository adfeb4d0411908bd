"""What a month's figures are, and whose word counts when several sources say them. Pure.

Each figure has the instant as of which it was said. A later word replaces an earlier one, an earlier one that differs
is refused, and figures that a source does not name stay: so billing and network can both write one month, in any
order and at once.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final

MONEY: Final = (
    "arpu",
    "invoice",
    "payment",
    "balance",
    "arrears",
    "value_added_services",
    "long_distance",
)
"""Amounts, all of a month's in one currency."""
QUANTITIES: Final = ("voice_minutes", "data_mb", "sms", "points")
FIGURES: Final = (*MONEY, *QUANTITIES)
# Clocks of sources are a little ahead now and then; what is said for next year would refuse every word until then.
AHEAD: Final = timedelta(minutes=5)


class Fate(StrEnum):
    """What became of a statement."""

    NEW = "new"
    REPLACED = "replaced"
    # The same figures, said later: nothing to tell anybody, but an earlier word is refused from now on.
    CONFIRMED = "confirmed"
    UNCHANGED = "unchanged"


class OlderThanKnownError(ValueError):
    """The statement is older than figures that it contradicts; ``names`` are those."""

    def __init__(self, names: Sequence[str], known: datetime) -> None:
        super().__init__(", ".join(names))
        self.names, self.known = names, known


class OtherCurrencyError(ValueError):
    """Amounts in another currency than those that stay."""


@dataclass(frozen=True, slots=True)
class Month:
    """What is known of a month. ``earlier``: since when figures are known that are older than ``as_of``."""

    figures: Mapping[str, str]
    currency: str | None
    as_of: datetime
    earlier: Mapping[str, datetime] = field(default_factory=dict)

    def told(self, name: str) -> datetime:
        """As of when a figure was said."""
        return self.earlier.get(name, self.as_of)


@dataclass(frozen=True, slots=True)
class Statement:
    """What a source says of a month: decimal texts by figure, None for one that is to be taken away.

    ``stated``: the source has said as of when; otherwise that is when it arrived.
    """

    figures: Mapping[str, str | None]
    currency: str | None
    as_of: datetime
    stated: bool = False


@dataclass(frozen=True, slots=True)
class Merged:
    """A month after a statement, and the figures of before that are no longer true."""

    month: Month
    fate: Fate
    before: Mapping[str, str] = field(default_factory=dict)


def merged(known: Month | None, said: Statement) -> Merged:
    """The month after the statement. Raises OlderThanKnownError and OtherCurrencyError."""
    if known is None:
        figures = {name: value for name, value in said.figures.items() if value is not None}
        return Merged(Month(figures, said.currency, said.as_of), Fate.NEW)
    money = said.currency != known.currency and said.currency is not None
    others = {name for name in known.figures if name in MONEY and name not in said.figures}
    if money and known.currency and others:
        raise OtherCurrencyError
    changed = {name for name, value in said.figures.items() if not _same(known.figures.get(name), value)}
    if money and known.currency:
        changed |= {name for name in said.figures if name in MONEY}
    older = [name for name in said.figures if name in changed & known.figures.keys() and said.as_of < known.told(name)]
    if older:
        raise OlderThanKnownError(older, max(known.told(name) for name in older))
    told = {name: known.told(name) for name in known.figures}
    told |= {name: max(said.as_of, told.get(name, said.as_of)) for name in said.figures}
    if not changed:
        later = said.stated and any(told[name] != known.told(name) for name in said.figures if name in known.figures)
        if not later:
            return Merged(known, Fate.UNCHANGED)
    values = {**known.figures, **{name: said.figures[name] for name in changed}}
    figures = {name: value for name, value in values.items() if value is not None}
    newest = max(known.as_of, said.as_of)
    earlier = {name: told[name] for name in figures if told[name] != newest}
    currency = said.currency or known.currency if any(name in MONEY for name in figures) else None
    before = {name: known.figures[name] for name in sorted(changed & known.figures.keys())}
    fate = Fate.REPLACED if changed else Fate.CONFIRMED
    return Merged(Month(figures, currency, newest, earlier), fate, before)


def _same(one: str | None, other: str | None) -> bool:
    if one is None or other is None:
        return one is other
    return Decimal(one) == Decimal(other)


def subject_of(contact_id: str, line_id: str | None, account: str | None, external_id: str | None = None) -> str:
    """What a month is one of: a line, a billing account, a customer as another system knows it, or as we do.

    Two customers of billing who turn out to be one go on to have a bill each.
    """
    if account:
        return f"account:{account}"
    return line_id or (f"external:{external_id}" if external_id else contact_id)


def version_of(month: str, as_of: datetime) -> int:
    """What tells which of two that meet at one key is younger: a later month, or a later word on the same one."""
    return int(month.replace("-", "")) * 10**14 + int(as_of.timestamp() * 1000)


def negative(figures: Mapping[str, str]) -> list[str]:
    """The names of figures below zero: credits, mostly, which are kept and shown as such."""
    return sorted(name for name, value in figures.items() if Decimal(value) < 0)


def first_day(month: str) -> date:
    """The first day of a month, YYYY-MM."""
    return date.fromisoformat(f"{month}-01")


def has_begun(month: str, now: datetime) -> bool:
    """Whether the month has begun anywhere on earth."""
    return first_day(month) <= (now.astimezone(UTC) + timedelta(hours=14)).date()


def held_in(month: str, starts_on: str | None) -> bool:
    """Whether a line that starts on a day was there in the month: else the number was somebody else's then."""
    return starts_on is None or starts_on[: len(month)] <= month


@dataclass(frozen=True, slots=True)
class MonthSum:
    """What the months of several lines and accounts add up to."""

    month: str
    count: int
    restated: bool
    figures: Mapping[str, Decimal]


def sums_by_month(months: Iterable[tuple[str, bool, Mapping[str, str]]]) -> list[MonthSum]:
    """Sums per month, the oldest first, of (month, whether restated, figures)."""
    found: dict[str, tuple[int, bool, dict[str, Decimal]]] = {}
    for month, restated, figures in months:
        count, any_restated, total = found.get(month, (0, False, {}))
        added = {name: total.get(name, Decimal(0)) + Decimal(value) for name, value in figures.items()}
        found[month] = (count + 1, any_restated or restated, total | added)
    return [MonthSum(month, *found[month]) for month in sorted(found)]


def averages(months: Sequence[MonthSum], places: int) -> dict[str, Decimal]:
    """The mean of each figure over the months that have it, rounded half to even."""
    found: dict[str, list[Decimal]] = {}
    for each in months:
        for name, value in each.figures.items():
            found.setdefault(name, []).append(value)
    unit = Decimal(1).scaleb(-places)
    return {name: (sum(values, Decimal(0)) / len(values)).quantize(unit) for name, values in found.items()}


def totals(months: Sequence[MonthSum]) -> dict[str, Decimal]:
    """The sum of each figure over months."""
    found: dict[str, Decimal] = {}
    for each in months:
        for name, value in each.figures.items():
            found[name] = found.get(name, Decimal(0)) + value
    return found
