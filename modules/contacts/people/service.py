"""Use cases of contacts: load, decide, stage."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from chalicelib.access.gate import denied
from chalicelib.call import Call
from chalicelib.clock import json_time
from chalicelib.counters.reading import total_for
from chalicelib.late import Late
from chalicelib.modules import Text
from chalicelib.problems import AmbiguousKey, BadRequest, FieldError, Invalid, InvalidParameter, NotFound, ValueRefused
from chalicelib.search.port import search
from chalicelib.store import keys
from chalicelib.store.errors import ClaimTakenError
from chalicelib.store.keys import Key
from chalicelib.store.lists import ListQuery, Page, list_records
from chalicelib.store.reader import SUBJECT_KEY
from chalicelib.store.records import Claim, Item, read_as
from chalicelib.store.store import Store
from chalicelib.web.render import document_of
from chalicelib.web.results import Created, Listed, Patch, Upserted
from modules.contacts.contributions.records import Contribution
from modules.contacts.interactions.records import CHANGE, TimelineEntry
from modules.contacts.kinds import CONTACT, SENSITIVE
from modules.contacts.lines.records import Line
from modules.contacts.people.errors import has_children
from modules.contacts.people.records import Contact, external_key
from modules.contacts.people.rules import display_name, last_four, normalise_document, normalise_phone
from modules.contacts.people.schemas import ContactIn, ContactOut, ExternalId, IdDocument
from modules.contacts.places.service import keep_group, live_in, place_in_organisation, read_named_ahead, stand_below
from modules.contacts.unique_keys.rules import KEYS, held_after

if TYPE_CHECKING:
    from modules.contacts.custom_fields import service as custom_fields
    from modules.contacts.unique_keys import service as unique
else:  # only writes need them
    custom_fields = Late("modules.contacts.custom_fields.service")
    unique = Late("modules.contacts.unique_keys.service")

# A contact without children has half a dozen items, of one with many the first few tell.
A_LOOK: Final = 10
# Keys that are numbers of a customer's: looking one up is no search, and is audited.
UNIQUE: Final = frozenset({"msisdn", "iccid", "imsi", "external_id"})
NUMBERS: Final = frozenset({"msisdn", "phone", "iccid", "imsi"})
DO_NOT_CONTACT: Final = ("do_not_contact", "do_not_contact_reason", "do_not_contact_since")
# What is written after a look of its own.
CHECKED: Final = {
    "phones",
    "custom",
    "owner_id",
    "org_unit_id",
    "parent_id",
    "household_id",
    "id_document",
    *DO_NOT_CONTACT,
}
LISTS = ("external_ids", "emails", "phones", "addresses", "tags")


def contact_out(record: Contact) -> ContactOut:
    """The record as everybody reads it."""
    held = record.held()
    values: dict[str, Any] = {name: held.get(name) for name in ContactOut.model_fields}
    values |= {name: values[name] or [] for name in LISTS}
    values["custom"] = record.custom or {}
    values["do_not_contact"] = bool(record.do_not_contact)
    values["version"] = int(record.version)
    values["display_name"] = display_name(
        name=record.name,
        given=record.given_name,
        family=record.family_name,
        external_ids=record.external_ids or [],
        record_id=record.id,
    )
    return ContactOut.model_validate(values)


def as_written(record: Contact) -> dict[str, Any]:
    """The record as JSON in the shape that callers write, for merge patches; without what is only written."""
    document = contact_out(record).model_dump(mode="json", exclude={"id_document"}) | {"id_document": None}
    return {name: document[name] for name in ContactIn.model_fields if document[name] is not None}


def create_contact(call: Call, body: ContactIn) -> Created[ContactOut]:
    """A new contact; AlreadyExists at the commit when an external id is taken."""
    record = add_contact(call, body)
    return Created(contact_out(record), f"/v1/contacts/{record.id}")


def add_contact(call: Call, body: ContactIn, key: ExternalId | None = None) -> Contact:
    """Stage a new contact. ``key`` was looked for in vain: whoever takes it first makes the use case run again."""
    record = Contact.fresh(call.now)
    _fill(call, record, body)
    call.store.create(record, rerun_if_taken=("external_id", external_key(key.system, key.id)) if key else None)
    return record


def get_contact(call: Call, contact_id: str) -> Contact:
    """The contact of that id in the caller's tenant and scope; raises NotFound."""
    record = call.store.get(Contact, contact_id)
    if record is None:
        raise NotFound
    return record


