"""A month's figure beside another month's, and what a cell's sums say of a measure. Pure.

**Working days.** A month with more working days has more requests. So what is compared is the other month's figure for
as many working days as this month has (had so far):

    restated = base ÷ base's working days × this month's working days
    change   = (figure - restated) ÷ restated × 100

That is for what adds up day by day: numbers and sums. Means, shares and percentiles do not, and are compared as they
are.

**Percentiles** come from the histograms of the counters (chalicelib/counters/postings.py): boundaries are fixed powers
of 1.04, a value is told by the geometric middle of its step, so it is at most √1.04 - 1 = 1.98 % off.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from typing import Final

from chalicelib.counters.postings import Number, percentile

PERCENTILE_ERROR: Final = Decimal("0.02")
"""How far p50 and p90 may be from the exact ones, as a share of them."""

# A hundredth of a per cent: of a million requests, a hundred.
_PLACES: Final = Decimal("0.01")
_MONTHS: Final = 12


@dataclass(frozen=True, slots=True)
class Compared:
    """``base`` is the other month's figure as it is, ``restated`` for this month's working days.

    ``percent`` is the change, None when there is nothing to compare with: nothing then, or no working day in either of
    the months. Without one in the other month ``restated`` is None too.
    """

    base: Number
    restated: Decimal | None
    percent: Decimal | None


@dataclass(frozen=True, slots=True)
class Spread:
    """How a measure is spread over the records that have it; mean and percentiles are None when none has."""

    count: int
    mean: Decimal | None
    p50: float | None
    p90: float | None


def compared(figure: Number, days: int, base: Number, base_days: int) -> Compared:
    """A sum of this month against another month's, for the same number of working days.

    ``days`` are this month's working days, of the current one those gone by; ``base_days`` the other month's.
    Raises ValueError for negative days.
    """
    if days < 0 or base_days < 0:
        message = "A month has no negative number of working days."
        raise ValueError(message)
    if not base_days:
        return Compared(base, None, None)
    restated = Fraction(base) / base_days * days
    return Compared(base, _decimal(restated), _percent(Fraction(figure), restated))


def change(figure: Number, base: Number) -> Decimal | None:
    """By how many per cent a mean, a share or a percentile differs from another month's; None where that is 0."""
    return _percent(Fraction(figure), Fraction(base))


def references(month: str) -> tuple[str, str]:
    """The months that a month (YYYY-MM) is compared with: the one before it, and the same of the year before."""
    year, number = int(month[:4]), int(month[5:])
    before = year * _MONTHS + number - 2
    return f"{before // _MONTHS:04}-{before % _MONTHS + 1:02}", f"{year - 1:04}-{number:02}"


def spread(measure: str, amounts: Mapping[str, Number]) -> Spread:
    """Mean and percentiles of a measure out of a cell's sums (or several cells' together).

    Its histogram says how many records have the measure: the cell also counts those that have none.
    """
    steps = f"{measure}~"
    count = int(sum(amount for name, amount in amounts.items() if name.startswith(steps)))
    mean = _decimal(Fraction(amounts.get(measure, 0)) / count) if count else None
    return Spread(count, mean, percentile(measure, amounts, 0.5), percentile(measure, amounts, 0.9))


def _percent(figure: Fraction, base: Fraction) -> Decimal | None:
    return _decimal((figure - base) / abs(base) * 100) if base else None


def _decimal(exact: Fraction) -> Decimal:
    # In whole hundredths first: dividing Decimals would round twice.
    return (round(exact / Fraction(_PLACES)) * _PLACES).quantize(_PLACES, ROUND_HALF_EVEN)
