"""The attributes that rules may ask about, and whether a rule asks what can be answered. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final

from chalicelib.modules import Text
from chalicelib.problems import FieldError
from modules.contacts.custom_fields.rules import FieldRule
from modules.contacts.kinds import STATUSES, TYPES
from modules.contacts.segment_rules.rules import AGE, BIRTH_DATE, KINDS, NOT_OPERATORS, USAGE, Rule
from modules.contacts.segment_time.rules import MONTHS, period
from modules.contacts.usage.rules import FIGURES

# quality.md asks for bounded work: so deep and so many conditions are decided in well under a millisecond.
MAX_DEPTH: Final = 5
MAX_CONDITIONS: Final = 50
MAX_YEARS: Final = 100
DAYS_OF_A_YEAR: Final = 365
CUSTOM: Final = "custom."


class Type(StrEnum):
    """What an attribute's values are, and so which operators it takes."""

    TEXT = "text"
    LIST = "list"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    ORG_UNIT = "org_unit"
    ANY = "any"


_EQUAL: Final = frozenset({"is", "is_not", "is_one_of", "exists"})
_COMPARED: Final = frozenset({"less_than", "at_most", "more_than", "at_least", "between"})
OPERATORS: Final[Mapping[Type, frozenset[str]]] = {
    Type.TEXT: _EQUAL | {"begins_with", "contains"},
    Type.LIST: frozenset({"has", "has_one_of", "exists"}),
    Type.NUMBER: _EQUAL | _COMPARED,
    Type.BOOLEAN: frozenset({"is", "exists"}),
    Type.DATE: frozenset(
        {
            "is",
            "before",
            "after",
            "between",
            "more_than_ago",
            "within_last",
            "within_next",
            "anniversary_in_days",
            "exists",
        }
    ),
    Type.ORG_UNIT: frozenset({"is_within", "exists"}),
    Type.ANY: _EQUAL | _COMPARED,
}


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute: its type, the words that it may hold if they are a closed list, and whether it is sensitive."""

    type: Type = Type.TEXT
    words: tuple[str, ...] = ()
    sensitive: bool = False


CONTACT: Final[Mapping[str, Attribute]] = {
    "type": Attribute(words=TYPES),
    "status": Attribute(words=STATUSES),
    **{
        name: Attribute()
        for name in (
            "city",
            "region",
            "postal_code",
            "country",
            "value_tier",
            "churn_reason",
            "churn_category",
            "language",
            "preferred_channel",
            "source",
            "interest",
            "qualification",
            "owner_id",
            "parent_id",
            "household_id",
        )
    },
    "gender": Attribute(words=("female", "male", "other")),
    "tags": Attribute(Type.LIST),
    "external_systems": Attribute(Type.LIST),
    "phones": Attribute(Type.LIST, sensitive=True),
    BIRTH_DATE: Attribute(Type.DATE, sensitive=True),
    AGE: Attribute(Type.NUMBER, sensitive=True),
    "created_at": Attribute(Type.DATE),
    "org_unit": Attribute(Type.ORG_UNIT),
    "do_not_contact": Attribute(Type.BOOLEAN),
    "has_email": Attribute(Type.BOOLEAN),
    "has_phone": Attribute(Type.BOOLEAN),
    "active_lines": Attribute(Type.NUMBER),
    **{f"{USAGE}{name}": Attribute(Type.NUMBER) for name in FIGURES},
}
SENSITIVE: Final = frozenset(name for name, each in CONTACT.items() if each.sensitive)
LINE: Final[Mapping[str, Attribute]] = {
    "product": Attribute(),
    "status": Attribute(words=("active", "suspended", "ended")),
    "outlet_id": Attribute(),
    "starts_on": Attribute(Type.DATE),
    "ends_on": Attribute(Type.DATE),
    "monthly_fee": Attribute(Type.NUMBER),
}
_CUSTOM_TYPES: Final[Mapping[str, Type]] = {
    "number": Type.NUMBER,
    "money": Type.NUMBER,
    "date": Type.DATE,
    "multi_enum": Type.LIST,
    "boolean": Type.BOOLEAN,
}


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What one tenant's rules may ask about. ``modules`` are those whose attributes contribute under their names."""

    contact: Mapping[str, Attribute]
    line: Mapping[str, Attribute]
    modules: frozenset[str] = frozenset()

    def attribute(self, name: str, *, of_line: bool) -> Attribute | None:
        """The attribute of that name, or None."""
        known = self.line if of_line else self.contact
        if name in known:
            return known[name]
        module, dot, own = name.partition(".")
        return Attribute(Type.ANY) if dot and own and not of_line and module in self.modules else None


