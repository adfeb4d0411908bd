"""Use cases of causes and of complaints by the thousand customers."""

from typing import Any, Final

from chalicelib.call import Call
from chalicelib.counters.postings import COUNT
from chalicelib.counters.reading import held
from chalicelib.modules import Text
from chalicelib.web.results import Plain
from modules.service_analysis.analysis.rules import OPENED, By, Period
from modules.service_analysis.analysis.service import ask, read
from modules.service_analysis.categories.service import tree_of
from modules.service_analysis.causes.schemas import CauseOut, CausesOut, ComplaintRateOut, ComplaintRateRow
from modules.service_analysis.figures.service import as_csv
from modules.service_analysis.topics.rules import pareto

COMPLAINTS: Final = "complaints"
_NONE: Final = ""


def causes(call: Call, wanted: tuple[Period, ...], depth: int | None, *, complaints: bool) -> CausesOut:
    """What the requests, or the complaints alone, of some months are about: a query for each month."""
    asked = ask(call, wanted, By.MONTH, "category", {}, depth)
    found = read(call.store, asked, [OPENED])
    counts: dict[str, int] = {}
    for (_, _, (category,)), sums in found.sums.items():
        counts[category] = counts.get(category, 0) + int(sums.get(COMPLAINTS if complaints else COUNT, 0))
    told = pareto(counts, frozenset({_NONE}))
    titles = tree_of(call.store).titles
    items = [
        CauseOut(
            category=each.name,
            title=_title(titles, each.name, call.locale),
            count=each.count,
            share=each.share,
            cumulated=each.cumulated,
            vital=each.vital,
        )
        for each in told.causes
    ]
    return CausesOut(
        first=asked.first,
        last=asked.last,
        known=told.known,
        unknown=told.unknown,
        counted_at=found.counted_at,
        items=items,
    )


def causes_csv(answer: CausesOut) -> Plain:
    """The causes as a table."""
    columns = list(CauseOut.model_fields)
    rows: list[list[str]] = [columns]
    rows += [[_text(getattr(each, name)) for name in columns] for each in answer.items]
    return as_csv(rows, "causes")


def complaint_rate(call: Call, wanted: tuple[Period, ...]) -> ComplaintRateOut:
    """Complaints by the month for each thousand customers: a query for each month, and one for the customers."""
    asked = ask(call, wanted, By.MONTH, "", {}, None)
    found = read(call.store, asked, [OPENED])
    customers = held(call, "contacts", "contact", "contacts:read")
    rows = []
    for each in asked.periods:
        complaints = int(found.sums.get((OPENED.name, each.name, ()), {}).get(COMPLAINTS, 0))
        rate = round(1000 * complaints / customers.count, 4) if customers and customers.count else None
        rows.append(ComplaintRateRow(month=each.name, complaints=complaints, per_thousand=rate))
    return ComplaintRateOut(customers=customers.count if customers else None, counted_at=found.counted_at, items=rows)


def _title(titles: dict[str, Text], category: str, locale: str) -> str | None:
    found = titles.get(f"{category.rstrip('/')}/")
    return found.in_language(locale) if found else None


def _text(value: Any) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