def get_contact_beside(call: Call, contact_id: str, at: Key) -> Contact:
    """The contact, in one round trip with what stands at ``at``, which is read next. Raises NotFound."""
    place = Contact.key_of(call.tenant_id, contact_id)
    own_key = [Key(place.pk, SUBJECT_KEY)] if call.store.writing else []
    call.store.prefetch([place, *own_key, at])
    return get_contact(call, contact_id)


def update_contact(call: Call, contact_id: str, body: Patch[ContactIn]) -> ContactOut:
    """Apply a merge patch."""
    record = get_contact(call, contact_id)
    call.check_version(record, _shown(call, record, body.touched))
    wanted = body.apply(as_written(record))
    if "id_document" in body.touched and wanted.id_document is None:
        wanted = wanted.model_copy(update={"id_document": None})  # a null that takes it away, told from silence
    change_contact(call, record, wanted)
    return contact_out(record)


def upsert_contact(call: Call, key: ExternalId, body: ContactIn) -> Upserted[ContactOut]:
    """Create the contact with this external id, or replace what it says; without a change nothing is written."""
    if all((each.system, each.id) != (key.system, key.id) for each in body.external_ids):
        body = body.model_copy(update={"external_ids": [key, *body.external_ids]})
    record = find_by_external_id(call, key)
    if record is None:
        record = add_contact(call, body, key)
        return Upserted(contact_out(record), created=True, location=f"/v1/contacts/{record.id}")
    call.check_version(record, _shown(call, record, body.model_fields_set))
    if "owner_id" not in body.model_fields_set:
        # The create gave it to its writer: a feed that names no owner, sent again, does not take it away.
        body = body.model_copy(update={"owner_id": record.owner_id})
    if "do_not_contact" not in body.model_fields_set:
        # Nor does one that knows nothing of it make a customer reachable again.
        held = {name: getattr(contact_out(record), name) for name in DO_NOT_CONTACT}
        body = body.model_copy(update=held)
    change_contact(call, record, body)
    return Upserted(contact_out(record), created=False)


def delete_contact(call: Call, contact_id: str) -> None:
    """End a contact that has no lines and no interactions; raises StateConflict for one that has."""
    record = get_contact(call, contact_id)
    call.check_version(record, {})
    end_contact(call, record)


def end_contact(call: Call, record: Contact) -> None:
    """Stage the end of a contact that nothing hangs on. Raises StateConflict."""
    if _has_children(call.store, record):
        raise has_children()
    call.store.delete(record)


def _has_children(store: Store, record: Contact) -> bool:
    """Whether anything stands beside the contact; what other modules have withdrawn only waits for its TTL."""
    partition = keys.collection(store.boundary, CONTACT.name, record.id)
    own = {CONTACT.name, str(SUBJECT_KEY)}
    position: dict[str, Any] | None = None
    while True:
        beside, position = store.query(partition, limit=A_LOOK, start=position)
        for item in beside:
            if str(item.sk).startswith(keys.BEHIND):
                return False
            if str(item.sk) not in own and not _goes_along(item):
                return True
        if position is None:
            return False


def _goes_along(item: Item) -> bool:
    """Whether an item is no child of the contact: it waits for its TTL, or tells of the contact's own changes."""
    return (isinstance(item, Contribution) and bool(item.gone)) or (
        isinstance(item, TimelineEntry) and item.type == CHANGE
    )


def list_contacts(call: Call, query: ListQuery) -> Listed[ContactOut]:
    """A page of contacts: all, or those that a search finds."""
    if query.text is None:
        page = page_of_contacts(call, query)
    else:
        if any(each.name == "segment_id" for each in query.terms):
            raise InvalidParameter(Text("segment_id goes without q.", "segment_id 不能与 q 同时使用。"))
        page = search(call.store, Contact, query, may_read_sensitive=call.may(SENSITIVE))
    shown = [contact_out(each) for each in page.items]
    return Listed(shown, page.next_position, page.truncated, **total_for(call.store, CONTACT.listing, query))


def page_of_contacts(call: Call, query: ListQuery) -> Page[Contact]:
    """A page of the list, or of a segment's members. Raises FeatureDisabled while there are no segments."""
    if all(each.name != "segment_id" for each in query.terms):
        return list_records(call.store, Contact, query)
    from modules.contacts.segment_pages import service as segments  # noqa: PLC0415 - one list in many asks for it

    return segments.page_of_contacts(call, query)


