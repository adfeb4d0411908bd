"""Use cases behind the figures: the requests that a cell counts, and how many requests stand where."""

from collections.abc import Mapping
from typing import Final

from chalicelib.call import Call
from chalicelib.counters.listing import Asked, posted
from chalicelib.counters.postings import COUNT, Posting
from chalicelib.counters.reading import Stretch, cells
from chalicelib.store.lists import ListQuery
from chalicelib.web.results import Listed
from modules.service_analysis.analysis.rules import COUNTED_IN, Of, Period, matches
from modules.service_analysis.analysis.service import be_countable
from modules.service_analysis.counted.schemas import StatusCountsOut
from modules.service_analysis.kinds import STATUSES
from modules.service_analysis.requests.records import ServiceRequest
from modules.service_analysis.requests.rules import Status
from modules.service_analysis.requests.schemas import RequestOut
from modules.service_analysis.requests.service import request_out

_OPEN: Final = (Status.NEW, Status.ASSIGNED, Status.IN_PROGRESS)


def status_counts(call: Call) -> StatusCountsOut:
    """How many requests stand where, of all that the caller sees: one query."""
    be_countable(call)
    counts: dict[str, int] = dict.fromkeys(STATUSES, 0)
    at = None
    for each in cells(call.store, Stretch("request_held", ("status",))):
        counts[each.values[0]] += int(each.amounts.get(COUNT, 0))
        at = max(at, each.counted_at) if at else each.counted_at
    open_ = sum(counts[each] for each in _OPEN)
    return StatusCountsOut(
        statuses=counts,
        open=open_,
        pending=counts[Status.PENDING],
        solved=counts[Status.RESOLVED],
        closed=counts[Status.CLOSED],
        backlog=open_ + counts[Status.PENDING],
        counted_at=at,
    )


def list_counted(
    call: Call, of: Of, wanted: tuple[Period, ...], where: Mapping[str, str | None], query: ListQuery
) -> Listed[RequestOut]:
    """A page of the requests that a cell counts, by day."""
    be_countable(call)
    fact, measure = COUNTED_IN[of]
    terms = {name: each for name, each in where.items() if each is not None}

    def holds(posting: Posting) -> bool:
        counts = measure is None or bool(posting.measures.get(measure))
        return counts and all(matches(name, posting.coordinates.get(name, ""), each) for name, each in terms.items())

    page = posted(call.store, Asked(fact.name, wanted[0].first, wanted[-1].last, holds, query.limit), query.cursor)
    raws = call.store.fetch(page.places)
    found = (call.store.known(ServiceRequest, each, raws[each]) for each in page.places)
    return Listed([request_out(each) for each in found if each is not None], page.position, page.truncated)
