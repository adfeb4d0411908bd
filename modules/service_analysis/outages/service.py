"""Use cases of outages.

Who opens a request looks for outages that last; who declares, announces or closes an outage starts a job that goes over
its requests. What meets in between is missed by neither: the job goes over them once more when everything that had
begun before has ended (``ONCE_MORE``). Each request says how far its outage is with it (``outage_stage``), and is
written together with that: so each is answered once, whatever dies in between.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from chalicelib.call import Call
from chalicelib.clock import first_id_at
from chalicelib.jobs.service import start
from chalicelib.jobs.work import Step, Work
from chalicelib.modules import Index
from chalicelib.problems import NotFound
from chalicelib.store import keys
from chalicelib.store.lists import ListQuery, list_records
from chalicelib.store.records import Claim
from chalicelib.store.scope import EVERYTHING
from chalicelib.web.render import document_of
from chalicelib.web.results import Created, Listed, Patch
from modules.service_analysis.entries.records import Entry
from modules.service_analysis.kinds import OUTAGE_AFFECTED, REQUEST
from modules.service_analysis.outages import errors
from modules.service_analysis.outages.records import ALL, OPEN, Outage, OutageAffected
from modules.service_analysis.outages.rules import OutageStatus, Stage, hours, lasts
from modules.service_analysis.outages.schemas import (
    AnnouncementIn,
    ClosingIn,
    OutageChanges,
    OutageCustomer,
    OutageIn,
    OutageOut,
)
from modules.service_analysis.requests import rules as machine
from modules.service_analysis.requests import service as requests
from modules.service_analysis.requests.records import ServiceRequest

JOB: Final = "service_analysis.go_over_outage"
A_PAGE: Final = 100
# A gateway waits 29 s for an answer (stack-facts): what began before has ended by then.
ONCE_MORE: Final = timedelta(seconds=60)
_PASSES: Final[Mapping[str, tuple[str, ...]]] = {
    "link": ("link", "pause", "link_late"),
    "answer": ("answer", "pause", "answer"),
    "settle": ("link", "settle", "pause", "link_late", "settle"),
}


def outage_out(record: Outage) -> OutageOut:
    """The outage as everybody reads it."""
    held = record.held()
    values: dict[str, Any] = {name: held.get(name) for name in OutageOut.model_fields}
    values["area"] = str(record.area).strip("/").split("/") if record.area else []
    due, closed = held.get("due_at"), held.get("closed_at")
    values["in_time"] = closed <= due if due and closed else None
    return OutageOut.model_validate({**values, "version": int(record.version)})


def create_outage(call: Call, body: OutageIn) -> Created[OutageOut]:
    """A new outage, and the job that links what came before. Raises Invalid."""
    if not (body.area or body.category or body.product):
        raise errors.about_nothing()
    began = (body.began_at or call.now).astimezone(UTC)
    if began > call.now:
        raise errors.began_later()
    record = Outage.fresh(call.now, title=body.title, category=body.category, product=body.product, began_at=began)
    record.area = f"/{'/'.join(body.area)}/" if body.area else None
    record.due_at = body.due_at.astimezone(UTC) if body.due_at else None
    _go_over(call, record, "link")
    call.store.create(record)
    return Created(outage_out(record), f"/v1/outages/{record.id}")


def get_outage(call: Call, outage_id: str) -> Outage:
    """The outage of that id; raises NotFound."""
    record = call.store.get(Outage, outage_id)
    if record is None:
        raise NotFound
    return record


def list_outages(call: Call, query: ListQuery) -> Listed[OutageOut]:
    """A page of outages."""
    page = list_records(call.store, Outage, query)
    return Listed([outage_out(each) for each in page.items], page.next_position, page.truncated)


def update_outage(call: Call, outage_id: str, body: Patch[OutageChanges]) -> OutageOut:
    """Change the title, or by when it is to be over. Raises StateConflict when it is."""
    record = _lasting(call, outage_id)
    document = document_of(call, outage_out(record))
    call.check_version(record, {name: document.get(name) for name in body.touched})
    wanted = body.apply({name: document[name] for name in OutageChanges.model_fields if document[name] is not None})
    record.title = wanted.title
    record.due_at = wanted.due_at.astimezone(UTC) if wanted.due_at else None
    call.store.update(record)
    return outage_out(record)


def announce(call: Call, outage_id: str, body: AnnouncementIn) -> OutageOut:
    """Give the one answer. Raises StateConflict when it is given, or the outage over."""
    record = _lasting(call, outage_id)
    if record.status == OutageStatus.ANNOUNCED:
        raise errors.announced_already()
    call.check_version(record, {"status": record.status})
    record.status, record.answer, record.announced_at = OutageStatus.ANNOUNCED.value, body.answer, call.now
    _go_over(call, record, "answer")
    call.store.update(record, verb="announced")
    return outage_out(record)


def close(call: Call, outage_id: str, body: ClosingIn) -> OutageOut:
    """End it, and settle what waits for that. Raises StateConflict when it is over."""
    record = _lasting(call, outage_id)
    call.check_version(record, {"status": record.status})
    record.status, record.solution, record.closed_at = OutageStatus.CLOSED.value, body.solution, call.now
    _go_over(call, record, "settle")
    call.store.update(record, verb="closed")
    return outage_out(record)


def list_affected(call: Call, outage_id: str, query: ListQuery) -> Listed[OutageCustomer]:
    """A page of those affected whose requests the caller may see. A customer is on one page, whatever its limit."""
    record = get_outage(call, outage_id)
    until: datetime = record.held().get("closed_at") or call.now
    partition = keys.collection(call.tenant_id, record.KIND.name, record.id)
    found: list[list[OutageAffected]] = []
    position: dict[str, Any] | None = dict(query.cursor) if query.cursor else None
    while True:
        items, position = call.store.query(
            partition, begins=keys.children(OUTAGE_AFFECTED.name), limit=A_PAGE, start=position
        )
        for each in items:
            if not isinstance(each, OutageAffected) or not call.store.scope.admits(each):
                continue
            if found and _same(found[-1][0], each):
                found[-1].append(each)
            elif len(found) == query.limit:
                last = found[-1][-1]
                return Listed(_customers(found, until), {"pk": {"S": str(last.pk)}, "sk": {"S": str(last.sk)}})
            else:
                found.append([each])
        if position is None:
            return Listed(_customers(found, until))


def holds_surveys(record: ServiceRequest) -> bool:
    """Whether nobody is to be asked about a request yet: its outage has not let go of it.

    When the outage is over, each of its requests is written once more (``outage_stage``): what was closed by somebody
    before is ``request.updated`` then, all else ``request.settled``.
    """
    return bool(record.outage_id) and record.outage_stage != Stage.OVER


def link_by_itself(call: Call, record: ServiceRequest) -> None:
    """Link a request that is opened or changed to its outage, and answer it if that is announced."""
    if record.outage_id or not record.open or not (record.area or record.category or record.product):
        return
    found, _ = call.store.query(keys.lookup_partition(call.tenant_id, OPEN, ALL))
    places = [Outage.key_of(call.tenant_id, each.record) for each in found if isinstance(each, Claim)]
    raws = call.store.fetch(places) if places else {}
    for at, raw in raws.items():
        outage = call.store.known(Outage, at, raw)
        if outage is not None and _belongs(record, outage):
            _link(call, record, outage)
            return


def go_over(work: Work) -> Step:
    """One step over an outage's requests: some are linked, answered or settled, together with the progress."""
    call = work.call.with_store(replace(work.call.store, scope=EVERYTHING))
    outage, passes = get_outage(call, work.params["outage_id"]), _PASSES[work.params["passes"]]
    at = int(work.checkpoint.get("pass", 0))
    if passes[at] == "pause":
        began = datetime.fromisoformat(work.checkpoint["since"]) if "since" in work.checkpoint else None
        if began is None:
            return Step({"pass": at, "since": call.now.isoformat()}, work.done, paused=True)
        if call.now < began + ONCE_MORE:
            return Step(work.checkpoint, work.done, paused=True)
        return Step({"pass": at + 1}, work.done)
    after = work.checkpoint.get("after")
    done, more = _pass(call, outage, passes[at], after)
    if more is not None:
        return Step({"pass": at, "after": more}, work.done + done)
    return Step({"pass": at + 1}, work.done + done, finished=at + 1 == len(passes))


