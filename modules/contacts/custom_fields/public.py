"""What the API's own description asks of custom fields."""

import json
from collections.abc import Iterator
from typing import Final

from chalicelib.call import Call
from chalicelib.web.additions import Additions
from modules.contacts.custom_fields.derived import Json, filters_of, patched, shown, written
from modules.contacts.custom_fields.rules import FieldRule
from modules.contacts.custom_fields.service import load
from modules.contacts.kinds import CUSTOM_FIELD

# Entity, its component, the operation that lists it, and all who may hold values.
_ENTITIES: Final = (
    ("contact", "Contact", "list_contacts", frozenset({"individual", "organization"})),
    ("line", "Line", "list_lines", frozenset({"line"})),
)


def additions(call: Call) -> Additions:
    """The tenant's custom fields of contacts and lines; none while the feature is off."""
    if not call.tenant.decide("contacts", "custom_fields").enabled:
        return Additions()
    rules = load(call.store.beside("contacts", (), reads={CUSTOM_FIELD.name}))
    properties: list[tuple[str, str, str]] = []
    filters = []
    for entity, component, operation, everywhere in _ENTITIES:
        own = [each for each in rules if each.entity == entity]
        if own:
            schemas = _schemas(component, own, everywhere)
            properties += [(name, "custom", json.dumps(schema, ensure_ascii=False)) for name, schema in schemas]
        filters += [
            (operation, one) for each in own if each.filterable and not each.archived for one in filters_of(each)
        ]
    return Additions(tuple(properties), tuple(filters))


def _schemas(component: str, rules: list[FieldRule], everywhere: frozenset[str]) -> Iterator[tuple[str, Json]]:
    """What is written, patched and answered, whole or selected."""
    yield f"{component}In", written(rules, everywhere)
    yield f"{component}InMergePatch", patched(rules)
    yield f"{component}Out", shown(rules)
    yield f"{component}OutSelection", shown(rules)
