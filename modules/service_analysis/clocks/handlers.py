"""Warnings at 50, 80 and 100 % of a promise, and clocks that follow when promises change."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final, Literal

from chalicelib.access.principal import ANONYMOUS
from chalicelib.changes.handling import Doors, Handling
from chalicelib.jobs.service import start_for
from chalicelib.jobs.timers import Firing, remind
from chalicelib.jobs.work import Step, Work
from chalicelib.modules import Index, Text
from chalicelib.store import keys
from chalicelib.store.records import Record
from chalicelib.store.scope import EVERYTHING
from chalicelib.store.store import Store
from chalicelib.work.asked import Source
from chalicelib.work.notifications import Notice, notify
from chalicelib.work.rules import Priority
from chalicelib.work.tasks import TaskWanted, ask_for_task
from modules.service_analysis.calendars.service import retarget_soon
from modules.service_analysis.clocks import service
from modules.service_analysis.clocks.derived import LIVE
from modules.service_analysis.clocks.records import RequestClock
from modules.service_analysis.clocks.rules import WHOLE, unfired
from modules.service_analysis.clocks.service import Kept, calendars_of, is_on, keep, remind_of, tend
from modules.service_analysis.entries.records import Entry
from modules.service_analysis.kinds import REQUEST
from modules.service_analysis.ledgers import rules as ledgers
from modules.service_analysis.ledgers.rules import Clock, Ledger
from modules.service_analysis.policies import service as policies
from modules.service_analysis.requests.derived import told_as
from modules.service_analysis.requests.handlers import link_of
from modules.service_analysis.requests.records import ServiceRequest
from modules.service_analysis.requests.rules import Happening

RETARGET: Final = "service_analysis.retarget_clocks"
ESCALATIONS: Final = "escalations"
"""The queue of the unit above in which broken promises wait."""
NOTICED_FROM: Final = 80
"""Percent from which the handler is told; below it the request's history alone knows."""
# A feature that is switched on again may bring no event (a plan, a kill switch): a clock looks again that often.
LOOKED_AGAIN: Final = timedelta(hours=1)
OPEN: Final = ("new", "assigned", "in_progress", "pending")
# A request with four clocks and four timers is ten of a transaction's hundred actions.
A_PAGE: Final = 8
Severity = Literal["warning", "critical"]
RUNS_OUT: Final = Text("{threshold} % of the time for {clock} is used up", "{clock}时限已用去 {threshold}%")
BROKEN: Final = Text("The promise for {clock} is broken", "{clock}承诺已超时")
CLOCKS: Final[Mapping[Clock, Text]] = {
    Clock.FIRST_RESPONSE: Text("the first response", "首次响应"),
    Clock.NEXT_RESPONSE: Text("the next response", "后续响应"),
    Clock.RESOLUTION: Text("the resolution", "解决"),
    Clock.REGULATOR: Text("the regulator's term", "监管期限"),
}


def warn(firing: Firing) -> None:
    """Fire the thresholds that a clock has reached, each once in its life: the ledger notes it in the same commit."""
    record, store = firing.record, firing.store
    if not isinstance(record, ServiceRequest):
        return
    if not is_on(firing.background.directory.standing(firing.tenant)):
        remind(store, service.WARNING, firing.record_id, store.clock() + LOOKED_AGAIN, record, versioned=False)
        return
    name = firing.record_id.partition(".")[2]
    # What happened while the feature was off is not told anybody now: it may have been answered in time.
    tended = tend(store, record, policies.book_of(store), Happening.CHANGED)
    kept = next((each for each in tended.values() if each.name == name), None) or _earlier_turn(store, record, name)
    if kept is None:
        return
    ledger, calendars = kept.ledger, calendars_of(store, kept.ledger)
    reached = unfired(ledger, calendars, store.clock())
    if not reached:
        # Set before a pause or another promise; what is ahead now may stand in the same minute.
        remind_of(store, record, name, ledger, calendars)
        store.update(record)
        return
    for each in reached:
        ledger = ledgers.warn(ledger, store.clock(), each.threshold)
        details = {"clock": name, "threshold": each.threshold, "reached_at": each.at.isoformat()}
        store.create(Entry.of(record, store.clock(), "step", action="warned", details=details))
    keep(store, record, kept, ledger)
    _tell(firing, record, name, ledger, reached[-1].threshold)
    if not store.update(record, verb="warned"):
        store.require(record)


def retarget(firing: Firing) -> None:
    """Begin the job that lets clocks follow, unless nothing was ever promised."""
    standing = firing.background.directory.standing(firing.tenant)
    if is_on(standing) and not policies.load(firing.store).blank:
        everywhere = replace(firing.store, scope=EVERYTHING)
        start_for(everywhere, ANONYMOUS, RETARGET, {}, counted="requests")


def retarget_step(work: Work) -> Step:
    """A page of open requests: what is promised for each now, with its pauses credited."""
    store = replace(work.call.store, scope=EVERYTHING)
    status = int(work.checkpoint.get("status", 0))
    if status == len(OPEN) or not is_on(work.call.standing):
        return Step(done=work.done, finished=True)
    found, position = store.query(
        keys.by_state(store.boundary, REQUEST.name, OPEN[status]),
        index=str(Index.STATE),
        limit=A_PAGE,
        start=work.checkpoint.get("position"),
    )
    book = policies.load(store)
    places = [each.stands_at() for each in found if isinstance(each, Record)]
    for at, raw in (store.fetch(places) if places else {}).items():
        record = store.known(ServiceRequest, at, raw)
        if record is not None and record.open:
            tend(store, record, book)
            store.update(record)
    after: dict[str, Any] = {"status": status, "position": position} if position else {"status": status + 1}
    return Step(after, work.done + len(places))


def follow_switch(handling: Handling) -> None:
    """Let clocks catch up when somebody has switched a feature."""
    retarget_soon(handling.store)


def _earlier_turn(store: Store, record: ServiceRequest, name: str) -> Kept | None:
    """The clock of a response behind which the customer has written again."""
    item = store.get_item(RequestClock, RequestClock.key_of(store.boundary, record.id, name))
    return Kept(name, item.ledger, int(item.revision)) if item else None


def _tell(firing: Firing, record: ServiceRequest, name: str, ledger: Ledger, threshold: int) -> None:
    """Tell whoever works on it; a broken promise goes to the unit above. What has stopped needs nobody any more."""
    if threshold < NOTICED_FROM or ledger.state not in LIVE:
        return
    doors = Doors(firing.store.unit, firing.store, firing.background)
    standing = firing.background.directory.standing(firing.tenant)
    locale = standing.locale if standing else "en"
    broken = threshold == WHOLE
    said = (BROKEN if broken else RUNS_OUT).in_language(locale)
    title = said.format(clock=CLOCKS[ledger.clock].in_language(locale), threshold=threshold)
    source = Source(f"{record.id}.{name}.{threshold}", 1, REQUEST.name, record.id, link_of(record.id))
    severity: Severity = "critical" if broken else "warning"
    if user := record.handler_id or record.standing().accountable:
        notify(doors, source, Notice(user, title, told_as(record, locale), severity))
    if broken and record.unit_path:
        wanted = TaskWanted(
            title, _above(record.unit_path), queue=ESCALATIONS, detail=told_as(record, locale), priority=Priority.HIGH
        )
        ask_for_task(doors, source, wanted)


def _above(unit_path: str) -> str:
    """The unit above; the one at the top stands above itself."""
    above = unit_path.rstrip("/").rpartition("/")[0]
    return f"{above}/" if above else unit_path