def catalogue(custom: Iterable[FieldRule], modules: Iterable[str]) -> Catalogue:
    """The attributes of a tenant with these custom fields, to which these modules contribute."""
    own = {
        f"{CUSTOM}{each.name}": Attribute(_CUSTOM_TYPES.get(each.type, Type.TEXT), tuple(each.options))
        for each in custom
    }
    return Catalogue({**CONTACT, **own}, LINE, frozenset(modules))


def conditions(rule: Rule, *, of_line: bool = False) -> Iterator[tuple[Rule, bool]]:
    """All conditions of a sound rule, each with whether it is asked of a line."""
    if "attribute" in rule:
        yield rule, of_line
    elif "not" in rule:
        yield from conditions(rule["not"], of_line=of_line)
    elif "any_line" in rule:
        yield from conditions(rule["any_line"], of_line=True)
    else:
        for each in rule.get("all") or rule.get("any") or ():
            yield from conditions(each, of_line=of_line)


def masked(rule: Rule, mask: str) -> dict[str, Any]:
    """The rule as it is shown to who may not see sensitive attributes: what it asks of them is not said."""
    shown = dict(rule)
    for name in ("all", "any"):
        if name in rule:
            shown[name] = [masked(each, mask) for each in rule[name]]
    if "not" in rule:
        shown["not"] = masked(rule["not"], mask)
    if rule.get("attribute") in SENSITIVE:
        shown |= dict.fromkeys(rule.keys() - NOT_OPERATORS, mask)
    return shown


def check(rule: Rule, known: Catalogue, base: str, *, may_sensitive: bool) -> list[FieldError]:
    """What is wrong with a rule that has the schema's form; empty when it can be decided."""
    found = list(_nodes(rule, base, 1, of_line=False))
    if len(found) > MAX_DEPTH * MAX_CONDITIONS or sum("attribute" in each for each, *_ in found) > MAX_CONDITIONS:
        text = Text(f"At most {MAX_CONDITIONS} conditions.", f"最多 {MAX_CONDITIONS} 个条件。")
        return [FieldError(base, "rule_too_large", text)]
    errors: list[FieldError] = []
    for node, at, depth, of_line in found:
        if wrong := _form(node, depth, of_line=of_line):
            errors.append(FieldError(at, *wrong))
        elif "attribute" in node:
            errors += _condition(node, known.attribute(node["attribute"], of_line=of_line), at, may=may_sensitive)
    return errors


def _nodes(rule: Rule, at: str, depth: int, *, of_line: bool) -> Iterator[tuple[Rule, str, int, bool]]:
    yield rule, at, depth, of_line
    if depth > MAX_DEPTH:
        return
    for name in ("all", "any"):
        for number, each in enumerate(rule.get(name) or ()):
            yield from _nodes(each, f"{at}/{name}/{number}", depth + 1, of_line=of_line)
    for name in ("not", "any_line"):
        if name in rule:
            yield from _nodes(rule[name], f"{at}/{name}", depth + 1, of_line=of_line or name == "any_line")


