"""Use cases of custom fields."""

from typing import Any

from chalicelib.cached import FRESH_S, Memory
from chalicelib.call import Call
from chalicelib.modules import Text
from chalicelib.problems import FieldError, Invalid, NotFound
from chalicelib.store import keys
from chalicelib.store.lists import ListQuery, list_records
from chalicelib.store.store import Store
from chalicelib.web.results import Created, Listed, Patch
from modules.contacts.custom_fields.records import CustomField
from modules.contacts.custom_fields.rules import FieldRule, check_values
from modules.contacts.custom_fields.schemas import CustomFieldIn, CustomFieldOut
from modules.contacts.manifest import CUSTOM_FIELD

CHOICES = frozenset({"enum", "multi_enum"})
# How long a definition that another process has just made may stay unknown here when a value asks for it.
RECHECK_AFTER_S = 1.0


def _load(store: Store) -> tuple[FieldRule, ...]:
    found = store.query_all(keys.shelf(store.boundary, CUSTOM_FIELD.name))
    return tuple(
        FieldRule(
            name=each.name,
            type=each.type,
            options=tuple(each.options or ()),
            applies_to=tuple(each.applies_to),
            required=bool(each.required),
            titles=each.titles or {},
        )
        for each in found
        if isinstance(each, CustomField)
    )


# Every write of a contact needs its tenant's definitions; they are at most 5 s old.
_definitions: Memory[tuple[FieldRule, ...]] = Memory()


def _known(call: Call, max_age_s: float = FRESH_S) -> tuple[FieldRule, ...]:
    return _definitions.recall(call.tenant_id, lambda: (call.tenant_id, _load(call.store)), max_age_s) or ()


def declared(call: Call) -> tuple[FieldRule, ...]:
    """The tenant's definitions as they are now."""
    return _load(call.store)


def checked_values(call: Call, contact_type: str, values: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
    """The custom values of a contact if all fit their fields; raises Invalid with a pointer for each that doesn't."""
    rules = _known(call)
    if values.keys() - {rule.name for rule in rules}:
        rules = _known(call, max_age_s=RECHECK_AFTER_S)
    if errors := check_values(rules, contact_type, values, before):
        raise Invalid(errors=tuple(errors))
    return values


def field_out(record: CustomField) -> CustomFieldOut:
    """The definition as everybody reads it."""
    values = {name: getattr(record, name) for name in CustomFieldOut.model_fields}
    lists = {"titles": record.titles or {}, "options": record.options or []}
    return CustomFieldOut.model_validate({**values, **lists, "version": int(record.version)})


def create_custom_field(call: Call, body: CustomFieldIn) -> Created[CustomFieldOut]:
    """A new field; AlreadyExists at the commit when the name is taken."""
    _check(body)
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
    """Change titles, options, the kinds it applies to, or whether it is required. Name and type stay."""
    record = get_custom_field(call, field_id)
    current = field_out(record).model_dump(mode="json", include=set(CustomFieldIn.model_fields))
    call.check_version(record, {name: current.get(name) for name in body.touched})
    wanted = body.apply(current)
    for name in ("name", "type"):
        if getattr(wanted, name) != getattr(record, name):
            detail = Text("Values hang on it: define a new field instead.", "已有取值依赖它：请另建字段。")
            raise Invalid(errors=(FieldError(f"/{name}", "immutable", detail),))
    _check(wanted)
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
        detail = Text(
            "enum and multi_enum have options, other types have none.", "仅 enum 与 multi_enum 需要 options。"
        )
        raise Invalid(errors=(FieldError("/options", "options", detail),))
