"""Use cases of entries."""

from dataclasses import replace

from chalicelib.call import Call
from chalicelib.problems import NotFound
from chalicelib.store import keys
from chalicelib.store.lists import ListQuery
from chalicelib.store.scope import EVERYTHING
from chalicelib.web.results import Created, Listed
from modules.service_analysis.entries.records import Entry
from modules.service_analysis.entries.schemas import RequestEntryIn, RequestEntryOut
from modules.service_analysis.kinds import ENTRY
from modules.service_analysis.requests import service as requests
from modules.service_analysis.requests.records import ServiceRequest
from modules.service_analysis.requests.rules import Action, Happening, PendingOn


def entry_out(record: Entry) -> RequestEntryOut:
    """The entry as everybody reads it."""
    held = record.held()
    values = {name: held.get(name) for name in RequestEntryOut.model_fields} | {"attachments": record.attachments or []}
    return RequestEntryOut.model_validate({**values, "version": int(record.version)})


def create_entry(call: Call, request_id: str, body: RequestEntryIn) -> Created[RequestEntryOut]:
    """Write a note, a reply or a message; the request knows of replies and messages at once. Raises NotFound."""
    record = requests.get_request(call, request_id)
    requests.be_whole(call, body.attachments)
    entry = Entry.of(record, call.now, body.type, body.text, attachments=body.attachments or None)
    call.store.create(entry)
    if body.type == "reply":
        requests.replied(call, record)
        call.store.update(record)
    elif body.type == "message":
        record.messages = int(record.messages) + 1
        requests.follow(call, record, Happening.MESSAGE)
        if record.pending_on == PendingOn.CUSTOMER:
            requests.act_on(call, record, Action.RESUME)
        call.store.update(record)
    else:
        call.store.require(record)
    return Created(entry_out(entry), f"/v1/requests/{record.id}/entries/{entry.id}")


def list_entries(call: Call, request_id: str, query: ListQuery) -> Listed[RequestEntryOut]:
    """A page of a request's history: one read and one query. Filtered by type, a page may be short."""
    record = requests.get_request(call, request_id)
    partition = keys.collection(call.tenant_id, record.KIND.name, record.id)
    found, position = call.store.query(
        partition,
        begins=keys.children(ENTRY.name),
        limit=query.limit,
        newest_first=query.newest_first,
        start=query.cursor,
    )
    entries = [each for each in found if isinstance(each, Entry) and all(term.holds(each) for term in query.terms)]
    return Listed([entry_out(each) for each in entries], position)


def get_entry(call: Call, request_id: str, entry_id: str) -> RequestEntryOut:
    """The entry of that request; raises NotFound."""
    at = Entry.place_of(call.tenant_id, request_id, entry_id)
    call.store.prefetch([ServiceRequest.key_of(call.tenant_id, request_id), at])
    requests.get_request(call, request_id)
    # Who sees the request sees its history.
    record = replace(call.store, scope=EVERYTHING).get_at(Entry, at)
    if record is None:
        raise NotFound
    return entry_out(record)
