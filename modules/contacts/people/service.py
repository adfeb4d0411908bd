"""Use cases of contacts: load, decide, stage."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

from chalicelib.call import Call
from chalicelib.counters.reading import total_for
from chalicelib.late import Late
from chalicelib.modules import Text
from chalicelib.problems import AmbiguousKey, BadRequest, FieldError, Invalid, NotFound, ValueRefused
from chalicelib.search.port import search
from chalicelib.store import keys
from chalicelib.store.errors import ClaimTakenError
from chalicelib.store.keys import Key
from chalicelib.store.lists import ListQuery, list_records
from chalicelib.store.reader import SUBJECT_KEY
from chalicelib.store.records import Claim
from chalicelib.store.store import Store
from chalicelib.web.render import document_of
from chalicelib.web.results import Created, Listed, Patch, Upserted
from modules.contacts.contributions.records import Contribution
from modules.contacts.custom_fields.service import checked_values
from modules.contacts.lines.records import Line
from modules.contacts.manifest import CONTACT, SENSITIVE
from modules.contacts.people.errors import (
    has_children,
    not_an_organization,
    unknown_org_unit,
    unknown_owner,
    unknown_parent,
)
from modules.contacts.people.records import Contact, external_key
from modules.contacts.people.rules import display_name, normalise_phone
from modules.contacts.people.schemas import ContactIn, ContactOut, ExternalId
from modules.contacts.unique_keys.rules import KEYS, held_after

if TYPE_CHECKING:
    from modules.contacts.unique_keys import service as unique
else:
    unique = Late("modules.contacts.unique_keys.service")  # only writes need it

# A contact without children has half a dozen items, of one with many the first few tell.
A_LOOK: Final = 10
# Keys that are numbers of a customer's: looking one up is no search, and is audited.
NUMBERS: Final = frozenset({"msisdn", "phone", "iccid", "imsi"})
LISTS = ("external_ids", "emails", "phones", "addresses", "tags")


def contact_out(record: Contact) -> ContactOut:
    """The record as everybody reads it."""
    held = record.held()
    values: dict[str, Any] = {name: held.get(name) for name in ContactOut.model_fields}
    values |= {name: values[name] or [] for name in LISTS}
    values["custom"] = record.custom or {}
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
    """The record as JSON in the shape that callers write, for merge patches."""
    document = contact_out(record).model_dump(mode="json")
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
    change_contact(call, record, body.apply(as_written(record)))
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
    change_contact(call, record, body)
    return Upserted(contact_out(record), created=False)


def delete_contact(call: Call, contact_id: str) -> None:
    """End a contact that has no lines and no interactions; raises StateConflict for one that has."""
    record = get_contact(call, contact_id)
    call.check_version(record, {})
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
            if str(item.sk) not in own and not (isinstance(item, Contribution) and item.gone):
                return True
        if position is None:
            return False


def list_contacts(call: Call, query: ListQuery) -> Listed[ContactOut]:
    """A page of contacts: all, or those that a search finds."""
    if query.text is None:
        page = list_records(call.store, Contact, query)
    else:
        page = search(call.store, Contact, query, may_read_sensitive=call.may(SENSITIVE))
    shown = [contact_out(each) for each in page.items]
    return Listed(shown, page.next_position, page.truncated, **total_for(call.store, CONTACT.listing, query))


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
    if name in {"msisdn", "phone"}:
        try:
            value = normalise_phone(value, call.tenant.default_region)
        except ValueRefused:
            return []
    elif name == "email":
        value = value.casefold()
    entries, _ = call.store.query(keys.lookup_partition(call.tenant_id, name, value), limit=20)
    ids = list(dict.fromkeys(entry.record.partition("/")[0] for entry in entries if isinstance(entry, Claim)))
    found = call.store.fetch([Contact.key_of(call.tenant_id, each) for each in ids])
    return [record for key, raw in found.items() if (record := call.store.known(Contact, key, raw))]


def read_ahead(store: Store, operations: Sequence[Any]) -> None:
    """Fetch what a batch's operations are about to read."""
    upserts = [each.key for each in operations if each.op == "upsert"]
    read_keys_ahead(store, upserts, [each.id for each in operations if each.op in {"update", "delete"}])


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
    before = {name: getattr(record, name) for name in KEYS.values()} if record.version else None
    values = body.model_dump(mode="json", exclude={"phones", "custom", "owner_id", "org_unit_id", "parent_id"})
    for name, value in values.items():
        setattr(record, name, value or None if name in LISTS else value)
    record.phones = _phones(call, body) or None
    now = {name: getattr(record, name) for name in KEYS.values()}
    record.held_keys = held_after(unique.unique_keys(call), record.held_keys, before, now)
    record.custom = checked_values(call, body.type, body.custom, record.custom or {}) or None
    _place_in_organisation(call, record, body)
    if body.parent_id != record.parent_id:
        record.parent_id = _checked_parent(call, record, body.parent_id)


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


def _place_in_organisation(call: Call, record: Contact, body: ContactIn) -> None:
    """Org unit and owner: the caller's own by default; another must exist and lie in the caller's scope."""
    new = record.unit_path is None
    unit_id = body.org_unit_id or record.org_unit_id or call.principal.unit_id or None
    if unit_id != record.org_unit_id:
        path = call.directory.unit_path(call.tenant_id, unit_id) if unit_id else None
        if path is not None and unit_id != call.principal.unit_id and not call.store.scope.reaches(path):
            path = None
        if unit_id and path is None:
            raise unknown_org_unit()
        record.org_unit_id, record.unit_path = unit_id, path
    owner = body.owner_id if body.owner_id or not new else call.principal.user_id
    if owner and owner != record.owner_id and not call.directory.is_active_user(call.tenant_id, owner):
        raise unknown_owner()
    record.owner_id = owner
    if not call.store.scope.admits(record):
        raise unknown_org_unit()


def _checked_parent(call: Call, record: Contact, parent_id: str | None) -> str | None:
    """The new parent, an organization that is no descendant of this contact (at most 10 levels up)."""
    above = parent_id
    for _ in range(10):
        if above is None:
            return parent_id
        parent = call.store.get(Contact, above)
        if parent is None:
            raise unknown_parent()
        if parent.type != "organization":
            raise not_an_organization()
        if parent.id == record.id:
            break
        above = parent.parent_id
    detail = Text("This would make a circle, or more than 10 levels.", "会形成循环，或超过 10 级。")
    raise Invalid(errors=(FieldError("/parent_id", "cycle", detail),))
