"""Use cases of customers who complain again."""

from typing import Any, Final

from chalicelib.call import Call
from chalicelib.counters.reading import visible
from chalicelib.modules import Index
from chalicelib.store import keys
from chalicelib.store.lists import ListQuery
from chalicelib.web.results import Listed
from modules.service_analysis.analysis.service import be_countable, today
from modules.service_analysis.complainers.records import Complainer
from modules.service_analysis.complainers.schemas import ComplainerOut
from modules.service_analysis.kinds import COMPLAINER

MAX_SCANNED: Final = 1000
_A_MONTH: Final = len("2015-04")


def list_complainers(call: Call, period: str | None, at_least: int, query: ListQuery) -> Listed[ComplainerOut]:
    """A page of who has complained so often in a month or year, the most frequent first.

    They are listed by all their complaints; those in org units that the caller does not see are not told, and who has
    too few others is left out.
    """
    be_countable(call)
    wanted = period or today(call).isoformat()[:_A_MONTH]
    found: list[ComplainerOut] = []
    position: dict[str, Any] | None = dict(query.cursor) if query.cursor else None
    scanned = 0
    while True:
        items, position = call.store.query(
            keys.by_state(call.tenant_id, COMPLAINER.name, wanted),
            between=keys.ranked_from(at_least),
            index=Index.STATE,
            limit=query.limit,
            newest_first=True,
            start=position,
        )
        for item in items:
            scanned += 1
            seen = _seen(call, item) if isinstance(item, Complainer) else 0
            if isinstance(item, Complainer) and seen >= at_least:
                found.append(ComplainerOut(contact_id=str(item.contact_id), period=wanted, complaints=seen))
            if len(found) == query.limit:
                return Listed(found, _position(item))
        if position is None or scanned >= MAX_SCANNED:
            return Listed(found, position, truncated=position is not None)


def _seen(call: Call, item: Complainer) -> int:
    return sum(int(each) for unit, each in item.by_unit.items() if visible(call.store.scope, unit))


def _position(item: Any) -> dict[str, Any]:
    raw = item.raw()
    return {name: raw[name] for name in ("pk", "sk", f"{Index.STATE}pk", f"{Index.STATE}sk")}
