"""What can be wrong with a segment."""

from typing import Final

from chalicelib.modules import Text
from chalicelib.problems import FieldError, Invalid, PermissionDenied, StateConflict

# Each change of a customer is held against all rules: two hundred are decided in some milliseconds.
MOST_RULES: Final = 200


def too_many_rules() -> StateConflict:
    """A tenant has so many segments with rules at most."""
    return StateConflict(Text(f"A tenant has {MOST_RULES} rules at most.", f"每个租户最多 {MOST_RULES} 条分群规则。"))


def not_a_list() -> StateConflict:
    """Members of a segment with a rule follow from the rule."""
    return StateConflict(Text("The members of this segment follow from its rule.", "该分群的成员由规则决定。"))


def not_by_rule() -> StateConflict:
    """A list has nothing to be built from."""
    return StateConflict(Text("This segment is a list.", "该分群为名单型。"))


def not_yours() -> PermissionDenied:
    """Somebody else's segment, and the caller does not see all of the tenant."""
    text = Text(
        "Somebody else has made this segment: who sees all customers may change it.",
        "该分群由他人创建：仅可查看全部客户的人员可以修改。",
    )
    return PermissionDenied(text)


def rule_goes_with_kind() -> Invalid:
    """``rules`` have a rule, and lists have none."""
    text = Text("Segments of the kind rules have a rule, static ones none.", "仅规则型分群需要 rule。")
    return Invalid(errors=(FieldError("/rule", "options", text),))


def kind_stays() -> Invalid:
    """A segment does not become another kind."""
    text = Text("The kind stays: make another segment.", "类型不可更改：请另建分群。")
    return Invalid(errors=(FieldError("/kind", "immutable", text),))


def unknown_customers(places: list[str]) -> Invalid:
    """Customers that are not there, or out of the caller's reach: the same answer."""
    text = Text("There is no such customer in your reach.", "该客户不存在或不在您的管辖范围内。")
    return Invalid(errors=tuple(FieldError(each, "unknown_reference", text) for each in places))


def too_many_members(most: int) -> Invalid:
    """One call changes so many members at most."""
    text = Text(f"At most {most} customers a call.", f"每次最多 {most} 个客户。")
    return Invalid(errors=(FieldError("", "too_long", text),))
