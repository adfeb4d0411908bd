"""What stands in the way of an erasure."""

from chalicelib.modules import Text
from chalicelib.problems import FieldError, Invalid, StateConflict


def not_confirmed() -> Invalid:
    """Whoever erases says whom, so that a wrong tab or a copied id erases nobody."""
    detail = Text("Give the customer's display name, or the id.", "请填写客户的显示名称或编号。")
    return Invalid(errors=(FieldError("/confirm", "not_confirmed", detail),))


def is_erased() -> StateConflict:
    """It is done."""
    return StateConflict(Text("This person has been erased.", "该客户的个人信息已删除。"))


def is_being_merged() -> StateConflict:
    """Who is on the move between two contacts can't be found whole."""
    return StateConflict(Text("This contact is being merged.", "该客户正在合并中。"))
