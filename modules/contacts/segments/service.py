"""Use cases of segments: their definitions, and a rule on trial."""

from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from chalicelib.call import Call
from chalicelib.counters.reading import countable, visible
from chalicelib.jobs.records import Job
from chalicelib.jobs.schemas import JobOut, accepted
from chalicelib.jobs.service import start
from chalicelib.jobs.timers import remind
from chalicelib.modules import Port
from chalicelib.problems import Invalid, NotFound
from chalicelib.store.commit import Action
from chalicelib.store.lists import ListQuery, list_records
from chalicelib.store.records import Item
from chalicelib.web.render import MASK
from chalicelib.web.results import Accepted, Created, Listed, Patch
from chalicelib.web.wire import common
from modules.contacts.custom_fields.service import declared
from modules.contacts.kinds import SENSITIVE
from modules.contacts.memberships.handlers import CLEAR
from modules.contacts.memberships.records import SegmentSize, members, sizes
from modules.contacts.memberships.service import needs, read_customers
from modules.contacts.people.records import Contact
from modules.contacts.people.service import contact_out
from modules.contacts.segment_attributes.rules import OPERATORS, Catalogue, catalogue, check, masked
from modules.contacts.segment_rules.rules import decide
from modules.contacts.segment_rules.schemas import Rule
from modules.contacts.segment_time.rules import Today
from modules.contacts.segments.errors import (
    MOST_RULES,
    kind_stays,
    not_by_rule,
    not_yours,
    rule_goes_with_kind,
    too_many_rules,
)
from modules.contacts.segments.records import RuleBook, Segment
from modules.contacts.segments.schemas import AttributeOut, Preview, SegmentIn, SegmentOut, SegmentShown

BUILD: Final = "contacts.build_segment"
CLEAR_JOB: Final = "contacts.clear_segment"
# An assessment takes seconds at most: who has not heard of a deletion in two minutes is not there any more.
STRAGGLERS: Final = timedelta(minutes=2)
# A preview is one request: a list's bounded read, and a tenth of it where each customer is a read of its own.
MOST_TRIED: Final = 1000
MOST_TRIED_WHOLE: Final = 100
SAMPLE: Final = 20
PAGE: Final = 200


def segment_out(call: Call, record: Segment) -> SegmentOut:
    """The segment as this caller may read it."""
    return SegmentOut.model_validate(_values(call, record))


def _values(call: Call, record: Segment) -> dict[str, Any]:
    return common(record) | {
        "name": record.name,
        "description": record.description,
        "kind": record.rests_on,
        "rule": masked(record.rule, MASK) if record.rule and not call.may(SENSITIVE) else record.rule,
        "status": record.status,
        "job_id": record.job_id,
    }


def get_segment(call: Call, segment_id: str) -> Segment:
    """The tenant's segment with that id; raises NotFound."""
    record = call.store.get(Segment, segment_id)
    if record is None:
        raise NotFound
    return record


def show_segment(call: Call, segment_id: str) -> SegmentShown:
    """The segment with the number of members that the caller sees."""
    record = get_segment(call, segment_id)
    size, counted_at = size_of(call, segment_id)
    return SegmentShown.model_validate(_values(call, record) | {"size": size, "counted_at": counted_at})


def size_of(call: Call, segment_id: str) -> tuple[int | None, datetime | None]:
    """How many members the caller sees, and when that changed last; None for a scope that has no totals."""
    found = list(call.store.query_all(members(call.tenant_id, segment_id), sizes()))
    seen = [each for each in found if isinstance(each, SegmentSize) and visible(call.store.scope, each.unit_path)]
    if not countable(call.store.scope):
        return None, None
    return sum(int(each.n) for each in seen), max((each.counted_at for each in seen), default=None)


def create_segment(call: Call, body: SegmentIn) -> Created[SegmentOut]:
    """A new segment; one with a rule is built by a job. AlreadyExists at the commit when the name is taken."""
    if (body.kind == "rules") != (body.rule is not None):
        raise rule_goes_with_kind()
    record = Segment.fresh(call.now, name=body.name, description=body.description, rests_on=body.kind, status="ready")
    if body.rule is not None:
        record.rule = checked(call, body.rule)
        _build(call, record, _in_the_book(call, record.id, stays=True))
    call.store.create(record)
    return Created(segment_out(call, record), f"/v1/segments/{record.id}")


def update_segment(call: Call, segment_id: str, body: Patch[SegmentIn]) -> SegmentOut:
    """Apply a merge patch; another rule starts a job."""
    record = _to_change(call, segment_id)
    current = {name: getattr(record, name) for name in ("name", "description", "rule")}
    current = {name: value for name, value in {**current, "kind": record.rests_on}.items() if value is not None}
    call.check_version(record, {name: current.get(name) for name in body.touched})
    # A rule is one value: what a patch says of it stands for all of it.
    wanted = body.apply(
        {name: value for name, value in current.items() if name != "rule" or "rule" not in body.touched}
    )
    if wanted.kind != record.rests_on:
        raise kind_stays()
    if (wanted.kind == "rules") != (wanted.rule is not None):
        raise rule_goes_with_kind()
    record.name, record.description = wanted.name, wanted.description
    if wanted.rule is not None and wanted.rule.tree() != record.rule:
        record.rule = checked(call, wanted.rule)
        _build(call, record, _in_the_book(call, record.id, stays=True))
    call.store.update(record)
    return segment_out(call, record)


