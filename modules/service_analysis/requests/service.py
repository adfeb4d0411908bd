"""Use cases of requests: load, decide, stage."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Any, Final

from chalicelib.access.placing import be_known, stand_in_unit, stay_in_reach
from chalicelib.call import Call
from chalicelib.counters.reading import total_for
from chalicelib.files.records import FILE
from chalicelib.files.service import reach, ready_file
from chalicelib.jobs.service import start
from chalicelib.jobs.timers import Firing, remind
from chalicelib.jobs.work import Step, Work
from chalicelib.late import Late
from chalicelib.modules import CORE
from chalicelib.problems import NotFound, Problem
from chalicelib.store import keys
from chalicelib.store.lists import ListQuery, list_records
from chalicelib.store.records import Claim
from chalicelib.store.scope import EVERYTHING
from chalicelib.store.store import Store
from chalicelib.web.render import document_of
from chalicelib.web.results import Created, Listed, Patch
from modules.contacts.public import customer, has_line
from modules.service_analysis.categories import service as categories
from modules.service_analysis.clocks import service as clocks
from modules.service_analysis.entries.records import Entry
from modules.service_analysis.kinds import SLA
from modules.service_analysis.requests import errors
from modules.service_analysis.requests.records import ServiceRequest
from modules.service_analysis.requests.rules import (
    VERBS,
    Action,
    CameAs,
    Facts,
    Happening,
    PendingOn,
    Refused,
    Status,
    act,
)
from modules.service_analysis.requests.schemas import RequestActionIn, RequestBase, RequestIn, RequestOut
from modules.service_analysis.settings.service import settings_of

if TYPE_CHECKING:
    from modules.service_analysis.outages import service as outages
    from modules.service_analysis.queues import service as queues
    from modules.service_analysis.routing import service as routing
else:
    outages = Late("modules.service_analysis.outages.service")
    queues = Late("modules.service_analysis.queues.service")
    routing = Late("modules.service_analysis.routing.service")

CLOSING: Final = "service_analysis.close"
"""The timer that closes what was resolved and not reopened."""
SETTLE_PARTS: Final = "service_analysis.settle_parts"
"""The job that settles what was a part of a request that is resolved."""
AT_ONCE: Final = 5
"""Requests that go on in one transaction, each with its step, its clocks, timers and look-up entries."""
MOST_WATCHERS: Final = 20
_AS_GIVEN: Final = ("type", "title", "description", "severity", "priority", "channel", "product", "parent_id")
_LISTS: Final = ("attachments", "watchers")
_FOLLOWED: Final = ("category", "severity", "priority", "contact_id", "area", "customer_level", "product")


def request_out(record: ServiceRequest) -> RequestOut:
    """The request as everybody reads it."""
    held = record.held()
    values: dict[str, Any] = {name: held.get(name) for name in RequestOut.model_fields}
    values |= {name: values[name] or [] for name in _LISTS}
    values["articles"] = record.articles or []
    values["area"] = str(record.area).strip("/").split("/") if record.area else []
    values["accountable_id"] = record.standing().accountable
    values["confirmed"] = bool(record.confirmed)
    values |= {name: None if values[name] is None else int(values[name]) for name in ("rating", "recommends")}
    values["reopened"], values["version"] = int(record.reopened), int(record.version)
    return RequestOut.model_validate(values)


def create_request(call: Call, body: RequestIn) -> Created[RequestOut]:
    """A new request; AlreadyExists at the commit when its external id is taken."""
    record = add_request(call, body)
    return Created(request_out(record), f"/v1/requests/{record.id}")


def add_request(call: Call, body: RequestIn) -> ServiceRequest:
    """Stage a new request. Raises Invalid."""
    record = drafted(call, body)
    follow(call, record, Happening.OPENED)
    call.store.create(record)
    return record


def drafted(call: Call, body: RequestIn) -> ServiceRequest:
    """A request as it would be opened, with nothing staged. Raises Invalid."""
    record = ServiceRequest.fresh(call.now)
    record.opened_at = (body.opened_at or call.now).astimezone(UTC)
    if record.opened_at > call.now:
        raise errors.opened_later()
    _fill(call, record, body)
    if body.queue_id:
        queues.be_there(call, body.queue_id)
    record.queue_id = body.queue_id
    return record


def bring_in(call: Call, record: ServiceRequest, body: RequestBase, came: CameAs) -> None:
    """Write what another system says of a request, as it stands there; who calls stages the record.

    No step of its way leads here, so nobody follows it: it gets no clocks, no route, and no closing after days. Where
    it stands is written as long as nobody has done anything to it here. Raises Invalid.
    """
    if record.version and record.held().get("imported_status") is None:
        came = CameAs()
    opened_at = came.opened_at or record.held().get("opened_at")
    if opened_at is None:
        raise errors.never_opened()
    if opened_at > call.now:
        raise errors.opened_later()
    for name in ("resolved_at", "closed_at"):
        ended = getattr(came, name)
        if ended and not opened_at <= ended <= call.now:
            raise errors.ended_before(name)
    _fill(call, record, body)
    record.opened_at = opened_at
    if not record.version or (record.as_imported and came.says_where):
        _stand_as(record, came)


def as_written(record: ServiceRequest) -> dict[str, Any]:
    """A request's values as a body has them; what it has not is left out."""
    values = request_out(record).model_dump(mode="json", include=set(RequestBase.model_fields))
    return {name: value for name, value in values.items() if value not in (None, [])}