# -- inside


def _lasting(call: Call, outage_id: str) -> Outage:
    record = get_outage(call, outage_id)
    if record.status == OutageStatus.CLOSED:
        raise errors.is_over()
    return record


def _go_over(call: Call, record: Outage, passes: str) -> None:
    record.job_id = start(call, JOB, {"outage_id": record.id, "passes": passes}, counted="requests").id


def _pass(call: Call, outage: Outage, what: str, after: str | None) -> tuple[int, str | None]:
    """Do to a page of requests what is to be done; how many it was, and the last one that was looked at, if not all."""
    ids, whole = _linked(call, outage, after) if what in {"answer", "settle"} else _since(call, outage, what, after)
    done = 0
    for each in ids:
        record = call.store.get(ServiceRequest, each)
        if record is None or not _done_to(call, record, outage, what):
            continue
        done += 1
        if done == requests.AT_ONCE:
            return done, each
    return done, None if whole else ids[-1]


def _done_to(call: Call, record: ServiceRequest, outage: Outage, what: str) -> bool:
    """Do it to one request; whether there was anything to be done."""
    verb = "updated"
    if what in {"link", "link_late"}:
        if record.outage_id or not record.open or not _belongs(record, outage):
            return False
        _link(call, record, outage)
    elif record.outage_id != outage.id or record.outage_stage == Stage.OVER:
        return False
    elif what == "answer":
        if record.outage_stage != Stage.LINKED:
            return False
        _answer(call, record, outage)
    else:
        if outage.answer and record.outage_stage == Stage.LINKED:
            _answer(call, record, outage)
        record.outage_stage = Stage.OVER.value
        if record.open:
            settle = machine.Action.SETTLE
            requests.act_on(call, record, settle, note=outage.solution, why={"outage": outage.id})
            verb = machine.VERBS[settle]
    return call.store.update(record, verb=verb)


