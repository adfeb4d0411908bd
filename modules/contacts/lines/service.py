"""Use cases of lines."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from chalicelib.call import Call
from chalicelib.counters.reading import total_for
from chalicelib.modules import Text
from chalicelib.problems import FieldError, Invalid, NotFound, ValueRefused
from chalicelib.store import keys
from chalicelib.store.keys import Key
from chalicelib.store.lists import ListQuery, list_records
from chalicelib.store.reader import SUBJECT_KEY
from chalicelib.web.render import document_of
from chalicelib.web.results import Created, Listed, Patch
from modules.contacts.custom_fields.service import checked_values
from modules.contacts.holdings.records import Holding
from modules.contacts.holdings.rules import turn
from modules.contacts.kinds import CONTACT, LINE
from modules.contacts.lines.errors import has_ended, no_such_taker, not_then
from modules.contacts.lines.records import Line
from modules.contacts.lines.schemas import LineIn, LineOut, TransferIn
from modules.contacts.people.records import Contact
from modules.contacts.people.rules import normalise_phone
from modules.contacts.people.service import get_contact, get_contact_beside

ENDED: Final = "ended"
PASSED: Final = ("msisdn", "iccid", "imsi", "imei", "account", "product")


def line_out(record: Line) -> LineOut:
    """The line as everybody reads it."""
    held = record.held()
    values = {name: held.get(name) for name in LineOut.model_fields} | {"custom": record.custom or {}}
    return LineOut.model_validate({**values, "version": int(record.version)})


def create_line(call: Call, contact_id: str, body: LineIn) -> Created[LineOut]:
    """A new line of a contact; AlreadyExists at the commit when a living line has the number."""
    contact = get_contact(call, contact_id)
    record = Line.of(contact, call.now)
    _fill(call, record, body)
    _hold(call, record, {}, call.now)
    call.store.require(contact)
    call.store.create(record)
    return Created(line_out(record))


def get_line(call: Call, contact_id: str, line_id: str) -> Line:
    """The line of that contact; raises NotFound."""
    at = Line.place_of(call.tenant_id, contact_id, line_id)
    get_contact_beside(call, contact_id, at)  # visible, and its key protects the line's personal values in events
    record = call.store.get_at(Line, at)
    if record is None:
        raise NotFound
    return record


def update_line(call: Call, contact_id: str, line_id: str, body: Patch[LineIn]) -> LineOut:
    """Apply a merge patch to a line."""
    record = get_line(call, contact_id, line_id)
    shown = document_of(call, line_out(record))
    call.check_version(record, {name: shown.get(name) for name in body.touched})
    document = line_out(record).model_dump(mode="json")
    current = {name: document[name] for name in LineIn.model_fields if document[name] is not None}
    held = record.holds()
    _fill(call, record, body.apply(current))
    _hold(call, record, held, call.now)
    call.store.update(record)
    return line_out(record)


def transfer_line(call: Call, contact_id: str, line_id: str, body: TransferIn) -> LineOut:
    """End a line and begin another one of another contact with its numbers; neither is without the other.

    Raises NotFound, StateConflict for a line that has ended, and Invalid for a contact or a time that can't be.
    """
    to = Contact.key_of(call.tenant_id, body.to)
    call.store.prefetch([to, Key(to.pk, SUBJECT_KEY)])
    record = get_line(call, contact_id, line_id)
    taker = call.store.get(Contact, body.to)
    if taker is None or taker.id == contact_id:
        raise no_such_taker()
    if record.status == ENDED:
        raise has_ended()
    when = body.at.astimezone(UTC) if body.at else call.now
    if when > call.now or any(when <= since for since in record.holds_since().values()):
        raise not_then()
    passed = {name: getattr(record, name) for name in PASSED if getattr(record, name) is not None}
    if record.msisdn:
        passed.pop("account", None)  # a billing account, and not what the access is known by
    begun = Line.of(taker, call.now, status=str(record.status), starts_on=_day(call, when), **passed)
    begun.custom = checked_values(call, LINE.name, body.custom, {}) or None
    held = record.holds()
    record.status = ENDED
    _hold(call, record, held, when)
    _hold(call, begun, {}, when)
    call.store.require(taker)
    call.store.succeed(record, begun, verb="transferred")
    return line_out(begun)


def list_contact_lines(call: Call, contact_id: str) -> Listed[LineOut]:
    """All lines of a contact."""
    contact = get_contact(call, contact_id)
    partition = keys.collection(call.tenant_id, CONTACT.name, contact.id)
    found = call.store.query_all(partition, keys.children(LINE.name))
    return Listed([line_out(each) for each in found if isinstance(each, Line)])


def list_lines(call: Call, query: ListQuery) -> Listed[LineOut]:
    """A page of all lines."""
    page = list_records(call.store, Line, query)
    shown = [line_out(each) for each in page.items]
    return Listed(shown, page.next_position, page.truncated, **total_for(call.store, LINE.listing, query))


def _fill(call: Call, record: Line, body: LineIn) -> None:
    if body.starts_on and body.ends_on and body.ends_on < body.starts_on:
        detail = Text("Not before starts_on.", "不得早于 starts_on。")
        raise Invalid(errors=(FieldError("/ends_on", "before_start", detail),))
    for name, value in body.model_dump(mode="json", exclude={"custom"}).items():
        setattr(record, name, value)
    record.custom = checked_values(call, LINE.name, body.custom, record.custom or {}) or None
    if body.msisdn:
        try:
            record.msisdn = normalise_phone(body.msisdn, call.tenant.default_region)
        except ValueRefused as refused:
            raise Invalid(errors=(FieldError("/msisdn", "phone_number", refused.detail),)) from refused


def _hold(call: Call, record: Line, before: Mapping[str, str], at: datetime) -> None:
    """Stage from when on, and until when, the line holds what it held before and what it holds now."""
    since = dict.fromkeys(before, record.created_at) | dict(record.holds_since())
    turned = turn(before, record.holds(), since, at)
    for each in turned.intervals:
        held = Holding(
            contact_id=record.contact_id,
            line_id=record.id,
            name=each.name,
            value=each.value,
            since=each.since,
            until=each.until,
        )
        call.store.put(held.place(call.tenant_id))
    begins = {name: moment.isoformat(timespec="milliseconds") for name, moment in turned.since.items()}
    record.held_since = begins or None
    record.ended_at = (record.held().get("ended_at") or turned.at) if record.status == ENDED else None


def _day(call: Call, at: datetime) -> str:
    """The date of an instant where the tenant is."""
    return at.astimezone(ZoneInfo(call.tenant.time_zone)).date().isoformat()
