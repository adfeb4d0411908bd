"""Figures out of the sums of cells, and how they compare. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from chalicelib.after_write import Fact
from chalicelib.counters.postings import COUNT, Number
from modules.service_analysis.analysis.rules import ANSWERED, ENDED, OPENED, RATED, REOPENED, Period
from modules.service_analysis.comparisons.rules import PERCENTILE_ERROR, change, compared, references, spread

Figures = dict[str, float | int | None]
Sums = Mapping[str, Mapping[str, Number]]
"""By fact, the sums of its measures."""

SHOWN: Final[Mapping[str, tuple[Fact, ...]]] = {
    "opened": (OPENED,),
    "complaints": (OPENED,),
    "answered": (ANSWERED,),
    "resolved": (ENDED,),
    "reopened": (REOPENED,),
    "rated": (RATED,),
    "backlog": (OPENED, ENDED),
    "response_mean_seconds": (ANSWERED,),
    "response_p50_seconds": (ANSWERED,),
    "response_p90_seconds": (ANSWERED,),
    "response_attainment": (OPENED,),
    "resolution_mean_seconds": (ENDED,),
    "resolution_p50_seconds": (ENDED,),
    "resolution_p90_seconds": (ENDED,),
    "resolution_attainment": (ENDED,),
    "reopen_rate": (ENDED,),
    "first_contact_rate": (ENDED,),
    "csat": (RATED,),
    "rating_mean": (RATED,),
    "net_promoter_score": (RATED,),
    "rating_rate": (ENDED,),
}
"""Each figure, and the flows that it comes from; the backlog needs what is open now as well."""
ADDITIVE: Final = frozenset({"opened", "complaints", "answered", "resolved", "reopened", "rated"})
"""What grows with the number of working days."""
BACKLOG: Final = "backlog"
ERROR: Final = float(PERCENTILE_ERROR)
_PLACES: Final = 4


@dataclass(frozen=True, slots=True)
class Compared:
    """A figure of another month: as it is, restated for this month's working days, and the change in per cent."""

    base: float | int
    restated: float | None
    percent: float | None


def figures_of(sums: Sums) -> Figures:
    """The figures that cells' sums make; None for a mean or share of nothing. ``backlog`` is not among them."""
    opened, answered, ended, rated = (sums.get(each.name, {}) for each in (OPENED, ANSWERED, ENDED, RATED))
    response, resolution = spread("response_seconds", answered), spread("resolution_seconds", ended)
    return {
        "opened": int(opened.get(COUNT, 0)),
        "complaints": int(opened.get("complaints", 0)),
        "answered": int(answered.get(COUNT, 0)),
        "resolved": int(ended.get("resolved", 0)),
        "reopened": int(sums.get(REOPENED.name, {}).get(COUNT, 0)),
        "rated": int(rated.get(COUNT, 0)),
        "response_mean_seconds": _rounded(response.mean),
        "response_p50_seconds": _rounded(response.p50),
        "response_p90_seconds": _rounded(response.p90),
        "response_attainment": _share(opened, "in_time", "with_target"),
        "resolution_mean_seconds": _rounded(resolution.mean),
        "resolution_p50_seconds": _rounded(resolution.p50),
        "resolution_p90_seconds": _rounded(resolution.p90),
        "resolution_attainment": _share(ended, "in_time", "with_target"),
        "reopen_rate": _share(ended, "reopened", "resolved"),
        "first_contact_rate": _share(ended, "first_contact", "resolved"),
        "csat": _share(rated, "satisfied", "marked"),
        "rating_mean": _share(rated, "rating", "marked"),
        "net_promoter_score": net_promoter_score(rated),
        "rating_rate": _share(ended, "rated", "closed"),
    }


def net_promoter_score(rated: Mapping[str, Number]) -> float | None:
    """Promoters less detractors in per cent of those who said how likely they recommend: -100 to 100."""
    asked = rated.get("recommending", 0)
    if not asked:
        return None
    return _rounded(100 * (rated.get("promoters", 0) - rated.get("detractors", 0)) / Decimal(asked))


def backlogs(now: int, grown: Sequence[int], later: int) -> list[int]:
    """What was open at the end of each period, from what is open now backwards.

    ``grown`` is by how many more requests were opened than ended in each period, oldest first; ``later`` the same of
    all the time since the last of them. A request that was reopened counts as if it had never ended.
    """
    left = now - later
    found = []
    for each in reversed(grown):
        found.append(left)
        left -= each
    return found[::-1]


def comparison(now: Figures, before: Figures, days: int, base_days: int) -> dict[str, Compared]:
    """Each figure against another month's: what adds up, for the same number of working days."""
    found = {}
    for name, figure in now.items():
        base = before.get(name)
        if figure is None or base is None:
            continue
        if name in ADDITIVE:
            told = compared(int(figure), days, int(base), base_days)
            found[name] = Compared(base, _rounded(told.restated), _rounded(told.percent))
        else:
            found[name] = Compared(base, None, _rounded(change(_exact(figure), _exact(base))))
    return found


def months_compared(periods: Sequence[Period]) -> list[str]:
    """The months that these are compared with, beside themselves."""
    own = {each.name for each in periods}
    return sorted({other for each in periods for other in references(each.name)} - own)


def gone_by(period: Period, today: date) -> Period:
    """The part of a period that lies behind us, today included."""
    return period if period.last <= today else Period(period.name, period.first, max(today, period.first))


def _share(sums: Mapping[str, Number], part: str, whole: str) -> float | None:
    of = sums.get(whole, 0)
    return _rounded(Decimal(sums.get(part, 0)) / Decimal(of)) if of else None


def _exact(figure: float) -> Decimal:
    return Decimal(str(figure))


def _rounded(value: float | Decimal | None) -> float | None:
    return None if value is None else round(float(value), _PLACES)
