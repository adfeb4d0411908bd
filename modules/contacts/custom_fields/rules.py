"""Whether a value fits a custom field. Pure."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from chalicelib.modules import Text
from chalicelib.problems import FieldError

MAX_TEXT = 4000
MAX_CHOICES = 50
MAX_ID = 40


@dataclass(frozen=True, slots=True)
class FieldRule:
    """What a definition says. ``applies_to`` are the types of contacts that have the field, or ``line``."""

    name: str
    type: str
    options: tuple[str, ...] = ()
    applies_to: tuple[str, ...] = ("individual", "organization")
    required: bool = False
    entity: str = "contact"
    references: str | None = None
    filterable: bool = False
    archived: bool = False
    titles: Mapping[str, str] = field(default_factory=dict)


def check_values(
    rules: Iterable[FieldRule], holder: str, values: Mapping[str, Any], before: Mapping[str, Any]
) -> list[FieldError]:
    """What is wrong with the custom values of a contact of a type, or of a line; empty when all is well.

    A value that was there before and is unchanged stays acceptable, so that a narrowed list of options locks
    nobody out of a contact. Whether what a value refers to is there, others say.
    """
    known = {rule.name: rule for rule in rules if holder in rule.applies_to}
    errors = []
    for name, value in values.items():
        if name in before and before[name] == value:
            continue
        if name not in known:
            detail = Text(
                f"No custom field is called {name!r}: declare it with POST /v1/contacts/custom-fields.",
                f"没有名为 {name!r} 的自定义字段：请先用 POST /v1/contacts/custom-fields 声明。",
            )
            errors.append(FieldError(f"/custom/{name}", "unknown_custom_field", detail))
        elif known[name].archived:
            detail = Text("This field is archived: its values are only read.", "该字段已归档，其取值仅供读取。")
            errors.append(FieldError(f"/custom/{name}", "archived_field", detail))
        elif (wrong := _wrong(known[name], value)) is not None:
            errors.append(FieldError(f"/custom/{name}", "custom_value", wrong))
    for name, rule in known.items():
        if rule.required and not rule.archived and values.get(name) is None:
            errors.append(FieldError(f"/custom/{name}", "missing", Text("This field is required.", "必填字段。")))
    return errors


def _wrong(rule: FieldRule, value: Any) -> Text | None:  # noqa: PLR0911 - one return per type reads best
    match rule.type:
        case "number":
            good = isinstance(value, int | float) and not isinstance(value, bool)
            return None if good else Text("A number.", "应为数字。")
        case "boolean":
            return None if isinstance(value, bool) else Text("true or false.", "应为 true 或 false。")
        case "date":
            return None if _is_date(value) else Text("A date, YYYY-MM-DD.", "应为日期 YYYY-MM-DD。")
        case "money":
            good = _is_money(value)
            return (
                None
                if good
                else Text('{"amount": "12.30", "currency": "CNY"}.', '应为 {"amount": "12.30", "currency": "CNY"}。')
            )
        case "enum":
            return (
                None
                if value in rule.options
                else Text(f"One of {list(rule.options)}.", f"应为 {list(rule.options)} 之一。")
            )
        case "multi_enum":
            good = isinstance(value, list) and len(value) <= MAX_CHOICES and all(each in rule.options for each in value)
            return None if good else Text(f"A list of {list(rule.options)}.", f"应为 {list(rule.options)} 的列表。")
        case "reference":
            good = isinstance(value, str) and 1 <= len(value) <= MAX_ID
            return None if good else Text("An id.", "应为编号。")
        case _:
            good = isinstance(value, str) and len(value) <= MAX_TEXT
            return (
                None if good else Text(f"A text of at most {MAX_TEXT} characters.", f"应为不超过 {MAX_TEXT} 字的文本。")
            )


def _is_date(value: Any) -> bool:
    try:
        return isinstance(value, str) and date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _is_money(value: Any) -> bool:
    if not isinstance(value, dict) or set(value) != {"amount", "currency"}:
        return False
    try:
        finite = isinstance(value["amount"], str) and Decimal(value["amount"]).is_finite()
    except InvalidOperation:
        return False
    return finite and isinstance(value["currency"], str) and re.fullmatch(r"[A-Z]{3}", value["currency"]) is not None