def _stand_as(record: ServiceRequest, came: CameAs) -> None:
    status = came.stands()
    record.status = record.imported_status = str(status)
    held = record.held()
    over = status in {Status.RESOLVED, Status.CLOSED}
    record.resolved_at = (came.resolved_at or held.get("resolved_at")) if over else None
    record.closed_at = (came.closed_at or held.get("closed_at")) if status is Status.CLOSED else None
    record.done_at = record.held().get("closed_at") or record.held().get("resolved_at")


def get_request(call: Call, request_id: str) -> ServiceRequest:
    """The request of that id in the caller's tenant and scope; raises NotFound."""
    record = call.store.get(ServiceRequest, request_id)
    if record is None:
        raise NotFound
    return record


def list_requests(call: Call, query: ListQuery) -> Listed[RequestOut]:
    """A page of requests."""
    page = list_records(call.store, ServiceRequest, query)
    shown = [request_out(each) for each in page.items]
    return Listed(
        shown, page.next_position, page.truncated, **total_for(call.store, ServiceRequest.KIND.listing, query)
    )


def update_request(call: Call, request_id: str, body: Patch[RequestBase]) -> RequestOut:
    """Apply a merge patch; what has happened to a request is changed by actions alone."""
    record = get_request(call, request_id)
    document = document_of(call, request_out(record))
    call.check_version(record, {name: document.get(name) for name in body.touched})
    wanted = body.apply({name: document[name] for name in RequestBase.model_fields if document[name] is not None})
    before = {name: getattr(record, name) for name in _FOLLOWED}
    _fill(call, record, wanted)
    if before != {name: getattr(record, name) for name in _FOLLOWED}:
        follow(call, record, Happening.CHANGED)
    call.store.update(record)
    return request_out(record)


def perform(call: Call, request_id: str, body: RequestActionIn) -> RequestOut:
    """Do something to a request. Raises NotFound, Invalid for whom or what it names, StateConflict."""
    record = get_request(call, request_id)
    call.check_version(record, {"status": record.status, "handler_id": record.handler_id})
    action = Action(body.action)
    heir = _heir(call, record, body.to) if action is Action.MERGE else None
    if action is Action.ASSIGN and body.to:
        be_known(call, body.to, "to")
    act_on(call, record, action, to=body.to, pending_on=body.pending_on, note=body.note)
    call.store.update(record, verb=VERBS[action])
    if heir is not None:
        heir.watchers = sorted({*(heir.watchers or ()), *(record.watchers or ())})[:MOST_WATCHERS] or None
        call.store.create(Entry.of(heir, call.now, "step", action="merged", details={"from": record.id}))
        if not call.store.update(heir):
            call.store.require(heir)
    return request_out(record)