def rebuild_segment(call: Call, segment_id: str) -> Accepted[JobOut]:
    """Go over all customers again; raises StateConflict for a list."""
    record = _to_change(call, segment_id)
    if record.rule is None:
        raise not_by_rule()
    job = _build(call, record, None)
    call.store.update(record)
    return accepted(job)


def delete_segment(call: Call, segment_id: str) -> None:
    """End a segment: nobody sees it any more, and a job takes its memberships away."""
    record = _to_change(call, segment_id)
    call.check_version(record, {})
    if record.rule is not None:
        _in_the_book(call, record.id, stays=False)
    start(call, CLEAR_JOB, {"segment_id": record.id}, counted="customers")
    remind(call.store, CLEAR, record.id, call.now + STRAGGLERS)
    call.store.delete(record)


def list_segments(call: Call, query: ListQuery) -> Listed[SegmentOut]:
    """A page of segments."""
    page = list_records(call.store, Segment, query)
    return Listed([segment_out(call, each) for each in page.items], page.next_position, page.truncated)


def list_attributes(call: Call) -> Listed[AttributeOut]:
    """All that this tenant's rules may ask about; what modules contribute is asked for by its name."""
    known = _catalogue(call)
    found = [
        AttributeOut(
            name=name,
            type=each.type.value,
            of=of,  # type: ignore[arg-type] # the two sorts below
            operators=sorted(OPERATORS[each.type]),
            words=list(each.words),
            sensitive=each.sensitive,
        )
        for of, attributes in (("contact", known.contact), ("line", known.line))
        for name, each in attributes.items()
    ]
    return Listed(found)


def preview(call: Call, rule: Rule) -> Preview:
    """What a rule would find among the newest customers in the caller's scope."""
    tree = checked(call, rule)
    beside, usage = needs([tree])
    today = Today(call.now, ZoneInfo(call.tenant.time_zone))
    limit = MOST_TRIED_WHOLE if beside or usage else MOST_TRIED
    found: list[Contact] = []
    matched = read = 0
    position: dict[str, Any] | None = None
    while read < limit:
        query = ListQuery(limit=min(PAGE, limit - read), cursor=position)
        page = list_records(call.store, Contact, query)
        read += len(page.items)
        customers = read_customers(call.store, [each.id for each in page.items], today.zone, beside=beside, usage=usage)
        hits = [each[0] for each in customers.values() if each and decide(tree, each[1], today).member]
        matched += len(hits)
        found += hits[: SAMPLE - len(found)]
        position = page.next_position
        if position is None:
            break
    sample = [contact_out(each) for each in found]
    return Preview(matched=matched, read=read, truncated_scan=position is not None, sample=sample)


def checked(call: Call, rule: Rule) -> dict[str, Any]:
    """The rule as it is stored; raises Invalid with a pointer for each condition that can't be decided."""
    tree = rule.tree()
    if errors := check(tree, _catalogue(call), "/rule", may_sensitive=call.may(SENSITIVE)):
        raise Invalid(errors=tuple(errors))
    return tree


def _catalogue(call: Call) -> Catalogue:
    modules = [each.name for each in call.catalogue if Port.SEGMENT_ATTRIBUTE in each.contributes]
    return catalogue(declared(call), modules)


def _to_change(call: Call, segment_id: str) -> Segment:
    """The segment; who sees a part of the customers changes what he has made himself. Raises NotFound."""
    record = get_segment(call, segment_id)
    if not call.store.scope.everything and record.created_by != call.store.actor:
        raise not_yours()
    return record


def _build(call: Call, record: Segment, edition: int | None) -> Job:
    """Stage the job: over those who have not been assessed by an edition of the rules, or over all."""
    job = start(call, BUILD, {"segment_id": record.id, "edition": edition}, counted="customers")
    record.status, record.job_id = "building", job.id
    return job


def _in_the_book(call: Call, segment_id: str, *, stays: bool) -> int:
    """Stage the next edition of the rules in force; its number."""
    store = call.store
    stood = store.get_item(RuleBook, RuleBook.key_of(call.tenant_id))
    book = stood or RuleBook.empty(call.tenant_id)
    edition = int(book.edition)
    ids = {*book.ids, segment_id} if stays else {*book.ids} - {segment_id}
    if len(ids) > MOST_RULES:
        raise too_many_rules()
    book.ids, book.edition = sorted(ids), edition + 1
    unchanged = RuleBook.edition == edition if stood else Item.pk.does_not_exist()
    store.put(book, Action(book.stands_at(), condition=unchanged))
    return edition + 1
