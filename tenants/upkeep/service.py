"""Use cases of upkeep."""

from chalicelib.call import Call
from chalicelib.changes import retries
from chalicelib.changes.rebuild import can_rebuild
from chalicelib.changes.records import Delivery
from chalicelib.jobs.schemas import JobOut, accepted
from chalicelib.jobs.service import start
from chalicelib.modules import Manifest, Text
from chalicelib.problems import NotFound, StateConflict
from chalicelib.store.lists import ListQuery
from chalicelib.web.results import Accepted, Listed
from tenants.upkeep.schemas import DeliveryOut


def dead_letters(call: Call, query: ListQuery) -> Listed[DeliveryOut]:
    """A page of deliveries that wait or were given up, by task."""
    start_at = dict(query.cursor) if query.cursor else None
    found, position = retries.page_of(call.store, query.limit, start_at)
    return Listed([_out(each) for each in found if all(term.holds(each) for term in query.terms)], position)


def replay(call: Call, task: str | None) -> Accepted[JobOut]:
    """Try dead letters again."""
    return accepted(start(call, "core.replay_dead_letters", {"task": task}, counted="events"))


def rebuild(call: Call, module: str) -> Accepted[JobOut]:
    """Write anew what follows from a module's records. Raises NotFound, StateConflict."""
    if not can_rebuild(_manifest(call, module)):
        raise StateConflict(Text("Nothing follows from this module's records.", "该模块没有派生数据。"))
    return accepted(start(call, "core.rebuild", {"module": module}, counted="records"))


def recount(call: Call, module: str) -> Accepted[JobOut]:
    """Compare a module's counters with its records. Raises NotFound, StateConflict."""
    if not _manifest(call, module).facts:
        raise StateConflict(Text("This module counts nothing.", "该模块没有计数。"))
    return accepted(start(call, "core.recount", {"module": module}, counted="records"))


def _manifest(call: Call, module: str) -> Manifest:
    found = call.catalogue.get(module)
    if found is None:
        raise NotFound
    return found


def _out(delivery: Delivery) -> DeliveryOut:
    return DeliveryOut(
        task=delivery.handler,
        event_id=str(retries.event_of(delivery).id),
        type=delivery.type,
        subject=delivery.subject,
        state=delivery.state,  # type: ignore[arg-type] # stored as text, checked by the model
        attempts=int(delivery.attempts),
        reason=delivery.reason,
        since=delivery.since,
    )
