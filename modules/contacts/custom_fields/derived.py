"""What follows from a definition: the filters of lists, and the schema in the tenant's OpenAPI document. Pure."""

from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from chalicelib.modules import EQUALITY, RANGE, WORDS, Filter, OneOf, Op
from modules.contacts.custom_fields.rules import MAX_CHOICES, MAX_ID, MAX_TEXT, FieldRule
from modules.contacts.kinds import day

Json = dict[str, Any]

_YES_OR_NO: Final = frozenset({Op.EQ, Op.NE})
_MONEY: Final[Json] = {
    "type": "object",
    "properties": {
        "amount": {"type": "string", "examples": ["12.30"]},
        "currency": {"type": "string", "pattern": "^[A-Z]{3}$", "examples": ["CNY"]},
    },
    "required": ["amount", "currency"],
    "additionalProperties": False,
}


def number(text: str) -> Decimal:
    """A number in a filter; raises ValueError."""
    try:
        read = Decimal(text)
    except InvalidOperation as error:
        raise ValueError(text) from error
    if not read.is_finite():
        raise ValueError(text)
    return read


def truth(text: str) -> bool:
    """True or false in a filter; raises ValueError."""
    if text not in {"true", "false"}:
        raise ValueError(text)
    return text == "true"


def filters_of(rule: FieldRule) -> tuple[Filter, ...]:  # noqa: PLR0911 - one return per type reads best
    """How lists are filtered by a field, whether it may be or not. Amounts are compared whatever their currency."""
    name = f"custom.{rule.name}"
    match rule.type:
        case "number":
            return (Filter(name, RANGE, number),)
        case "money":
            amount = Filter(name, RANGE, number, path=f"{name}.amount")
            return (amount, Filter(f"{name}.currency", EQUALITY))
        case "date":
            return (Filter(name, RANGE, day),)
        case "boolean":
            return (Filter(name, _YES_OR_NO, truth),)
        case "enum" | "multi_enum":
            return (Filter(name, EQUALITY, OneOf(rule.options)),)
        case "reference":
            return (Filter(name, EQUALITY),)
        case _:
            return (Filter(name, WORDS),)


def written(rules: Iterable[FieldRule], everywhere: frozenset[str]) -> Json:
    """The schema of what callers write. ``everywhere`` are all holders: what each must have is required."""
    open_ = [each for each in rules if not each.archived]
    properties = {each.name: _described(each, _schema(each)) for each in open_}
    required = [each.name for each in open_ if each.required and everywhere <= set(each.applies_to)]
    return _object(properties) | ({"required": required} if required else {})


def patched(rules: Iterable[FieldRule]) -> Json:
    """The schema in a merge patch: nothing is required, and null takes a value away."""
    open_ = [each for each in rules if not each.archived]
    null = {"type": "null"}
    return _object({each.name: _described(each, {"anyOf": [_schema(each), null]}) for each in open_})


def shown(rules: Iterable[FieldRule]) -> Json:
    """The schema of what is answered. Options that have been taken away since may still stand there."""
    return _object(
        {
            each.name: _described(each, _schema(each, closed=False)) | ({"deprecated": True} if each.archived else {})
            for each in rules
        }
    )


def _object(properties: Json) -> Json:
    text = "The values of this tenant's custom fields."
    return {"type": "object", "description": text, "properties": properties, "additionalProperties": False}


def _described(rule: FieldRule, schema: Json) -> Json:
    title = rule.titles.get("en") or next(iter(rule.titles.values()), rule.name)
    said = list(rule.titles.values())
    if rule.required:
        said.append(f"required of {', '.join(rule.applies_to)}")
    return {"title": title, **({"description": " · ".join(said)} if said else {}), **schema}


def _schema(rule: FieldRule, *, closed: bool = True) -> Json:  # noqa: PLR0911 - as above
    choice: Json = {"type": "string"} | ({"enum": list(rule.options)} if closed else {"examples": list(rule.options)})
    match rule.type:
        case "number":
            return {"type": "number"}
        case "money":
            return dict(_MONEY)
        case "date":
            return {"type": "string", "format": "date"}
        case "boolean":
            return {"type": "boolean"}
        case "enum":
            return choice
        case "multi_enum":
            return {"type": "array", "items": choice, "maxItems": MAX_CHOICES}
        case "reference":
            return {"type": "string", "minLength": 1, "maxLength": MAX_ID, "x-references": rule.references}
        case _:
            return {"type": "string", "maxLength": MAX_TEXT}