def _link(call: Call, record: ServiceRequest, outage: Outage) -> None:
    record.outage_id, record.outage_stage = outage.id, Stage.LINKED.value
    if outage.answer:
        _answer(call, record, outage)


def _answer(call: Call, record: ServiceRequest, outage: Outage) -> None:
    """Write the outage's answer into a request; who calls stages that."""
    call.store.create(Entry.of(record, call.now, "reply", outage.answer, details={"outage": outage.id}))
    record.outage_stage = Stage.ANSWERED.value
    requests.replied(call, record)


def _belongs(record: ServiceRequest, outage: Outage) -> bool:
    return outage.extent.covers(record.area, record.category, record.product) and lasts(
        outage.began_at, outage.held().get("closed_at"), record.opened_at
    )


def _linked(call: Call, outage: Outage, after: str | None) -> tuple[list[str], bool]:
    """A page of the ids of an outage's requests, and whether it is the last one."""
    partition = keys.lookup_partition(call.tenant_id, "request_of_outage", outage.id)
    place = keys.lookup(call.tenant_id, "request_of_outage", outage.id, after) if after else None
    start = {"pk": {"S": str(place.pk)}, "sk": {"S": str(place.sk)}} if place else None
    found, position = call.store.query(partition, limit=A_PAGE, start=start)
    return [str(each.record) for each in found if isinstance(each, Claim)], position is None


def _since(call: Call, outage: Outage, what: str, after: str | None) -> tuple[list[str], bool]:
    """A page of the ids of requests that may belong to an outage, and whether it is the last one.

    Requests are noted when they are opened, or later: all that were opened since it began were noted since.
    """
    late = (outage.held().get("closed_at") or outage.created_at) - ONCE_MORE
    began = outage.began_at if what == "link" else late
    first = keys.creation(after or first_id_at(REQUEST.prefix, began, -1))
    found, position = call.store.query(
        keys.by_kind(call.tenant_id, REQUEST.name),
        between=(first, keys.creation(f"{REQUEST.prefix}_~")),
        index=Index.CREATION,
        limit=A_PAGE,
    )
    ids = [each.id for each in found if isinstance(each, ServiceRequest) and each.id != after]
    return ids, position is None


def _same(one: OutageAffected, other: OutageAffected) -> bool:
    return bool(one.contact_id) and (one.contact_id, one.customer_level) == (
        other.contact_id,
        other.customer_level,
    )


def _customers(found: list[list[OutageAffected]], until: datetime) -> list[OutageCustomer]:
    """Each customer with their requests."""
    firsts = [min(one.opened_at for one in each) for each in found]
    return [
        OutageCustomer(
            contact_id=each[0].contact_id,
            customer_level=each[0].customer_level,
            request_ids=[one.request_id for one in each],
            since=since,
            hours=hours(since, until),
        )
        for each, since in zip(found, firsts, strict=True)
    ]