def find_by_external_id(call: Call, key: ExternalId) -> Contact | None:
    """The contact with that external id, in two key reads; raises ClaimTakenError for one out of the caller's reach."""
    claim = call.store.get_item(Claim, _claim_key(call.tenant_id, key))
    record = call.store.get(Contact, claim.record) if claim else None
    if claim and record is None and call.store.fetch([at := Contact.key_of(call.tenant_id, claim.record)])[at]:
        name, value = "external_id", external_key(key.system, key.id)
        raise ClaimTakenError(name, value, claim.record)
    return record


def look_up(call: Call, given: dict[str, str]) -> Contact:
    """The one customer behind a key of any sort, in at most two round trips.

    Raises BadRequest unless exactly one key is given, NotFound, and AmbiguousKey with the ids for a shared one.
    """
    if len(given) != 1:
        raise BadRequest(Text("Give exactly one key.", "请仅提供一个查询键。"))
    ((name, value),) = given.items()
    if name == "id_document" and not call.may(SENSITIVE):
        raise denied(SENSITIVE)
    found = _find_by(call, name, value)
    if name in NUMBERS and not call.may(SENSITIVE):
        # Who may not search by a number may ask whose it is (api.md, Reading); that he did, hit or miss, is kept.
        call.note("contact.looked_up", found[0].id if len(found) == 1 else "", key=name, found=len(found))
    if not found:
        raise NotFound
    if len(found) > 1:
        text = Text("Several contacts share this key.", "多个客户共用此键值。")
        raise AmbiguousKey(text, ids=[each.id for each in found])
    return found[0]


def _find_by(call: Call, name: str, value: str) -> list[Contact]:
    """The contacts in the caller's scope that share a key, in at most two round trips."""
    ids = list(dict.fromkeys(each for stored in _stored_as(call, name, value) for each in _holders(call, name, stored)))
    found = call.store.fetch([Contact.key_of(call.tenant_id, each) for each in ids])
    return [record for key, raw in found.items() if (record := call.store.known(Contact, key, raw))]


def _stored_as(call: Call, name: str, value: str) -> Sequence[str]:
    """How a value may stand among the keys: a document by its keyed hash, under each key while keys are rotated.

    Nothing for what can be no such value.
    """
    try:
        if name in {"msisdn", "phone"}:
            return (normalise_phone(value, call.tenant.default_region),)
        if name != "id_document":
            return (value.casefold() if name == "email" else value,)
        number = normalise_document(value)
    except ValueRefused:
        return ()
    return call.keyring.mac_candidates("id_document", call.tenant_id, data=number.encode())


def _holders(call: Call, name: str, value: str) -> Iterator[str]:
    """The ids of the contacts that a key leads to."""
    entries, _ = call.store.query(keys.lookup_partition(call.tenant_id, name, value), limit=20)
    yield from (entry.record.partition("/")[0] for entry in entries if isinstance(entry, Claim))


def find_by_keys(call: Call, given: Sequence[tuple[str, str]]) -> dict[tuple[str, str], tuple[str, ...]]:
    """The ids of the contacts that keys lead to, whoever may see them.

    Unique keys are read a hundred at a time; each that several may share is a query.
    """
    stored = {key: _stored_as(call, *key) for key in given}
    claims = {
        key: keys.claim(call.tenant_id, key[0], value)
        for key, values in stored.items()
        for value in values
        if key[0] in UNIQUE
    }
    raws = call.store.fetch(claims.values()) if claims else {}
    single = {key: claim.record.partition("/")[0] for key, at in claims.items() if (claim := read_as(Claim, raws[at]))}
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for key, values in stored.items():
        shared = () if key[0] in UNIQUE else values
        ids = dict.fromkeys(each for value in shared for each in _holders(call, key[0], value))
        found[key] = (single[key],) if key in single else tuple(ids)
    return found


def read_ahead(call: Call, operations: Sequence[Any]) -> None:
    """Fetch what a batch's operations are about to read."""
    upserts = [each.key for each in operations if each.op == "upsert"]
    read_keys_ahead(call.store, upserts, [each.id for each in operations if each.op in {"update", "delete"}])
    read_named_ahead(call.store, [each.data for each in operations if each.op != "delete"])


