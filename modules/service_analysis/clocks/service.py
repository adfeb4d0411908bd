"""Use cases of clocks: they follow their request in its own transaction, and are read as they stand."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from chalicelib.access.principal import ACTIVATING
from chalicelib.access.principal import Standing as Tenant
from chalicelib.call import Call
from chalicelib.jobs.timers import remind
from chalicelib.problems import NotFound
from chalicelib.store import keys
from chalicelib.store.commit import Action
from chalicelib.store.lists import ListQuery
from chalicelib.store.records import Item, read_as
from chalicelib.store.store import Store
from chalicelib.web.results import Listed
from modules.service_analysis.calendars.rules import Calendar
from modules.service_analysis.calendars.service import states
from modules.service_analysis.clocks.derived import LIVE, NOTHING_PROMISED, Situation, said, tended
from modules.service_analysis.clocks.records import RequestClock, name_of
from modules.service_analysis.clocks.rules import Line, explain, standing, timers
from modules.service_analysis.clocks.schemas import ClockExplained, ClockLine, ClockOut
from modules.service_analysis.kinds import CLOCK, REQUEST, SLA
from modules.service_analysis.ledgers.rules import Act, Aim, Clock, Ledger, State
from modules.service_analysis.policies import service as policies
from modules.service_analysis.policies.service import Book
from modules.service_analysis.requests.records import ServiceRequest
from modules.service_analysis.requests.rules import Happening, PendingOn

WARNING: Final = "service_analysis.warn"
"""The timer of a clock's next threshold."""
# What is noted here later than that comes from another system: the promise begins when it is noted.
NOTED_WITHIN: Final = timedelta(days=1)
# What each noun's clock says on the request itself.
_ON_REQUEST: Final = {
    Clock.FIRST_RESPONSE: ("response_due_at", "response_in_time"),
    Clock.RESOLUTION: ("resolution_due_at", "resolution_in_time"),
}


@dataclass(frozen=True, slots=True)
class Kept:
    """A ledger as it is kept: its name and how often it was changed; 0: not there yet."""

    name: str
    ledger: Ledger
    revision: int


def follow(call: Call, record: ServiceRequest, happening: Happening) -> None:
    """Let a request's clocks show what has happened to it, in its own transaction."""
    book = policies.book_of(call.store)
    if not book.blank:
        tend(call.store, record, book, happening)


def tend(store: Store, record: ServiceRequest, book: Book, happening: Happening | None = None) -> dict[Clock, Kept]:
    """Stage the clocks of a request as its state asks for them, with what the request itself says of them; all of them.

    Without a happening: what is promised has changed, or nobody has looked for a while, and timers may be lost. Who
    calls stages the record.
    """
    situation, kept = _situation(record, store.clock(), happening), kept_clocks(store, record)
    promised = policies.promised(book, record)
    aims: Mapping[Clock, Aim] = promised.aims if promised else {}
    following = Clock.NEXT_RESPONSE
    if situation.asks and situation.open and following in aims and kept[following].ledger.state not in LIVE:
        record.turns = int(record.turns) + 1
        kept[following] = Kept(name_of(following, record.turns), Ledger(following), 0)
    for clock, each in kept.items():
        after = tended(each.ledger, aims.get(clock), promised.policy_id if promised else "", situation)
        if after is not each.ledger:
            kept[clock] = keep(store, record, each, after)
        elif happening is None and after.entries:
            remind_of(store, record, each.name, after, calendars_of(store, after))
    return kept


def catch_up(store: Store, record: ServiceRequest, standing: Tenant | None) -> None:
    """Bring a request's clocks up to date after a pause of the module, and set their timers again."""
    if is_on(standing) and not (book := policies.book_of(store)).blank:
        tend(store, record, book)
        store.update(record)


def is_on(standing: Tenant | None) -> bool:
    """Whether clocks run for the tenant, or catch up after a pause."""
    decision = standing.decide("service_analysis", SLA) if standing else None
    return decision is not None and (decision.enabled or decision.reason == ACTIVATING)


def kept_clocks(store: Store, record: ServiceRequest) -> dict[Clock, Kept]:
    """A request's present clocks as they are kept, or staged already, in one read; none for one that is new."""
    names = {clock: name_of(clock, record.turns) for clock in Clock}
    places = {clock: RequestClock.key_of(store.boundary, record.id, name) for clock, name in names.items()}
    found = store.fetch(places.values()) if int(record.version) else {}
    kept = {}
    for clock, at in places.items():
        staged = store.staged_at(at)
        item = read_as(RequestClock, staged.item if staged else found.get(at))
        kept[clock] = Kept(names[clock], item.ledger if item else Ledger(clock), int(item.revision) if item else 0)
    return kept


def keep(store: Store, record: ServiceRequest, before: Kept, after: Ledger) -> Kept:
    """Stage a ledger that has grown, the timer of its next threshold, and what the request says of it."""
    at = RequestClock.key_of(store.boundary, record.id, before.name)
    staged = store.staged_at(at)
    revision = before.revision if staged else before.revision + 1
    item = RequestClock.of(record.id, before.name, after, revision).put_at(at)
    if staged is not None:
        staged.item = item.raw()
        staged.__post_init__()
    else:
        unchanged = RequestClock.revision == before.revision if before.revision else Item.pk.does_not_exist()
        store.put(item, Action(at, condition=unchanged))
    calendars = calendars_of(store, after)
    remind_of(store, record, before.name, after, calendars)
    _say(record, after, calendars, store.clock())
    return Kept(before.name, after, revision)


