"""Use cases of queues."""

from collections.abc import Mapping, Sequence
from typing import Final

from chalicelib.access.placing import be_known, stand_in_unit, stay_in_reach
from chalicelib.cached import Memory
from chalicelib.call import Call
from chalicelib.problems import NotFound
from chalicelib.store import keys
from chalicelib.store.lists import ListQuery, list_records
from chalicelib.store.store import Store
from chalicelib.web.render import document_of
from chalicelib.web.results import Created, Listed, Patch
from modules.service_analysis.kinds import QUEUE
from modules.service_analysis.queues import errors
from modules.service_analysis.queues.records import ServiceQueue
from modules.service_analysis.queues.schemas import QueueIn, QueueMember, QueueOut
from modules.service_analysis.routing.rules import Candidate

# All are read to route a request, in one query; each has at most 50 members.
MOST: Final = 100

Staff = Mapping[str, Sequence[Candidate]]
# Every new request asks for them; they are at most 5 s old.
_kept: Memory[Staff] = Memory()


def staff_of(store: Store) -> Staff:
    """Who stands in each of the tenant's queues, the oldest queue first; at most 5 s old."""
    return _kept.recall(store.boundary, lambda: (store.boundary, _load(store))) or {}


def be_there(call: Call, queue_id: str, pointer: str = "queue_id") -> None:
    """Refuse a queue that the tenant has not. Raises Invalid."""
    if queue_id not in staff_of(call.store):
        raise errors.unknown_queue(pointer)


def queue_out(record: ServiceQueue) -> QueueOut:
    """The queue as everybody reads it."""
    held = record.held()
    values = {name: held.get(name) for name in QueueOut.model_fields} | {"members": record.members or []}
    return QueueOut.model_validate({**values, "version": int(record.version)})


def create_queue(call: Call, body: QueueIn) -> Created[QueueOut]:
    """A new queue. Raises Invalid for whom it names, StateConflict when there are too many."""
    if len(_load(call.store)) >= MOST:
        raise errors.too_many(MOST)
    record = ServiceQueue.fresh(call.now)
    _fill(call, record, body)
    call.store.create(record)
    _soon(call)
    return Created(queue_out(record), f"/v1/service/queues/{record.id}")


def get_queue(call: Call, queue_id: str) -> ServiceQueue:
    """The queue of that id; raises NotFound."""
    record = call.store.get(ServiceQueue, queue_id)
    if record is None:
        raise NotFound
    return record


def list_queues(call: Call, query: ListQuery) -> Listed[QueueOut]:
    """A page of queues."""
    page = list_records(call.store, ServiceQueue, query)
    return Listed([queue_out(each) for each in page.items], page.next_position, page.truncated)


def update_queue(call: Call, queue_id: str, body: Patch[QueueIn]) -> QueueOut:
    """Change a queue; requests that wait in it stay."""
    record = get_queue(call, queue_id)
    document = document_of(call, queue_out(record))
    call.check_version(record, {name: document.get(name) for name in body.touched})
    wanted = body.apply({name: document[name] for name in QueueIn.model_fields if document[name] is not None})
    _fill(call, record, wanted)
    call.store.update(record)
    _soon(call)
    return queue_out(record)


def switch_presence(call: Call, queue_id: str, *, present: bool) -> QueueOut:
    """Let the caller come or go. Raises NotFound, StateConflict for who is no member."""
    record = get_queue(call, queue_id)
    call.check_version(record, {"members": record.members})
    members = [dict(each) for each in record.members or ()]
    mine = [each for each in members if each["user_id"] == call.principal.user_id]
    if not mine:
        raise errors.no_member()
    mine[0]["present"] = present
    record.members = members
    call.store.update(record)
    _soon(call)
    return queue_out(record)


def _load(store: Store) -> Staff:
    shelf = store.query_all(keys.shelf(store.boundary, QUEUE.name))
    return {
        str(each.id): [_candidate(one) for one in each.members or ()]
        for each in shelf
        if isinstance(each, ServiceQueue)
    }


def _candidate(member: Mapping[str, object]) -> Candidate:
    known = QueueMember.model_validate(member)
    return Candidate(known.user_id, frozenset(known.skills), frozenset(known.languages), present=known.present)


def _fill(call: Call, record: ServiceQueue, body: QueueIn) -> None:
    known = {each["user_id"] for each in record.members or ()}
    named: set[str] = set()
    for place, each in enumerate(body.members):
        if each.user_id in named:
            raise errors.member_twice(place)
        named.add(each.user_id)
        if each.user_id not in known:
            be_known(call, each.user_id, f"members/{place}/user_id")
    record.titles = body.titles.model_dump(exclude_none=True)
    record.members = [each.model_dump() for each in body.members] or None
    stand_in_unit(call, record, body.org_unit_id)
    stay_in_reach(call, record)


def _soon(call: Call) -> None:
    call.store.after_commit.append(lambda: _kept.forget(call.tenant_id))
