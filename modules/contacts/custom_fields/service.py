"""Use cases of custom fields."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from chalicelib.cached import FRESH_S, Memory
from chalicelib.call import Call
from chalicelib.modules import Filter, Op
from chalicelib.problems import FieldError, Invalid, NotFound
from chalicelib.store import keys
from chalicelib.store.lists import ListQuery, list_records
from chalicelib.store.store import Store
from chalicelib.web.results import Created, Listed, Patch
from modules.contacts.custom_fields.errors import (
    immutable,
    name_is_an_operator,
    not_filterable,
    nothing_there,
    options_do_not_fit,
    references_do_not_fit,
    too_many,
)
from modules.contacts.custom_fields.records import OF_CONTACTS, CustomField
from modules.contacts.custom_fields.rules import FieldRule, check_values
from modules.contacts.custom_fields.schemas import CustomFieldIn, CustomFieldOut
from modules.contacts.kinds import CUSTOM_FIELD, LINE
from modules.contacts.people.records import Contact

CHOICES: Final = frozenset({"enum", "multi_enum"})
MADE_SO: Final = ("entity", "name", "type", "references")
# Each is looked at with every write and stands in the tenant's OpenAPI document; a record has at most 64 KB for all.
MOST: Final = 100
# How long a definition that another process has just made may stay unknown here when a value asks for it.
RECHECK_AFTER_S = 1.0


def load(store: Store) -> tuple[FieldRule, ...]:
    """All definitions of the store's tenant, as they are now."""
    found = store.query_all(keys.shelf(store.boundary, CUSTOM_FIELD.name))
    return tuple(_rule(each) for each in found if isinstance(each, CustomField))


def _rule(record: CustomField) -> FieldRule:
    return FieldRule(
        name=record.name,
        type=record.type,
        options=tuple(record.options or ()),
        applies_to=tuple(record.applies_to) if record.entity == OF_CONTACTS else (record.entity,),
        required=bool(record.required),
        entity=record.entity,
        references=record.references,
        filterable=bool(record.filterable),
        archived=bool(record.archived),
        titles=record.titles or {},
    )


# Every write of a contact needs its tenant's definitions; they are at most 5 s old.
_definitions: Memory[tuple[FieldRule, ...]] = Memory()


def _known(call: Call, max_age_s: float = FRESH_S) -> tuple[FieldRule, ...]:
    return _definitions.recall(call.tenant_id, lambda: (call.tenant_id, load(call.store)), max_age_s) or ()


def declared(call: Call, entity: str = OF_CONTACTS) -> tuple[FieldRule, ...]:
    """The tenant's definitions for contacts (or lines) as they are now."""
    return tuple(each for each in load(call.store) if each.entity == entity)


def expected_ranges(call: Call) -> dict[str, tuple[int | None, int | None]]:
    """Between what the values of each field of contacts are expected to lie, by name."""
    found = call.store.query_all(keys.shelf(call.tenant_id, CUSTOM_FIELD.name))
    of_contacts = (each for each in found if isinstance(each, CustomField) and each.entity == OF_CONTACTS)
    return {each.name: (each.expected_minimum, each.expected_maximum) for each in of_contacts}