def act_on(  # noqa: PLR0913 - what an action brings
    call: Call,
    record: ServiceRequest,
    action: Action,
    *,
    to: str | None = None,
    pending_on: str | None = None,
    note: str | None = None,
    why: Mapping[str, str] | None = None,
) -> None:
    """Let a request go on, with the entry that says so, and ``why``; who calls stages the record.

    Raises StateConflict.
    """
    settings, before = settings_of(call.store), record.standing()
    who = call.principal.user_id or call.principal.id
    waits = PendingOn(pending_on) if pending_on else None
    after = act(before, action, Facts(who, call.now, settings.reopen_days, to, waits))
    if isinstance(after, Refused):
        raise errors.not_now(after)
    record.take(after)
    if before.handler and after.handler and before.handler != after.handler:
        record.handovers = int(record.handovers) + 1
    if action in {Action.RESOLVE, Action.SETTLE}:
        record.resolved_at, record.resolver_id = call.now, after.handler
        record.solution = note or record.solution
        closing = call.now + timedelta(days=settings.close_after_days)
        remind(call.store, CLOSING, record.id, closing, record, versioned=False)
    elif action is Action.REOPEN:
        record.resolved_at = record.closed_at = None
        record.reopened_at = call.now
    elif not record.open:
        record.closed_at = record.held().get("closed_at") or call.now
    details = {
        name: [_said(getattr(before, name)), _said(getattr(after, name))]
        for name in ("status", "pending_on", "handler", "merged_into")
        if getattr(before, name) != getattr(after, name)
    }
    call.store.create(Entry.of(record, call.now, "step", note, action=str(action), details={**details, **(why or {})}))
    follow(call, record, Happening.ACTED)
    if after.status is Status.RESOLVED and not record.parent_id and _parts(call.store, record.id):
        start(call, SETTLE_PARTS, {"parent_id": record.id}, counted="requests")


def follow(call: Call, record: ServiceRequest, happening: Happening) -> None:
    """Let everything that follows a request's way know what has happened, in the same transaction.

    The record says how it stands now; what is changed of it here is written with it.
    """
    if call.tenant.decide("service_analysis", SLA).enabled:
        clocks.follow(call, record, happening)
    if happening in {Happening.OPENED, Happening.CHANGED} and _has(call, "outages"):
        outages.link_by_itself(call, record)
    # Last, when the others know of the request: an assignment is the first thing that happens to it.
    if happening is Happening.OPENED and _has(call, "routing"):
        routing.route(call, record)


def settle_parts(work: Work) -> Step:
    """Settle the open parts of a request that was resolved, a page at a time."""
    call = work.call.with_store(replace(work.call.store, scope=EVERYTHING))
    partition = keys.lookup_partition(call.tenant_id, "request_below", work.params["parent_id"])
    found, position = call.store.query(partition, limit=AT_ONCE, start=work.checkpoint.get("position"))
    places = [ServiceRequest.key_of(call.tenant_id, each.record) for each in found if isinstance(each, Claim)]
    for record in (call.store.get_at(ServiceRequest, at) for at in places):
        if record is not None and record.open:
            act_on(call, record, Action.SETTLE, why={"parent": work.params["parent_id"]})
            call.store.update(record, verb=VERBS[Action.SETTLE])
    return Step({"position": position}, work.done + len(found), finished=position is None)


def replied(call: Call, record: ServiceRequest) -> None:
    """Note that the customer was answered; who calls writes the entry and stages the record."""
    record.responded_at = record.held().get("responded_at") or call.now
    record.replies = int(record.replies) + 1
    follow(call, record, Happening.REPLIED)