def _form(node: Rule, depth: int, *, of_line: bool) -> tuple[str, Text] | None:
    if depth > MAX_DEPTH:
        return "rule_too_deep", Text(f"At most {MAX_DEPTH} levels.", f"最多 {MAX_DEPTH} 层。")
    forms = [each for each in KINDS if each in node]
    if len(forms) != 1 or (forms[0] != "attribute" and len(node) > 1):
        names = ", ".join(KINDS)
        return "rule_form", Text(f"Give exactly one of {names}.", f"请恰好提供其中一项：{names}。")
    if of_line and "any_line" in node:
        return "rule_form", Text("A line has no lines.", "线路条件内不能再嵌套线路。")
    if forms[0] == "attribute" and len(node.keys() - NOT_OPERATORS) != 1:
        return "rule_form", Text("Give the attribute exactly one operator.", "请为属性恰好提供一个运算符。")
    return None


def _condition(node: Rule, attribute: Attribute | None, at: str, *, may: bool) -> Iterator[FieldError]:
    name: str = node["attribute"]
    ((operator, wanted),) = ((each, value) for each, value in node.items() if each not in NOT_OPERATORS)
    if attribute is None:
        text = Text(f"There is no attribute {name!r} here.", f"此处没有属性 {name!r}。")
        yield FieldError(f"{at}/attribute", "unknown_attribute", text)
        return
    if attribute.sensitive and not may:
        text = Text("Rules by this attribute need contacts:read_sensitive.", "使用该属性需要 contacts:read_sensitive。")
        yield FieldError(f"{at}/attribute", "beyond_yours", text)
    if "over" in node and not name.startswith(USAGE):
        text = Text("Only usage has figures of several months.", "仅用量属性支持多月统计。")
        yield FieldError(f"{at}/over", "unknown_operator", text)
    allowed = OPERATORS[attribute.type]
    if operator not in allowed:
        names = ", ".join(sorted(allowed))
        text = Text(f"{name} takes one of {names}.", f"{name} 可用运算符：{names}。")
        yield FieldError(f"{at}/{operator}", "unknown_operator", text)
    elif wrong := _value(attribute, operator, wanted):
        yield FieldError(f"{at}/{operator}", "unknown_value", wrong)


def _value(attribute: Attribute, operator: str, wanted: Any) -> Text | None:
    match operator:
        case "exists" | "anniversary_in_days" | "is_within" | "begins_with" | "contains":
            return None
        case "more_than_ago" | "within_last" | "within_next":
            return _length(wanted)
        case "is_one_of" | "has_one_of":
            return next((wrong for each in wanted if (wrong := _single(attribute, each))), None)
        case "between":
            low, high = wanted
            wrong = _single(attribute, low) or _single(attribute, high)
            if wrong is None and (isinstance(low, str) != isinstance(high, str) or low > high):
                return Text("From the lower one to the higher one.", "应由小到大。")
            return wrong
        case _:
            return _single(attribute, wanted)


def _single(attribute: Attribute, wanted: Any) -> Text | None:
    words = attribute.words
    if words and wanted not in words:
        return Text(f"One of {', '.join(words)}.", f"应为以下之一：{'、'.join(words)}。")
    match attribute.type:
        case Type.NUMBER:
            good = isinstance(wanted, int | float) and not isinstance(wanted, bool)
            return None if good else Text("A number.", "应为数字。")
        case Type.BOOLEAN:
            return None if isinstance(wanted, bool) else Text("true or false.", "应为 true 或 false。")
        case Type.DATE:
            return None if _is_date(wanted) else Text("A date, YYYY-MM-DD.", "应为日期 YYYY-MM-DD。")
        case Type.TEXT | Type.LIST | Type.ORG_UNIT:
            return None if isinstance(wanted, str) else Text("A text.", "应为文本。")
        case Type.ANY:
            return None


def _is_date(wanted: Any) -> bool:
    try:
        return isinstance(wanted, str) and date.fromisoformat(wanted).isoformat() == wanted
    except ValueError:
        return False


def _length(text: str) -> Text | None:
    try:
        length = period(text)
    except ValueError:
        return Text("A period, such as P24M or P30D.", "应为时长，如 P24M 或 P30D。")
    years = length.months / MONTHS + length.days / DAYS_OF_A_YEAR
    return None if years <= MAX_YEARS else Text("At most 100 years.", "最长 100 年。")
