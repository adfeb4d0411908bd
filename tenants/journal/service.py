"""Reading the journal: the event partitions of all units, merged, each from its own position.

A commit takes its event ids at the attempt, and an attempt older than 5 s is given up; so what is older than
``SETTLED`` is complete, and a reader that stays behind that line never passes by a late commit.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from chalicelib.call import Call
from chalicelib.clock import first_ulid_at, instant_of, is_ulid
from chalicelib.modules import Text
from chalicelib.problems import PermissionDenied
from chalicelib.store import keys
from chalicelib.store.events import KEPT
from chalicelib.store.lists import ListQuery
from chalicelib.store.records import EventItem
from chalicelib.store.store import Store
from chalicelib.web.results import Listed
from tenants.journal.schemas import EventOut

SETTLED: Final = timedelta(seconds=10)
DAY: Final = timedelta(days=1)
# Days without a change cost a query each: a call looks at so many per unit, and its cursor goes on behind them.
DAYS_A_CALL: Final = 40


def read(call: Call, query: ListQuery) -> Listed[EventOut]:
    """The next settled events, oldest first, and always a cursor: the same one brings what comes later."""
    if not call.store.scope.everything:
        text = Text("The journal is for those who see all of the tenant.", "仅可见全部数据的用户可读取变更日志。")
        raise PermissionDenied(text)
    until = call.now - SETTLED
    positions = {each.name: _start(call, query, each.name) for each in call.catalogue}
    found: list[EventItem] = []
    ends: dict[str, str] = {}
    for unit, after in positions.items():
        events, ends[unit] = page_of_unit(call.store, unit, after, until, query.limit)
        found += events
    # What one unit has beyond its page may be older than another's last: nothing behind the shortest end is told.
    horizon = min(ends.values())
    told = sorted((each for each in found if each.id <= horizon), key=lambda each: str(each.id))[: query.limit]
    last = str(told[-1].id) if len(told) == query.limit else horizon
    position = {unit: max(after, min(last, ends[unit])) for unit, after in positions.items()}
    return Listed([event_out(each) for each in told if all(term.holds(each) for term in query.terms)], dict(position))


def _start(call: Call, query: ListQuery, unit: str) -> str:
    first = max(first_ulid_at(call.now - KEPT), born(call.tenant_id))
    kept = (query.cursor or {}).get(unit)
    return max(first, kept) if isinstance(kept, str) else first


def born(tenant_id: str) -> str:
    """The smallest id that an event of the tenant can have: days before the tenant need no look."""
    ulid = tenant_id.rpartition("_")[2]
    return first_ulid_at(instant_of(ulid), -1) if is_ulid(ulid) else ""


def page_of_unit(door: Store, unit: str, after: str, until: datetime, limit: int) -> tuple[list[EventItem], str]:
    """A unit's events of the door's tenant behind an id and before a time, and the id up to which they are all."""
    store = door.beside(unit, (), reads={"event"})
    bound = first_ulid_at(until)
    found: list[EventItem] = []
    if after >= bound:
        return found, after
    for day in _days(after, until):
        at = keys.event(door.boundary, day, after)
        items, position = store.query(at.pk, between=(at.sk, keys.creation(bound)), limit=limit + 1 - len(found))
        found += [each for each in items if isinstance(each, EventItem) and after < each.id < bound]
        if position is not None or len(found) > limit:
            return found, str(found[-1].id) if found else after
    return found, bound


def _days(after: str, until: datetime) -> Iterator[datetime]:
    day = instant_of(after).replace(hour=0, minute=0, second=0, microsecond=0)
    for _ in range(DAYS_A_CALL):
        if day > until:
            return
        yield day
        day += DAY


def event_out(event: EventItem) -> EventOut:
    """A change as the API tells it."""
    return EventOut(
        id=event.id,
        type=event.type,
        subject=event.subject,
        actor=event.actor,
        time=event.at,
        version=int(event.subject_version),
        changed=sorted(event.changed),
    )
