"""Use cases of lines."""

from chalicelib.call import Call
from chalicelib.counters.reading import total_for
from chalicelib.modules import Text
from chalicelib.problems import FieldError, Invalid, NotFound, ValueRefused
from chalicelib.store import keys
from chalicelib.store.lists import ListQuery, list_records
from chalicelib.web.render import document_of
from chalicelib.web.results import Created, Listed, Patch
from modules.contacts.lines.records import Line
from modules.contacts.lines.schemas import LineIn, LineOut
from modules.contacts.manifest import CONTACT, LINE
from modules.contacts.people.rules import normalise_phone
from modules.contacts.people.service import get_contact, get_contact_beside


def line_out(record: Line) -> LineOut:
    """The line as everybody reads it."""
    held = record.held()
    values = {name: held.get(name) for name in LineOut.model_fields}
    return LineOut.model_validate({**values, "version": int(record.version)})


def create_line(call: Call, contact_id: str, body: LineIn) -> Created[LineOut]:
    """A new line of a contact; AlreadyExists at the commit when a living line has the number."""
    contact = get_contact(call, contact_id)
    record = Line.of(contact, call.now)
    _fill(call, record, body)
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
    _fill(call, record, body.apply(current))
    call.store.update(record)
    return line_out(record)


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
    for name, value in body.model_dump(mode="json").items():
        setattr(record, name, value)
    if body.msisdn:
        try:
            record.msisdn = normalise_phone(body.msisdn, call.tenant.default_region)
        except ValueRefused as refused:
            raise Invalid(errors=(FieldError("/msisdn", "phone_number", refused.detail),)) from refused