def be_whole(call: Call, file_ids: list[str]) -> None:
    """Refuse files that are not there, not whole, or not the caller's. Raises Invalid."""
    files = call.store.beside(CORE, (), reads={FILE.name})
    for place, each in enumerate(file_ids):
        try:
            ready_file(files, each, reach(call.principal))
        except Problem as problem:
            raise errors.unknown_file(place) from problem


def close_at_last(firing: Firing) -> None:
    """Close what was resolved and left alone for as long as the tenant has settled."""
    record = firing.record
    if not isinstance(record, ServiceRequest) or record.status != Status.RESOLVED or record.resolved_at is None:
        return
    now, settings = firing.store.clock(), settings_of(firing.store)
    if record.resolved_at + timedelta(days=settings.close_after_days) > now:
        return
    after = act(record.standing(), Action.CLOSE, Facts(firing.store.actor, now, settings.reopen_days))
    if not isinstance(after, Refused):
        record.take(after)
        record.closed_at = now
        firing.store.create(
            Entry.of(record, now, "step", action=str(Action.CLOSE), details={"status": ["resolved", "closed"]})
        )
        firing.store.update(record, verb=VERBS[Action.CLOSE])


def _has(call: Call, feature: str) -> bool:
    return call.standing is not None and call.standing.decide("service_analysis", feature).enabled


def _parts(store: Store, request_id: str) -> bool:
    """Whether a request has parts."""
    return bool(store.query(keys.lookup_partition(store.boundary, "request_below", request_id), limit=1)[0])


def _said(value: object) -> str | None:
    return None if value is None else str(value)


def _heir(call: Call, record: ServiceRequest, heir_id: str | None) -> ServiceRequest | None:
    """The request that goes on in another one's place. Raises Invalid."""
    if heir_id is None:
        return None
    heir = call.store.get(ServiceRequest, heir_id)
    if heir is None or heir.id == record.id or heir.merged_into or not heir.open:
        raise errors.unknown_heir()
    return heir


def _fill(call: Call, record: ServiceRequest, body: RequestBase) -> None:
    """Write what a body says into the record, and check all that it names. Raises Invalid."""
    document = body.model_dump(mode="json")
    parent_before = record.parent_id
    _know_customer(call, record, body)
    if body.parent_id and body.parent_id != parent_before:
        _stand_below(call, record, body.parent_id)
    for name in _AS_GIVEN:
        setattr(record, name, document[name])
    be_whole(call, [each for each in body.attachments if each not in (record.attachments or ())])
    for place, each in enumerate(body.watchers):
        if each not in (record.watchers or ()):
            be_known(call, each, f"watchers/{place}")
    for name in _LISTS:
        setattr(record, name, document[name] or None)
    record.external_id = document["external_id"]
    record.area = f"/{'/'.join(body.area)}/" if body.area else None
    record.category = categories.chosen(call, body.category, record.category, f"{body.title} {body.description or ''}")
    stand_in_unit(call, record, body.org_unit_id)
    stay_in_reach(call, record)


def _know_customer(call: Call, record: ServiceRequest, body: RequestBase) -> None:
    if body.contact_id != record.contact_id or body.line_id != record.line_id:
        contacts = call.reading("contacts", "contacts:read")
        known = customer(contacts, body.contact_id) if body.contact_id else None
        if body.contact_id and known is None:
            raise errors.unknown_customer()
        if body.line_id and not (known and has_line(contacts, known.id, body.line_id)):
            raise errors.unknown_line()
        record.contact_id, record.line_id = known.id if known else None, body.line_id
        record.customer_level, record.customer_rank = (known.level, known.rank) if known else (None, None)
        record.language = body.language or (known.language if known else None)
    else:
        record.language = body.language


def _stand_below(call: Call, record: ServiceRequest, parent_id: str) -> None:
    """Below a request that is no part of another one; what has parts itself stands below none."""
    parent = call.store.get(ServiceRequest, parent_id)
    has_parts = bool(record.version) and _parts(call.store, record.id)
    if parent is None or parent.parent_id or parent.id == record.id or has_parts:
        raise errors.unknown_parent()