def read_keys_ahead(store: Store, external: Sequence[ExternalId], ids: Sequence[str] = ()) -> None:
    """Fetch contacts by external ids and ids: claims first, then the records with their keys."""
    claims = store.prefetch([_claim_key(store.boundary, key) for key in external]) if external else {}
    ids = [*[raw["record"]["S"] for raw in claims.values() if raw], *ids]
    places = [Contact.key_of(store.boundary, each) for each in ids]
    if places:
        store.prefetch([*places, *(Key(place.pk, SUBJECT_KEY) for place in places)])


def _shown(call: Call, record: Contact, names: Iterable[str]) -> dict[str, Any]:
    document = document_of(call, contact_out(record))
    return {name: document.get(name) for name in names}


def _claim_key(tenant: str, key: ExternalId) -> Key:
    return keys.claim(tenant, "external_id", external_key(key.system, key.id))


def _fill(call: Call, record: Contact, body: ContactIn) -> None:
    """Write the body into the record, checked against the tenant's settings; raises Invalid."""
    _check_unique(body)
    keep_group(call, record, body.type)
    before = {name: getattr(record, name) for name in KEYS.values()} if record.version else None
    values = body.model_dump(mode="json", exclude=CHECKED)
    for name, value in values.items():
        setattr(record, name, value or None if name in LISTS else value)
    record.phones = _phones(call, body) or None
    now = {name: getattr(record, name) for name in KEYS.values()}
    record.held_keys = held_after(unique.unique_keys(call), record.held_keys, before, now)
    record.custom = custom_fields.checked_values(call, body.type, body.custom, record.custom or {}) or None
    _leave_alone(call, record, body)
    place_in_organisation(call, record, body.org_unit_id, body.owner_id)
    if "id_document" in body.model_fields_set:
        _name_document(call, record, body.id_document)
    if body.household_id != record.household_id:
        live_in(call, record, body.household_id)
    if body.parent_id != record.parent_id:
        stand_below(call, record, body.parent_id)


def _leave_alone(call: Call, record: Contact, body: ContactIn) -> None:
    """Do-not-contact with its reason and since when; a repeat does not make it younger."""
    known = record.do_not_contact_since if record.do_not_contact else None
    wanted = body.do_not_contact
    record.do_not_contact = wanted or None
    record.do_not_contact_reason = body.do_not_contact_reason if wanted else None
    record.do_not_contact_since = (
        (json_time(body.do_not_contact_since) or known or json_time(call.now)) if wanted else None
    )


def _check_unique(body: ContactIn) -> None:
    pairs = [(each.system, each.id) for each in body.external_ids]
    if len(set(pairs)) != len(pairs):
        raise Invalid(errors=(FieldError("/external_ids", "duplicate", Text("Given twice.", "重复出现。")),))


def _phones(call: Call, body: ContactIn) -> list[str]:
    numbers, errors = [], []
    for position, number in enumerate(body.phones):
        try:
            numbers.append(normalise_phone(number, call.tenant.default_region))
        except ValueRefused as refused:
            errors.append(FieldError(f"/phones/{position}", "phone_number", refused.detail))
    if errors:
        raise Invalid(errors=tuple(errors))
    return list(dict.fromkeys(numbers))


def change_contact(call: Call, record: Contact, body: ContactIn) -> None:
    """Stage the body's values in the place of all others.

    The contact's lines go where it goes, since data scopes judge each by its own place.
    """
    before = (record.unit_path, record.owner_id)
    _fill(call, record, body)
    call.store.update(record)
    if before != (record.unit_path, record.owner_id):
        lines_follow(call.store, record)


def lines_follow(store: Store, record: Contact) -> None:
    """Stage the contact's lines where it stands now."""
    partition = keys.collection(store.boundary, CONTACT.name, record.id)
    for line in store.query_all(partition, keys.children(Line.SORTED_AS)):
        if isinstance(line, Line):
            line.unit_path, line.owner_id = record.unit_path, record.owner_id
            store.update(line)


def _name_document(call: Call, record: Contact, document: IdDocument | None) -> None:
    """Keep of an identity document what is needed to find it again; raises Invalid."""
    if document is None:
        record.id_document = record.id_document_hash = None
        return
    try:
        number = normalise_document(document.number)
    except ValueRefused as refused:
        raise Invalid(errors=(FieldError("/id_document/number", "document_number", refused.detail),)) from refused
    shown = {"type": document.type, "last4": last_four(number)}
    known = call.keyring.mac_candidates("id_document", call.tenant_id, data=number.encode())
    if record.id_document_hash in known and record.id_document == shown:
        return
    record.id_document, record.id_document_hash = shown, known[0]