def remind_of(
    store: Store, record: ServiceRequest, name: str, ledger: Ledger, calendars: Mapping[str, Calendar]
) -> None:
    """Stage the timer of a clock's next threshold that was not fired, if one comes."""
    ahead = [each.at for each in timers(ledger, calendars)]
    if not ahead:
        return
    at, timer_id = max(min(ahead), store.clock()), f"{record.id}.{name}"
    # One of the same minute is staged already: when it fires it finds what is due, and sets the next.
    if store.staged_at(keys.due(at, store.boundary, WARNING, timer_id)) is None:
        remind(store, WARNING, timer_id, at, record, versioned=False)


def calendars_of(store: Store, *ledgers: Ledger) -> dict[str, Calendar]:
    """Every calendar that some ledgers name."""
    return states(store, {each.aim.calendar_id for ledger in ledgers for each in ledger.entries if each.aim})


def list_clocks(call: Call, request_id: str, query: ListQuery) -> Listed[ClockOut]:
    """A page of a request's clocks as they stand now. Raises NotFound."""
    _request(call, request_id)
    found, position = call.store.query(
        keys.collection(call.tenant_id, REQUEST.name, request_id),
        begins=keys.children(CLOCK.name),
        limit=query.limit,
        newest_first=query.newest_first,
        start=query.cursor,
    )
    clocks = [each for each in found if isinstance(each, RequestClock)]
    calendars = calendars_of(call.store, *(each.ledger for each in clocks))
    shown = [ClockOut.model_validate(_shown(str(each.name), each.ledger, calendars, call.now)) for each in clocks]
    return Listed(shown, position)


def explain_clock(call: Call, request_id: str, name: str) -> ClockExplained:
    """A clock with each line of its ledger in words. Raises NotFound."""
    _request(call, request_id)
    found = call.store.get_item(RequestClock, RequestClock.key_of(call.tenant_id, request_id, name))
    if found is None:
        raise NotFound
    ledger = found.ledger
    calendars, names = calendars_of(call.store, ledger), policies.load(call.store).names
    lines, begun = [], False
    for each in explain(ledger, calendars, call.now):
        lines.append(_line_out(each, said(each, begun, names, call.locale)))
        begun = True
    return ClockExplained.model_validate({**_shown(name, ledger, calendars, call.now), "lines": lines})


def _request(call: Call, request_id: str) -> ServiceRequest:
    record = call.store.get(ServiceRequest, request_id)
    if record is None:
        raise NotFound
    return record


def _situation(record: ServiceRequest, now: datetime, happening: Happening | None) -> Situation:
    held = record.held()
    opened = record.opened_at
    begins = opened if happening is Happening.OPENED and now - opened <= NOTED_WITHIN else now
    resolved_at = held.get("resolved_at")
    ended_at = None if record.open else resolved_at or held.get("closed_at") or now
    woken = happening is Happening.MESSAGE and record.pending_on == PendingOn.CUSTOMER
    asks = None
    if happening is Happening.REPLIED or (happening is Happening.MESSAGE and held.get("responded_at")):
        asks = happening is Happening.MESSAGE
    return Situation(
        since=begins,
        now=now,
        pending_on=None if woken else record.pending_on,
        answered_at=held.get("responded_at"),
        asks=asks,
        ended_at=ended_at,
        ended_as="resolved" if resolved_at else "closed",
    )


def _say(record: ServiceRequest, ledger: Ledger, calendars: Mapping[str, Calendar], now: datetime) -> None:
    if ledger.clock not in _ON_REQUEST:
        return
    due_at, in_time = _ON_REQUEST[ledger.clock]
    found = standing(ledger, calendars, now)
    # What has stopped was due when it was due.
    if found.state in LIVE:
        setattr(record, due_at, found.due)
    why = next(each.reason for each in reversed(ledger.entries) if each.act is not Act.WARN)
    promised = found.state in LIVE or why != NOTHING_PROMISED
    broken = found.breached_since is not None
    kept = True if found.state is State.STOPPED else None
    setattr(record, in_time, (False if broken else kept) if promised else None)


def _shown(name: str, ledger: Ledger, calendars: Mapping[str, Calendar], now: datetime) -> dict[str, Any]:
    found = standing(ledger, calendars, now)
    calendar_id, revision = _calendar(found.aim.calendar_id if found.aim else None)
    return {
        "name": name,
        "clock": ledger.clock,
        "state": found.state,
        "target": found.aim.seconds if found.aim else None,
        "elapsed": found.elapsed,
        "remaining": found.remaining,
        "due_at": found.due,
        "breached": found.breached_since is not None,
        "breached_since": found.breached_since,
        "policy_id": next((each.reason for each in reversed(ledger.entries) if each.aim), None),
        "calendar_id": calendar_id,
        "calendar_revision": revision,
        "warned": sorted(ledger.fired),
    }


def _line_out(line: Line, text: str) -> ClockLine:
    calendar_id, revision = _calendar(line.calendar_id)
    return ClockLine(
        at=line.at,
        act=line.entry.act if line.entry else None,
        text=text,
        counted=line.counted,
        elapsed=line.elapsed,
        remaining=line.remaining,
        state=line.state,
        calendar_id=calendar_id,
        calendar_revision=revision,
        breached_since=line.breached_since,
    )


def _calendar(state_id: str | None) -> tuple[str | None, int | None]:
    """The calendar and its revision that a ledger names; nothing for the one of every hour."""
    calendar_id, _, revision = (state_id or "").partition(".")
    return (calendar_id, int(revision)) if revision else (None, None)
