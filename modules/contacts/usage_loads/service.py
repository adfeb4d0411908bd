"""Use cases of loads: stage one with what it tells of, list and read them."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from chalicelib.call import Call
from chalicelib.problems import NotFound
from chalicelib.store.events import STORED
from chalicelib.store.lists import ListQuery, list_records
from chalicelib.web.results import Listed
from modules.contacts.usage.rules import Fate
from modules.contacts.usage_loads.records import UsageLoad
from modules.contacts.usage_loads.schemas import UsageLoadOut

if TYPE_CHECKING:
    from modules.contacts.usage.service import Loaded


def record_loads(call: Call, loaded: "Sequence[Loaded]") -> None:
    """Stage one load, and so one event, for each month of what a transaction has changed."""
    months: dict[str, list[Loaded]] = {}
    for each in loaded:
        if each.fate in {Fate.NEW, Fate.REPLACED}:
            months.setdefault(str(each.month.month), []).append(each)
    for month, group in sorted(months.items()):
        call.store.create(_load(call.now, month, group))


def _load(now: datetime, month: str, group: "Sequence[Loaded]") -> UsageLoad:
    restated = [each for each in group if each.before]
    return UsageLoad.fresh(
        now,
        month=month,
        source=group[0].month.source,
        contacts=sorted({str(each.month.contact_id) for each in group}),
        new=sum(each.fate is Fate.NEW for each in group),
        replaced=sum(each.fate is Fate.REPLACED for each in group),
        late=sum(each.late for each in group),
        restated=bool(restated),
        restatements=[_restatement(each) for each in restated] or None,
        ttl=int((now + STORED).timestamp()),
    )


def _restatement(loaded: "Loaded") -> dict[str, Any]:
    # No account: whose it is says the customer's id, and an account's number is a personal value.
    line = {"line_id": loaded.month.line_id} if loaded.month.line_id else {}
    return {"contact_id": loaded.month.contact_id, **line, "before": dict(loaded.before)}


def list_loads(call: Call, query: ListQuery) -> Listed[UsageLoadOut]:
    """A page of what has been loaded."""
    page = list_records(call.store, UsageLoad, query)
    return Listed([_load_out(each) for each in page.items], page.next_position, page.truncated)


def get_load(call: Call, load_id: str) -> UsageLoadOut:
    """One load. Raises NotFound."""
    record = call.store.get(UsageLoad, load_id)
    if record is None:
        raise NotFound
    return _load_out(record)


def _load_out(record: UsageLoad) -> UsageLoadOut:
    """The load without the customers' ids, which belong to several org units."""
    values = {name: getattr(record, name) for name in UsageLoadOut.model_fields}
    counts = {name: int(values[name]) for name in ("version", "new", "replaced", "late")}
    return UsageLoadOut.model_validate({**values, **counts, "contacts": len(record.contacts)})
