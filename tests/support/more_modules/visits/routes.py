"""HTTP to use case: visits."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, Field, StringConstraints

from chalicelib.call import Call
from chalicelib.counters.reading import total_for
from chalicelib.jobs.schemas import JobOut, accepted
from chalicelib.jobs.service import start
from chalicelib.jobs.timers import remind
from chalicelib.problems import NotFound
from chalicelib.store.lists import ListQuery, list_records
from chalicelib.web.results import Accepted, Created, Listed
from chalicelib.web.routes import Routes
from chalicelib.web.wire import Body, Resource, common
from modules.visits.manifest import VISIT
from modules.visits.records import Visit

routes = Routes("visits")

Word = Annotated[str, StringConstraints(min_length=1, max_length=100)]


class VisitIn(Body):
    """A visit; ``follow_up_at`` sets a timer, ``clear_up_at`` one that fires whatever the subscription says."""

    contact_id: Word
    outlet: Word = "centre"
    purpose: Literal["buy", "ask", "return"] = "ask"
    mood: Literal["good", "fair", "bad"] = "fair"
    title: Word = "A visit"
    minutes: int = Field(default=5, ge=0, le=100_000)
    spent: Annotated[str, StringConstraints(pattern=r"^-?\d{1,6}(\.\d\d)?$")] = "0"
    visited_at: AwareDatetime
    void: bool = False
    follow_up_at: AwareDatetime | None = None
    clear_up_at: AwareDatetime | None = None


class VisitOut(Resource):
    """A visit."""

    contact_id: str
    title: str
    visited_at: datetime


class JobIn(Body):
    """Which job to start."""

    name: Literal["climb", "stumble", "refuse", "look_around"]
    params: dict[str, Any] = Field(default_factory=dict)


def _out(record: Visit) -> VisitOut:
    return VisitOut(**common(record), contact_id=record.contact_id, title=record.title, visited_at=record.visited_at)


def _fill(call: Call, record: Visit, body: VisitIn) -> None:
    for name, value in body.model_dump(exclude={"follow_up_at", "clear_up_at", "void"}).items():
        setattr(record, name, value)
    record.void = True if body.void else None
    record.unit_path, record.noted_by = call.principal.unit_path or None, call.principal.id


def _remind(call: Call, record: Visit, body: VisitIn) -> None:
    if body.follow_up_at:
        remind(call.store, "visits.follow_up", record.id, body.follow_up_at, record)
    if body.clear_up_at:
        remind(call.store, "visits.clear_up", record.id, body.clear_up_at)


@routes.post("/visits", needs="visits:write")
def create_visit(call: Call, body: VisitIn) -> Created[VisitOut]:
    """Note a visit."""
    record = Visit.fresh(call.now)
    _fill(call, record, body)
    call.store.create(record)
    _remind(call, record, body)
    return Created(_out(record), f"/v1/visits/{record.id}")


@routes.get("/visits", needs="visits:read", listing=VISIT.listing)
def list_visits(call: Call, query: ListQuery) -> Listed[VisitOut]:
    """List visits."""
    page = list_records(call.store, Visit, query)
    shown = [_out(each) for each in page.items]
    return Listed(shown, page.next_position, page.truncated, **total_for(call.store, VISIT.listing, query))


@routes.put("/visits/{visit_id}", needs="visits:write")
def replace_visit(call: Call, visit_id: str, body: VisitIn) -> VisitOut:
    """Replace what a visit says."""
    record = _get(call, visit_id)
    _fill(call, record, body)
    call.store.update(record)
    _remind(call, record, body)
    return _out(record)


@routes.delete("/visits/{visit_id}", needs="visits:write")
def delete_visit(call: Call, visit_id: str) -> None:
    """Delete a visit."""
    call.store.delete(_get(call, visit_id))


@routes.post("/visit-jobs", needs="visits:write")
def start_job(call: Call, body: JobIn) -> Accepted[JobOut]:
    """Start long work."""
    return accepted(start(call, f"visits.{body.name}", body.params, counted="steps", total=body.params.get("steps")))


def _get(call: Call, visit_id: str) -> Visit:
    record = call.store.get(Visit, visit_id)
    if record is None:
        raise NotFound
    return record