def checked_values(call: Call, holder: str, values: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
    """The custom values of a contact of a type, or of a line (``line``), if all fit their fields.

    Raises Invalid with a pointer for each that doesn't.
    """
    entity = LINE.name if holder == LINE.name else OF_CONTACTS
    rules = [each for each in _known(call) if each.entity == entity]
    if values.keys() - {rule.name for rule in rules}:
        rules = [each for each in _known(call, max_age_s=RECHECK_AFTER_S) if each.entity == entity]
    errors = check_values(rules, holder, values, before) or list(_lost(call, rules, values, before))
    if errors:
        raise Invalid(errors=tuple(errors))
    return values


def _lost(
    call: Call, rules: Iterable[FieldRule], values: dict[str, Any], before: dict[str, Any]
) -> Iterable[FieldError]:
    """What is referred to and is not in the caller's reach, of what is referred to anew."""
    for rule in rules:
        value = values.get(rule.name)
        anew = rule.type == "reference" and value != before.get(rule.name)
        if value is not None and anew and not _is_there(call, rule.references, value):
            yield nothing_there(rule.name, rule.references)


def _is_there(call: Call, of: str | None, value: str) -> bool:
    if of == "user":
        return call.directory.is_active_user(call.tenant_id, value)
    if of == "org_unit":
        path = call.directory.unit_path(call.tenant_id, value)
        return path is not None and (value == call.principal.unit_id or call.store.scope.reaches(path))
    at = Contact.key_of(call.tenant_id, value)
    return call.store.known(Contact, at, call.store.fetch([at])[at]) is not None


def contact_filters(call: Call, names: Sequence[str]) -> tuple[Filter, ...]:
    """The tenant's own filters of the list of contacts; raises InvalidParameter for a name that is none of them."""
    return _filters(call, names, OF_CONTACTS)


def line_filters(call: Call, names: Sequence[str]) -> tuple[Filter, ...]:
    """The same of the list of lines."""
    return _filters(call, names, LINE.name)


def _filters(call: Call, names: Sequence[str], entity: str) -> tuple[Filter, ...]:
    from modules.contacts.custom_fields.derived import filters_of  # noqa: PLC0415 - few requests filter by one

    on = call.tenant.decide("contacts", "custom_fields").enabled
    rules = [each for each in _known(call, RECHECK_AFTER_S) if each.entity == entity and on]
    found = tuple(one for each in rules if each.filterable and not each.archived for one in filters_of(each))
    known = {each.name for each in found}
    for name in names:
        if name not in known:
            raise not_filterable(name, sorted(known))
    return found


def field_out(record: CustomField) -> CustomFieldOut:
    """The definition as everybody reads it."""
    values = {name: getattr(record, name) for name in CustomFieldOut.model_fields}
    lists = {"titles": record.titles or {}, "options": record.options or []}
    return CustomFieldOut.model_validate({**values, **lists, "version": int(record.version)})


def create_custom_field(call: Call, body: CustomFieldIn) -> Created[CustomFieldOut]:
    """A new field; AlreadyExists at the commit when the name is taken."""
    _check(body)
    _check_number(call, body)
    record = CustomField.fresh(call.now, **body.model_dump(mode="json"))
    call.store.create(record)
    call.store.after_commit.append(lambda: _definitions.forget(call.tenant_id))
    return Created(field_out(record))


def get_custom_field(call: Call, field_id: str) -> CustomField:
    """The definition with that id; raises NotFound."""
    record = call.store.get(CustomField, field_id)
    if record is None:
        raise NotFound
    return record


def update_custom_field(call: Call, field_id: str, body: Patch[CustomFieldIn]) -> CustomFieldOut:
    """Change what values do not hang on: titles, options, reach, whether it is required, filterable, or archived."""
    record = get_custom_field(call, field_id)
    current = field_out(record).model_dump(mode="json", include=set(CustomFieldIn.model_fields))
    call.check_version(record, {name: current.get(name) for name in body.touched})
    wanted = body.apply({name: value for name, value in current.items() if value is not None})
    for name in MADE_SO:
        if getattr(wanted, name) != getattr(record, name):
            raise immutable(name)
    _check(wanted)
    if record.archived:
        _check_number(call, wanted)
    for name, value in wanted.model_dump(mode="json").items():
        setattr(record, name, value)
    call.store.update(record)
    call.store.after_commit.append(lambda: _definitions.forget(call.tenant_id))
    return field_out(record)


def list_custom_fields(call: Call, query: ListQuery) -> Listed[CustomFieldOut]:
    """A page of definitions."""
    page = list_records(call.store, CustomField, query)
    return Listed([field_out(each) for each in page.items], page.next_position, page.truncated)


def _check(body: CustomFieldIn) -> None:
    if (body.type in CHOICES) != bool(body.options):
        raise options_do_not_fit()
    if (body.type == "reference") != bool(body.references):
        raise references_do_not_fit()
    if body.filterable and body.name in set(Op):
        raise name_is_an_operator()


def _check_number(call: Call, body: CustomFieldIn) -> None:
    """So many fields are open to be written at a time."""
    if not body.archived and sum(not each.archived for each in declared(call, body.entity)) >= MOST:
        raise too_many(MOST)
